/**
 * For tests: a call as long as one likes in simulated time, octet by octet: the real PPP at both ends, the real scheduler,
 * and a LAN that browses, sends, asks for names and pings, idle at night and too much for the line in the evening; now and
 * then the line damages an octet. Nothing is sent twice: it is about what is left behind, not about what gets through.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PppSession } from '../ppp/session.ts';
import { type LinkEnd, LinkSession } from './link-session.ts';
import { ACK, FIN, ICMP, PacketView, SYN, TCP, UDP } from './packet-view.ts';
import type { CallPart } from './parts.ts';
import { Scheduler } from './scheduler.ts';
import { PPP_CLIENT, PPP_SERVER } from './scripted-parts.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { randomSource } from './simulated-line.ts';
import { ipPacket, tcpPacket } from './simulated-packets.ts';

const RATE = 4200;
const DELAY_MS = 40;
const PROVIDER_QUEUE_MS = 4_000;
const DAMAGED = 1 / 200_000;
const HOUR_MS = 3_600_000;
/** How busy each hour of the day is; above 1 the line is not enough. */
const HOURS = [
  0.1, 0, 0, 0, 0, 0, 0.1, 0.3, 0.6, 0.6, 0.7, 0.8, 1, 0.8, 0.7, 0.8, 1, 1.2, 1.5, 2, 2, 1.5, 1, 0.4,
];
/** Octets that one thing somebody does brings over the line, on average. */
const OCTETS_A_DEED = 6_000;
const CLIENTS = 20;
const HOST = 0xcb007140;
const SEGMENT = 536;

/** One end of a line that takes what it is given; what has not left yet is its queue. */
class WireEnd implements CallPart {
  readonly line = { pendingBytes: 0 };
  readonly carrierRate = RATE * 8;
  readonly transmitRate = RATE * 8;
  readonly portRate = 115_200;
  readonly connectText = 'CONNECT 33600';
  readonly errorCorrected = true;
  readonly compressed = false;
  onData: ((bytes: Uint8Array) => void) | null = null;
  onLost: CallPart['onLost'] = null;
  other: WireEnd | null = null;
  octets = 0;
  damaged = 0;
  #freeAt = 0;
  readonly #clock: SimulatedClock;
  readonly #random: () => number;

