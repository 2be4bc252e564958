// What it costs traffic that is nobody's when all helpers are on: the same packets through two routers, one with every helper armed, one
// with none, in turn, many times; the figure is the median of the ratios of processor time, pair by pair. Two kinds of traffic: packets
// of sessions that are there, where a helper could only cost by being asked, and first packets, where ports are compared.

import { MASQUERADE_DEFAULT } from '../contract.ts';
import { config, HOST1, numbers, OUTSIDE, PEER, room, SERVER, tcp, UPLINK, udp } from '../masquerade/lab.ts';
import { formatAddress, parseAddress } from '../packet/address.ts';
import { get16 } from '../packet/bytes.ts';
import { ACK, SYN } from '../packet/tcp.ts';
import { Router } from '../router.ts';
import { HELPERS } from './registry.ts';

/** Armed over unarmed, medians. */
export interface Armed {
  passing: number;
  opening: number;
}

const HOSTS = 40;
const SESSIONS = 4000;
const SLOT = 128;

const hostOf = (session: number) => formatAddress(parseAddress(HOST1) + (session % HOSTS));
const portOf = (session: number) => 20_000 + session;

function outbound(session: number, first: boolean): Uint8Array {
  const payload = first ? '' : 'x'.repeat(64);
  if ((session & 1) === 0) return udp(hostOf(session), portOf(session), SERVER, 9999, payload);
  const facts = first
    ? { flags: SYN, sequence: 1 }
    : { flags: ACK, sequence: 2, acknowledgement: 2, payload };
  return tcp(hostOf(session), portOf(session), SERVER, 80, facts);
}

function inbound(session: number, port: number): Uint8Array {
  const payload = 'x'.repeat(64);
  if ((session & 1) === 0) return udp(SERVER, 9999, OUTSIDE, port, payload);
  const facts = { flags: ACK, sequence: 2, acknowledgement: 2, payload };
  return tcp(SERVER, 80, OUTSIDE, port, facts);
}

/** One router, and packets that are put back after each round, because translation is in place. */
class Side {
  readonly #router: Router;
  readonly #mapped: number[] = [];
  #now = 1_000_000;
  readonly #opening: Ring;
  readonly #passing: Ring;

  constructor(on: boolean) {
    this.#router = new Router(
      {
        toHost: () => {},
        toLink: (_link, _client, b, o) => {
          if (this.#mapped.length < SESSIONS) this.#mapped.push(get16(b, o + 20));
        },
        wantLine: () => {},
        readdressed: () => {},
        log: () => {},
      },
      numbers(7),
      this.#now,
    );
    const limits = { ...MASQUERADE_DEFAULT, clientMappings: 60_000, clientMappingsPerSecond: 60_000 };
    const helpers = Object.fromEntries(HELPERS.map(({ name }) => [name, { on, ports: [] }]));
    this.#router.configure(config({ masquerade: limits, helpers }), this.#now);
    this.#router.linkUp(
      { link: UPLINK, role: 'uplink', local: OUTSIDE, peer: PEER, dns: [], mtu: 1500 },
      this.#now,
    );
    const sessions = Array.from({ length: SESSIONS }, (_, session) => session);
    this.#opening = new Ring(sessions.map((session) => outbound(session, true)));
    this.open();
    this.#passing = new Ring(
      sessions.flatMap((session) => [
        outbound(session, false),
        inbound(session, this.#mapped[session] as number),
      ]),
    );
  }

  /** Nanoseconds of processor time for all first packets; all else is forgotten before. */
  open(): number {
    for (let host = 0; host < HOSTS; host++) this.#router.cut(hostOf(host), this.#now);
    this.#now += 1000;
    this.#router.tick(this.#now);
    return this.#opening.run((b, o, length) => this.#router.fromHost(b, o, length, this.#now));
  }

  /** The same for packets of sessions that are there, both ways in turn. */
  pass(): number {
    this.#now += 10;
    let way = 0;
    return this.#passing.run((b, o, length) => {
      if ((way++ & 1) === 0) this.#router.fromHost(b, o, length, this.#now);
      else this.#router.fromLink(UPLINK, b, o, length, this.#now);
    });
  }
}

class Ring {
  readonly #originals: Uint8Array;
  readonly #work: Uint8Array;
  readonly #lengths: number[];

  constructor(packets: readonly Uint8Array[]) {
    this.#originals = new Uint8Array(packets.length * SLOT + room(new Uint8Array(0)).length);
    this.#work = this.#originals.slice();
    this.#lengths = packets.map((packet) => packet.length);
    packets.forEach((packet, i) => {
      this.#originals.set(packet, i * SLOT);
    });
  }
  run(translate: (b: Uint8Array, o: number, length: number) => void): number {
    this.#work.set(this.#originals);
    const started = process.cpuUsage();
    for (let i = 0; i < this.#lengths.length; i++)
      translate(this.#work, i * SLOT, this.#lengths[i] as number);
    const { user, system } = process.cpuUsage(started);
    return (user + system) * 1000;
  }
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >>> 1] as number;
}

/** Rounds of a kind at a time, so that a clock of microseconds is fine enough. */
const AT_ONCE = 6;

/** `makings` of both routers, since where their tables lie in memory has a cost, too; of each `pairs` of rounds. */
export function measureArmed(makings: number, pairs: number): Armed {
  const ratios = { passing: [] as number[], opening: [] as number[] };
  for (let i = 0; i < makings; i++) {
    const sides = (i & 1) === 0 ? [new Side(true), new Side(false)] : [new Side(false), new Side(true)];
    const [armed, bare] = ((i & 1) === 0 ? sides : sides.reverse()) as [Side, Side];
    ratios.passing.push(...compare(armed, bare, pairs, (side) => side.pass()));
    // Openings forget the sessions that pass.
    ratios.opening.push(...compare(armed, bare, pairs, (side) => side.open()));
  }
  return { passing: median(ratios.passing), opening: median(ratios.opening) };
}

const WARMING = 8;

function compare(armed: Side, bare: Side, pairs: number, round: (side: Side) => number): number[] {
  const rounds = (side: Side) => {
    let sum = 0;
    for (let i = 0; i < AT_ONCE; i++) sum += round(side);
    return sum;
  };
  const ratios: number[] = [];
  for (let i = 0; i < pairs + WARMING; i++) {
    const armedFirst = (i & 1) === 0;
    const first = rounds(armedFirst ? armed : bare);
    const second = rounds(armedFirst ? bare : armed);
    if (i >= WARMING) ratios.push(armedFirst ? first / second : second / first);
  }
  return ratios;
}
