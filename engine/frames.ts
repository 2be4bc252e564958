/**
 * Frames on the stream between main and the engine: `u32 length (big-endian), u8 kind, body`. Reading and writing, both
 * sides alike, bytes in and bytes out; the socket is handed in. One write is under way at a time, so that a control message
 * never waits behind more than the packets already given to the socket, and memory is bounded by two batches.
 */

export const FRAME_HEADER_BYTES = 5;
export const PACKET_HEADER_BYTES = 4;
export const KIND_CONTROL = 0;
export const KIND_PACKET = 1;
/** Largest IPv4 packet that crosses the socket; the MTU of masq0 is never above it. */
export const MAX_PACKET_BYTES = 2048;
/** An IPv4 header without options; a shorter packet is none. */
const MIN_PACKET_BYTES = 20;
export const MAX_CONTROL_BYTES = 1 << 20;
/** Above this much waiting for the socket the source of the packets must pause. */
export const CONGESTED_BYTES = 64 * 1024;
/** What may still come after `congested`: a whole batch of TUN reads on top of a full allowance. */
const BATCH_BYTES = 256 * 1024;
/** The same for a source that cannot pause: a line of some Mbit/s, while the reader is held up for a second or two. */
export const LINE_BATCH_BYTES = 1024 * 1024;
/** Below this length a loop copies faster than a call, and makes no view. */
const SHORT_COPY_BYTES = 80;

/** Copies bytes between buffers; short packets (most are acknowledgements) without making a view. */
export function copyBytes(
  from: Uint8Array,
  fromOffset: number,
  to: Uint8Array,
  toOffset: number,
  length: number,
): void {
  if (length > SHORT_COPY_BYTES) {
    to.set(from.subarray(fromOffset, fromOffset + length), toOffset);
    return;
  }
  for (let i = 0; i < length; i++) to[toOffset + i] = from[fromOffset + i] as number;
}

export interface FrameSink {
  /** One control message's JSON text. */
  control(text: string): void;
  /** A packet inside the reader's or the caller's buffer: valid until this returns, with no room after it. */
  packet(link: number, client: number, buffer: Uint8Array, offset: number, length: number): void;
  /** The stream cannot be trusted any more; nothing is read after this. */
  bad(reason: string): void;
}

