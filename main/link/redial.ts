/**
 * When to call again by itself, and which number: from what has happened so far. Pure; the waiting is the gateway's.
 *
 * A busy number is tried again soon, the next one first; a modem or a network that enforces a pause gets its minutes; what
 * a person must mend is not tried again. Pauses double, and a call that held counts as a new start.
 */
import type { DialKind } from './parts.ts';

export interface RedialPolicy {
  /** How many numbers there are, in order of preference. */
  numbers: number;
  /** Tries after the first before giving up. */
  tries: number;
  firstPauseSeconds: number;
}

export interface Attempt {
  numberIndex: number;
  /** The fault's code it ended with. */
  code: string;
  /** The verdict given with the fault. */
  retry: boolean;
  /** How long the link was up, ms; 0 if it never was. */
  lastedMs: number;
}

/** A link that held so long was a good one. */
export const STEADY_MS = 60_000;
const LONGEST_PAUSE_S = 300;
/** National rules and modems' blacklists ask for minutes between calls to one number. */
const ENFORCED_PAUSE_S = 120;
const ENFORCED: ReadonlySet<string> = new Set<`dial-${DialKind}`>(['dial-delayed', 'dial-line-in-use']);
/** These speak of the number called, so that another one may do better. */
const OF_THE_NUMBER: ReadonlySet<string> = new Set<`dial-${DialKind}`>([
  'dial-busy',
  'dial-no-answer',
  'dial-no-carrier',
  'dial-delayed',
  'dial-silent',
]);

/** `history` is all attempts of this session, oldest first. Null: give up and tell the person. */
export function nextAttempt(
  policy: RedialPolicy,
  history: readonly Attempt[],
): { waitSeconds: number; numberIndex: number } | null {
  const last = history.at(-1);
  if (last === undefined) return { waitSeconds: 0, numberIndex: 0 };
  if (!last.retry) return null;
  const steady = history.findLastIndex(({ lastedMs }) => lastedMs >= STEADY_MS);
  // The end of a good call is itself the first failure of what follows.
  const failures = steady === -1 ? history.length : history.length - steady;
  if (failures > policy.tries) return null;

  const moves = OF_THE_NUMBER.has(last.code) && policy.numbers > 1;
  const numberIndex = moves
    ? (last.numberIndex + 1) % policy.numbers
    : Math.min(last.numberIndex, policy.numbers - 1);
  return { waitSeconds: pause(policy, last.code, failures, moves, numberIndex), numberIndex };
}

function pause(
  policy: RedialPolicy,
  code: string,
  failures: number,
  moves: boolean,
  numberIndex: number,
): number {
  const { firstPauseSeconds: first, numbers } = policy;
  const longest = Math.max(LONGEST_PAUSE_S, first);
  // With several numbers the pause grows once a round: another number has not been troubled yet.
  const rounds = moves ? Math.floor((failures - 1) / numbers) : failures - 1;
  const grown = Math.min(longest, first * 2 ** Math.min(16, rounds));
  if (ENFORCED.has(code)) return Math.max(ENFORCED_PAUSE_S, grown);
  return moves && numberIndex !== 0 ? Math.min(first, grown) : grown;
}
