// The way in of a TCP or UDP packet: from an uplink to a LAN host, a caller or the gateway. Mirror of outbound.ts.
// Theory of operation: (uplink, mapped port, remote) finds the session; a first packet must be admitted (filtering.ts). The remote's
// answer marks the session as answered: from then on it cannot follow the link to another address.
import { get16, get32 } from '../packet/bytes.ts';
import { FRAGMENTATION_NEEDED, TIME_EXCEEDED, UNREACHABLE } from '../packet/icmp.ts';
import { decrementTtl, dontFragment, headerLength, TCP, timeToLive, UDP } from '../packet/ipv4.ts';
import {
  ACK,
  acknowledgementOf,
  clampMss,
  dataOffset,
  flagsOf,
  SYN,
  sequenceOf,
  soundTcp,
  tcpChecksumRight,
  windowOf,
  windowScale,
} from '../packet/tcp.ts';
import { soundUdp, udpChecksumRight } from '../packet/udp.ts';
import { clientMtu, errorToRemote, toClient } from './emit.ts';
import { admit } from './filtering.ts';
import { PACKETS_DOWN } from './notices.ts';
import {
  F_ANSWERED,
  F_DNS_ALIAS,
  F_FORWARD,
  F_HAIRPIN,
  S_ATTACHMENT,
  S_CLIENT,
  S_END_IN,
  S_FLAGS,
  S_INSIDE,
  S_INSIDE_PORT,
  S_PACKETS_DOWN,
  S_PROTOCOL,
  S_STATE,
  SESSION_WORDS,
} from './record.ts';
import { DESTINATION, rewriteEnd, SOURCE } from './rewrite.ts';
import { ALIAS, type Masquerade } from './state.ts';
import { DEAD, noteSegment, SYN_RECEIVED } from './tcp-state.ts';
import type { Uplink } from './uplink.ts';

/** SYNs a forwarded host may leave unanswered before another takes over. */
const PATIENCE = 2;

/**
 * Takes a whole TCP or UDP packet for the uplink's address. `largest`: bytes of its largest fragment, its length if it came
 * whole. `hairpinned`: it came from inside and its checksums have been verified.
 */
export function inbound(
  m: Masquerade,
  uplink: Uplink,
  b: Uint8Array,
  o: number,
  length: number,
  largest: number,
  now: number,
  hairpinned: boolean,
): void {
  const t = o + headerLength(b, o);
  const size = o + length - t;
  const protocol = b[o + 9] as number;
  const remote = get32(b, o + 12);
  const tcp = protocol === TCP;
  if (!(tcp ? soundTcp(b, t, size) : soundUdp(b, t, size))) {
    m.notices.count('malformed');
    return;
  }
  const to = uplink.address;
  if (!hairpinned && !(tcp ? tcpChecksumRight(b, t, size, remote, to) : udpChecksumRight(b, t, remote, to))) {
    m.notices.count('bad-checksum');
    return;
  }
  const ports = (get16(b, t + 2) << 16) | get16(b, t);
  let session = m.table.findIn(protocol | (uplink.slot << 8), remote, ports);
  if (session >= 0 && tcp && (flagsOf(b, t) & (SYN | ACK)) === SYN)
    session = passOver(m, session, ports, now);
  if (session < 0) {
    session = admit(m, uplink, b, o, length, now, hairpinned);
    if (session < 0) return;
  }
  const w = m.table.sessionWords;
  const at = session * SESSION_WORDS;
  const row = w[at + S_CLIENT] as number;
  if (m.clients.blocked[row] === 1 || (tcp && (w[at + S_STATE] as number) === DEAD)) {
    m.notices.count('stray');
    return;
  }
  if (length > clientMtu(m, row) && dontFragment(b, o)) {
    m.notices.count('too-big');
    if (!hairpinned)
      errorToRemote(m, uplink, UNREACHABLE, FRAGMENTATION_NEEDED, clientMtu(m, row), b, o, length, now);
    return;
  }
  if (m.clients.link[row] !== 0 && !hairpinned) {
    // No kernel stands between an uplink and a caller: this hop is ours to count.
    if (timeToLive(b, o) <= 1) {
      m.notices.count('ttl-exceeded');
      errorToRemote(m, uplink, TIME_EXCEEDED, 0, 0, b, o, length, now);
      return;
    }
    decrementTtl(b, o);
  }
  if ((w[at + S_ATTACHMENT] as number) >= 0 && m.helpers.inbound(session, b, o, length, now, sendWhole))
    return;
  sendIn(m, session, b, o, length, largest, now);
}

