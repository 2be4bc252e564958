/**
 * What a call costs: a set-up fee, then units of time, each at the price that holds when it begins, and never less than a
 * minimum. Pure; money in millionths of the currency's unit.
 *
 * The call's length and the wall clock are handed in apart: a clock that is set during a call changes the price of what
 * follows, never the length.
 */
import { minutesLeft } from '../calling/week-plan.ts';
import { MILLION, type Tariff } from './usage-schema.ts';

const MINUTE_MS = 60_000;
const millionths = (amount: number) => Math.round(amount * MILLION);

export class CallCharge {
  readonly #tariff: Tariff;
  #units = 0;
  #offPeakUnits = 0;

  constructor(tariff: Tariff) {
    this.#tariff = tariff;
  }

  /** The answered call has lasted `elapsedMs` now; both only grow. A unit has begun once its first moment is over; the first at once. */
  advance(elapsedMs: number, now: number): void {
    const { unitSeconds, offPeak } = this.#tariff;
    const unitMs = unitSeconds * 1000;
    const begun = Math.max(1, Math.ceil(elapsedMs / unitMs));
    while (this.#units < begun) {
      const at = now - elapsedMs + this.#units * unitMs;
      // Prices change on whole minutes of the clock: all units that begin within one cost the same.
      const sameMinute = Math.ceil((MINUTE_MS - (((at % MINUTE_MS) + MINUTE_MS) % MINUTE_MS)) / unitMs);
      const units = offPeak === null ? begun - this.#units : Math.min(begun - this.#units, sameMinute);
      if (isOffPeak(this.#tariff, at)) this.#offPeakUnits += units;
      this.#units += units;
    }
  }

  /** Nothing before the first `advance`. */
  get cost(): number {
    if (this.#units === 0) return 0;
    const { price, per, setUp, unitSeconds, minimum, offPeak } = this.#tariff;
    const peak = (this.#units - this.#offPeakUnits) * millionths(price);
    const low = this.#offPeakUnits * millionths(offPeak?.price ?? 0);
    const time = ((peak + low) * unitSeconds) / (per === 'minute' ? 60 : 1);
    const cost = Math.max(millionths(minimum), millionths(setUp) + Math.round(time));
    return Math.min(Number.MAX_SAFE_INTEGER, cost);
  }
}

export function isOffPeak({ offPeak }: Tariff, at: number): boolean {
  return offPeak !== null && offPeak.hours.length > 0 && minutesLeft(offPeak.hours, new Date(at)) > 0;
}
