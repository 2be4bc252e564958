// The way out of a TCP or UDP packet: from a LAN host, a caller or the gateway to an uplink. Mirror of inbound.ts.
// Theory of operation: the packet's five numbers find its session; a first packet opens one (open.ts). The session names the mapping,
// the mapping the outside port, the uplink the outside address. Only then is anything in the packet changed.
import { get16, get32 } from '../packet/bytes.ts';
import { HOST_UNREACHABLE, UNREACHABLE } from '../packet/icmp.ts';
import { dontFragment, headerLength, TCP, UDP } from '../packet/ipv4.ts';
import {
  ACK,
  acknowledgementOf,
  clampMss,
  dataOffset,
  FIN,
  flagsOf,
  RST,
  SYN,
  sequenceOf,
  soundTcp,
  tcpChecksumRight,
  windowOf,
  windowScale,
  writeSegment,
} from '../packet/tcp.ts';
import { soundUdp, udpChecksumRight } from '../packet/udp.ts';
import { clientMtu, errorToClient, toClient, tooBigForLink, toUplink } from './emit.ts';
import { hairpin } from './hairpin.ts';
import { lineDown, mappingFor, mayGo, openFromInside, senderOf } from './open.ts';
import {
  F_ANSWERED,
  F_CONTROL,
  F_DNS_ALIAS,
  F_HAIRPIN,
  F_TRACKED,
  M_PROTOCOL,
  MAPPING_WORDS,
  S_ATTACHMENT,
  S_CLIENT,
  S_FLAGS,
  S_IN_PORTS,
  S_INSIDE,
  S_PACKETS_UP,
  S_PROTOCOL,
  S_REMOTE,
  S_STATE,
  SESSION_WORDS,
} from './record.ts';
import { DESTINATION, rewriteEnd, SOURCE } from './rewrite.ts';
import { dnsUplink } from './spread.ts';
import { ALIAS, type Masquerade } from './state.ts';
import { CLOSED, DATAGRAM, DEAD, noteSegment, SYN_RECEIVED } from './tcp-state.ts';

/**
 * Takes a whole TCP or UDP packet from inside. `origin`: FROM_HOST or the caller's link, which has been checked to be the
 * source's own. The packet may be changed.
 */
export function outbound(
  m: Masquerade,
  b: Uint8Array,
  o: number,
  length: number,
  origin: number,
  now: number,
): void {
  const t = o + headerLength(b, o);
  const size = o + length - t;
  const protocol = b[o + 9] as number;
  const inside = get32(b, o + 12);
  let remote = get32(b, o + 16);
  const tcp = protocol === TCP;
  if (!(tcp ? soundTcp(b, t, size) : soundUdp(b, t, size))) {
    m.notices.count('malformed');
    return;
  }
  if (!(tcp ? tcpChecksumRight(b, t, size, inside, remote) : udpChecksumRight(b, t, inside, remote))) {
    m.notices.count('bad-checksum');
    return;
  }
  const alias = remote === ALIAS;
  if (alias) remote = dnsFor(m, protocol, inside, get16(b, t));
  const ports = get32(b, t);
  let session = remote === 0 ? -1 : m.table.findOut(protocol, inside, remote, ports);
  if (session < 0) {
    session = open(m, b, o, length, t, origin, inside, remote, ports, alias, now);
    if (session < 0) return;
  }
  const w = m.table.sessionWords;
  let at = session * SESSION_WORDS;
  const row = w[at + S_CLIENT] as number;
  if (m.clients.link[row] !== origin) {
    senderOf(m, inside, origin, now);
    return;
  }
  if (m.clients.blocked[row] === 1) {
    mayGo(m, row, remote, b, o, length, now);
    return;
  }
  const uplink = m.uplinks[(w[at + S_PROTOCOL] as number) >>> 8];
  if (tcp && (w[at + S_STATE] as number) === DEAD) {
    if (!answerDead(m, session, b, o, length, now)) return;
    session = open(m, b, o, length, t, origin, inside, remote, ports, alias, now);
    if (session < 0) return;
    at = session * SESSION_WORDS;
  }
  if (!uplink?.up) {
    // What it acknowledges meanwhile (a delayed ACK, at the least) says which RST it will believe under the next address.
    if (tcp && (flagsOf(b, t) & SYN) === 0) noted(w, at, b, t, size);
    lineDown(m, row, origin, b, o, length, now);
    return;
  }
  if (length > uplink.mtu && dontFragment(b, o)) {
    tooBigForLink(m, row, uplink.mtu, b, o, length, now);
    return;
  }
  if (alias && protocol === UDP) uplink.asked(now);
  let refreshes = true;
  if (tcp) {
    const state = w[at + S_STATE] as number;
    // A RST that answers what came from outside keeps nothing alive (RFC 7857 §7.1).
    refreshes = (flagsOf(b, t) & RST) === 0 || (state !== SYN_RECEIVED && state !== CLOSED);
    if (!noted(w, at, b, t, size)) {
      m.notices.count('forged-reset');
      return;
    }
    if ((flagsOf(b, t) & SYN) !== 0) clampMss(b, t, Math.min(uplink.mtu, clientMtu(m, row)) - 40);
  }
  if (refreshes) m.refreshOut(session, m.quarters(now));
  if ((w[at + S_ATTACHMENT] as number) >= 0 && m.helpers.outbound(session, b, o, length, now, sendOut))
    return;
  sendOut(m, session, b, o, length, now);
}

