// Sequence numbers of one direction of a stream that helpers resize (RFC 3022 §4.1 and ip_masq's delta, but any number of changes in
// flight): a log of edits maps the sender's numbers to the receiver's and back. A place inside replaced bytes maps to their end
// forward, and to their beginning backward, so that nothing is taken for acknowledged before all of it is.
import { sequenceDistance } from '../packet/tcp.ts';

interface Edit {
  /** The sender's sequence numbers: [start, end) was replaced. */
  start: number;
  end: number;
  bytes: Uint8Array;
  /** Shift after the edit: receiver's number − sender's. */
  shift: number;
}

const KEPT = 32;
const MOST = 256;

export class SequenceMap {
  readonly #edits: Edit[] = [];
  /** Shift before the first edit that is still kept. */
  #base = 0;
  #previous = 0;

  /** Shift of what is sent now, and of what was sent before the last change. */
  get shift(): number {
    return this.#edits.at(-1)?.shift ?? this.#base;
  }
  get previousShift(): number {
    return this.#previous;
  }
  /** The sender's number at which the last change was made; 0 when there was none. */
  get lastChange(): number {
    return this.#edits.at(-1)?.start ?? 0;
  }
  get isEmpty(): boolean {
    return this.#edits.length === 0 && this.#base === 0;
  }
  get isFull(): boolean {
    return this.#edits.length >= MOST;
  }

  /** Notes that the sender's bytes [start, end) are sent as `bytes`; later than every edit before. */
  edit(start: number, end: number, bytes: Uint8Array): void {
    const before = this.shift;
    const shift = (before + bytes.length - sequenceDistance(end, start)) | 0;
    if (shift !== before) this.#previous = before;
    this.#edits.push({ start, end, bytes, shift });
  }

  /** The receiver's number for a sender's. */
  forward(sequence: number): number {
    let shift = this.#base;
    for (const edit of this.#edits) {
      if (sequenceDistance(sequence, edit.end) >= 0 && edit.start !== sequence) shift = edit.shift;
      else if (sequenceDistance(sequence, edit.start) > 0) return (edit.end + edit.shift) | 0;
      else break;
    }
    return (sequence + shift) | 0;
  }

  /**
   * The sender's number for a receiver's, such as an acknowledgement; of a place inside replaced bytes where they begin, or where
   * they end if it is the `left` edge of what has arrived: their beginning may not have.
   */
  back(sequence: number, left = false): number {
    let shift = this.#base;
    for (const edit of this.#edits) {
      if (sequenceDistance(sequence, (edit.end + edit.shift) | 0) >= 0) shift = edit.shift;
      else if (sequenceDistance(sequence, (edit.start + shift) | 0) > 0) return left ? edit.end : edit.start;
      else break;
    }
    return (sequence - shift) | 0;
  }

  /** The receiver has acknowledged up to this number of its own: edits long past are folded into one shift. */
  acknowledged(sequence: number): void {
    while (this.#edits.length > KEPT) {
      const oldest = this.#edits[0] as Edit;
      if (sequenceDistance(sequence, (oldest.end + oldest.shift) | 0) < 0) return;
      this.#base = oldest.shift;
      this.#edits.shift();
    }
  }

  /** Whether an edit lies in the sender's range [start, end). */
  touches(start: number, end: number): boolean {
    for (const edit of this.#edits)
      if (sequenceDistance(edit.end, start) > 0 && sequenceDistance(end, edit.start) > 0) return true;
    return false;
  }

  /**
   * Writes what the receiver is to get for the sender's bytes [start, start + length) of `from` at `at`; returns its length in
   * bytes. A replacement goes out with its first replaced byte.
   */
  compose(start: number, from: Uint8Array, at: number, length: number, out: Uint8Array): number {
    let written = 0;
    let done = 0;
    for (const edit of this.#edits) {
      const begins = sequenceDistance(edit.start, start);
      const ends = sequenceDistance(edit.end, start);
      if (ends <= done && begins < done) continue;
      if (begins >= length) break;
      while (done < begins) out[written++] = from[at + done++] as number;
      if (begins >= 0) {
        out.set(edit.bytes, written);
        written += edit.bytes.length;
      }
      done = Math.max(done, Math.min(ends, length));
    }
    while (done < length) out[written++] = from[at + done++] as number;
    return written;
  }
}
