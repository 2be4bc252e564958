/**
 * A telephone line between two modems: bits at a rate each way, a modem's buffer at each end, delay, bit errors.
 *
 * Theory: a modem takes bytes while its send buffer has room (`room`); it sends them in blocks, as V.42 does, and a block is
 * out when its bits are, and there `delayMs` later. The far modem hands a block to its terminal when that has room, else
 * keeps it, and once it keeps a buffer's worth the sender waits (V.42's receiver-not-ready). With rate 0 nothing waits for
 * bits. Bytes and time in, bytes out; times in ms, rates in bit/s of 8 bits a byte.
 */

/** Which end of the line: 0 the caller's, 1 the answerer's. */
export type End = 0 | 1;

export interface LineOptions {
  /** From the caller, and from the answerer; 0 is unthrottled. */
  rates: readonly [number, number];
  bufferBytes: number;
  delayMs: number;
  /** Share of bits that arrive wrong. */
  errorRate: number;
  /** Uniform in [0, 1). */
  random(): number;
}

export interface LineEnds {
  /** Bytes that the terminal at `end` can take. */
  room(end: End): number;
  /** Bytes arrive at `end`; the view is good during the call only. */
  deliver(end: End, bytes: Uint8Array): void;
}

/** A block is at most this long on the line, so that the blocks themselves add little delay, and at most V.42's N401. */
const BLOCK_MS = 8;
const BLOCK_BYTES = 128;

export class LineModel {
  readonly #ways: readonly [Way, Way];

  constructor(options: LineOptions, ends: LineEnds) {
    this.#ways = [new Way(0, options, ends), new Way(1, options, ends)];
  }

  /** Bytes that the modem at `from` will take now. */
  room(from: End): number {
    return this.#ways[from].room();
  }

  /** Bytes in the send buffer at `from`. */
  queued(from: End): number {
    return this.#ways[from].queued();
  }

  /** Takes all of `bytes`, or as many as there is room for, and says how many. */
  send(from: End, bytes: Uint8Array, now: number): number {
    return this.#ways[from].send(bytes, now);
  }

  advance(now: number): void {
    this.#ways[0].advance(now);
    this.#ways[1].advance(now);
  }

  nextDeadline(): number | null {
    const a = this.#ways[0].nextDeadline();
    const b = this.#ways[1].nextDeadline();
    if (a === null) return b;
    return b === null ? a : Math.min(a, b);
  }

  /** Share of bits that arrive wrong from now on, both ways. */
  setErrorRate(errorRate: number): void {
    this.#ways[0].setErrorRate(errorRate);
    this.#ways[1].setErrorRate(errorRate);
  }
}

/** One direction. */
class Way {
  readonly #to: End;
  readonly #rate: number;
  readonly #delay: number;
  readonly #ends: LineEnds;
  readonly #random: () => number;
  readonly #ring: Uint8Array;
  #head = 0;
  #length = 0;
  /** The block on the line, or on its way, or waiting for the terminal; `at` is when it is all there. */
  readonly #flight: { bytes: Uint8Array; at: number }[] = [];
  #flightBytes = 0;
  /** When the last block's bits are out. */
  #freeAt = 0;
  #errorRate: number;
  #bitsToError = Number.POSITIVE_INFINITY;

  constructor(from: End, options: LineOptions, ends: LineEnds) {
    this.#to = from === 0 ? 1 : 0;
    this.#rate = options.rates[from];
    this.#delay = options.delayMs;
    this.#ends = ends;
    this.#random = options.random;
    this.#ring = new Uint8Array(options.bufferBytes);
    this.#errorRate = options.errorRate;
    this.setErrorRate(options.errorRate);
  }

  queued(): number {
    return this.#length;
  }

  room(): number {
    return this.#ring.length - this.#length;
  }

