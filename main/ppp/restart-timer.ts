/**
 * How long to wait before a Configure- or Terminate-Request is repeated (RFC 1661 §4.6), for all protocols of one call.
 */

/** The restart period, shared by all protocols of a session: twice the round trip seen, if that is longer (ms). */
export class RestartTimer {
  private roundTrip = 0;
  private readonly base: number;

  constructor(lineRate: number) {
    this.base = lineRate <= 9600 ? 6_000 : 3_000;
  }

  get period(): number {
    return Math.max(this.base, Math.min(2 * this.roundTrip, 20_000));
  }

  /**
   * An answer came `elapsedMs` after the first transmission of its request. If that was repeated, it may answer either:
   * the period then grows by half at most, so that a slow line is learnt soon and a lossy one is not taken for slow.
   */
  saw(elapsedMs: number, repeated: boolean): void {
    if (repeated) this.roundTrip = Math.max(this.roundTrip, Math.min(elapsedMs, 0.75 * this.period));
    else this.roundTrip = elapsedMs;
  }
}
