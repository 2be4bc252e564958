// TLS records one after another (RFC 8446 §5.1: type u8 20-24, version 3.x u16, length u16): how far they go, for protocols that speak
// plainly again after them. Nothing in a record is read.

const FIRST_TYPE = 20;
const LAST_TYPE = 24;
const MAJOR = 3;
const HEADER = 5;

export class TlsRecords {
  /** Bytes of the record at hand still to come. */
  #left = 0;
  #header: number[] = [];
  #seen = false;
  #ended = false;
  #broken = false;

  /** Records came, and something else follows them. */
  get ended(): boolean {
    return this.#ended && this.#seen;
  }
  /** What came is no TLS. */
  get isForeign(): boolean {
    return this.#broken || (this.#ended && !this.#seen);
  }

  /** Passes over records from `at` on; where the first other byte stands, or `end`. */
  skip(bytes: Uint8Array, at: number, end: number): number {
    let next = at;
    while (next < end && !this.#ended && !this.#broken) {
      if (this.#left > 0) {
        const skipped = Math.min(this.#left, end - next);
        this.#left -= skipped;
        next += skipped;
        continue;
      }
      const byte = bytes[next] as number;
      const length = this.#header.length;
      if (length === 0 && (byte < FIRST_TYPE || byte > LAST_TYPE)) {
        this.#ended = true;
        break;
      }
      this.#broken = length === 1 && byte !== MAJOR;
      this.#header.push(byte);
      next++;
      if (length + 1 < HEADER) continue;
      this.#left = ((this.#header[3] as number) << 8) | byte;
      this.#header = [];
      this.#seen = true;
    }
    return next;
  }
}
