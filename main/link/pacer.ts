/**
 * The byte clock of the line: how much of what was written is still on its way out of tty and modem, and when more may
 * follow. Pure; times ms, rates octets a second as they go over the wire (escapes, FCS and flags counted).
 */

/** A packet is handed over this long before the line runs dry, so that a late timer does not leave it idle. */
const LEAD_MS = 10;
/** When to look again whether the system has taken what it was given: a paced line, and one that is not. */
const STALL_RETRY_MS = 4;
const UNPACED_RETRY_MS = 1;

export class Pacer {
  /** Octets a second, null: not paced. */
  rate: number | null;
  /** Without a rate, how much the system may have that it has not taken. */
  allowance = 0;
  #freeAt = 0;
  #pending = 0;

  constructor(rate: number | null) {
    this.rate = rate;
  }

  /** How long what was sent will keep the line busy, ms. */
  outstanding(now: number): number {
    return this.rate === null ? 0 : Math.max(0, this.#freeAt - now);
  }

  /** Octets that were written and not yet taken by the system. */
  backlog(pendingBytes: number): void {
    this.#pending = pendingBytes;
  }

  get isStalled(): boolean {
    return this.#pending > (this.rate === null ? this.allowance : 0);
  }

  maySend(now: number): boolean {
    if (this.isStalled) return false;
    return this.rate === null || this.#freeAt - now <= LEAD_MS;
  }

  /** Charges `octets` written now; returns the ms of line they take (0 if unpaced). */
  sent(octets: number, now: number): number {
    if (this.rate === null) return 0;
    const taken = (octets / this.rate) * 1000;
    this.#freeAt = Math.max(this.#freeAt, now) + taken;
    return taken;
  }

  /** The line was found to have `milliseconds` more to send than thought: wait for them. */
  hold(milliseconds: number, now: number): void {
    this.#freeAt = Math.max(this.#freeAt, now) + milliseconds;
  }

  /** When maySend may become true. */
  nextSend(now: number): number {
    if (this.isStalled) return now + (this.rate === null ? UNPACED_RETRY_MS : STALL_RETRY_MS);
    return this.rate === null ? now : Math.max(now, this.#freeAt - LEAD_MS);
  }
}
