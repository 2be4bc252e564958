/** The queue in front of the line: a paced first-in first-out queue. */
export interface Packet {
  buffer: Uint8Array;
  offset: number;
  length: number;
}

export interface SchedulerConfig {
  /** Octets a second the line carries at first sight; null: unknown, only back-pressure holds packets back. */
  octetsPerSecond: number | null;
  /** The same towards us. */
  octetsPerSecondDown: number | null;
  /** What the port can carry: the rate is never taken for more. */
  fastestOctetsPerSecond: number;
  /** Largest packet sent, bytes. */
  mtu: number;
}

export class Scheduler {
  readonly #config: SchedulerConfig;
  readonly #queue: Packet[] = [];
  #bytes = 0;
  #freeAt = 0;
  #pending = 0;

  constructor(config: SchedulerConfig) {
    this.#config = config;
  }

  get queuedBytes(): number {
    return this.#bytes;
  }

  get queuedMs(): number {
    return (this.#bytes / (this.#config.octetsPerSecond ?? 1e6)) * 1000;
  }

  enqueue(_client: number, buffer: Uint8Array, offset: number, length: number, _now: number): void {
    if (this.#bytes + length > 256 * 1024) return;
    this.#bytes += length;
    this.#queue.push({ buffer: buffer.slice(offset, offset + length), offset: 0, length });
  }

  next(now: number): Packet | null {
    if (this.#queue.length === 0 || this.#pending > 32_768) return null;
    if (this.#config.octetsPerSecond !== null && now < this.#freeAt - 10) return null;
    const packet = this.#queue.shift() ?? null;
    if (packet) this.#bytes -= packet.length;
    return packet;
  }

  sent(octets: number, now: number): void {
    const rate = this.#config.octetsPerSecond;
    if (rate !== null) this.#freeAt = Math.max(this.#freeAt, now) + (octets / (rate * 0.95)) * 1000;
  }

  received(_buffer: Uint8Array, _offset: number, _length: number, _now: number): void {}

  backlog(pendingBytes: number, _now: number): void {
    this.#pending = pendingBytes;
  }

  nextDeadline(now: number): number | null {
    if (this.#queue.length === 0) return null;
    return this.#pending > 32_768 ? now + 2 : Math.max(now, this.#freeAt - 10);
  }
}
