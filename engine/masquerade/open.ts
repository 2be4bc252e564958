// A new flow from inside: who may send it, where it may go, by which uplink, under which outside port (RFC 4787 §4.1-4.2). All that
// refuses one is here, with the word to the sender (RFC 5508 REQ-8: policy is ICMP 3/13; RFC 6888 REQ-11: exhaustion is 3/1).
import { formatAddress } from '../packet/address.ts';
import { get16 } from '../packet/bytes.ts';
import { HOST_UNREACHABLE, PROHIBITED, UNREACHABLE } from '../packet/icmp.ts';
import { headerLength, TCP, UDP } from '../packet/ipv4.ts';
import { UDP_HEADER } from '../packet/udp.ts';
import { readQuestion, writeServerFailure } from './demand.ts';
import { errorToClient, toClient } from './emit.ts';
import { mayMap, mayOpen } from './limits.ts';
import type { CounterName } from './notices.ts';
import {
  F_HAIRPIN,
  M_PORTS,
  M_PROTOCOL,
  MAPPING_WORDS,
  MF_UNPOOLED,
  PROTOCOL_NAMES,
  S_BEGAN,
  S_FLAGS,
  SESSION_WORDS,
} from './record.ts';
import { chooseUplink } from './spread.ts';
import { ALIAS, type Masquerade, TUN } from './state.ts';
import type { Uplink } from './uplink.ts';

const DNS = 53;
/** Origin of packets read from masq0; callers' packets have their link number. */
export const FROM_HOST = 0;

/**
 * The client that sent a packet, or -1 when its source is nobody's: not the LAN's, not the gateway's, not the caller's own
 * (anti-spoofing). The refusal is written down.
 */
export function senderOf(m: Masquerade, source: number, origin: number, now: number): number {
  if (origin !== FROM_HOST) {
    const caller = m.callersByLink.get(origin);
    if (caller && caller.address === source) return caller.row;
  } else if (source === TUN || (m.lanMask !== 0 && source === m.lanAddress)) return 0;
  else if (m.isLanHost(source)) return m.clients.idFor(source, 'lan', now);
  m.notices.refuse(
    'spoofed',
    source,
    now,
    () =>
      `A packet with the source ${formatAddress(source)}, which belongs to nobody ${origin === FROM_HOST ? 'on the LAN' : 'on that line'}, was dropped.`,
  );
  return -1;
}

/** Refuses a packet of a client, with an ICMP error to it. Always -1. */
export function refuse(
  m: Masquerade,
  row: number,
  name: CounterName,
  code: number,
  text: () => string,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
): number {
  m.notices.refuse(name, row, now, text);
  errorToClient(m, row, UNREACHABLE, code, 0, b, o, length, now);
  return -1;
}

/** No uplink is up: the packet is held and asks for the line, or is refused. Always -1. */
export function lineDown(
  m: Masquerade,
  row: number,
  origin: number,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
): number {
  m.notices.count('no-uplink');
  if (!m.demand) {
    errorToClient(m, row, UNREACHABLE, HOST_UNREACHABLE, 0, b, o, length, now);
    return -1;
  }
  const protocol = b[o + 9] as number;
  if ((protocol !== TCP && protocol !== UDP) || !m.held.asks(b, o)) return -1;
  const t = o + headerLength(b, o);
  const port = get16(b, t + 2);
  const isLookup = protocol === UDP && port === DNS;
  const question = isLookup ? readQuestion(b, t + UDP_HEADER, t + get16(b, t + 4)) : null;
  if (question !== null && !m.demandRules.dials(question.name)) {
    m.notices.count('demand-ignored');
    toClient(m, row, m.scratch, 0, writeServerFailure(m.scratch, b, o, question.end));
    return -1;
  }
  if (m.held.hold(b, o, length, origin, now)) m.notices.count('held');
  else m.notices.count('held-dropped');
  if (now - m.wantedAt >= 1000 || now < m.wantedAt || m.wantedBy !== row) {
    m.wantedAt = now;
    m.wantedBy = row;
    const to = addressAt(b, o + 16);
    const flow = `${PROTOCOL_NAMES[protocol]} to ${formatAddress(to)} port ${port}`;
    const asked = question === null ? 'a name to look up' : `the name ${question.name.slice(0, 160)}`;
    const reason = to === ALIAS || question !== null ? asked : flow;
    m.ports.wantLine(formatAddress(m.clients.address[row] as number), reason);
  }
  return -1;
}

function addressAt(b: Uint8Array, at: number): number {
  return (get16(b, at) << 16) | get16(b, at + 2);
}

/**
 * Whether this client may send to this remote at all, now; the packet is answered or held if not. Tests policy before need, so
 * that what is refused never asks for the line.
 */
export function mayGo(
  m: Masquerade,
  row: number,
  remote: number,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
): boolean {
  if (m.clients.blocked[row] === 1) {
    const who = m.clients.kindOf(row) === 'caller' ? 'The caller ' : '';
    const text = () => `${who}${formatAddress(m.clients.address[row] as number)} may not use the link.`;
    refuse(m, row, 'not-allowed', PROHIBITED, text, b, o, length, now);
    return false;
  }
  if (m.mayLeave(remote)) return true;
  if (remote >>> 24 >= 224) {
    m.notices.count('private-destination');
    return false;
  }
  const text = () =>
    `${formatAddress(remote)} is a private or special address and does not leave by the link (asked by ${formatAddress(m.clients.address[row] as number)}).`;
  refuse(m, row, 'private-destination', PROHIBITED, text, b, o, length, now);
  return false;
}

