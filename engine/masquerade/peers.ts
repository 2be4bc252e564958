// Which remote addresses a mapping has sessions with, counted, for address-dependent filtering: one look, however many sessions there are.
import { BUCKETS, mix, Rows, unlink } from './rows.ts';

const P_MAPPING = 0;
const P_REMOTE = 1;
const P_COUNT = 2;
const P_NEXT = 3;
const PEER_WORDS = 4;

export class Peers {
  readonly #rows: Rows;
  readonly #heads = new Int32Array(BUCKETS).fill(-1);
  readonly #seed: number;

  constructor(capacity: number, seed: number) {
    this.#rows = new Rows(new ArrayBuffer(capacity * PEER_WORDS * 4), PEER_WORDS, capacity);
    this.#seed = seed;
  }

  /** The row of a pair, or -1. */
  find(mapping: number, remote: number): number {
    const w = this.#rows.words;
    let row = this.#heads[mix(mapping, remote, 0, this.#seed)] as number;
    while (row >= 0) {
      const at = row * PEER_WORDS;
      if (w[at + P_MAPPING] === mapping && w[at + P_REMOTE] === remote) return row;
      row = w[at + P_NEXT] as number;
    }
    return -1;
  }

  /** Counts one session more of a pair; its row, or -1 when there is no room. */
  take(mapping: number, remote: number): number {
    const w = this.#rows.words;
    const known = this.find(mapping, remote);
    if (known >= 0) {
      w[known * PEER_WORDS + P_COUNT] = (w[known * PEER_WORDS + P_COUNT] as number) + 1;
      return known;
    }
    const row = this.#rows.take();
    if (row < 0) return -1;
    const at = row * PEER_WORDS;
    const bucket = mix(mapping, remote, 0, this.#seed);
    w[at + P_MAPPING] = mapping;
    w[at + P_REMOTE] = remote;
    w[at + P_COUNT] = 1;
    w[at + P_NEXT] = this.#heads[bucket] as number;
    this.#heads[bucket] = row;
    return row;
  }

  /** Counts one session less. */
  give(row: number): void {
    const w = this.#rows.words;
    const at = row * PEER_WORDS;
    const left = (w[at + P_COUNT] as number) - 1;
    w[at + P_COUNT] = left;
    if (left > 0) return;
    const bucket = mix(w[at + P_MAPPING] as number, w[at + P_REMOTE] as number, 0, this.#seed);
    unlink(this.#heads, bucket, w, PEER_WORDS, P_NEXT, row);
    this.#rows.give(row);
  }
}
