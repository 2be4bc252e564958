// Protocols without ports: GRE and ESP. One client per remote (what libalias and ip_masq's patches did); a second client that wants the
// same remote is told so. PPTP's GRE is told apart by Call ID where a helper has opened the call (RFC 2637 §4.1).
import { formatAddress } from '../packet/address.ts';
import { get16, get32, put16 } from '../packet/bytes.ts';
import { PROHIBITED } from '../packet/icmp.ts';
import { decrementTtl, dontFragment, GRE, headerLength, timeToLive } from '../packet/ipv4.ts';
import { toClient, tooBigForLink, toUplink } from './emit.ts';
import { mayMap } from './limits.ts';
import { PACKETS_DOWN } from './notices.ts';
import { lineDown, makeMapping, mayGo, openFromInside, refuse, senderOf } from './open.ts';
import {
  F_ANSWERED,
  S_CLIENT,
  S_FLAGS,
  S_IN_PORTS,
  S_INSIDE,
  S_INSIDE_PORT,
  S_PACKETS_DOWN,
  S_PACKETS_UP,
  S_PROTOCOL,
  S_STATE,
  SESSION_WORDS,
} from './record.ts';
import { DESTINATION, rewriteAddress, SOURCE } from './rewrite.ts';
import { chooseUplink } from './spread.ts';
import type { Masquerade } from './state.ts';
import { DATAGRAM } from './tcp-state.ts';
import type { Uplink } from './uplink.ts';

/** The Call ID of an enhanced GRE packet, or -1 when it is plain GRE. */
function callId(b: Uint8Array, t: number, size: number): number {
  if (size < 8 || ((b[t + 1] as number) & 7) !== 1 || get16(b, t + 2) !== 0x880b) return -1;
  return get16(b, t + 6);
}

export function outboundOther(
  m: Masquerade,
  b: Uint8Array,
  o: number,
  length: number,
  origin: number,
  now: number,
): void {
  const t = o + headerLength(b, o);
  const protocol = b[o + 9] as number;
  const inside = get32(b, o + 12);
  const remote = get32(b, o + 16);
  const call = protocol === GRE ? callId(b, t, o + length - t) : -1;
  let session = call < 0 ? -1 : m.table.findOut(protocol, inside, remote, call);
  if (session < 0) session = m.table.findOut(protocol, inside, remote, 0);
  const w = m.table.sessionWords;
  const row =
    session < 0 ? senderOf(m, inside, origin, now) : (w[session * SESSION_WORDS + S_CLIENT] as number);
  if (row < 0) return;
  if (m.clients.link[row] !== origin) {
    senderOf(m, inside, origin, now);
    return;
  }
  if ((session < 0 || m.clients.blocked[row] === 1) && !mayGo(m, row, remote, b, o, length, now)) return;
  if (session < 0) session = open(m, row, origin, protocol, inside, remote, b, o, length, now);
  if (session < 0) return;
  const at = session * SESSION_WORDS;
  const uplink = m.uplinks[(w[at + S_PROTOCOL] as number) >>> 8];
  if (!uplink?.up) {
    lineDown(m, row, origin, b, o, length, now);
    return;
  }
  if (length > uplink.mtu && dontFragment(b, o)) {
    tooBigForLink(m, row, uplink.mtu, b, o, length, now);
    return;
  }
  m.refresh(session, m.quarters(now));
  w[at + S_PACKETS_UP] = (w[at + S_PACKETS_UP] as number) + 1;
  m.table.addUp(session, length);
  rewriteAddress(b, o, SOURCE, uplink.address);
  m.clients.countUp(row, length, now);
  toUplink(m, uplink, row, b, o, length);
}

function open(
  m: Masquerade,
  row: number,
  origin: number,
  protocol: number,
  inside: number,
  remote: number,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
): number {
  const uplink = chooseUplink(m, row, false, remote);
  if (uplink === null) return lineDown(m, row, origin, b, o, length, now);
  const holder = m.table.findIn(protocol | (uplink.slot << 8), remote, 0);
  if (holder >= 0) {
    const other = m.table.sessionWords[holder * SESSION_WORDS + S_INSIDE] as number;
    const text = () =>
      `${formatAddress(remote)} is in use by ${formatAddress(other)}: only one client may have a tunnel to it at a time.`;
    return refuse(m, row, 'one-client-per-remote', PROHIBITED, text, b, o, length, now);
  }
  let mapping = m.table.findMapping(protocol, inside, 0);
  if (mapping < 0) {
    const text = () =>
      `${formatAddress(inside)} has reached its limit of mappings; the new flow was refused.`;
    if (!mayMap(m, row, now)) return refuse(m, row, 'client-limit', PROHIBITED, text, b, o, length, now);
    mapping = makeMapping(m, uplink, row, protocol, inside, 0, now, true);
  }
  if (mapping < 0) return -1;
  const session = openFromInside(m, row, mapping, 0, remote, 0, b, o, length, now);
  if (session >= 0) m.table.sessionWords[session * SESSION_WORDS + S_STATE] = DATAGRAM;
  return session;
}

export function inboundOther(
  m: Masquerade,
  uplink: Uplink,
  b: Uint8Array,
  o: number,
  length: number,
  largest: number,
  now: number,
): void {
  const t = o + headerLength(b, o);
  const protocol = b[o + 9] as number;
  const remote = get32(b, o + 12);
  const key = protocol | (uplink.slot << 8);
  const call = protocol === GRE ? callId(b, t, o + length - t) : -1;
  let session = call < 0 ? -1 : m.table.findIn(key, remote, call << 16);
  const called = session >= 0;
  if (!called) session = m.table.findIn(key, remote, 0);
  if (session < 0) {
    m.notices.count('inbound-denied');
    return;
  }
  const w = m.table.sessionWords;
  const at = session * SESSION_WORDS;
  const row = w[at + S_CLIENT] as number;
  if (m.clients.blocked[row] === 1) return;
  if (m.clients.link[row] !== 0) {
    if (timeToLive(b, o) <= 1) return;
    decrementTtl(b, o);
  }
  w[at + S_FLAGS] = (w[at + S_FLAGS] as number) | F_ANSWERED;
  m.refresh(session, m.quarters(now));
  w[at + S_PACKETS_DOWN] = (w[at + S_PACKETS_DOWN] as number) + 1;
  m.table.addDown(session, length);
  m.clients.countDown(row, length);
  m.notices.traffic(PACKETS_DOWN, length);
  // The packet names the receiver's Call ID: ours outside, the client's inside. The header has no checksum over it.
  if (called && (w[at + S_IN_PORTS] as number) >>> 16 === call)
    put16(b, t + 6, w[at + S_INSIDE_PORT] as number);
  rewriteAddress(b, o, DESTINATION, w[at + S_INSIDE] as number);
  toClient(m, row, b, o, length, largest === length ? undefined : largest);
}
