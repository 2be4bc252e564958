/** Whether somebody may come in now, and for how long. Pure. */

import { minutesLeft, withinPlan } from '../calling/week-plan.ts';
import type { Caller } from '../contract.ts';

export type Refusal = 'stranger' | 'password' | 'off' | 'hours' | 'too-many';

/** `calls`: how many of theirs are up now. */
export function refusalOf(caller: Caller | null, calls: number, at: Date): Refusal | null {
  if (caller === null) return 'stranger';
  if (!caller.on) return 'off';
  if (!withinPlan(caller.hours, at)) return 'hours';
  return calls >= caller.calls ? 'too-many' : null;
}

export type Ending = 'idle' | 'longest' | 'hours';

/** Which limit ends a call now, or null. Limits of 0 minutes are none. */
export function endingOf(
  limits: { idleMinutes: number; longestMinutes: number; hours: Caller['hours'] },
  call: { idleMs: number; lastedMs: number },
  at: Date,
): Ending | null {
  const { idleMinutes, longestMinutes, hours } = limits;
  if (idleMinutes > 0 && call.idleMs >= idleMinutes * 60_000) return 'idle';
  if (longestMinutes > 0 && call.lastedMs >= longestMinutes * 60_000) return 'longest';
  return minutesLeft(hours, at) <= 0 ? 'hours' : null;
}

/** As `DOMAIN\user`, which Windows sends, names the user. */
export const bareName = (name: string) => name.slice(name.lastIndexOf('\\') + 1);
