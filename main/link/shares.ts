/** What the chosen shares of the line mean to its scheduler. */
import type { Priority } from '../contract.ts';
import type { LineShare } from '../gateway-parts.ts';
import type { Scheduler } from './scheduler.ts';

/** Turns beside those of a client of normal priority. */
const WEIGHTS: Readonly<Record<Priority, number>> = { low: 1 / 4, normal: 1, high: 4 };

export type LineShares = ReadonlyMap<number, LineShare>;

/** `after` replaces `before`; who is not in it any more is like everybody again. */
export function tellShares(scheduler: Scheduler, before: LineShares, after: LineShares, now: number): void {
  for (const client of before.keys()) if (!after.has(client)) scheduler.setShare(client, 1, null, now);
  for (const [client, { limitKbit, priority }] of after)
    scheduler.setShare(client, WEIGHTS[priority], limitKbit === null ? null : limitKbit * 125, now);
}
