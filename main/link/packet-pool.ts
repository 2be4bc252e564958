/**
 * Room for the packets that wait: fixed slots of 2 KiB in one buffer, so that queueing allocates nothing.
 *
 * A slot is a number; what is known of its packet stands in arrays beside it. Lists of slots are linked through `next`.
 */

export const SLOT_BYTES = 2048;
export const NO_SLOT = -1;

export class PacketPool {
  readonly buffer: Uint8Array;
  readonly length: Uint16Array;
  readonly next: Int32Array;
  /** When it was queued, ms. */
  readonly queuedAt: Float64Array;
  /** The flow's hash. */
  readonly flow: Int32Array;
  readonly client: Uint16Array;
  /** 1 where a pure acknowledgement may be dropped for a newer one. */
  readonly thinnable: Uint8Array;
  /** A TCP segment's own. */
  readonly seq: Uint32Array;
  readonly ack: Uint32Array;
  readonly flags: Uint8Array;
  #free: number;

  constructor(slots: number) {
    this.buffer = new Uint8Array(slots * SLOT_BYTES);
    this.length = new Uint16Array(slots);
    this.next = new Int32Array(slots);
    this.queuedAt = new Float64Array(slots);
    this.flow = new Int32Array(slots);
    this.client = new Uint16Array(slots);
    this.thinnable = new Uint8Array(slots);
    this.seq = new Uint32Array(slots);
    this.ack = new Uint32Array(slots);
    this.flags = new Uint8Array(slots);
    for (let slot = 0; slot < slots; slot++) this.next[slot] = slot + 1 < slots ? slot + 1 : NO_SLOT;
    this.#free = slots > 0 ? 0 : NO_SLOT;
  }

  get isFull(): boolean {
    return this.#free === NO_SLOT;
  }

  /** A slot with a copy of the packet, or NO_SLOT if all are taken. `length` is at most SLOT_BYTES. */
  take(packet: Uint8Array, offset: number, length: number, now: number): number {
    const slot = this.#free;
    if (slot === NO_SLOT) return NO_SLOT;
    this.#free = this.nextOf(slot);
    this.next[slot] = NO_SLOT;
    this.length[slot] = length;
    this.queuedAt[slot] = now;
    this.thinnable[slot] = 0;
    // A loop is faster than set() over a new view for what dial-up carries, and makes no garbage.
    const at = slot * SLOT_BYTES;
    if (length > 256) this.buffer.set(packet.subarray(offset, offset + length), at);
    else for (let i = 0; i < length; i++) this.buffer[at + i] = packet[offset + i] as number;
    return slot;
  }

  release(slot: number): void {
    this.next[slot] = this.#free;
    this.#free = slot;
  }

  nextOf(slot: number): number {
    return this.next[slot] as number;
  }

  lengthOf(slot: number): number {
    return this.length[slot] as number;
  }

  queuedAtOf(slot: number): number {
    return this.queuedAt[slot] as number;
  }
}

/** A first-in first-out list of slots. */
export class SlotQueue {
  head = NO_SLOT;
  tail = NO_SLOT;
  bytes = 0;
  readonly pool: PacketPool;

  constructor(pool: PacketPool) {
    this.pool = pool;
  }

  get isEmpty(): boolean {
    return this.head === NO_SLOT;
  }

  push(slot: number): void {
    if (this.head === NO_SLOT) this.head = slot;
    else this.pool.next[this.tail] = slot;
    this.tail = slot;
    this.pool.next[slot] = NO_SLOT;
    this.bytes += this.pool.lengthOf(slot);
  }

  shift(): number {
    const slot = this.head;
    if (slot === NO_SLOT) return NO_SLOT;
    this.head = this.pool.nextOf(slot);
    if (this.head === NO_SLOT) this.tail = NO_SLOT;
    this.bytes -= this.pool.lengthOf(slot);
    return slot;
  }

  /** Takes `slot` out; `before` is the one ahead of it, NO_SLOT at the head. */
  removeAfter(before: number, slot: number): void {
    if (before === NO_SLOT) {
      this.shift();
      return;
    }
    const after = this.pool.nextOf(slot);
    this.pool.next[before] = after;
    if (after === NO_SLOT) this.tail = before;
    this.bytes -= this.pool.lengthOf(slot);
  }
}