/** Cuts a byte stream into frames, whatever the pieces it comes in. */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #text = new TextDecoder('utf-8', { fatal: true });
  /** The beginning of a frame whose rest has not come. */
  #carry = new Uint8Array(4096);
  #held = 0;
  #dead = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  push(chunk: Uint8Array, end = chunk.length): void {
    let at = 0;
    while (at < end && !this.#dead) {
      if (this.#held > 0) {
        at += this.#refill(chunk, at, end);
        continue;
      }
      const used = this.#take(chunk, at, end);
      if (used === 0) {
        this.#hold(chunk, at, end);
        return;
      }
      at += used;
    }
  }

  /** Completes the frame in the carry buffer; returns how many bytes of the chunk it took. */
  #refill(chunk: Uint8Array, at: number, end: number): number {
    const want =
      this.#held < FRAME_HEADER_BYTES
        ? FRAME_HEADER_BYTES - this.#held
        : 4 + readU32(this.#carry, 0) - this.#held;
    const taken = Math.min(want, end - at);
    this.#hold(chunk, at, at + taken);
    if (this.#held >= FRAME_HEADER_BYTES && this.#take(this.#carry, 0, this.#held) > 0) this.#held = 0;
    return taken;
  }

  #hold(chunk: Uint8Array, at: number, end: number): void {
    const needed = this.#held + end - at;
    if (needed > this.#carry.length) {
      const larger = new Uint8Array(Math.max(needed, this.#carry.length * 2));
      larger.set(this.#carry.subarray(0, this.#held));
      this.#carry = larger;
    }
    copyBytes(chunk, at, this.#carry, this.#held, end - at);
    this.#held = needed;
  }

  /** Delivers the frame that begins at `at`; returns its bytes, or 0 while it is not whole. */
  #take(buffer: Uint8Array, at: number, end: number): number {
    if (end - at < FRAME_HEADER_BYTES) return 0;
    const length = readU32(buffer, at);
    const kind = buffer[at + 4] as number;
    const body = length - 1;
    if (kind === KIND_PACKET) {
      const size = body - PACKET_HEADER_BYTES;
      if (size < MIN_PACKET_BYTES || size > MAX_PACKET_BYTES) return this.#fail(`a packet of ${size} bytes`);
    } else if (kind === KIND_CONTROL) {
      if (body < 2 || body > MAX_CONTROL_BYTES) return this.#fail(`a control message of ${body} bytes`);
    } else return this.#fail(`a frame of unknown kind ${kind}`);
    if (end - at < 4 + length) return 0;
    const start = at + FRAME_HEADER_BYTES;
    if (kind === KIND_PACKET) {
      const link = readU16(buffer, start);
      const client = readU16(buffer, start + 2);
      this.#sink.packet(link, client, buffer, start + PACKET_HEADER_BYTES, body - PACKET_HEADER_BYTES);
      return 4 + length;
    }
    let text: string;
    try {
      text = this.#text.decode(buffer.subarray(start, start + body));
    } catch {
      return this.#fail('a control message that is not UTF-8');
    }
    this.#sink.control(text);
    return 4 + length;
  }

  #fail(reason: string): number {
    this.#dead = true;
    this.#sink.bad(reason);
    return 0;
  }
}

/** Gives bytes to the stream; `done` must be called once they have left the buffer. */
export type FrameWrite = (bytes: Uint8Array, done: () => void) => void;

/** Queues control messages and packets for one stream: control first, packets in batches. */
export class FrameWriter {
  readonly #write: FrameWrite;
  readonly #encoder = new TextEncoder();
  #control: Uint8Array[] = [];
  #filling: Uint8Array;
  #spare: Uint8Array;
  #filled = 0;
  #underWay = 0;
  #closed = false;
  #whenIdle: (() => void) | null = null;
  /** Packets refused because both batches were full. */
  dropped = 0;
  /** Called when the stream has taken what had made it congested. */
  onDrain: () => void = () => {};

  /** `batchBytes`: packets that may wait while others are under way. */
  constructor(write: FrameWrite, batchBytes = BATCH_BYTES) {
    this.#write = write;
    this.#filling = new Uint8Array(batchBytes);
    this.#spare = new Uint8Array(batchBytes);
  }

  get congested(): boolean {
    return this.#filled + this.#underWay > CONGESTED_BYTES;
  }

  control(message: unknown): void {
    if (this.#closed) return;
    const body = this.#encoder.encode(JSON.stringify(message));
    const frame = new Uint8Array(FRAME_HEADER_BYTES + body.length);
    writeU32(frame, 0, body.length + 1);
    frame[4] = KIND_CONTROL;
    frame.set(body, FRAME_HEADER_BYTES);
    this.#control.push(frame);
    this.flush();
  }

  /** Adds a packet to the batch; it leaves with the next `flush`. False, and a count, when there is no room for it. */
  packet(link: number, client: number, buffer: Uint8Array, offset: number, length: number): boolean {
    const at = this.#filled;
    const end = at + FRAME_HEADER_BYTES + PACKET_HEADER_BYTES + length;
    if (length > MAX_PACKET_BYTES || end > this.#filling.length || this.#closed) {
      this.dropped++;
      return false;
    }
    const batch = this.#filling;
    writeU32(batch, at, 1 + PACKET_HEADER_BYTES + length);
    batch[at + 4] = KIND_PACKET;
    batch[at + 5] = link >>> 8;
    batch[at + 6] = link;
    batch[at + 7] = client >>> 8;
    batch[at + 8] = client;
    copyBytes(buffer, offset, batch, at + FRAME_HEADER_BYTES + PACKET_HEADER_BYTES, length);
    this.#filled = end;
    return true;
  }

  flush(): void {
    if (this.#underWay > 0) return;
    const message = this.#control.shift();
    if (message) {
      this.#send(message);
      return;
    }
    if (this.#filled === 0) return;
    const batch = this.#filling;
    const bytes = this.#filled;
    this.#filling = this.#spare;
    this.#spare = batch;
    this.#filled = 0;
    this.#send(batch.subarray(0, bytes));
  }

  /** Takes nothing more, and calls back once what was queued has been taken by the stream. */
  finish(then: () => void): void {
    this.#whenIdle = then;
    this.flush();
    this.#closed = true;
    if (this.#underWay === 0) this.#idle();
  }

  #idle(): void {
    const then = this.#whenIdle;
    this.#whenIdle = null;
    then?.();
  }

  #send(bytes: Uint8Array): void {
    this.#underWay = bytes.length;
    this.#write(bytes, () => {
      const was = this.#underWay + this.#filled > CONGESTED_BYTES;
      this.#underWay = 0;
      this.flush();
      if (this.#closed && this.#underWay === 0) this.#idle();
      if (was && !this.congested) this.onDrain();
    });
  }
}

function readU16(buffer: Uint8Array, at: number): number {
  return ((buffer[at] as number) << 8) | (buffer[at + 1] as number);
}

function readU32(buffer: Uint8Array, at: number): number {
  return readU16(buffer, at) * 0x10000 + readU16(buffer, at + 2);
}

function writeU32(buffer: Uint8Array, at: number, value: number): void {
  buffer[at] = value >>> 24;
  buffer[at + 1] = value >>> 16;
  buffer[at + 2] = value >>> 8;
  buffer[at + 3] = value;
}
