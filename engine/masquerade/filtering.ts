// A first packet from outside: whether anybody is to have it (RFC 4787 §5, RFC 5382 §4.3, RFC 5382 REQ-4). Default is deny. In order:
// a forward, a helper's expectation, a lease, the filter of the mapping that owns the port, a trigger; ident is answered or gets its RST, other SYNs a late ICMP.
import { formatAddress, IMPOSSIBLE_SOURCES } from '../packet/address.ts';
import { get16, get32 } from '../packet/bytes.ts';
import { headerLength, TCP, UDP } from '../packet/ipv4.ts';
import { ACK, flagsOf, RST, SYN } from '../packet/tcp.ts';
import { mayOpen } from './limits.ts';
import { deny, silence } from './nobody.ts';
import { begin, makeMapping } from './open.ts';
import {
  F_ANSWERED,
  F_EXPECTED,
  F_FORWARD,
  F_HAIRPIN,
  F_INBOUND,
  F_TRACKED,
  F_TRIGGERED,
  M_CLIENT,
  M_INSIDE,
  M_PORTS,
  MAPPING_WORDS,
  MF_UNPOOLED,
  S_FLAGS,
  S_STATE,
  SESSION_WORDS,
} from './record.ts';
import { ALIAS, type Masquerade, TUN } from './state.ts';
import { DATAGRAM } from './tcp-state.ts';
import type { Uplink } from './uplink.ts';

/** A source that cannot come from outside: ours, or nobody's. */
export function isForgedFromOutside(m: Masquerade, source: number): boolean {
  return (
    m.inLan(source) ||
    source === TUN ||
    source === ALIAS ||
    m.callers.has(source) ||
    m.uplinkAt(source) !== null ||
    IMPOSSIBLE_SOURCES.contains(source)
  );
}

/** A session for a first packet from outside, or -1. */
export function admit(
  m: Masquerade,
  uplink: Uplink,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
  hairpinned: boolean,
): number {
  const t = o + headerLength(b, o);
  const protocol = b[o + 9] as number;
  const remote = get32(b, o + 12);
  const remotePort = get16(b, t);
  const port = get16(b, t + 2);
  if (!hairpinned && isForgedFromOutside(m, remote)) {
    const text = () => `A packet from outside claimed the source ${formatAddress(remote)}; it was dropped.`;
    m.notices.refuse('spoofed', remote, now, text);
    return -1;
  }
  const opens = protocol === UDP || (flagsOf(b, t) & (SYN | ACK | RST)) === SYN;
  const rule = m.forwards.ruleFor(protocol, port);
  if (rule >= 0)
    return opens ? forward(m, uplink, rule, b, o, remote, remotePort, port, now, hairpinned) : stray(m);
  const mapping = uplink.pool(protocol)?.ownerOf(port) ?? -1;
  if (mapping < 0) {
    const opened = opens ? trigger(m, uplink, protocol, remote, remotePort, port, now, hairpinned) : -1;
    if (opened < 0) deny(m, uplink, b, o, length, now, hairpinned);
    return opened;
  }
  if (!opens) return stray(m);
  const expectation = m.helpers.expected(mapping, remote, remotePort, now);
  let bits = 0;
  const word = expectation === null ? m.leases.word(mapping, remote, remotePort) : 'open';
  if (word === 'open') {
    if (expectation === null) m.notices.count('leased');
  } else if (!hairpinned && !passes(m, protocol, mapping, remote, word === 'closed')) {
    const inside = m.table.mappingWords[mapping * MAPPING_WORDS + M_INSIDE] as number;
    if (!m.triggers.admits(protocol, inside, port, remote, now)) {
      m.notices.count('inbound-filtered');
      silence(m, uplink, b, o, length, now);
      return -1;
    }
    m.notices.count('triggered');
    bits = F_TRIGGERED;
  }
  if (expectation !== null) bits |= F_EXPECTED;
  const session = openFromOutside(
    m,
    uplink,
    mapping,
    remote,
    remotePort,
    port,
    protocol,
    now,
    bits,
    hairpinned,
  );
  if (session >= 0 && expectation !== null) m.helpers.fulfil(expectation, session, now);
  return session;
}

function stray(m: Masquerade): number {
  m.notices.count('stray');
  return -1;
}

/** The filter asked for (RFC 4787 REQ-8, RFC 5382 REQ-3). The exact remote has a session and was not asked about here. */
function passes(
  m: Masquerade,
  protocol: number,
  mapping: number,
  remote: number,
  onlyKnown: boolean,
): boolean {
  const mode = protocol === TCP ? m.config.tcpFiltering : m.config.udpFiltering;
  if (mode === 'endpoint-independent' && !onlyKnown) return true;
  return mode !== 'address-and-port-dependent' && m.table.knowsPeer(mapping, remote);
}