  send(bytes: Uint8Array, now: number): number {
    if (this.#passesThrough(bytes.length)) {
      this.#ends.deliver(this.#to, bytes);
      return bytes.length;
    }
    const taken = Math.min(bytes.length, this.#ring.length - this.#length);
    const tail = (this.#head + this.#length) % this.#ring.length;
    const first = Math.min(taken, this.#ring.length - tail);
    this.#ring.set(bytes.subarray(0, first), tail);
    this.#ring.set(bytes.subarray(first, taken), 0);
    if (this.#length === 0) this.#freeAt = Math.max(this.#freeAt, now);
    this.#length += taken;
    return taken;
  }

  advance(now: number): void {
    for (;;) {
      const began = this.#beginBlock(now);
      if (!this.#arrive(now) && !began) break;
    }
  }

  nextDeadline(): number | null {
    const first = this.#flight[0];
    const arrival = first && this.#ends.room(this.#to) > 0 ? first.at : Number.POSITIVE_INFINITY;
    const start = this.#length > 0 && this.#peerHasRoom() ? this.#freeAt : Number.POSITIVE_INFINITY;
    const next = Math.min(arrival, start);
    return next === Number.POSITIVE_INFINITY ? null : next;
  }

  setErrorRate(errorRate: number): void {
    this.#errorRate = errorRate;
    this.#drawError();
  }

  #passesThrough(bytes: number): boolean {
    const plain = this.#rate === 0 && this.#delay === 0 && this.#errorRate === 0;
    return plain && this.#length === 0 && this.#flightBytes === 0 && this.#ends.room(this.#to) >= bytes;
  }

  #peerHasRoom(): boolean {
    return this.#flightBytes < this.#ring.length;
  }

  /** Puts the next block on the line if that is free; true if it did. */
  #beginBlock(now: number): boolean {
    if (this.#length === 0 || now < this.#freeAt || !this.#peerHasRoom()) return false;
    const most = this.#rate === 0 ? this.#length : Math.ceil((this.#rate * BLOCK_MS) / 8000);
    const size = Math.min(this.#length, this.#rate === 0 ? most : Math.max(1, Math.min(most, BLOCK_BYTES)));
    const bytes = new Uint8Array(size);
    const first = Math.min(size, this.#ring.length - this.#head);
    bytes.set(this.#ring.subarray(this.#head, this.#head + first));
    bytes.set(this.#ring.subarray(0, size - first), first);
    this.#head = (this.#head + size) % this.#ring.length;
    this.#length -= size;
    this.#corrupt(bytes);
    // A late caller does not slow the line: the next block begins where the last one ended.
    const out = this.#rate === 0 ? now : this.#freeAt + (size * 8000) / this.#rate;
    this.#freeAt = out;
    this.#flight.push({ bytes, at: out + this.#delay });
    this.#flightBytes += size;
    return true;
  }

  /** Hands over the first block if it is there and the terminal has room; true if anything moved. */
  #arrive(now: number): boolean {
    const first = this.#flight[0];
    if (!first || first.at > now) return false;
    const room = this.#ends.room(this.#to);
    if (room <= 0) return false;
    const part = first.bytes.subarray(0, room);
    if (part.length === first.bytes.length) this.#flight.shift();
    else first.bytes = first.bytes.subarray(part.length);
    const stalled = !this.#peerHasRoom();
    this.#flightBytes -= part.length;
    if (stalled && this.#length > 0) this.#freeAt = Math.max(this.#freeAt, now);
    this.#ends.deliver(this.#to, part);
    return true;
  }

  #corrupt(bytes: Uint8Array): void {
    const bits = bytes.length * 8;
    while (this.#bitsToError < bits) {
      const bit = this.#bitsToError;
      const at = Math.floor(bit / 8);
      bytes[at] = (bytes[at] as number) ^ (1 << (bit % 8));
      const rest = this.#drawError();
      this.#bitsToError = bit + 1 + rest;
    }
    this.#bitsToError -= bits;
  }

  /** Correct bits before the next wrong one: geometric. */
  #drawError(): number {
    const p = this.#errorRate;
    this.#bitsToError =
      p <= 0
        ? Number.POSITIVE_INFINITY
        : Math.floor(Math.log(1 - this.#random()) / Math.log(1 - Math.min(p, 0.5)));
    return this.#bitsToError;
  }
}
