/**
 * The one queue of a link: packets wait here, and nowhere else, until the line is about to run dry.
 *
 * Theory of operation. `enqueue` copies a packet into the pool, reads its headers once, shapes TCP (tcp-shaping.ts) and
 * files it (fair-queue.ts). `next` gives one packet when the byte clock (pacer.ts) says that what was sent before is nearly
 * out; `sent` charges what its frame took on the wire. Echoes sent under load time the hidden queue in tty and modem, and
 * the clock follows the true rate (rate-tracker.ts). A line of unknown rate is not paced: then only the system's own backlog
 * holds packets back, until that shows a serial line's rate (port-meter.ts). Pure: time is handed in, ms of any origin.
 */
import { FairQueue } from './fair-queue.ts';
import { Pacer } from './pacer.ts';
import { NO_SLOT, PacketPool, SLOT_BYTES } from './packet-pool.ts';
import { PacketView } from './packet-view.ts';
import { PortMeter } from './port-meter.ts';
import { RateTracker } from './rate-tracker.ts';
import { TcpShaping } from './tcp-shaping.ts';

export interface SchedulerConfig {
  /** Octets a second the line carries away from us at first sight; null: unknown, not paced. */
  octetsPerSecond: number | null;
  /** The same towards us; null: the inbound side is left alone. */
  octetsPerSecondDown: number | null;
  /** What the port can carry, octets a second: no learned rate is above it. */
  fastestOctetsPerSecond: number;
  /** Largest packet sent, bytes. */
  mtu: number;
}

/** Where a packet stands; holds until the next call of `next`. */
export interface QueuedPacket {
  buffer: Uint8Array;
  offset: number;
  length: number;
}

const SLOTS = 512;
/** How much line time may wait in all, for one client, and in the first tier of one client, ms. */
const TOTAL_MS = 4_000;
const CLIENT_MS = 2_000;
const URGENT_MS = 600;
const UNPACED_BYTES = 600 * 1024;
/** An echo without an answer for so long is given up. */
const ECHO_LOST_MS = 6_000;
/** Longer than a late write callback, shorter than a full tty buffer. */
const STALL_MS = 150;
/** More of the line towards us than this in use while an echo was out: its delay says nothing of our own queue. */
const INBOUND_BUSY = 0.35;
/** In less time a single acknowledgement would look like a busy line. */
const INBOUND_LEAST_MS = 100;

export class Scheduler {
  readonly #pool = new PacketPool(SLOTS);
  readonly #queue: FairQueue;
  readonly #pacer: Pacer;
  #tracker: RateTracker | null;
  readonly #meter: PortMeter;
  readonly #tcp: TcpShaping;
  readonly #view = new PacketView();
  readonly #fastest: number;
  readonly #downRate: number | null;
  readonly #packet: QueuedPacket;
  #current = NO_SLOT;
  #echoAt = -1;
  #echoDue = 0;
  #heard = 0;
  #heardAtEcho = 0;
  #stalledSince = -1;

