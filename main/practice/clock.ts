/** The time, as the practice line is handed it: the machine's own, or a test's. */

export interface Clock {
  /** ms, never backwards. */
  now(): number;
  /** The date and time of day, for caller ID. */
  date(): Date;
  /** Calls `ring` once, when `now()` has reached `at`; the last call stands, and null means not at all. */
  alarm(at: number | null, ring: () => void): void;
}

/** The machine's clock. An alarm that stands keeps the process alive. */
export function systemClock(): Clock {
  let timer: ReturnType<typeof setTimeout> | null = null;
  return {
    now: () => performance.now(),
    date: () => new Date(),
    alarm(at, ring) {
      if (timer) clearTimeout(timer);
      timer = at === null ? null : setTimeout(ring, Math.max(0, Math.ceil(at - performance.now())));
    },
  };
}
