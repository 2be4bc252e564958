// Rows of words in one array, and hash chains that run through them: what the table and its peers are made of.

export const BUCKETS = 1 << 17;

/** The bucket of three words; `seed` makes it unpredictable. */
export function mix(a: number, b: number, c: number, seed: number): number {
  let h = Math.imul(a ^ seed, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15) ^ b, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13) ^ c, 0xc2b2ae35);
  return (h ^ (h >>> 16)) & (BUCKETS - 1);
}

/** Rows of `words` words each, handed out lowest first and again when freed. */
export class Rows {
  readonly words: Int32Array;
  readonly size: number;
  readonly capacity: number;
  #free = -1;
  /** Rows ever used; everything above is untouched memory. */
  top = 0;
  used = 0;

  constructor(buffer: ArrayBuffer, size: number, capacity: number) {
    this.words = new Int32Array(buffer);
    this.size = size;
    this.capacity = capacity;
  }
  take(): number {
    if (this.#free >= 0) {
      const row = this.#free;
      this.#free = this.words[row * this.size] as number;
      this.used++;
      return row;
    }
    if (this.top >= this.capacity) return -1;
    this.used++;
    return this.top++;
  }
  give(row: number): void {
    this.words[row * this.size] = this.#free;
    this.#free = row;
    this.used--;
  }
}

/** Takes a row out of its bucket's chain; `link` is the word that names the next. */
export function unlink(
  heads: Int32Array,
  bucket: number,
  w: Int32Array,
  size: number,
  link: number,
  row: number,
): void {
  const after = w[row * size + link] as number;
  let at = heads[bucket] as number;
  if (at === row) {
    heads[bucket] = after;
    return;
  }
  while (at >= 0) {
    const next = w[at * size + link] as number;
    if (next === row) {
      w[at * size + link] = after;
      return;
    }
    at = next;
  }
}
