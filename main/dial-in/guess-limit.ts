/** Who has tried wrong names or passwords too often on a TCP line is not let in again for a while. Pure. */
const ALLOWED = 5;
const WHILE_MS = 600_000;
/** Most remembered at once: the oldest are forgotten. */
const REMEMBERED = 256;

export class GuessLimit {
  readonly #tries = new Map<string, { count: number; at: number }>();

  /** A call from there was turned away for its name or password. */
  wrong(from: string, now: number): void {
    const count = this.#fresh(from, now) + 1;
    this.#tries.delete(from);
    this.#tries.set(from, { count, at: now });
    const [oldest] = this.#tries.keys();
    if (this.#tries.size > REMEMBERED && oldest !== undefined) this.#tries.delete(oldest);
  }

  /** A call from there came in: its earlier slips were slips. */
  right(from: string): void {
    this.#tries.delete(from);
  }

  bars(from: string, now: number): boolean {
    return this.#fresh(from, now) >= ALLOWED;
  }

  #fresh(from: string, now: number): number {
    const tries = this.#tries.get(from);
    return tries === undefined || now - tries.at >= WHILE_MS ? 0 : tries.count;
  }
}