  constructor(config: SchedulerConfig) {
    const { octetsPerSecond, octetsPerSecondDown, mtu } = config;
    const paced = octetsPerSecond !== null;
    this.#downRate = octetsPerSecondDown;
    this.#tcp = new TcpShaping(this.#pool, octetsPerSecond, octetsPerSecondDown, mtu);
    this.#tracker = paced ? new RateTracker(octetsPerSecond, config.fastestOctetsPerSecond) : null;
    this.#meter = new PortMeter(config.fastestOctetsPerSecond);
    this.#fastest = config.fastestOctetsPerSecond;
    this.#pacer = new Pacer(this.#tracker?.rate ?? null);
    this.#pacer.allowance = this.#meter.limit;
    const bytes = (ms: number, least: number) =>
      paced ? Math.min(UNPACED_BYTES, Math.max(least, (octetsPerSecond * ms) / 1000)) : UNPACED_BYTES;
    this.#queue = new FairQueue(this.#pool, {
      total: bytes(TOTAL_MS, 8 * mtu),
      client: bytes(CLIENT_MS, 6 * mtu),
      urgent: bytes(URGENT_MS, 1024),
      mtu,
    });
    this.#packet = { buffer: this.#pool.buffer, offset: 0, length: 0 };
  }

  /** Bytes of IP that wait. */
  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  /** How long what waits will take on the line, ms; 0 where the rate is unknown. */
  get queuedMs(): number {
    const { rate } = this.#pacer;
    return rate === null ? 0 : (this.#queue.bytes / rate) * 1000;
  }

  /** The rate the clock runs at, octets a second, or null. */
  get octetsPerSecond(): number | null {
    return this.#pacer.rate;
  }

  get counters(): { dropped: number; thinned: number; marked: number; clamped: number } {
    const { dropped, thinned, marked } = this.#queue;
    return {
      dropped,
      thinned,
      marked,
      clamped: this.#tcp.clamped,
    };
  }

  /** Takes a copy of an IP packet of `client`. A full queue drops from its longest flow, not the newcomer. */
  enqueue(client: number, buffer: Uint8Array, offset: number, length: number, now: number): void {
    if (length > SLOT_BYTES || length === 0) return;
    const slot = this.#pool.take(buffer, offset, length, now);
    if (slot === NO_SLOT) return;
    const at = slot * SLOT_BYTES;
    const view = this.#view;
    view.read(this.#pool.buffer, at, length);
    if (view.isTcp && this.#tcp.outgoing(slot, client, view, this.#pacer.outstanding(now), now)) return;
    this.#file(slot, client, now);
  }

  /** The packet whose turn it is, or null: nothing waits, or the line has enough. Frame it, then call `sent`. */
  next(now: number): QueuedPacket | null {
    this.#letGo();
    this.#openGate(now);
    if (!this.#pacer.maySend(now)) {
      this.#watchStall(now);
      return null;
    }
    this.#stalledSince = -1;
    const slot = this.#queue.shift(now, this.#pacer.rate);
    if (slot === NO_SLOT) return null;
    this.#current = slot;
    this.#packet.offset = slot * SLOT_BYTES;
    this.#packet.length = this.#pool.lengthOf(slot);
    return this.#packet;
  }

  /** `octets` went to the line just now: a packet's frame, or a control frame. */
  sent(octets: number, now: number): void {
    const taken = this.#pacer.sent(octets, now);
    this.#tracker?.busy(taken);
    this.#follow();
    if (this.#tracker === null) this.#meter.wrote(octets);
  }

  /**
   * Whether an LCP echo would now tell something of the line's true rate: send one before
   * the next packet and say `echoSent`.
   */
  wantsEcho(now: number): boolean {
    if (this.#tracker === null || !this.#tracker.wantsEcho) return false;
    if (this.#echoAt >= 0 && now - this.#echoAt < ECHO_LOST_MS) return false;
    // With nothing of ours ahead of it, what delays it is what we did not know of.
    return this.#pacer.maySend(now);
  }

  /** An echo was handed to the line just now, its own octets charged already. */
  echoSent(now: number): void {
    this.#tracker?.echoSent();
    this.#echoAt = now;
    this.#echoDue = this.#pacer.outstanding(now);
    this.#heardAtEcho = this.#heard;
  }

  /** An echo came back after `roundTrip` ms: the one sent for us, or one that PPP sent for itself. */
  echoed(roundTrip: number, now: number): void {
    if (this.#tracker === null) return;
    if (this.#echoAt < 0) {
      this.#tracker.observe(roundTrip);
      return;
    }
    this.#echoAt = -1;
    const inbound = ((this.#heard - this.#heardAtEcho) / Math.max(INBOUND_LEAST_MS, roundTrip)) * 1000;
    if (this.#downRate !== null && inbound > INBOUND_BUSY * this.#downRate) return;
    const hidden = this.#tracker.sample(roundTrip - this.#echoDue);
    if (hidden > 0) this.#pacer.hold(hidden, now);
    this.#follow();
  }

  /** A client's weight beside the others, and the octets of IP a second it may have each way, null: as many as there are. */
  setShare(client: number, weight: number, limit: number | null, now: number): void {
    this.#queue.setShare(client, weight, limit, now);
    this.#tcp.setShare(client, weight, limit, now);
  }

  /** An IP packet came from the line; the SYN of a slow line's connection is changed in `buffer`. */
  received(buffer: Uint8Array, offset: number, length: number, now: number): void {
    this.#heard += length;
    this.#tcp.heard(length, now);
    const view = this.#view;
    view.read(buffer, offset, length);
    if (view.isTcp) this.#tcp.incoming(view, buffer, this.#pacer.rate, now);
  }

  /** Octets written that the system has not taken yet. */
  backlog(pendingBytes: number, now: number): void {
    this.#pacer.backlog(pendingBytes);
    if (this.#tracker !== null) return;
    const proven = this.#meter.observe(pendingBytes, now);
    this.#pacer.allowance = this.#meter.limit;
    if (proven === null) return;
    this.#tracker = new RateTracker(proven, this.#fastest);
    this.#follow();
  }

  /** When to call `next` again, ms; null: when something is queued. */
  nextDeadline(now: number): number | null {
    const gate = this.#tcp.nextDeadline();
    const ready = this.#queue.readyAt(now);
    const line = ready === Number.POSITIVE_INFINITY ? ready : Math.max(ready, this.#pacer.nextSend(now));
    const due = Math.min(gate, line);
    return due === Number.POSITIVE_INFINITY ? null : due;
  }

  #letGo(): void {
    if (this.#current === NO_SLOT) return;
    this.#pool.release(this.#current);
    this.#current = NO_SLOT;
  }

  /** `#view` is on the packet in `slot`. */
  #file(slot: number, client: number, now: number): void {
    const view = this.#view;
    const thinnable = view.isPureAck && view.plainOptions(this.#pool.buffer);
    this.#queue.push(slot, client, view, thinnable, now);
  }

  #openGate(now: number): void {
    for (;;) {
      const slot = this.#tcp.release(this.#view, this.#pacer.outstanding(now), now);
      if (slot === NO_SLOT) return;
      this.#file(slot, this.#tcp.client, now);
    }
  }

  /** The line should be idle, but the system still holds what it was given: tty and modem are full. */
  #watchStall(now: number): void {
    if (!this.#pacer.isStalled || this.#pacer.outstanding(now) > 0) {
      this.#stalledSince = -1;
      return;
    }
    if (this.#stalledSince < 0) this.#stalledSince = now;
    if (now - this.#stalledSince < STALL_MS) return;
    this.#tracker?.stalled(now);
    this.#follow();
  }

  #follow(): void {
    const rate = this.#tracker?.rate;
    if (rate === undefined) return;
    this.#pacer.rate = rate;
  }
}
