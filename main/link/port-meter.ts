/**
 * What a port of unknown rate takes: from how fast the system's own queue empties while it has something in it.
 *
 * A pty or a USB module swallows megabytes and is only kept from hoarding; a real serial line (a null-modem cable) is found
 * out by taking no more than its port rate, and is paced from then on. Times ms, sizes octets.
 */

/** The system may hold what it takes in so long, within bounds. */
const HELD_MS = 40;
const LEAST_BACKLOG = 2 * 1024;
const MOST_BACKLOG = 64 * 1024;
const WINDOW_MS = 50;
/** How long the queue must not run dry before the rate is believed. */
const PROOF_MS = 1_000;

export class PortMeter {
  readonly #portRate: number;
  /** Most octets the system should be given beyond what it has taken. */
  limit = LEAST_BACKLOG * 8;
  #written = 0;
  #taken = 0;
  #since = -1;
  #takenThen = 0;
  #proofSince = -1;
  #takenAtProof = 0;

  /** `portRate`: octets a second that the port's setting would carry. */
  constructor(portRate: number) {
    this.#portRate = portRate;
  }

  wrote(octets: number): void {
    this.#written += octets;
  }

  /** `pending` octets are not yet taken. Returns the rate of a real serial line once it is proven, else null. */
  observe(pending: number, now: number): number | null {
    this.#taken = this.#written - pending;
    if (pending === 0) {
      // It took all: it may be given more at once.
      if (this.#since >= 0) this.limit = Math.min(MOST_BACKLOG, this.limit * 2);
      this.#since = -1;
      this.#proofSince = -1;
      return null;
    }
    if (this.#since < 0) {
      this.#begin(now);
      this.#proofSince = now;
      this.#takenAtProof = this.#taken;
      return null;
    }
    const elapsed = now - this.#since;
    if (elapsed < WINDOW_MS) return null;
    const rate = ((this.#taken - this.#takenThen) / elapsed) * 1000;
    this.limit = Math.min(MOST_BACKLOG, Math.max(LEAST_BACKLOG, (rate * HELD_MS) / 1000));
    this.#begin(now);
    const proof = now - this.#proofSince;
    if (proof < PROOF_MS) return null;
    const proven = ((this.#taken - this.#takenAtProof) / proof) * 1000;
    this.#proofSince = now;
    this.#takenAtProof = this.#taken;
    return proven > 0.3 * this.#portRate && proven < 1.1 * this.#portRate ? proven : null;
  }

  #begin(now: number): void {
    this.#since = now;
    this.#takenThen = this.#taken;
  }
}
