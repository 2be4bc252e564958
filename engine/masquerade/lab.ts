// A router with scripted ends, for tests and the bench: packets are built, sent in, and what comes out is kept. Time stands still but
// for `pass`. Checks every packet that leaves: its checksums, and that no inside address is its source.
import type { CallerRights, Forward, LogLevel } from '../contract.ts';
import { CALLER_RIGHTS_DEFAULT, MASQUERADE_DEFAULT } from '../contract.ts';
import type { Helper } from '../helpers/helper.ts';
import { ACK, SYN } from '../packet/tcp.ts';
import { count } from './fuzz.ts';
import { describe, numbers, type Packet, room, tcp } from './packets.ts';

export { icmp, ip, numbers, type Packet, room, type SegmentFacts, tcp, udp } from './packets.ts';

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
  /** As last configured. */
  changes: Partial<RouterConfig> = {};
  #entered = new Uint8Array(0);

  constructor(changes: Partial<RouterConfig> = {}, seed = 1, helpers?: readonly Helper[]) {
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
      helpers,
    );
    this.configure(changes);
  }

  /** The uplink comes up. */
  up(
    local = OUTSIDE,
    changes: { link?: number; mtu?: number; dns?: string[]; peer?: string; rate?: number } = {},
  ): this {
    this.router.linkUp(
      {
        link: changes.link ?? UPLINK,
        role: 'uplink',
        local,
        peer: changes.peer ?? PEER,
        dns: changes.dns ?? [DNS, DNS2],
        mtu: changes.mtu ?? 1500,
        ...(changes.rate === undefined ? {} : { rate: changes.rate }),
      },
      this.now,
    );
    return this;
  }
  down(link = UPLINK): void {
    this.router.linkDown(link, this.now);
  }
  caller(
    link: number,
    peer: string,
    changes: { local?: string; mtu?: number; rights?: Partial<CallerRights> } = {},
  ): void {
    this.callers.add(link);
    const { local = '192.168.66.1', mtu = 1500, rights } = changes;
    const caller = { ...CALLER_RIGHTS_DEFAULT, ...rights };
    this.router.linkUp({ link, role: 'caller', local, peer, dns: [], mtu, name: 'guest', caller }, this.now);
  }
  configure(changes: Partial<RouterConfig>): void {
    this.changes = changes;
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
    return this.#run(bytes, () => this.router.fromHost(room(bytes), 0, bytes.length, this.now));
  }
  /** Sends a packet from a link; what it brought about. */
  in(bytes: Uint8Array, link = UPLINK): Packet[] {
    return this.#run(bytes, () => this.router.fromLink(link, room(bytes), 0, bytes.length, this.now));
  }
  /** All that came out since the last look, links first. */
  drain(): Packet[] {
    const all = [...this.links, ...this.host];
    this.links = [];
    this.host = [];
    return all;
  }
  #run(entering: Uint8Array, action: () => void): Packet[] {
    this.drain();
    count(1);
    this.#entered = entering.slice();
    action();
    return this.drain();
  }

  counter(name: string): number {
    return this.router.counters()[name] ?? 0;
  }

  #leaves(packet: Packet): void {
    if (/^(10\.|127\.|192\.168\.|192\.0\.0\.|172\.(1[6-9]|2\d|3[01])\.)/.test(packet.source))
      throw new Error(`a packet left with the source ${packet.source}`);
  }

  /** Whether a packet comes out with the addresses and all behind them that it went in with. */
  #isAsItCame(bytes: Uint8Array): boolean {
    const entered = this.#entered;
    for (let i = 12; i < bytes.length; i++) if (bytes[i] !== entered[i]) return false;
    return bytes.length === entered.length;
  }

  #read(link: number, client: number, b: Uint8Array, o: number, length: number): Packet {
    const bytes = b.slice(o, o + length);
    // Between callers, LAN and gateway nothing is translated, nor is what the kernel sends to a caller from anywhere else.
    const plain = (isInside(bytes, 12) && isInside(bytes, 16)) || this.#isAsItCame(bytes);
    const packet = describe(bytes, plain);
    return { ...packet, link, client };
  }
}

/** Whether the address at `at` is of the LAN, where callers live too, or the gateway's own. */
function isInside(bytes: Uint8Array, at: number): boolean {
  const net = `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}`;
  return net === '192.168.66' || net === '192.0.0';
}

/** Opens HOST1:40000 → SERVER:80. The client's next number is 101, the server's 901. */
export function connect(lab: Lab, host = HOST1, port = 40_000, server = SERVER, serverPort = 80): number {
  const mapped =
    lab.out(tcp(host, port, server, serverPort, { flags: SYN, sequence: 100 }))[0]?.sourcePort ?? 0;
  lab.in(tcp(server, serverPort, OUTSIDE, mapped, { flags: SYN | ACK, sequence: 900, acknowledgement: 101 }));
  lab.out(tcp(host, port, server, serverPort, { sequence: 101, acknowledgement: 901 }));
  return mapped;
}
