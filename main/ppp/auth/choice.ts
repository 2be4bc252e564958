/**
 * Which authentication protocol runs, from what LCP agreed: we identify ourselves as client, the caller as server.
 */

import { describePacket } from '../describe.ts';
import { parsePacket } from '../packet.ts';
import type { AuthMethod, PppClientConfig, PppServerConfig } from '../types.ts';
import type { Authentication, AuthHost } from './authentication.ts';
import { ChapClient, ChapServer } from './chap.ts';
import { PapClient, PapServer } from './pap.ts';

/** What a module that demands a name from somebody who has none gets; most take anything. */
const DUMMY = 'ppp';

/** `null` if nobody has to say who they are. */
export function makeAuthentication(
  config: PppClientConfig | PppServerConfig,
  method: AuthMethod | null,
  outer: AuthHost,
  random: (bytes: number) => Uint8Array,
): Authentication | null {
  if (method === null) return null;
  const host: AuthHost = {
    ...outer,
    send: (protocol, packet, now) => {
      const parsed = parsePacket(packet, 0, packet.length);
      if (parsed !== null) outer.log(`sent ${describePacket(protocol, parsed)}`);
      outer.send(protocol, packet, now);
    },
  };
  if (config.role === 'server') {
    const secret = (user: string): string | null => config.secret(user);
    if (method === 'pap') return new PapServer(secret, host);
    return new ChapServer(method, config.name, secret, host, random);
  }
  const anonymous = config.user === '' && config.password === '';
  const user = anonymous ? DUMMY : config.user;
  const password = anonymous ? DUMMY : config.password;
  if (method === 'pap') return new PapClient(user, password, host);
  return new ChapClient(method, user, password, host, random);
}