/** Takes note of a segment of the client's; false when it is an RST that must be dropped. */
function noted(w: Int32Array, at: number, b: Uint8Array, t: number, size: number): boolean {
  const flags = flagsOf(b, t);
  const payload = size - dataOffset(b, t);
  const scale = (flags & SYN) === 0 ? -1 : windowScale(b, t);
  const acknowledged = acknowledgementOf(b, t);
  return noteSegment(w, at, true, flags, sequenceOf(b, t), acknowledged, windowOf(b, t), payload, scale);
}

/** The last step out, for packets that stand as the client would have sent them: counts, rewrites the source, sends. */
export function sendOut(
  m: Masquerade,
  session: number,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
): void {
  const w = m.table.sessionWords;
  const at = session * SESSION_WORDS;
  const protocol = w[at + S_PROTOCOL] as number;
  const uplink = m.uplinks[protocol >>> 8];
  if (!uplink) return;
  const row = w[at + S_CLIENT] as number;
  const t = o + headerLength(b, o);
  const flags = w[at + S_FLAGS] as number;
  w[at + S_PACKETS_UP] = (w[at + S_PACKETS_UP] as number) + 1;
  m.table.addUp(session, length);
  rewriteEnd(b, o, t, protocol & 0xff, SOURCE, uplink.address, (w[at + S_IN_PORTS] as number) >>> 16);
  if ((flags & (F_DNS_ALIAS | F_HAIRPIN | F_CONTROL)) !== 0) {
    if ((flags & F_HAIRPIN) !== 0) {
      hairpin(m, b, o, length, now);
      return;
    }
    const port = (w[at + S_IN_PORTS] as number) & 0xffff;
    const remote = w[at + S_REMOTE] as number;
    if ((flags & F_CONTROL) !== 0)
      m.triggers.note(protocol & 0xff, w[at + S_INSIDE] as number, remote, port, now);
    if ((flags & F_DNS_ALIAS) !== 0) rewriteEnd(b, o, t, protocol & 0xff, DESTINATION, remote, port);
  }
  m.clients.countUp(row, length, now);
  toUplink(m, uplink, row, b, o, length);
}

/** The DNS server that the alias stands for now: of the uplink the asking port leaves by; 0 when there is none. */
function dnsFor(m: Masquerade, protocol: number, inside: number, port: number): number {
  const mapping = m.uplinks.length > 1 ? m.table.findMapping(protocol, inside, port) : -1;
  const slot =
    mapping < 0 ? -1 : (m.table.mappingWords[mapping * MAPPING_WORDS + M_PROTOCOL] as number) >>> 8;
  const own = m.uplinks[slot];
  return (own?.up ? own.dnsServer : 0) || (dnsUplink(m)?.dnsServer ?? 0);
}

