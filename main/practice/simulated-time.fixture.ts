/** Time for tests: it stands until `run` moves it from alarm to alarm, over any number of clocks. */
import type { Clock } from './clock.ts';

export class SimulatedTime {
  now = 0;
  readonly #alarms: { at: number; ring: () => void }[] = [];

  clock(): Clock {
    let own: { at: number; ring: () => void } | null = null;
    return {
      now: () => this.now,
      date: () => new Date(2026, 10, 20, 13, 6),
      alarm: (at, ring) => {
        if (own) this.#remove(own);
        own = at === null ? null : { at, ring };
        if (own) this.#alarms.push(own);
      },
    };
  }

  run(ms: number): void {
    const end = this.now + ms;
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#remove(next);
      this.now = Math.max(this.now, next.at);
      next.ring();
    }
    this.now = end;
  }

  #next(end: number) {
    const due = this.#alarms.filter(({ at }) => at <= end);
    return due.sort((a, b) => a.at - b.at)[0];
  }

  #remove(alarm: { at: number; ring: () => void }): void {
    const at = this.#alarms.indexOf(alarm);
    if (at !== -1) this.#alarms.splice(at, 1);
  }
}
