// What becomes of a session whose outside address is gone: it follows to another, or is buried. An answered TCP connection cannot follow:
// its client gets a RST at once, with the sequence number it expects, some more in the next second, and one whenever it speaks (outbound.ts).
import { TCP } from '../packet/ipv4.ts';
import { ACK, later, RST, writeSegment } from '../packet/tcp.ts';
import { toClient } from './emit.ts';
import {
  F_ANSWERED,
  F_DNS_ALIAS,
  F_HAIRPIN,
  S_ACK_IN,
  S_ATTACHMENT,
  S_CLIENT,
  S_END_IN,
  S_END_OUT,
  S_EXPIRES,
  S_FLAGS,
  S_IN_PORTS,
  S_INSIDE,
  S_INSIDE_PORT,
  S_PROTOCOL,
  S_REMOTE,
  S_STATE,
  SESSION_WORDS,
} from './record.ts';
import { ALIAS, type Masquerade } from './state.ts';
import { CLOSED, DEAD, TIME_WAIT } from './tcp-state.ts';

/** How often a client is told again, with the ticks of a quarter second: the last falls within a second of the first. */
const REMINDERS = 3;

/** Whether a session lives on when its address, `before`, is gone. */
export function follows(m: Masquerade, at: number, before: number): boolean {
  const w = m.table.sessionWords;
  const flags = w[at + S_FLAGS] as number;
  if ((flags & F_HAIRPIN) !== 0 || w[at + S_REMOTE] === before) return false;
  return ((w[at + S_PROTOCOL] as number) & 0xff) !== TCP || (flags & F_ANSWERED) === 0;
}

/** Ends a session whose address is gone; true when its client was sent a RST. */
export function bury(m: Masquerade, session: number, now: number): boolean {
  const at = session * SESSION_WORDS;
  const w = m.table.sessionWords;
  const state = w[at + S_STATE] as number;
  const tcp = ((w[at + S_PROTOCOL] as number) & 0xff) === TCP;
  if (!tcp || state === TIME_WAIT || state === CLOSED) {
    m.close(session, now);
    return false;
  }
  if (state === DEAD) return false;
  resetClient(m, session);
  if ((w[at + S_ATTACHMENT] as number) >= 0) m.helpers.detach(session, now);
  w[at + S_STATE] = DEAD;
  m.refresh(session, m.quarters(now));
  m.reminders = REMINDERS;
  return true;
}

/**
 * Tells the clients of connections that were buried in the last second once more: a RST may be lost on the LAN, and who only
 * listens would wait for ever. A client that knows has no such connection any more, and ignores it.
 */
export function remind(m: Masquerade, now: number): void {
  if (m.reminders === 0) return;
  m.reminders--;
  const w = m.table.sessionWords;
  const lately = m.quarters(now) + (m.tcpTimeouts[DEAD] as number) - REMINDERS;
  m.eachSession((session, at) => {
    const tcp = ((w[at + S_PROTOCOL] as number) & 0xff) === TCP;
    if (tcp && w[at + S_STATE] === DEAD && (w[at + S_EXPIRES] as number) >= lately) resetClient(m, session);
  });
}

/**
 * A RST to the client of a TCP session, as its remote would send it. The sequence number is the client's last acknowledgement; where
 * more has been passed on to it a second RST stands at the end of that, because the acknowledgement may have been lost on its way
 * here. Between the two lies what the client expects: it takes one of them, or asks (RFC 5961 §3.2) and is then answered.
 */
export function resetClient(m: Masquerade, session: number): void {
  const w = m.table.sessionWords;
  const at = session * SESSION_WORDS;
  const acknowledged = w[at + S_ACK_IN] as number;
  const passed = w[at + S_END_OUT] as number;
  resetAt(m, at, acknowledged);
  if (passed !== 0 && later(passed, acknowledged)) resetAt(m, at, passed);
}

function resetAt(m: Masquerade, at: number, sequence: number): void {
  const w = m.table.sessionWords;
  const alias = ((w[at + S_FLAGS] as number) & F_DNS_ALIAS) !== 0;
  const length = writeSegment(
    m.scratch,
    0,
    alias ? ALIAS : (w[at + S_REMOTE] as number),
    (w[at + S_IN_PORTS] as number) & 0xffff,
    w[at + S_INSIDE] as number,
    w[at + S_INSIDE_PORT] as number,
    sequence,
    w[at + S_END_IN] as number,
    RST | ACK,
  );
  m.notices.count('resets-sent');
  toClient(m, w[at + S_CLIENT] as number, m.scratch, 0, length);
}
