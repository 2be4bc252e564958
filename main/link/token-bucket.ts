/** What a client with a limit may send: a token bucket in octets of IP, which may fall into debt and pays it back. Times ms. */

/** It saves up, and may owe, so much line time at its own rate, ms. */
const SAVED_MS = 500;
const OWED_MS = 2_000;
/** Less than a packet saved would never let one go at once. */
const LEAST_SAVED = 600;

export class TokenBucket {
  /** Octets a second. */
  readonly rate: number;
  readonly #most: number;
  readonly #least: number;
  #credit: number;
  #at: number;

  constructor(rate: number, now: number) {
    this.rate = rate;
    this.#most = Math.max(LEAST_SAVED, (rate * SAVED_MS) / 1000);
    this.#least = -Math.max(2 * LEAST_SAVED, (rate * OWED_MS) / 1000);
    this.#credit = this.#most;
    this.#at = now;
  }

  /** Whether anything may be sent now; a whole packet then may, on credit. */
  isReady(now: number): boolean {
    this.#earn(now);
    return this.#credit > 0;
  }

  /** When it will be; `now` if it is. */
  readyAt(now: number): number {
    return this.isReady(now) ? now : now + ((1 - this.#credit) / this.rate) * 1000;
  }

  charge(octets: number, now: number): void {
    this.#earn(now);
    this.#credit = Math.max(this.#least, this.#credit - octets);
  }

  #earn(now: number): void {
    if (now <= this.#at) return;
    this.#credit = Math.min(this.#most, this.#credit + (this.rate * (now - this.#at)) / 1000);
    this.#at = now;
  }
}
