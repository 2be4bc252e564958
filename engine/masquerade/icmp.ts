// ICMP through the masquerade (RFC 5508, RFC 7857 §12): queries by their identifier, errors by the packet they quote. An error never
// refreshes or ends a session (RFC 4787 REQ-12, RFC 5382 REQ-10, RFC 5508 REQ-6), and its sender is nobody's business.
import { formatAddress } from '../packet/address.ts';
import { get16, get32, put16 } from '../packet/bytes.ts';
import { update16 } from '../packet/checksum.ts';
import {
  ECHO,
  ECHO_REPLY,
  ICMP_HEADER,
  icmpChecksumRight,
  isError,
  isQuery,
  queryOfReply,
  sealIcmp,
} from '../packet/icmp.ts';
import {
  decrementTtl,
  dontFragment,
  headerLength,
  ICMP,
  setDestination,
  setSource,
  TCP,
  timeToLive,
} from '../packet/ipv4.ts';
import { toClient, tooBigForLink, toUplink } from './emit.ts';
import { isForgedFromOutside } from './filtering.ts';
import { PACKETS_DOWN } from './notices.ts';
import { lineDown, mappingFor, mayGo, openFromInside, senderOf } from './open.ts';
import { QUOTE_DESTINATION, QUOTE_SOURCE, quote, rewriteQuoted } from './quoted.ts';
import {
  F_ANSWERED,
  F_DNS_ALIAS,
  F_HAIRPIN,
  S_CLIENT,
  S_FLAGS,
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
import { DESTINATION, rewriteAddress, SOURCE } from './rewrite.ts';
import { ALIAS, type Masquerade } from './state.ts';
import { DATAGRAM } from './tcp-state.ts';
import type { Uplink } from './uplink.ts';

/** An ICMP packet from inside. */
export function outboundIcmp(
  m: Masquerade,
  b: Uint8Array,
  o: number,
  length: number,
  origin: number,
  now: number,
): void {
  const t = o + headerLength(b, o);
  const size = o + length - t;
  if (size < ICMP_HEADER || !icmpChecksumRight(b, t, size)) {
    m.notices.count(size < ICMP_HEADER ? 'malformed' : 'bad-checksum');
    return;
  }
  const type = b[t] as number;
  if (isQuery(type)) outboundQuery(m, b, o, length, t, type, origin, now);
  else if (isError(type)) outboundError(m, b, o, length, t, origin, now);
  else m.notices.count('unknown-protocol');
}

function outboundQuery(
  m: Masquerade,
  b: Uint8Array,
  o: number,
  length: number,
  t: number,
  type: number,
  origin: number,
  now: number,
): void {
  const inside = get32(b, o + 12);
  const remote = get32(b, o + 16);
  const id = get16(b, t + 4);
  let session = m.table.findOut(ICMP, inside, remote, (id << 16) | type);
  const row = session < 0 ? senderOf(m, inside, origin, now) : clientOf(m, session);
  if (row < 0) return;
  if (m.clients.link[row] !== origin) {
    senderOf(m, inside, origin, now);
    return;
  }
  if ((session < 0 || m.clients.blocked[row] === 1) && !mayGo(m, row, remote, b, o, length, now)) return;
  if (m.uplinkAt(remote) !== null) {
    answerForUplink(m, row, b, o, length, t, type);
    return;
  }
  if (session < 0) {
    const mapping = mappingFor(m, row, origin, ICMP, inside, id, 0, b, o, length, now);
    if (mapping < 0) return;
    session = openFromInside(m, row, mapping, id, remote, type, b, o, length, now);
    if (session < 0) return;
    m.table.sessionWords[session * SESSION_WORDS + S_STATE] = DATAGRAM;
  }
  const w = m.table.sessionWords;
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
  const mapped = (w[at + S_IN_PORTS] as number) >>> 16;
  put16(b, t + 2, update16(get16(b, t + 2), id, mapped));
  put16(b, t + 4, mapped);
  rewriteAddress(b, o, SOURCE, uplink.address);
  m.clients.countUp(row, length, now);
  toUplink(m, uplink, row, b, o, length);
}

function clientOf(m: Masquerade, session: number): number {
  return m.table.sessionWords[session * SESSION_WORDS + S_CLIENT] as number;
}

/** An inside host asks the link's own address: nobody else can be meant (RFC 7857 §12), so the gateway answers an echo itself. */
function answerForUplink(
  m: Masquerade,
  row: number,
  b: Uint8Array,
  o: number,
  length: number,
  t: number,
  type: number,
): void {
  if (type !== ECHO || !m.config.hairpin) {
    m.notices.count('inbound-denied');
    return;
  }
  m.notices.count('hairpin');
  const before = get16(b, t);
  b[t] = ECHO_REPLY;
  put16(b, t + 2, update16(get16(b, t + 2), before, get16(b, t)));
  const from = get32(b, o + 12);
  const to = get32(b, o + 16);
  setSource(b, o, to);
  setDestination(b, o, from);
  toClient(m, row, b, o, length);
}

/** An ICMP packet for the uplink's address. */
export function inboundIcmp(
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
  if (size < ICMP_HEADER || !icmpChecksumRight(b, t, size)) {
    m.notices.count(size < ICMP_HEADER ? 'malformed' : 'bad-checksum');
    return;
  }
  const remote = get32(b, o + 12);
  const type = b[t] as number;
  if (isError(type)) {
    inboundError(m, uplink, b, o, length, t, largest, hairpinned);
    return;
  }
  const query = queryOfReply(type);
  const mapped = get16(b, t + 4);
  const key = ICMP | (uplink.slot << 8);
  const session = query < 0 ? -1 : m.table.findIn(key, remote, (mapped << 16) | query);
  if (session < 0) {
    m.notices.count('inbound-denied');
    return;
  }
  const w = m.table.sessionWords;
  const at = session * SESSION_WORDS;
  const row = w[at + S_CLIENT] as number;
  if (m.clients.blocked[row] === 1 || !hopToCaller(m, row, b, o)) return;
  w[at + S_FLAGS] = (w[at + S_FLAGS] as number) | F_ANSWERED;
  m.refresh(session, m.quarters(now));
  w[at + S_PACKETS_DOWN] = (w[at + S_PACKETS_DOWN] as number) + 1;
  m.table.addDown(session, length);
  m.clients.countDown(row, length);
  m.notices.traffic(PACKETS_DOWN, length);
  const id = w[at + S_INSIDE_PORT] as number;
  put16(b, t + 2, update16(get16(b, t + 2), mapped, id));
  put16(b, t + 4, id);
  rewriteAddress(b, o, DESTINATION, w[at + S_INSIDE] as number);
  toClient(m, row, b, o, length, largest === length ? undefined : largest);
}

/** Counts our hop on the way to a caller; false when the packet's time is over. ICMP is dropped then without a word. */
function hopToCaller(m: Masquerade, row: number, b: Uint8Array, o: number): boolean {
  if (m.clients.link[row] === 0) return true;
  if (timeToLive(b, o) <= 1) {
    m.notices.count('ttl-exceeded');
    return false;
  }
  decrementTtl(b, o);
  return true;
}

/** An error from outside about a packet we sent: the quoted packet is turned back into the client's own. */
function inboundError(
  m: Masquerade,
  uplink: Uplink,
  b: Uint8Array,
  o: number,
  length: number,
  t: number,
  largest: number,
  hairpinned: boolean,
): void {
  const e = t + ICMP_HEADER;
  const quoted = quote(b, e, o + length);
  if (!quoted || get32(b, e + 12) !== uplink.address) {
    m.notices.count('icmp-error-unmatched');
    return;
  }
  if (!hairpinned && isForgedFromOutside(m, get32(b, o + 12))) {
    m.notices.count('spoofed');
    return;
  }
  const session = m.table.findIn(quoted.protocol | (uplink.slot << 8), get32(b, e + 16), quoted.sourceFirst);
  if (session < 0) {
    m.notices.count('icmp-error-unmatched');
    return;
  }
  const w = m.table.sessionWords;
  const at = session * SESSION_WORDS;
  const row = w[at + S_CLIENT] as number;
  if (m.clients.blocked[row] === 1 || !hopToCaller(m, row, b, o)) return;
  const inside = w[at + S_INSIDE] as number;
  if (quoted.protocol === TCP && quoted.available >= 8) m.helpers.restoreQuoted(session, b, quoted.transport);
  rewriteQuoted(b, e, quoted, QUOTE_SOURCE, inside, w[at + S_INSIDE_PORT] as number);
  if (((w[at + S_FLAGS] as number) & F_DNS_ALIAS) !== 0) {
    const port = (w[at + S_IN_PORTS] as number) & 0xffff;
    rewriteQuoted(b, e, quoted, QUOTE_DESTINATION, ALIAS, port);
    if (get32(b, o + 12) === (w[at + S_REMOTE] as number)) setSource(b, o, ALIAS);
  }
  sealIcmp(b, t, o + length - t);
  setDestination(b, o, inside);
  m.notices.count('icmp-errors-in');
  m.notices.traffic(PACKETS_DOWN, length);
  m.clients.countDown(row, length);
  toClient(m, row, b, o, length, largest === length ? undefined : largest);
}

/** An error from inside about a packet we delivered: the quoted packet is turned into what its sender sent. */
function outboundError(
  m: Masquerade,
  b: Uint8Array,
  o: number,
  length: number,
  t: number,
  origin: number,
  now: number,
): void {
  const e = t + ICMP_HEADER;
  const quoted = quote(b, e, o + length);
  const remote = get32(b, o + 16);
  const sender = senderOf(m, get32(b, o + 12), origin, now);
  if (sender < 0) return;
  if (!quoted) {
    m.notices.count('icmp-error-unmatched');
    return;
  }
  const quotedSource = get32(b, e + 12);
  const named =
    quotedSource === ALIAS
      ? -1
      : m.table.findOut(quoted.protocol, get32(b, e + 16), quotedSource, quoted.destinationFirst);
  if (named < 0 || remote !== quotedSource) {
    const text = () =>
      `An ICMP error from ${formatAddress(get32(b, o + 12))} about no packet we know was dropped.`;
    m.notices.refuse('icmp-error-unmatched', sender, now, text);
    return;
  }
  const w = m.table.sessionWords;
  const at = named * SESSION_WORDS;
  const uplink = m.uplinks[(w[at + S_PROTOCOL] as number) >>> 8];
  if (!uplink?.up || m.clients.blocked[sender] === 1) return;
  rewriteQuoted(b, e, quoted, QUOTE_DESTINATION, uplink.address, (w[at + S_IN_PORTS] as number) >>> 16);
  sealIcmp(b, t, o + length - t);
  setSource(b, o, uplink.address);
  m.notices.count('icmp-errors-out');
  if (((w[at + S_FLAGS] as number) & F_HAIRPIN) !== 0) {
    // Turned round (RFC 5508 REQ-7): it is about a packet that another of our clients sent to our own address.
    const target = m.uplinkAt(remote);
    if (target && m.config.hairpin) inboundIcmp(m, target, b, o, length, length, now, true);
    return;
  }
  m.clients.countUp(sender, length, now);
  toUplink(m, uplink, sender, b, o, length);
}
