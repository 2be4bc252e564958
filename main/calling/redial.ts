/**
 * When to call again by itself, and which number: from how the calls so far ended. Pure; the waiting is call.ts's.
 *
 * A number that did not bring the link up is followed by the next one; one that the modem refuses, or at which a person
 * answered, is not called again; a modem or a line that asks for a rest gets its minutes; what a person must mend is not tried again. Pauses double, and a call that held counts as a new start.
 */
import type { Redial } from '../gateway-parts.ts';

export interface RedialPolicy {
  /** How many numbers there are, in order of preference. */
  numbers: number;
  /** Tries after the first before giving up. */
  tries: number;
  firstPauseSeconds: number;
}

/** Where a row of tries stands. */
export interface Tries {
  numberIndex: number;
  /** Attempts that came to nothing since the last call that held. */
  failures: number;
  /** Numbers, by index, not to be called any more. */
  barred: readonly number[];
}
export const FIRST_TRY: Tries = { numberIndex: 0, failures: 0, barred: [] };

export interface Ended {
  redial: Redial;
  /** How long the link was up, ms; 0 if it never was. */
  lastedMs: number;
}

/** A link that held so long was a good one. */
export const STEADY_CALL_MS = 60_000;
const LONGEST_PAUSE_S = 300;
/** National rules and modems' own timers ask for minutes between calls. */
const ENFORCED_PAUSE_S = 120;

/** What to do after an attempt of `tries` has ended. Null: give up and tell the person. */
export function nextTry(
  policy: RedialPolicy,
  tries: Tries,
  ended: Ended,
): { waitSeconds: number; tries: Tries } | null {
  if (ended.redial === 'stop') return null;
  // The end of a good call is itself the first failure of what follows.
  const failures = ended.lastedMs >= STEADY_CALL_MS ? 1 : tries.failures + 1;
  if (failures > policy.tries) return null;
  const barred = ended.redial === 'other' ? [...tries.barred, tries.numberIndex] : tries.barred;
  const numberIndex = nextNumber(policy.numbers, tries.numberIndex, barred, ended);
  if (numberIndex === null) return null;
  const waitSeconds = pause(policy, failures, numberIndex !== tries.numberIndex);
  return {
    waitSeconds: ended.redial === 'later' ? Math.max(ENFORCED_PAUSE_S, waitSeconds) : waitSeconds,
    tries: { numberIndex, failures, barred },
  };
}

/** A number whose call broke off works: it is called again. Null when there is none left to call. */
function nextNumber(
  numbers: number,
  current: number,
  barred: readonly number[],
  { redial, lastedMs }: Ended,
): number | null {
  if (lastedMs > 0 && redial !== 'other') return Math.min(current, numbers - 1);
  for (let step = 1; step <= numbers; step++) {
    const index = (current + step) % numbers;
    if (!barred.includes(index)) return index;
  }
  return null;
}

/** Doubled each time, at most five minutes or the first pause; with several numbers once a round, each has its turn. */
function pause(
  { firstPauseSeconds: first, numbers }: RedialPolicy,
  failures: number,
  moves: boolean,
): number {
  const rounds = moves ? Math.floor((failures - 1) / numbers) : failures - 1;
  return Math.min(Math.max(LONGEST_PAUSE_S, first), first * 2 ** Math.min(16, rounds));
}
