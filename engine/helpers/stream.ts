// One direction of a TCP session that a helper reads: which bytes have been seen, which are held back, and how what goes on is
// numbered. Segments ahead of a gap are not taken (the sender repeats them); repeated bytes are rewritten as they were at first.
import { sequenceDistance } from '../packet/tcp.ts';
import { type Chunk, HOLD_BYTES } from './helper.ts';
import { SequenceMap } from './sequence.ts';

/** How often a sender may repeat held bytes before they are passed on unread. */
const PATIENCE = 3;
const LARGEST = 65_535;

/** Room shared by all streams: one is worked on at a time. */
const work = new Uint8Array(LARGEST + HOLD_BYTES);

/** Most streams never hold anything back and need no room for it. */
const NOTHING = new Uint8Array(0);

export class Stream {
  map = new SequenceMap();
  #known = false;
  /** The sender's next number, and how far its bytes have been passed on; those between are held. */
  #next = 0;
  #released = 0;
  #held = NOTHING;
  #repeats = 0;

  /** The sender's bytes to go on now: `bytes` [at, at + length), beginning at its number `start`. */
  readonly bytes = work;
  at = 0;
  length = 0;
  start = 0;
  /** Whether held bytes were given up as unreadable in the last call. */
  gaveUp = false;

  /** A SYN with this number was sent. */
  begin(sequence: number): void {
    if (this.#known && this.#next === ((sequence + 1) | 0)) return;
    if (this.#known) this.map = new SequenceMap();
    this.#next = (sequence + 1) | 0;
    this.#released = this.#next;
    this.#repeats = 0;
    this.#known = true;
  }
  get isKnown(): boolean {
    return this.#known;
  }
  get isHolding(): boolean {
    return this.#next !== this.#released;
  }
  /** A number to show the receiver: not beyond what it has been sent. */
  visible(sequence: number): number {
    return this.#known && this.isHolding && sequenceDistance(sequence, this.#released) > 0
      ? this.#released
      : sequence;
  }

  /**
   * Takes a segment's payload; afterwards `bytes`, `at`, `length` and `start` say what is to go on (perhaps nothing). False when
   * the segment must be dropped: it lies beyond a gap. `read` is given unseen bytes and says how many are dealt with; it is null
   * when nobody reads any more. `final`: the sender says that nothing follows.
   */
  take(
    sequence: number,
    b: Uint8Array,
    at: number,
    length: number,
    final: boolean,
    read: ((chunk: Chunk) => number) | null,
  ): boolean {
    this.gaveUp = false;
    if (!this.#known) {
      this.#pass(sequence, b, at, length);
      return true;
    }
    const ahead = sequenceDistance(sequence, this.#next);
    if (ahead > 0 && (read !== null || this.isHolding)) return false;
    const end = (sequence + length) | 0;
    if (ahead > 0) {
      this.#next = end;
      this.#released = end;
      this.#pass(sequence, b, at, length);
      return true;
    }
    const fresh = sequenceDistance(end, this.#next);
    if (fresh === 0 && final && this.isHolding) {
      this.#flush();
      return true;
    }
    if (fresh <= 0) return this.#repeated(sequence, b, at, length, read === null);

    // [old: repeated bytes already passed on][held][fresh]
    const heldLength = sequenceDistance(this.#next, this.#released);
    const old = Math.max(0, sequenceDistance(this.#released, sequence));
    for (let i = 0; i < old; i++) work[i] = b[at + i] as number;
    for (let i = 0; i < heldLength; i++) work[old + i] = this.#held[i] as number;
    const freshAt = at + length - fresh;
    for (let i = 0; i < fresh; i++) work[old + heldLength + i] = b[freshAt + i] as number;
    const unread = heldLength + fresh;
    let done = unread;
    // More changes than can be remembered: the reader must know that it has missed something.
    if (this.map.isFull) this.gaveUp = read !== null;
    else if (read !== null) done = Math.max(0, Math.min(unread, read(this.#chunk(old, unread))));
    let rest = unread - done;
    if (final || rest > HOLD_BYTES) {
      this.gaveUp ||= rest > 0;
      done = unread;
      rest = 0;
    }
    this.start = old > 0 ? sequence : this.#released;
    this.at = 0;
    this.length = old + done;
    this.#released = (this.#released + done) | 0;
    this.#next = end;
    this.#repeats = 0;
    if (rest > 0 && this.#held === NOTHING) this.#held = new Uint8Array(HOLD_BYTES);
    for (let i = 0; i < rest; i++) this.#held[i] = work[old + done + i] as number;
    return true;
  }

  /** Bytes seen before: as at first, but what is held stays held until the sender has repeated it too often. */
  #repeated(sequence: number, b: Uint8Array, at: number, length: number, unheard: boolean): boolean {
    const beyond = sequenceDistance((sequence + length) | 0, this.#released);
    if (beyond <= 0 || !this.isHolding) {
      this.#pass(sequence, b, at, length);
      return true;
    }
    if (unheard || ++this.#repeats >= PATIENCE) {
      this.gaveUp = true;
      this.#released = this.#next;
      this.#repeats = 0;
      this.#pass(sequence, b, at, length);
      return true;
    }
    this.#pass(sequence, b, at, Math.max(0, length - beyond));
    return true;
  }

  /** The sender has finished: what is held goes as it is. */
  #flush(): void {
    this.#pass(this.#released, this.#held, 0, sequenceDistance(this.#next, this.#released));
    this.#released = this.#next;
    this.gaveUp = true;
  }

  #pass(sequence: number, b: Uint8Array, at: number, length: number): void {
    for (let i = 0; i < length; i++) work[i] = b[at + i] as number;
    this.at = 0;
    this.length = length;
    this.start = sequence;
  }

  #chunk(old: number, unread: number): Chunk {
    const origin = this.#released;
    return {
      bytes: work,
      start: old,
      end: old + unread,
      replace: (from, to, replacement) => {
        if (from < old || to > old + unread || to < from) throw new RangeError('an edit outside its chunk');
        this.map.edit((origin + from - old) | 0, (origin + to - old) | 0, replacement.slice());
      },
    };
  }
}