/** The mapping of an inside endpoint, made if need be; -1 when refused (and answered). Ports 0 for protocols without. */
export function mappingFor(
  m: Masquerade,
  row: number,
  origin: number,
  protocol: number,
  inside: number,
  insidePort: number,
  remotePort: number,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
): number {
  const known = m.table.findMapping(protocol, inside, insidePort);
  if (known >= 0) {
    const slot = (m.table.mappingWords[known * MAPPING_WORDS + M_PROTOCOL] as number) >>> 8;
    return m.uplinks[slot]?.up ? known : lineDown(m, row, origin, b, o, length, now);
  }
  const free = protocol === TCP && !m.helpers.serves(protocol, remotePort, insidePort);
  const uplink = chooseUplink(m, row, free, addressAt(b, o + 16));
  if (uplink === null) return lineDown(m, row, origin, b, o, length, now);
  if (!mayMap(m, row, now)) {
    const text = () =>
      `${formatAddress(inside)} has reached its limit of mappings; the new flow was refused.`;
    return refuse(m, row, 'client-limit', PROHIBITED, text, b, o, length, now);
  }
  const mapping = makeMapping(m, uplink, row, protocol, inside, insidePort, now);
  if (mapping >= 0) return mapping;
  const text = () =>
    mapping === -2
      ? `No outside port was left for ${formatAddress(inside)}.`
      : 'The table is full; a new flow was refused.';
  return refuse(m, row, mapping === -2 ? 'no-port' : 'table-full', HOST_UNREACHABLE, text, b, o, length, now);
}

/** A mapping on an uplink: -1 table full, -2 no port. Limits have been asked. `wanted`: a port known to be free, or 0. */
export function makeMapping(
  m: Masquerade,
  uplink: Uplink,
  row: number,
  protocol: number,
  inside: number,
  insidePort: number,
  now: number,
  portless = false,
  wanted = 0,
): number {
  const forwarded = m.forwards.outsidePort(protocol, inside, insidePort);
  const pool = portless || forwarded !== 0 ? null : uplink.pool(protocol);
  const chosen = pool && wanted === 0 ? pool.choose(inside, insidePort, m.quarters(now)) : wanted;
  const port = pool ? chosen : forwarded;
  if (port < 0) return -2;
  const flags = pool ? 0 : MF_UNPOOLED;
  const mapping = m.table.map(protocol | (uplink.slot << 8), inside, insidePort, port, flags, row);
  if (mapping < 0) return -1;
  pool?.own(port, mapping);
  m.clients.mappings[row] = (m.clients.mappings[row] as number) + 1;
  return mapping;
}

/**
 * A session from inside on a mapping; -1 when refused (and answered). Ports as in the table's keys. The caller has set nothing
 * yet but will set the state; time and wheel are set by the first `refresh`.
 */
export function openFromInside(
  m: Masquerade,
  row: number,
  mapping: number,
  insidePort: number,
  remote: number,
  remotePort: number,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
): number {
  const at = mapping * MAPPING_WORDS;
  const words = m.table.mappingWords;
  const protocol = words[at + M_PROTOCOL] as number;
  const mapped = (words[at + M_PORTS] as number) & 0xffff;
  const inside = m.clients.address[row] as number;
  const text = () => `${formatAddress(inside)} has reached its limit of sessions; the new flow was refused.`;
  if (!mayOpen(m, row)) {
    m.releaseMapping(mapping, now);
    return refuse(m, row, 'client-limit', PROHIBITED, text, b, o, length, now);
  }
  const inPorts = (mapped << 16) | remotePort;
  // Taken only by what a forward let in under this very port from this very remote, before it led here.
  const taken = m.table.findIn(protocol, remote, inPorts) >= 0;
  const source = addressAt(b, o + 12);
  const session = taken
    ? -1
    : m.table.open(
        mapping,
        protocol,
        source,
        insidePort,
        remote,
        (insidePort << 16) | remotePort,
        inPorts,
        row,
      );
  if (session < 0) {
    m.releaseMapping(mapping, now);
    const full = () => 'The table is full; a new flow was refused.';
    return refuse(m, row, 'table-full', HOST_UNREACHABLE, full, b, o, length, now);
  }
  begin(m, session, row, now);
  if (m.uplinkAt(remote) !== null) {
    const flags = session * SESSION_WORDS + S_FLAGS;
    m.table.sessionWords[flags] = (m.table.sessionWords[flags] as number) | F_HAIRPIN;
  }
  return session;
}

/** What every new session gets. */
export function begin(m: Masquerade, session: number, row: number, now: number): void {
  m.table.sessionWords[session * SESSION_WORDS + S_BEGAN] = m.quarters(now);
  m.clients.sessions[row] = (m.clients.sessions[row] as number) + 1;
  m.notices.count('sessions-opened');
}
