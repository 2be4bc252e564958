// Packets made and taken apart for tests and the bench; `describe` throws when a checksum is wrong.
import { formatAddress, parseAddress } from '../packet/address.ts';
import { get16, get32, put16, put32 } from '../packet/bytes.ts';
import { icmpChecksumRight, sealIcmp } from '../packet/icmp.ts';
import { isFragment, sealHeader, soundIpv4, TCP, UDP, writeIpv4 } from '../packet/ipv4.ts';
import { ACK, dataOffset, sealTcp, tcpChecksumRight } from '../packet/tcp.ts';
import { sealUdp, udpChecksumRight } from '../packet/udp.ts';

export interface Packet {
  link: number;
  client: number;
  source: string;
  destination: string;
  protocol: number;
  sourcePort: number;
  destinationPort: number;
  flags: number;
  sequence: number;
  acknowledgement: number;
  payload: string;
  bytes: Uint8Array;
}

export interface SegmentFacts {
  flags?: number;
  sequence?: number;
  acknowledgement?: number;
  window?: number;
  payload?: string | Uint8Array;
  options?: number[];
  urgent?: number;
}

function latin(data: string | Uint8Array): Uint8Array {
  return typeof data === 'string' ? Uint8Array.from(data, (char) => char.charCodeAt(0)) : data;
}

function frame(
  protocol: number,
  source: string,
  destination: string,
  transport: Uint8Array,
  df = true,
): Uint8Array {
  const b = new Uint8Array(20 + transport.length);
  writeIpv4(b, 0, b.length, protocol, parseAddress(source), parseAddress(destination));
  if (!df) {
    put16(b, 6, 0);
    sealHeader(b, 0);
  }
  b.set(transport, 20);
  return b;
}

export function udp(
  source: string,
  sourcePort: number,
  destination: string,
  destinationPort: number,
  payload: string | Uint8Array = 'x',
  df = false,
): Uint8Array {
  const data = latin(payload);
  const u = new Uint8Array(8 + data.length);
  put16(u, 0, sourcePort);
  put16(u, 2, destinationPort);
  put16(u, 4, u.length);
  put16(u, 6, 1);
  u.set(data, 8);
  const b = frame(UDP, source, destination, u, df);
  sealUdp(b, 20, parseAddress(source), parseAddress(destination));
  return b;
}

export function tcp(
  source: string,
  sourcePort: number,
  destination: string,
  destinationPort: number,
  facts: SegmentFacts = {},
): Uint8Array {
  const data = latin(facts.payload ?? '');
  const options = facts.options ?? [];
  const header = 20 + Math.ceil(options.length / 4) * 4;
  const s = new Uint8Array(header + data.length);
  put16(s, 0, sourcePort);
  put16(s, 2, destinationPort);
  put32(s, 4, facts.sequence ?? 0);
  put32(s, 8, facts.acknowledgement ?? 0);
  s[12] = (header >>> 2) << 4;
  s[13] = facts.flags ?? ACK;
  put16(s, 14, facts.window ?? 8192);
  put16(s, 18, facts.urgent ?? 0);
  s.set(options, 20);
  s.set(data, header);
  const b = frame(TCP, source, destination, s);
  sealTcp(b, 20, s.length, parseAddress(source), parseAddress(destination));
  return b;
}

/** ICMP with its second word given as two 16-bit numbers. */
export function icmp(
  source: string,
  destination: string,
  type: number,
  code: number,
  first: number,
  second: number,
  rest: Uint8Array = new Uint8Array(8),
): Uint8Array {
  const i = new Uint8Array(8 + rest.length);
  i[0] = type;
  i[1] = code;
  put16(i, 4, first);
  put16(i, 6, second);
  i.set(rest, 8);
  sealIcmp(i, 0, i.length);
  return frame(1, source, destination, i);
}

export function ip(protocol: number, source: string, destination: string, body: Uint8Array): Uint8Array {
  return frame(protocol, source, destination, body);
}

/** A copy with the room after it that every packet has. */
export function room(bytes: Uint8Array): Uint8Array {
  const b = new Uint8Array(bytes.length + 128);
  b.set(bytes);
  return b;
}

/** Takes a packet apart; throws when a checksum in it is wrong. `plain`: it was not translated, its payload is its sender's business. */
export function describe(bytes: Uint8Array, plain = false): Packet {
  const length = soundIpv4(bytes, 0, bytes.length);
  if (length !== bytes.length) throw new Error('an unsound IPv4 packet came out');
  const header = ((bytes[0] as number) & 15) * 4;
  const t = header;
  const protocol = bytes[9] as number;
  const source = get32(bytes, 12);
  const destination = get32(bytes, 16);
  const whole = !isFragment(bytes, 0) && !plain;
  const size = bytes.length - header;
  if (whole && protocol === TCP && !tcpChecksumRight(bytes, t, size, source, destination))
    throw new Error('a wrong TCP checksum came out');
  if (whole && protocol === UDP && !udpChecksumRight(bytes, t, source, destination))
    throw new Error('a wrong UDP checksum came out');
  if (whole && protocol === 1 && !icmpChecksumRight(bytes, t, size))
    throw new Error('a wrong ICMP checksum came out');
  const ports = protocol === TCP || protocol === UDP;
  const data = protocol === TCP ? t + dataOffset(bytes, t) : protocol === UDP ? t + 8 : t;
  return {
    link: 0,
    client: 0,
    source: formatAddress(source),
    destination: formatAddress(destination),
    protocol,
    sourcePort: ports ? get16(bytes, t) : 0,
    destinationPort: ports ? get16(bytes, t + 2) : 0,
    flags: protocol === TCP ? (bytes[t + 13] as number) : 0,
    sequence: protocol === TCP ? get32(bytes, t + 4) : 0,
    acknowledgement: protocol === TCP ? get32(bytes, t + 8) : 0,
    payload: String.fromCharCode(...bytes.subarray(data)),
    bytes,
  };
}

/** A repeatable source of numbers for `random`. */
export function numbers(seed = 1): (bound: number) => number {
  let state = seed >>> 0 || 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}