function forward(
  m: Masquerade,
  uplink: Uplink,
  rule: number,
  b: Uint8Array,
  o: number,
  remote: number,
  remotePort: number,
  port: number,
  now: number,
  hairpinned: boolean,
): number {
  const protocol = b[o + 9] as number;
  if (!hairpinned && !m.forwards.permits(rule, remote)) {
    const text = () =>
      `${formatAddress(remote)} is not among the sources that forward "${m.forwards.idOf(rule)}" allows.`;
    m.notices.refuse('source-not-allowed', remote, now, text);
    return -1;
  }
  const inside = m.forwards.chooseHost(rule, remote, now);
  const insidePort = m.forwards.insidePort(rule, port);
  const row = rowOf(m, inside, now);
  if (row < 0) {
    m.notices.count('inbound-denied');
    return -1;
  }
  let mapping = m.table.findMapping(protocol, inside, insidePort);
  if (mapping < 0) {
    // Not charged to the host's allowance of new mappings: it did not ask for this one.
    const pooled = m.forwards.outsidePort(protocol, inside, insidePort) === 0;
    mapping = pooled
      ? m.table.map(protocol | (uplink.slot << 8), inside, insidePort, port, MF_UNPOOLED, row)
      : makeMapping(m, uplink, row, protocol, inside, insidePort, now);
    if (mapping >= 0 && pooled) m.clients.mappings[row] = (m.clients.mappings[row] as number) + 1;
  }
  if (mapping < 0) {
    m.notices.count('table-full');
    return -1;
  }
  const session = openFromOutside(
    m,
    uplink,
    mapping,
    remote,
    remotePort,
    port,
    protocol,
    now,
    F_FORWARD,
    hairpinned,
  );
  if (session < 0) return -1;
  m.notices.count('forwarded');
  m.notices.countRule(`forward:${m.forwards.idOf(rule)}`);
  return session;
}

/** A port that nobody owns may be open by a trigger: the host gets it, if the port can be its own. */
function trigger(
  m: Masquerade,
  uplink: Uplink,
  protocol: number,
  remote: number,
  remotePort: number,
  port: number,
  now: number,
  hairpinned: boolean,
): number {
  const inside = m.triggers.hostFor(protocol, port, remote, now, (host) => {
    const row = rowOf(m, host, now);
    return (
      row >= 0 &&
      (m.clients.mappings[row] as number) < m.config.clientMappings &&
      uplink.pool(protocol)?.isFree(port, host, port, m.quarters(now)) === true &&
      m.forwards.outsidePort(protocol, host, port) === 0 &&
      m.table.findMapping(protocol, host, port) < 0
    );
  });
  if (inside === 0) return -1;
  // The same port outside as inside: it is free, so the pool keeps it.
  const mapping = makeMapping(m, uplink, rowOf(m, inside, now), protocol, inside, port, now);
  if (mapping < 0) return -1;
  m.notices.count('triggered');
  return openFromOutside(
    m,
    uplink,
    mapping,
    remote,
    remotePort,
    port,
    protocol,
    now,
    F_TRIGGERED,
    hairpinned,
  );
}

/** The client that an inside address is, if it may use the link now; else -1. */
function rowOf(m: Masquerade, inside: number, now: number): number {
  const caller = m.callers.get(inside);
  const row = caller ? caller.row : m.inLan(inside) ? m.clients.idFor(inside, 'lan', now) : -1;
  return row < 0 || m.clients.blocked[row] === 1 ? -1 : row;
}

function openFromOutside(
  m: Masquerade,
  uplink: Uplink,
  mapping: number,
  remote: number,
  remotePort: number,
  port: number,
  protocol: number,
  now: number,
  bits: number,
  hairpinned: boolean,
): number {
  const words = m.table.mappingWords;
  const at = mapping * MAPPING_WORDS;
  const row = words[at + M_CLIENT] as number;
  const inside = words[at + M_INSIDE] as number;
  const insidePort = (words[at + M_PORTS] as number) >>> 16;
  const outPorts = (insidePort << 16) | remotePort;
  // The same two ends may already talk through another of our ports; answers could not be told apart.
  const clash = m.table.findOut(protocol, inside, remote, outPorts) >= 0;
  if (clash || !mayOpen(m, row)) {
    m.notices.count(clash ? 'inbound-denied' : 'client-limit');
    m.releaseMapping(mapping, now);
    return -1;
  }
  const session = m.table.open(
    mapping,
    protocol | (uplink.slot << 8),
    inside,
    insidePort,
    remote,
    outPorts,
    (port << 16) | remotePort,
    row,
  );
  if (session < 0) {
    m.notices.count('table-full');
    m.releaseMapping(mapping, now);
    return -1;
  }
  const w = m.table.sessionWords;
  const s = session * SESSION_WORDS;
  w[s + S_FLAGS] = bits | F_INBOUND | F_ANSWERED | F_TRACKED | (hairpinned ? F_HAIRPIN : 0);
  if (protocol === UDP) w[s + S_STATE] = DATAGRAM;
  begin(m, session, row, now);
  m.helpers.attach(session, protocol, remotePort, insidePort, true, now);
  return session;
}
