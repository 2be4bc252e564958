// The live table as rows for people, ordered by client and then by age.
import type { Session } from '../contract.ts';
import { formatAddress } from '../packet/address.ts';
import {
  PROTOCOL_NAMES,
  S_ATTACHMENT,
  S_BEGAN,
  S_CLIENT,
  S_EXPIRES,
  S_IN_PORTS,
  S_INSIDE,
  S_INSIDE_PORT,
  S_PACKETS_DOWN,
  S_PACKETS_UP,
  S_PROTOCOL,
  S_REMOTE,
  S_STATE,
  SESSION_WORDS,
} from './record.ts';
import type { Masquerade } from './state.ts';
import { STATE_NAMES } from './tcp-state.ts';
import { QUARTERS } from './timers.ts';

/** At most `limit` sessions. */
export function listSessions(m: Masquerade, limit: number, now: number): Session[] {
  const chosen: number[] = [];
  m.eachSession((session) => {
    if (chosen.length < limit) chosen.push(session);
  });
  const w = m.table.sessionWords;
  const field = (session: number, word: number) => w[session * SESSION_WORDS + word] as number;
  chosen.sort(
    (a, b) => field(a, S_CLIENT) - field(b, S_CLIENT) || field(a, S_BEGAN) - field(b, S_BEGAN) || a - b,
  );
  const quarters = m.quarters(now);
  return chosen.map((session) => {
    const ports = field(session, S_IN_PORTS);
    const shift = m.helpers.shiftOf(session);
    return {
      protocol: PROTOCOL_NAMES[field(session, S_PROTOCOL) & 0xff] ?? '?',
      state: STATE_NAMES[field(session, S_STATE)] ?? '?',
      client: formatAddress(field(session, S_INSIDE)),
      clientPort: field(session, S_INSIDE_PORT),
      mappedPort: ports >>> 16,
      remote: formatAddress(field(session, S_REMOTE)),
      remotePort: ports & 0xffff,
      expires: Math.max(0, Math.round((field(session, S_EXPIRES) - quarters) / QUARTERS)),
      bytesUp: m.table.bytesUp(session),
      bytesDown: m.table.bytesDown(session),
      packetsUp: field(session, S_PACKETS_UP) >>> 0,
      packetsDown: field(session, S_PACKETS_DOWN) >>> 0,
      helper: field(session, S_ATTACHMENT) < 0 ? null : m.helpers.nameOf(session),
      link: m.uplinks[field(session, S_PROTOCOL) >>> 8]?.link ?? 0,
      initSeq: shift.initSeq,
      delta: shift.delta,
      previousDelta: shift.previousDelta,
    };
  });
}
