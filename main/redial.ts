/** When to dial again by itself: pauses that grow, and a limit. Which failures are worth it, the uplink says. */

/** A call that held this long counts as good, so that the tries start from none again. Milliseconds. */
export const STEADY_CALL_MS = 60_000;
const LONGEST_PAUSE_S = 300;

/** Seconds to wait before try `nth` (from 1), given the first pause: doubled each time, at most five minutes. */
export function redialPause(firstSeconds: number, nth: number): number {
  const longest = Math.max(LONGEST_PAUSE_S, firstSeconds);
  return Math.min(longest, firstSeconds * 2 ** Math.min(16, nth - 1));
}
