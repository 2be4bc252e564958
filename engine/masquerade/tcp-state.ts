// TCP as a middle sees it (RFC 5382 §5, RFC 7857 §2; window rules in the spirit of RFC 5961): a state for the timers, and the last
// sequence, acknowledgement and window of each way, so that a forged RST is told from a true one and a true one can be made.
// All numbers are those of the client's side. Data outside a window is passed on: the ends judge it. Only an RST that cannot be
// true is dropped. A passed RST shortens the life of the session but does not end it, and traffic after it revives the session.
import { ACK, FIN, later, RST, SYN, sequenceDistance } from '../packet/tcp.ts';
import {
  F_ANSWERED,
  F_FIN_IN,
  F_FIN_OUT,
  F_TRACKED,
  S_ACK_IN,
  S_ACK_OUT,
  S_END_IN,
  S_END_OUT,
  S_FLAGS,
  S_SCALES,
  S_STATE,
  S_WINDOW_IN,
  S_WINDOW_OUT,
} from './record.ts';

export const NONE = 0;
export const SYN_SENT = 1;
export const SYN_RECEIVED = 2;
export const ESTABLISHED = 3;
export const FIN_WAIT = 4; // the client has closed its half
export const CLOSE_WAIT = 5; // the remote has closed its half
export const TIME_WAIT = 6; // both have
export const CLOSED = 7; // reset
export const DEAD = 8; // its address is gone; the client is told by RST whenever it speaks
/** Sessions that are not TCP. */
export const DATAGRAM = 9;

/** The words of the old `ipfwadm -M -l` and `ip_masq` listings. */
export const STATE_NAMES: readonly string[] = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'TIME_WAIT',
  'CLOSE',
  'DEAD',
  'ACTIVE',
];

export type TimerKind = 'opening' | 'established' | 'closing';

/** Which timer a state runs on. One half closed is still a connection in use (RFC 6146 §3.5.2.2, to which RFC 7857 refers). */
export function timerOf(state: number): TimerKind {
  if (state <= SYN_RECEIVED) return 'opening';
  return state <= CLOSE_WAIT ? 'established' : 'closing';
}

/** Whether a RST from one end lies where the other end would take it. Unknown numbers pass. */
function resetIsTrue(
  w: Int32Array,
  s: number,
  fromInside: boolean,
  sequence: number,
  flags: number,
  acknowledgement: number,
): boolean {
  const state = w[s + S_STATE] as number;
  const known = (w[s + S_FLAGS] as number) & F_TRACKED;
  if (state === SYN_SENT && !fromInside)
    return (flags & ACK) !== 0 && acknowledgement === (w[s + S_END_IN] as number);
  // The client resets its own opening, or refuses one from outside (then its sequence number is 0 or the acknowledged one).
  if (state === SYN_SENT || state === NONE) return true;
  if (state === SYN_RECEIVED && fromInside) return true;
  if (known === 0) return true;
  const next = w[s + (fromInside ? S_ACK_OUT : S_ACK_IN)] as number;
  const window = w[s + (fromInside ? S_WINDOW_OUT : S_WINDOW_IN)] as number;
  if (next === 0 && window === 0) return true;
  const distance = sequenceDistance(sequence, next);
  return distance >= 0 && distance <= Math.max(window, 1);
}

/**
 * Takes note of a segment. `s` is the first word of the session's record, `size` the bytes of payload, `scale` the window scale
 * that a SYN offers (-1 none, ignored without SYN). False when the segment is an RST that must be dropped.
 */