/** The last step in, for packets that stand as the client is to read them but for address and port. */
export function sendIn(
  m: Masquerade,
  session: number,
  b: Uint8Array,
  o: number,
  length: number,
  largest: number,
  now: number,
): void {
  const w = m.table.sessionWords;
  const at = session * SESSION_WORDS;
  const row = w[at + S_CLIENT] as number;
  const t = o + headerLength(b, o);
  const tcp = b[o + 9] === TCP;
  const bits = w[at + S_FLAGS] as number;
  if (tcp) {
    const flags = flagsOf(b, t);
    const scale = (flags & SYN) === 0 ? -1 : windowScale(b, t);
    const payload = o + length - t - dataOffset(b, t);
    const sequence = sequenceOf(b, t);
    const acknowledgement = acknowledgementOf(b, t);
    if (!noteSegment(w, at, false, flags, sequence, acknowledgement, windowOf(b, t), payload, scale)) {
      m.notices.count('forged-reset');
      return;
    }
    if ((flags & SYN) !== 0) clampMss(b, t, mssLimit(m, at, row));
  } else if ((bits & F_DNS_ALIAS) !== 0) m.uplinks[(w[at + S_PROTOCOL] as number) >>> 8]?.answered();
  w[at + S_FLAGS] = (w[at + S_FLAGS] as number) | F_ANSWERED;
  m.refreshIn(session, m.quarters(now));
  w[at + S_PACKETS_DOWN] = (w[at + S_PACKETS_DOWN] as number) + 1;
  m.table.addDown(session, length);
  if ((bits & F_HAIRPIN) === 0) {
    m.clients.countDown(row, length);
    m.notices.traffic(PACKETS_DOWN, length);
  }
  const protocol = tcp ? TCP : UDP;
  if ((bits & F_DNS_ALIAS) !== 0) rewriteEnd(b, o, t, protocol, SOURCE, ALIAS, get16(b, t));
  rewriteEnd(b, o, t, protocol, DESTINATION, w[at + S_INSIDE] as number, w[at + S_INSIDE_PORT] as number);
  toClient(m, row, b, o, length, largest === length ? undefined : largest);
}

function sendWhole(
  m: Masquerade,
  session: number,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
): void {
  sendIn(m, session, b, o, length, length, now);
}

function mssLimit(m: Masquerade, at: number, row: number): number {
  const protocol = m.table.sessionWords[at + S_PROTOCOL] as number;
  const link = m.uplinks[protocol >>> 8]?.mtu ?? 1500;
  return Math.min(link, clientMtu(m, row)) - 40;
}

/**
 * A SYN for a session that exists: when a forwarded host has left it unanswered too often and another host can take over, the
 * session is closed, so that the SYN is admitted anew. Returns the session, or -1 then.
 */
function passOver(m: Masquerade, session: number, ports: number, now: number): number {
  const w = m.table.sessionWords;
  const at = session * SESSION_WORDS;
  const unheard =
    ((w[at + S_FLAGS] as number) & F_FORWARD) !== 0 &&
    w[at + S_STATE] === SYN_RECEIVED &&
    w[at + S_END_IN] === 0 &&
    (w[at + S_PACKETS_DOWN] as number) >= PATIENCE;
  if (!unheard) return session;
  const rule = m.forwards.ruleFor(TCP, ports >>> 16);
  if (!m.forwards.isBalanced(rule) || !m.forwards.hostSilent(rule, w[at + S_INSIDE] as number, now))
    return session;
  m.ports.log(
    'warning',
    `A host of forward "${m.forwards.idOf(rule)}" does not answer; another takes over for a while.`,
  );
  m.close(session, now);
  return -1;
}
