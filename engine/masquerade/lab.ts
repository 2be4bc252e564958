// A router with scripted ends, for tests and the bench: packets are built, sent in, and what comes out is kept. Time stands still but
// for `pass`. Checks every packet that leaves: its checksums, and that no inside address is its source.
import type { Forward, LogLevel } from '../contract.ts';
import { MASQUERADE_DEFAULT } from '../contract.ts';
import { formatAddress, parseAddress } from '../packet/address.ts';
import { get16, get32, put16, put32 } from '../packet/bytes.ts';
import { icmpChecksumRight, sealIcmp } from '../packet/icmp.ts';
import { isFragment, soundIpv4, TCP, UDP, writeIpv4 } from '../packet/ipv4.ts';
import { ACK, dataOffset, SYN, sealTcp, tcpChecksumRight } from '../packet/tcp.ts';
import { sealUdp, udpChecksumRight } from '../packet/udp.ts';
import { Router, type RouterConfig } from '../router.ts';

export const LAN = '192.168.66.1';
export const HOST1 = '192.168.66.10';
export const HOST2 = '192.168.66.11';
export const OUTSIDE = '203.0.113.70';
export const SERVER = '198.51.100.80';
export const OTHER = '198.51.100.81';
export const PEER = '203.0.113.1';
export const DNS = '198.51.100.53';
export const DNS2 = '198.51.100.54';
export const UPLINK = 1;

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
    put16(b, 10, 0);
    let sum = 0;
    for (let i = 0; i < 20; i += 2) sum += get16(b, i);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    put16(b, 10, ~sum & 0xffff);
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

export function config(changes: Partial<RouterConfig> = {}): RouterConfig {
  return {
    lan: { address: LAN, prefix: 24 },
    masquerade: MASQUERADE_DEFAULT,
    access: { mode: 'everybody', chosen: [], paused: [] },
    forwards: [],
    helpers: {},
    demand: false,
    ...changes,
  };
}

export function forward(changes: Partial<Forward> = {}): Forward {
  return {
    id: 'web',
    on: true,
    protocol: 'tcp',
    first: 80,
    last: 80,
    insideFirst: 80,
    hosts: [{ address: HOST1, weight: 1 }],
    sources: [],
    ...changes,
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

export class Lab {
  now = 1_700_000_000_000;
  readonly router: Router;
  /** What came out since the last look. */
  host: Packet[] = [];
  links: Packet[] = [];
  readonly wants: { client: string; reason: string }[] = [];
  readonly readdressed: { from: string; to: string; moved: number; reset: number; held: number }[] = [];
  readonly logs: { level: LogLevel; text: string }[] = [];
  readonly callers = new Set<number>();

  constructor(changes: Partial<RouterConfig> = {}, seed = 1) {
    this.router = new Router(
      {
        toHost: (b, o, length) => this.host.push(this.#read(0, 0, b, o, length)),
        toLink: (link, client, b, o, length) => {
          const packet = this.#read(link, client, b, o, length);
          if (!this.callers.has(link)) this.#leaves(packet);
          this.links.push(packet);
        },
        wantLine: (client, reason) => this.wants.push({ client, reason }),
        readdressed: (from, to, moved, reset, held) =>
          this.readdressed.push({ from, to, moved, reset, held }),
        log: (level, text) => this.logs.push({ level, text }),
      },
      numbers(seed),
      this.now,
    );
    this.router.configure(config(changes), this.now);
  }

  /** The uplink comes up. */
  up(local = OUTSIDE, changes: { link?: number; mtu?: number; dns?: string[]; peer?: string } = {}): this {
    this.router.linkUp(
      {
        link: changes.link ?? UPLINK,
        role: 'uplink',
        local,
        peer: changes.peer ?? PEER,
        dns: changes.dns ?? [DNS, DNS2],
        mtu: changes.mtu ?? 1500,
      },
      this.now,
    );
    return this;
  }
  down(link = UPLINK): void {
    this.router.linkDown(link, this.now);
  }
  caller(link: number, peer: string, local = '192.168.66.1', mtu = 1500): void {
    this.callers.add(link);
    this.router.linkUp({ link, role: 'caller', local, peer, dns: [], mtu, name: 'guest' }, this.now);
  }
  configure(changes: Partial<RouterConfig>): void {
    this.router.configure(config(changes), this.now);
  }
  /** Milliseconds go by, with a tick at every quarter second (every second when there are many). */
  pass(ms: number): void {
    const until = this.now + ms;
    const step = ms > 60_000 ? 1000 : 250;
    while (this.now < until) {
      this.now = Math.min(until, this.now + step);
      this.router.tick(this.now);
    }
  }

  /** Sends a packet from the LAN or the gateway; what it brought about. */
  out(bytes: Uint8Array): Packet[] {
    return this.#run(() => this.router.fromHost(room(bytes), 0, bytes.length, this.now));
  }
  /** Sends a packet from a link; what it brought about. */
  in(bytes: Uint8Array, link = UPLINK): Packet[] {
    return this.#run(() => this.router.fromLink(link, room(bytes), 0, bytes.length, this.now));
  }
  /** All that came out since the last look, links first. */
  drain(): Packet[] {
    const all = [...this.links, ...this.host];
    this.links = [];
    this.host = [];
    return all;
  }
  #run(action: () => void): Packet[] {
    this.drain();
    action();
    return this.drain();
  }

  counter(name: string): number {
    return this.router.counters()[name] ?? 0;
  }

  #leaves(packet: Packet): void {
    if (/^(10\.|127\.|192\.168\.|192\.0\.2\.|172\.(1[6-9]|2\d|3[01])\.)/.test(packet.source))
      throw new Error(`a packet left with the source ${packet.source}`);
  }

  #read(link: number, client: number, b: Uint8Array, o: number, length: number): Packet {
    const bytes = b.slice(o, o + length);
    const packet = describe(bytes);
    return { ...packet, link, client };
  }
}

/** A copy with the room after it that every packet has. */
export function room(bytes: Uint8Array): Uint8Array {
  const b = new Uint8Array(bytes.length + 128);
  b.set(bytes);
  return b;
}

/** Takes a packet apart; throws when a checksum in it is wrong. */
export function describe(bytes: Uint8Array): Packet {
  const length = soundIpv4(bytes, 0, bytes.length);
  if (length !== bytes.length) throw new Error('an unsound IPv4 packet came out');
  const header = ((bytes[0] as number) & 15) * 4;
  const t = header;
  const protocol = bytes[9] as number;
  const source = get32(bytes, 12);
  const destination = get32(bytes, 16);
  const whole = !isFragment(bytes, 0);
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

/** Opens HOST1:40000 → SERVER:80. The client's next number is 101, the server's 901. */
export function connect(lab: Lab, host = HOST1, port = 40_000, server = SERVER, serverPort = 80): number {
  const mapped =
    lab.out(tcp(host, port, server, serverPort, { flags: SYN, sequence: 100 }))[0]?.sourcePort ?? 0;
  lab.in(tcp(server, serverPort, OUTSIDE, mapped, { flags: SYN | ACK, sequence: 900, acknowledgement: 101 }));
  lab.out(tcp(host, port, server, serverPort, { sequence: 101, acknowledgement: 901 }));
  return mapped;
}
