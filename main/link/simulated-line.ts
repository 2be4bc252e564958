/**
 * For tests: a discrete-event model of a modem line with our scheduler at one end and a provider's queue at the other.
 *
 * The uplink is tty → modem buffer → line; the modem takes bytes only while its buffer has room, the tty keeps the rest.
 * The downlink is the provider's first-in first-out queue, seconds long, → line. Each way has its rate and delay. Frames are
 * as long as VJ compression and PPP would make them. Times ms, rates octets a second; hosts are reached at once.
 */
import { PacketView } from './packet-view.ts';
import { Scheduler } from './scheduler.ts';
import { SimulatedClock } from './simulated-clock.ts';

export interface LineModel {
  /** True rates. */
  up: number;
  down: number;
  /** What the modem says. */
  nominalUp: number;
  nominalDown: number;
  delay: number;
  modemBuffer: number;
  providerQueue: number;
  mtu: number;
  /** As long as the timer of an event loop may be late. */
  timerLate: number;
}

/** 33 600 bit/s each way behind error correction, 40 ms a side, 2 KiB in the modem, four seconds at the provider. */
export const V34: LineModel = {
  up: 4200,
  down: 4200,
  nominalUp: 4200,
  nominalDown: 4200,
  delay: 40,
  modemBuffer: 2048,
  providerQueue: 16_800,
  mtu: 576,
  timerLate: 1.5,
};

/** A small deterministic generator (mulberry32), so that every run is the same. */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** An LCP Echo-Request or -Reply on the wire, half of it escaped (RFC 1662 §7.1). */
const ECHO_OCTETS = 24;
const ECHO = new Uint8Array(0);

/** What arrives at a host: a copy of the packet. */
export type Receive = (packet: Uint8Array) => void;

const view = new PacketView();

/** Octets on the wire: VJ leaves 8 of 40 header octets (5 with data), PPP adds 4, escaping random data 0.8 %. */
export function wireOctets(packet: Uint8Array): number {
  view.read(packet, 0, packet.length);
  let octets = packet.length;
  if (view.isTcp && (view.flags & 0x07) === 0) octets -= view.payload > 0 ? 35 : 32;
  return Math.ceil((octets + 4) * 1.008);
}

export class SimulatedLine {
  readonly #clock = new SimulatedClock();
  readonly model: LineModel;
  readonly scheduler: Scheduler;
  readonly random = randomSource(7);
  /** By destination address, on either side. */
  readonly #inside = new Map<number, Receive>();
  readonly #outside = new Map<number, Receive>();
  #tty = 0;
  #modem = 0;
  #upBusy = false;
  readonly #upFrames: { packet: Uint8Array; octets: number }[] = [];
  readonly #downFrames: { packet: Uint8Array; octets: number }[] = [];
  #downQueued = 0;
  #downBusy = false;
  #echoAt = 0;
  #armed = Number.POSITIVE_INFINITY;
  upOctets = 0;
  downOctets = 0;
  providerDrops = 0;
  /** Greatest and summed delay in the provider's queue, ms. */
  worstProviderMs = 0;

  constructor(model: LineModel) {
    this.model = model;
    this.scheduler = new Scheduler({
      octetsPerSecond: model.nominalUp,
      octetsPerSecondDown: model.nominalDown,
      fastestOctetsPerSecond: 11_520,
      mtu: model.mtu,
    });
  }

  get now(): number {
    return this.#clock.time;
  }

  after(ms: number, run: () => void): void {
    this.#clock.after(ms, run);
  }

  runUntil(time: number): void {
    this.#clock.runUntil(time);
  }

  attachInside(address: number, receive: Receive): void {
    this.#inside.set(address, receive);
  }

  attachOutside(address: number, receive: Receive): void {
    this.#outside.set(address, receive);
  }

  /** From a LAN host, which the engine numbered `client`. */
  sendUp(client: number, packet: Uint8Array): void {
    this.scheduler.enqueue(client, packet, 0, packet.length, this.now);
    this.#pump();
  }

  /** From a server of the Internet to the provider's queue. */
  sendDown(packet: Uint8Array): void {
    const octets = packet === ECHO ? ECHO_OCTETS : wireOctets(packet);
    if (this.#downQueued + octets > this.model.providerQueue) {
      this.providerDrops += 1;
      return;
    }
    this.#downQueued += octets;
    this.worstProviderMs = Math.max(this.worstProviderMs, (this.#downQueued / this.model.down) * 1000);
    this.#downFrames.push({ packet, octets });
    if (!this.#downBusy) this.#serveDown();
  }

  #pump(): void {
    const { scheduler } = this;
    // Nothing tells of the modem's buffer but the tty, whose own few KiB the system takes at once.
    scheduler.backlog(Math.max(0, this.#tty - 4096), this.now);
    if (scheduler.wantsEcho(this.now)) {
      scheduler.sent(ECHO_OCTETS, this.now);
      scheduler.echoSent(this.now);
      this.#echoAt = this.now;
      this.#tty += ECHO_OCTETS;
      this.#upFrames.push({ packet: ECHO, octets: ECHO_OCTETS });
      this.#fillModem();
    }
    for (;;) {
      const next = scheduler.next(this.now);
      if (next === null) break;
      const packet = next.buffer.slice(next.offset, next.offset + next.length);
      const octets = wireOctets(packet);
      scheduler.sent(octets, this.now);
      this.#tty += octets;
      this.#upFrames.push({ packet, octets });
      this.#fillModem();
    }
    const due = scheduler.nextDeadline(this.now);
    if (due === null || due >= this.#armed) return;
    this.#armed = due;
    this.after(due - this.now + this.random() * this.model.timerLate, () => {
      if (this.#armed !== due) return;
      this.#armed = Number.POSITIVE_INFINITY;
      this.#pump();
    });
  }

  #fillModem(): void {
    const taken = Math.min(this.#tty, this.model.modemBuffer - this.#modem);
    this.#tty -= taken;
    this.#modem += taken;
    if (!this.#upBusy) this.#serveUp();
  }

  #serveUp(): void {
    const frame = this.#upFrames[0];
    this.#upBusy = frame !== undefined;
    if (frame === undefined) return;
    this.after((frame.octets / this.model.up) * 1000, () => {
      this.#upFrames.shift();
      this.#modem -= frame.octets;
      this.upOctets += frame.octets;
      this.after(this.model.delay, () => {
        if (frame.packet === ECHO) this.sendDown(ECHO);
        else this.#deliver(this.#outside, frame.packet);
      });
      this.#upBusy = false;
      this.#fillModem();
      if (!this.#upBusy) this.#serveUp();
    });
  }

  #serveDown(): void {
    const frame = this.#downFrames[0];
    this.#downBusy = frame !== undefined;
    if (frame === undefined) return;
    this.after((frame.octets / this.model.down) * 1000, () => {
      this.#downFrames.shift();
      this.#downQueued -= frame.octets;
      this.downOctets += frame.octets;
      this.after(this.model.delay, () => {
        if (frame.packet === ECHO) this.scheduler.echoed(this.now - this.#echoAt, this.now);
        else {
          this.scheduler.received(frame.packet, 0, frame.packet.length, this.now);
          this.#deliver(this.#inside, frame.packet);
        }
        this.#pump();
      });
      this.#serveDown();
    });
  }

  #deliver(hosts: Map<number, Receive>, packet: Uint8Array): void {
    view.read(packet, 0, packet.length);
    hosts.get(view.destination)?.(packet);
  }
}
