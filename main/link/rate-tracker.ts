/**
 * Follows the true rate of the line: a modem's figure is nominal, error correction and compression move it.
 *
 * Under load, an LCP echo's round trip shows what still waits in tty and modem. What is beyond the quickest ever seen is a
 * hidden queue, which our clock did not know of; over the time on the line it grew in, it says how much too fast the
 * clock runs. A little of it is wanted, so that a late timer never leaves the line idle: while there is less, the rate is
 * raised in small steps. A delay that stays after the queue was waited out three times is not ours: the line itself grew
 * slower to answer. Times ms, rates octets a second.
 */

/** A hidden queue up to the first is too little, beyond the second too much. */
const WANTED_MS = 10;
const MOST_MS = 24;
const FIRST_STEP = 0.016;
const LEAST_STEP = 0.003;
const GREATEST_STEP = 0.02;
/** Good verdicts in a row after which the steps grow: the data compresses, or the line got faster. */
const PATIENCE = 6;
/** Drains in a row that change nothing. */
const NOT_OURS = 3;
/** Time on the busy line between two echoes: while the rate is being found, once it is known, to confirm a bad one. */
const SEEKING_MS = 800;
const KNOWN_MS = 3_000;
const CONFIRM_MS = 250;
const STALL_PAUSE_MS = 1_000;
/** On a link without echoes (SLIP) only stalls tell: what they took is given back by so much for each ms of use. */
const GIVE_BACK = 5e-6;
/** Echoes may take this share of the line; each is about so many octets, half of them escaped. */
const ECHO_SHARE = 0.004;
const ECHO_OCTETS = 24;

export class RateTracker {
  readonly #fastest: number;
  readonly #slowest: number;
  readonly #first: number;
  #rate: number;
  #step = FIRST_STEP;
  /** Time on the line since the last verdict, and since the last echo was sent. */
  #busy = 0;
  #sinceEcho = 0;
  #base = Number.POSITIVE_INFINITY;
  /** The first of two bad samples. */
  #suspicion = 0;
  #good = 0;
  #drains = 0;
  #before = 0;
  #stalledAt = Number.NEGATIVE_INFINITY;

  /** Begins below `nominal`, because most lines carry a little less than their modems say. */
  constructor(nominal: number, fastest: number) {
    this.#rate = nominal * 0.95;
    this.#fastest = Math.max(nominal, fastest);
    this.#slowest = nominal * 0.2;
    this.#first = this.#rate;
  }

  get rate(): number {
    return this.#rate;
  }

  /** The line was busy for so long with what was sent. */
  busy(milliseconds: number): void {
    this.#busy += milliseconds;
    this.#sinceEcho += milliseconds;
    if (this.#base === Number.POSITIVE_INFINITY && this.#rate < this.#first)
      this.#set(Math.min(this.#first, this.#rate * (1 + milliseconds * GIVE_BACK)));
  }

  /** Enough was sent since the last echo for another to be worth its octets. */
  get wantsEcho(): boolean {
    if (this.#suspicion > 0) return this.#sinceEcho >= CONFIRM_MS;
    const seeking = this.#step === FIRST_STEP || this.#good >= PATIENCE;
    const affordable = ((ECHO_OCTETS / this.#rate) * 1000) / ECHO_SHARE;
    return (
      this.#sinceEcho >= (seeking ? Math.max(SEEKING_MS, affordable / 4) : Math.max(KNOWN_MS, affordable))
    );
  }

  echoSent(): void {
    this.#sinceEcho = 0;
  }

  /** An echo on an idle line, or any other: the quickest is the line's own. */
  observe(roundTrip: number): void {
    this.#base = Math.min(this.#base, roundTrip);
  }

  /**
   * An echo sent under load took `roundTrip`, less what our clock knew to be ahead of it. Returns how long to wait for the
   * hidden queue to drain, 0 if there is none.
   */
  sample(roundTrip: number): number {
    this.observe(roundTrip);
    const excess = roundTrip - this.#base;
    if (excess <= MOST_MS) {
      if (excess <= WANTED_MS) this.#raise();
      else this.#stay();
      return 0;
    }
    if (this.#suspicion === 0) {
      this.#suspicion = excess;
      return 0;
    }
    const hidden = Math.min(excess, this.#suspicion) - WANTED_MS;
    const busy = Math.max(this.#busy, 1);
    this.#clear();
    this.#good = 0;
    if (this.#drains === 0) this.#before = this.#rate;
    this.#drains += 1;
    if (this.#drains > NOT_OURS) {
      this.#drains = 0;
      this.#base += hidden;
      this.#set(this.#before);
      return 0;
    }
    this.#step = LEAST_STEP;
    this.#set(this.#rate * (1 - Math.min(0.4, hidden / busy)));
    return hidden;
  }

  /** The system has not taken all it was given although the line should be idle: slower, at most once a second. */
  stalled(now: number): void {
    if (now - this.#stalledAt < STALL_PAUSE_MS) return;
    this.#stalledAt = now;
    this.#clear();
    this.#step = LEAST_STEP;
    this.#set(this.#rate * 0.95);
  }

  #clear(): void {
    this.#busy = 0;
    this.#suspicion = 0;
  }

  #stay(): void {
    this.#clear();
    this.#drains = 0;
    this.#good = 0;
    this.#step = LEAST_STEP;
  }

  #raise(): void {
    this.#clear();
    this.#drains = 0;
    this.#good += 1;
    if (this.#good > PATIENCE) this.#step = Math.min(GREATEST_STEP, this.#step * 1.5);
    this.#set(this.#rate * (1 + this.#step));
  }

  #set(rate: number): void {
    this.#rate = Math.min(this.#fastest, Math.max(this.#slowest, rate));
  }
}
