/**
 * What stands against a call before it is dialled, and again before each redial: hours in which nothing dials, and a
 * provider's used-up month. A person may override either for one call.
 */

import type { Fault, Provider, Settings } from '../contract.ts';
import { nearestLimit } from '../usage/limits.ts';
import type { MonthTotal } from '../usage/usage-schema.ts';
import { limitSentence } from './call-watch.ts';
import { minutesLeft } from './week-plan.ts';

const MINUTE_MS = 60_000;
/** A plan that never ends is told as one of a week. */
const LONGEST_MS = 7 * 1440 * MINUTE_MS;

/** Until when a plan holds, ms since the epoch, to the minute; null outside it. Empty plans never hold. */
export function holdsUntil(plan: Settings['neverDial'], now: number): number | null {
  const left = plan.length === 0 ? 0 : minutesLeft(plan, new Date(now));
  if (left === 0) return null;
  return Math.floor(now / MINUTE_MS) * MINUTE_MS + Math.min(LONGEST_MS, left * MINUTE_MS);
}

export function againstCall(
  provider: Provider,
  month: MonthTotal | null,
  neverDialUntil: number | null,
  now: number,
): Fault | null {
  if (neverDialUntil !== null) return neverDialHours(neverDialUntil, now);
  if (provider.limits.atLimit === 'warn' || month === null) return null;
  const bytes = month.bytesUp + month.bytesDown;
  const limit = nearestLimit(provider.limits, { ...month, bytes });
  return limit !== null && limit.used >= 1 ? limitUsedUp(provider, limit.of) : null;
}

/** `until 07:00`, with the day when it is not today; `at any hour` where the hours never end. */
export function untilText(until: number, now: number): string {
  if (until - now > LONGEST_MS - 2 * MINUTE_MS) return 'at any hour';
  const at = new Date(until);
  const time = at.toTimeString().slice(0, 5);
  const day = at.toDateString() === new Date(now).toDateString() ? '' : `${at.toDateString().slice(0, 3)} `;
  return `until ${day}${time}`;
}

export function neverDialHours(until: number, now: number): Fault {
  return {
    code: 'never-dial-hours',
    sentence: `Nothing dials ${untilText(until, now)}.`,
    cause: 'The settings name these as hours in which the line stays free.',
    remedy: 'Wait, or dial anyway: that holds for one call.',
  };
}

function limitUsedUp(provider: Provider, of: Parameters<typeof limitSentence>[1]): Fault {
  return {
    code: 'limit-used-up',
    sentence: `${provider.name}: ${limitSentence(provider, of)}`,
    cause: 'The provider’s settings say how much a month may take.',
    remedy: 'Dial anyway for one call, raise the limit in the provider, or wait for the next month.',
  };
}

export const notEnding: Fault = {
  code: 'call-not-ending',
  sentence: 'No call is about to be hung up.',
  cause: 'The warning is over, or the call has ended.',
  remedy: 'Nothing to do.',
};