export function noteSegment(
  w: Int32Array,
  s: number,
  fromInside: boolean,
  flags: number,
  sequence: number,
  acknowledgement: number,
  window: number,
  size: number,
  scale: number,
): boolean {
  if ((flags & RST) !== 0) {
    if (!resetIsTrue(w, s, fromInside, sequence, flags, acknowledgement)) return false;
    const state = w[s + S_STATE] as number;
    // Whoever resets an opening from outside may be one of two that open at once; the other SYN still counts.
    if (state !== SYN_RECEIVED || fromInside) w[s + S_STATE] = CLOSED;
    return true;
  }
  const END = fromInside ? S_END_IN : S_END_OUT;
  const ACKED = fromInside ? S_ACK_IN : S_ACK_OUT;
  const WINDOW = fromInside ? S_WINDOW_IN : S_WINDOW_OUT;
  const syn = (flags & SYN) !== 0;
  if (syn) {
    reopen(w, s, fromInside, sequence, scale);
    w[s + WINDOW] = window;
  }
  const end = (sequence + size + (syn ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0)) | 0;
  const bits = w[s + S_FLAGS] as number;
  const tracked = bits & F_TRACKED;
  const highest = w[s + END] as number;
  if (syn || (tracked === 0 && highest === 0) || later(end, highest)) w[s + END] = end;
  if ((flags & ACK) !== 0) {
    const last = w[s + ACKED] as number;
    if (last === 0 || !later(last, acknowledgement)) {
      w[s + ACKED] = acknowledgement;
      const shift = scaleOf(w[s + S_SCALES] as number, fromInside);
      if (!syn) w[s + WINDOW] = window << shift;
    }
  }
  advance(w, s, fromInside, flags);
  return true;
}

/** A SYN: begins the count of its way, and revives a session that had ended (RFC 5382 REQ-2). */
function reopen(w: Int32Array, s: number, fromInside: boolean, sequence: number, scale: number): void {
  const state = w[s + S_STATE] as number;
  const scales = w[s + S_SCALES] as number;
  w[s + S_SCALES] = fromInside ? (scales & 0xff00) | (scale + 1) : (scales & 0xff) | ((scale + 1) << 8);
  if (state >= FIN_WAIT && state <= CLOSED) {
    w[s + S_STATE] = NONE;
    w[s + S_FLAGS] = ((w[s + S_FLAGS] as number) & ~(F_FIN_IN | F_FIN_OUT | F_ANSWERED)) | F_TRACKED;
    w[s + (fromInside ? S_ACK_OUT : S_ACK_IN)] = 0;
    w[s + (fromInside ? S_ACK_IN : S_ACK_OUT)] = 0;
    w[s + (fromInside ? S_WINDOW_OUT : S_WINDOW_IN)] = 0;
    w[s + (fromInside ? S_END_OUT : S_END_IN)] = sequence & 0;
  }
}

/** Scaling holds only when both SYNs offered it (RFC 7323 §2.2). Unknown, after a mid-stream pick-up: the widest. */
function scaleOf(scales: number, fromInside: boolean): number {
  const own = fromInside ? scales & 0xff : (scales >>> 8) & 0xff;
  const other = fromInside ? (scales >>> 8) & 0xff : scales & 0xff;
  return own === 0 || other === 0 ? 0 : own - 1;
}

function advance(w: Int32Array, s: number, fromInside: boolean, flags: number): void {
  const state = w[s + S_STATE] as number;
  if ((flags & SYN) !== 0) {
    if (state === NONE) w[s + S_STATE] = fromInside ? SYN_SENT : SYN_RECEIVED;
    // SYN+ACK, or the second SYN of two that crossed: answered, but open only once it is acknowledged.
    else if (state === SYN_SENT && !fromInside) w[s + S_STATE] = SYN_RECEIVED;
    return;
  }
  const bits = (w[s + S_FLAGS] as number) | ((flags & FIN) === 0 ? 0 : fromInside ? F_FIN_IN : F_FIN_OUT);
  w[s + S_FLAGS] = bits;
  const closed = bits & (F_FIN_IN | F_FIN_OUT);
  if (closed === (F_FIN_IN | F_FIN_OUT)) w[s + S_STATE] = TIME_WAIT;
  else if (closed === F_FIN_IN) w[s + S_STATE] = FIN_WAIT;
  else if (closed === F_FIN_OUT) w[s + S_STATE] = CLOSE_WAIT;
  else if ((flags & ACK) !== 0) {
    // The three-way handshake is done by the opener's ACK: ours after SYN_SENT → SYN_RECEIVED, theirs after an inbound SYN.
    if (state === NONE || state === SYN_RECEIVED || state === CLOSED) w[s + S_STATE] = ESTABLISHED;
    else if (state === SYN_SENT && !fromInside) w[s + S_STATE] = ESTABLISHED;
  }
}
