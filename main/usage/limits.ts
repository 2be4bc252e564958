/** How much of a provider's monthly limits is used. Pure. */
import { type Limits, MILLION, type UsageNow } from './usage-schema.ts';

export type MonthSoFar = UsageNow['month'];
export type LimitUse = NonNullable<UsageNow['limit']>;

/** A warning is due at so much of a limit. */
export const NEAR = 0.8;

/** The limit of which most is used, 1 for all of it; null where there is none. */
export function nearestLimit(limits: Limits, { seconds, bytes, cost }: MonthSoFar): LimitUse | null {
  const uses: LimitUse[] = [];
  if (limits.minutes > 0) uses.push({ of: 'minutes', used: seconds / (limits.minutes * 60) });
  if (limits.megabytes > 0) uses.push({ of: 'megabytes', used: bytes / (limits.megabytes * 1e6) });
  if (limits.money > 0 && cost !== null) uses.push({ of: 'money', used: cost / (limits.money * MILLION) });
  return uses.reduce<LimitUse | null>(
    (most, use) => (most === null || use.used > most.used ? use : most),
    null,
  );
}