/** The first packet of a flow. -1 when there is to be no flow; the packet has then been answered, held or dropped. */
function open(
  m: Masquerade,
  b: Uint8Array,
  o: number,
  length: number,
  t: number,
  origin: number,
  inside: number,
  remote: number,
  ports: number,
  alias: boolean,
  now: number,
): number {
  const row = senderOf(m, inside, origin, now);
  if (row < 0) return -1;
  if (alias && remote === 0) {
    if (m.clients.blocked[row] === 1) {
      mayGo(m, row, ALIAS, b, o, length, now);
      return -1;
    }
    if (!m.anyUp()) return lineDown(m, row, origin, b, o, length, now);
    errorToClient(m, row, UNREACHABLE, HOST_UNREACHABLE, 0, b, o, length, now);
    return -1;
  }
  if (!mayGo(m, row, remote, b, o, length, now)) return -1;
  const protocol = b[o + 9] as number;
  const insidePort = ports >>> 16;
  const remotePort = ports & 0xffff;
  if (insidePort === 0 || remotePort === 0) {
    m.notices.count('malformed');
    return -1;
  }
  let flags = 0;
  if (protocol === TCP) {
    flags = flagsOf(b, t);
    // Only a SYN opens; an ACK picks up a connection that was there before us. A lone RST or FIN belongs to nothing.
    if ((flags & RST) !== 0 || ((flags & SYN) === 0 && (flags & ACK) === 0)) {
      m.notices.count('stray');
      return -1;
    }
  }
  const mapping = mappingFor(m, row, origin, protocol, inside, insidePort, remotePort, b, o, length, now);
  if (mapping < 0) return -1;
  const session = openFromInside(m, row, mapping, insidePort, remote, remotePort, b, o, length, now);
  if (session < 0) return -1;
  const at = session * SESSION_WORDS;
  const w = m.table.sessionWords;
  if (alias) w[at + S_FLAGS] = (w[at + S_FLAGS] as number) | F_DNS_ALIAS;
  if (m.triggers.controls(protocol, remotePort)) w[at + S_FLAGS] = (w[at + S_FLAGS] as number) | F_CONTROL;
  if (protocol === UDP) w[at + S_STATE] = DATAGRAM;
  else if ((flags & SYN) !== 0) w[at + S_FLAGS] = (w[at + S_FLAGS] as number) | F_TRACKED;
  else w[at + S_FLAGS] = (w[at + S_FLAGS] as number) | F_ANSWERED;
  m.helpers.attach(session, protocol, remotePort, insidePort, false, now);
  return session;
}

/**
 * A segment of a connection whose address is gone: the client gets a RST it must believe. True when the segment is a SYN, which
 * begins anew: the dead session is closed.
 */
function answerDead(
  m: Masquerade,
  session: number,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
): boolean {
  const t = o + headerLength(b, o);
  const flags = flagsOf(b, t);
  const at = session * SESSION_WORDS;
  const w = m.table.sessionWords;
  if ((flags & (SYN | ACK)) === SYN) {
    m.close(session, now);
    return true;
  }
  if ((flags & RST) !== 0) {
    m.close(session, now);
    return false;
  }
  const payload = o + length - t - dataOffset(b, t) + ((flags & FIN) === 0 ? 0 : 1);
  const hasAck = (flags & ACK) !== 0;
  const written = writeSegment(
    m.scratch,
    0,
    get32(b, o + 16),
    get16(b, t + 2),
    get32(b, o + 12),
    get16(b, t),
    hasAck ? acknowledgementOf(b, t) : 0,
    (sequenceOf(b, t) + payload) | 0,
    RST | ACK,
  );
  m.notices.count('resets-sent');
  toClient(m, w[at + S_CLIENT] as number, m.scratch, 0, written);
  return false;
}