  constructor(clock: SimulatedClock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  get queuedMs(): number {
    return Math.max(0, this.#freeAt - this.#clock.time);
  }

  write(bytes: Uint8Array): void {
    const now = this.#clock.time;
    this.#freeAt = Math.max(this.#freeAt, now) + (bytes.length / RATE) * 1000;
    this.octets += bytes.length;
    const copy = bytes.slice();
    if (this.#random() < bytes.length * DAMAGED) {
      const at = Math.floor(this.#random() * copy.length);
      copy[at] = (copy[at] as number) ^ 0x55;
      this.damaged += 1;
    }
    this.#clock.after(this.#freeAt - now + DELAY_MS, () => this.other?.onData?.(copy));
  }

  async hangUp(): Promise<void> {}
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is in use after everything that nobody refers to has been collected. */
export function heapBytes(): number {
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

export interface CallFigures {
  up: boolean;
  octetsUp: number;
  octetsDown: number;
  connections: number;
  damaged: number;
  /** Timers armed. */
  armed: number;
  queuedBytes: number;
}

export class SimulatedCall {
  readonly clock = new SimulatedClock();
  readonly #random = randomSource(11);
  readonly #near = new WireEnd(this.clock, randomSource(12));
  readonly #far = new WireEnd(this.clock, randomSource(13));
  readonly #scheduler = new Scheduler({
    octetsPerSecond: RATE,
    octetsPerSecondDown: RATE,
    fastestOctetsPerSecond: 11_520,
    mtu: 576,
  });
  readonly #session: LinkSession;
  readonly #provider: LinkSession;
  readonly #view = new PacketView();
  #connections = 0;
  ended: LinkEnd | null = null;

  constructor() {
    const { clock } = this;
    this.#near.other = this.#far;
    this.#far.other = this.#near;
    const random = (bytes: number) =>
      Uint8Array.from({ length: bytes }, () => Math.floor(this.#random() * 256));
    const sink = (packet: (bytes: Uint8Array) => void, ended: (end: LinkEnd) => void) => ({
      packet: (buffer: Uint8Array, offset: number, length: number) =>
        packet(buffer.slice(offset, offset + length)),
      event: () => {},
      ended,
    });
    this.#session = new LinkSession(
      this.#near,
      clock,
      this.#scheduler,
      sink(
        (packet) => this.#atHost(packet),
        (end) => (this.ended = end),
      ),
      (to) => new PppSession(PPP_CLIENT, to, random),
    );
    const unpaced = {
      octetsPerSecond: null,
      octetsPerSecondDown: null,
      fastestOctetsPerSecond: 1e9,
      mtu: 1500,
    };
    this.#provider = new LinkSession(
      this.#far,
      clock,
      new Scheduler(unpaced),
      sink(
        (packet) => this.#atServer(packet),
        () => {},
      ),
      (to) => new PppSession(PPP_SERVER, to, random),
    );
    this.#session.start();
    this.#provider.start();
    clock.after(5_000, () => this.#live());
  }

  /** Lets hours of the call pass. */
  run(hours: number): void {
    this.clock.runUntil(this.clock.time + hours * HOUR_MS);
  }

  figures(): CallFigures {
    return {
      up: this.ended === null,
      octetsUp: this.#near.octets,
      octetsDown: this.#far.octets,
      connections: this.#connections,
      damaged: this.#near.damaged + this.#far.damaged,
      armed: this.clock.armed,
      queuedBytes: this.#scheduler.queuedBytes,
    };
  }

  /** Says goodbye and lets everything end. */
  hangUp(): void {
    this.#session.close();
    this.clock.runUntil(this.clock.time + 60_000);
  }

  /** Somebody does something, and later somebody else. */
  #live(): void {
    if (this.ended !== null) return;
    const busy = HOURS[Math.floor(this.clock.time / HOUR_MS + 8) % 24] as number;
    const mean = busy === 0 ? 60_000 : (OCTETS_A_DEED / RATE / busy) * 1000;
    this.clock.after(-Math.log(1 - this.#random()) * mean, () => this.#live());
    const client = 1 + Math.floor(this.#random() * CLIENTS);
    const server = 0xc6336400 + Math.floor(this.#random() * 200);
    const port = 1024 + Math.floor(this.#random() * 64_000);
    const deed = this.#random();
    if (deed < 0.6) this.#connect(client, server, port, 80);
    else if (deed < 0.75) this.#connect(client, server, port, 25);
    else if (deed < 0.9) this.#ask(client, server, port);
    else this.#up(client, ipPacket(ICMP, HOST, server, 84));
  }

  #connect(client: number, server: number, port: number, service: number): void {
    this.#connections += 1;
    const syn = { source: HOST, destination: server, sourcePort: port, destinationPort: service };
    const options = [2, 4, 2, 24, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7];
    this.#up(client, tcpPacket({ ...syn, seq: 0, ack: 0, flags: SYN, window: 65_535, payload: 0, options }));
  }

  #ask(client: number, server: number, port: number): void {
    const query = ipPacket(UDP, HOST, server, 70);
    const fields = new DataView(query.buffer);
    fields.setUint16(20, port);
    fields.setUint16(22, 53);
    this.#up(client, query);
  }

  #up(client: number, packet: Uint8Array): void {
    this.#session.send(client, packet, 0, packet.length);
  }

  #down(packet: Uint8Array): void {
    if (this.#far.queuedMs < PROVIDER_QUEUE_MS) this.#provider.send(0, packet, 0, packet.length);
  }

  /** A page is asked for once the connection is open, a mail is sent; every second segment is acknowledged. */
  #atHost(packet: Uint8Array): void {
    const view = this.#view;
    view.read(packet, 0, packet.length);
    if (view.protocol !== TCP) return;
    const { source, destination, sourcePort, destinationPort, seq, ack, flags, payload } = view;
    const client = 1 + (destinationPort % CLIENTS);
    const reply = {
      source: destination,
      destination: source,
      sourcePort: destinationPort,
      destinationPort: sourcePort,
    };
    const send = (at: number, size: number, more = 0) =>
      this.#up(
        client,
        tcpPacket({ ...reply, seq: at, ack: seq + payload, flags: ACK | more, window: 512, payload: size }),
      );
    if ((flags & SYN) !== 0) {
      const requests = sourcePort === 80 ? 1 : 1 + Math.floor(this.#random() * 20);
      for (let i = 0; i < requests; i++) send(1 + i * SEGMENT, sourcePort === 80 ? 300 : SEGMENT);
    } else if ((flags & FIN) !== 0) send(ack, 0, FIN);
    else if (payload > 0 && Math.floor(seq / SEGMENT) % 2 === 1) send(ack, 0);
  }

  #atServer(packet: Uint8Array): void {
    const view = this.#view;
    view.read(packet, 0, packet.length);
    if (view.protocol === ICMP || view.protocol === UDP) {
      const answer = ipPacket(view.protocol, view.destination, HOST, view.protocol === UDP ? 180 : 84);
      answer.set(packet.subarray(20, 24), 20);
      this.#down(answer);
      return;
    }
    if (view.protocol !== TCP) return;
    const { source, destination, sourcePort, destinationPort, seq, flags, payload } = view;
    const reply = {
      source: destination,
      destination: source,
      sourcePort: destinationPort,
      destinationPort: sourcePort,
    };
    const send = (at: number, size: number, more = 0, options?: number[]) =>
      this.#down(
        tcpPacket({
          ...reply,
          seq: at,
          ack: seq + payload,
          flags: ACK | more,
          window: 512,
          payload: size,
          ...(options ? { options } : {}),
        }),
      );
    if ((flags & SYN) !== 0) send(0, 0, SYN, [2, 4, 2, 24, 1, 3, 3, 7]);
    else if (payload > 0 && destinationPort === 80) {
      const segments = 1 + Math.floor(this.#random() * 24);
      for (let i = 0; i < segments; i++) send(1 + i * SEGMENT, SEGMENT);
      send(1 + segments * SEGMENT, 0, FIN);
    } else if (payload > 0) send(1, 0);
  }
}
