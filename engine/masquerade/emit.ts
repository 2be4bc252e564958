// The four ways out: to masq0, to a caller, to an uplink, each cut to fit where cutting is allowed, and ICMP errors of our own to
// either side (RFC 1812 §4.3). Whether a packet that may not be cut is too big has been asked before.

import { get32 } from '../packet/bytes.ts';
import { cut } from '../packet/fragments.ts';
import { deservesError, FRAGMENTATION_NEEDED, UNREACHABLE, writeError } from '../packet/icmp.ts';
import { setIdentification } from '../packet/ipv4.ts';
import { PACKETS_UP } from './notices.ts';
import { HOST_MTU, type Masquerade, ROUTER } from './state.ts';
import type { Uplink } from './uplink.ts';

/** ICMP errors a second to one client, and how many at once. */
const ERROR_RATE = 10;
const ERROR_BURST = 20;

export function toUplink(
  m: Masquerade,
  uplink: Uplink,
  client: number,
  b: Uint8Array,
  o: number,
  length: number,
): void {
  m.notices.traffic(PACKETS_UP, length);
  if (length <= uplink.mtu) {
    m.ports.toLink(uplink.link, client, b, o, length);
    return;
  }
  // Fragments of several clients leave from one address: their identification must be ours to be unique (RFC 6864 §5.3.1).
  uplink.nextIdentification = (uplink.nextIdentification + 1) & 0xffff;
  setIdentification(b, o, uplink.nextIdentification);
  cut(b, o, length, uplink.mtu, m.cutRoom, (piece, at, size) => {
    m.notices.count('fragments-sent');
    m.ports.toLink(uplink.link, client, piece, at, size);
  });
}

/** To a client: a caller by its link, everybody else through masq0. `largest`: cut no larger than this, bytes. */
export function toClient(
  m: Masquerade,
  row: number,
  b: Uint8Array,
  o: number,
  length: number,
  largest = HOST_MTU,
): void {
  const link = m.clients.link[row] as number;
  const mtu = Math.min(link === 0 ? HOST_MTU : (m.callersByLink.get(link)?.mtu ?? HOST_MTU), largest);
  if (length <= mtu) {
    if (link === 0) m.ports.toHost(b, o, length);
    else m.ports.toLink(link, row, b, o, length);
    return;
  }
  cut(b, o, length, Math.max(mtu, 68), m.cutRoom, (piece, at, size) => {
    m.notices.count('fragments-sent');
    if (link === 0) m.ports.toHost(piece, at, size);
    else m.ports.toLink(link, row, piece, at, size);
  });
}

/** The largest packet a client can be given whole, bytes. */
export function clientMtu(m: Masquerade, row: number): number {
  const link = m.clients.link[row] as number;
  return link === 0 ? HOST_MTU : (m.callersByLink.get(link)?.mtu ?? HOST_MTU);
}

function mayError(m: Masquerade, row: number, now: number): boolean {
  const clients = m.clients;
  const elapsed = now - (clients.errorsAt[row] as number);
  clients.errorsAt[row] = now;
  const tokens = Math.min(
    ERROR_BURST,
    (clients.errors[row] as number) + (Math.max(elapsed, 0) * ERROR_RATE) / 1000,
  );
  if (tokens < 1) {
    clients.errors[row] = tokens;
    return false;
  }
  clients.errors[row] = tokens - 1;
  return true;
}

/** An ICMP error to the client who sent the packet at (b, o), as it sent it. Rate-limited. */
export function errorToClient(
  m: Masquerade,
  row: number,
  type: number,
  code: number,
  rest: number,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
): void {
  if (!deservesError(b, o) || !mayError(m, row, now)) return;
  const link = m.clients.link[row] as number;
  const source = link === 0 ? ROUTER : (m.callersByLink.get(link)?.local ?? ROUTER);
  const size = writeError(m.scratch, source, get32(b, o + 12), type, code, rest, b, o, length);
  m.notices.count('icmp-errors-sent');
  toClient(m, row, m.scratch, 0, size);
}

/** An ICMP error to the remote that sent the packet at (b, o), as it arrived. Rate-limited with the gateway's own. */
export function errorToRemote(
  m: Masquerade,
  uplink: Uplink,
  type: number,
  code: number,
  rest: number,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
): void {
  if (!uplink.up || !deservesError(b, o) || !mayError(m, 0, now)) return;
  const size = writeError(m.scratch, uplink.address, get32(b, o + 12), type, code, rest, b, o, length);
  m.notices.count('icmp-errors-sent');
  toUplink(m, uplink, 0, m.scratch, 0, size);
}

/** Path MTU discovery (RFC 1191): the packet is too big for the uplink and must not be cut. */
export function tooBigForLink(
  m: Masquerade,
  row: number,
  mtu: number,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
): void {
  m.notices.count('too-big');
  errorToClient(m, row, UNREACHABLE, FRAGMENTATION_NEEDED, mtu, b, o, length, now);
}
