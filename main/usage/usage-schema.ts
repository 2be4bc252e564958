/**
 * What calls cost and how much of them there was: tariffs and limits as a person sets them, calls and months as counted.
 *
 * Money is kept in millionths of the currency's unit, whole numbers, so that sums are exact. Pure, and free of Node.
 */
import { z } from 'zod';
import { weekPlanSchema } from '../calling/week-plan.ts';

const price = z
  .number({ error: 'A price is a number.' })
  .min(0, 'A price is not below 0.')
  .max(10_000, 'A price is at most 10,000.');

export const tariffSchema = z.object({
  /** Such as `€` or `USD`; put behind the figure. */
  currency: z.string().trim().min(1, 'Give the currency, such as €.').max(8),
  /** In the currency's unit, for a minute or a second. */
  price,
  per: z.enum(['minute', 'second']),
  /** Paid once for every call that is answered. */
  setUp: price,
  /** Time is charged in units of so many seconds, each one that has begun. */
  unitSeconds: z
    .number()
    .int()
    .min(1, 'A unit lasts 1 to 3600 seconds.')
    .max(3600, 'A unit lasts 1 to 3600 seconds.'),
  /** The least that an answered call costs. */
  minimum: price,
  /** Hours with a price of their own; a unit costs what holds when it begins. */
  offPeak: z.object({ hours: weekPlanSchema, price }).nullable(),
});
export type Tariff = z.infer<typeof tariffSchema>;
export const NEW_TARIFF: Tariff = {
  currency: '€',
  price: 0,
  per: 'minute',
  setUp: 0,
  unitSeconds: 60,
  minimum: 0,
  offPeak: null,
};

/** What one provider may take in a calendar month; 0: no limit. */
export const limitsSchema = z.object({
  minutes: z.number().int().min(0).max(44_640),
  megabytes: z.number().min(0).max(1_000_000),
  /** In the unit of the tariff's currency. */
  money: z.number().min(0).max(100_000),
  /** At the limit: tell only; ask whether to go on, and hang up without an answer; or hang up and dial no more. */
  atLimit: z.enum(['warn', 'ask', 'stop']),
});
export type Limits = z.infer<typeof limitsSchema>;
export const NO_LIMITS: Limits = { minutes: 0, megabytes: 0, money: 0, atLimit: 'ask' };

const count = z.number().int().min(0);
const counted = {
  providerId: z.string().max(32),
  /** Its name at the time. */
  provider: z.string().max(60),
  /** From the far modem's answer to the hang-up. */
  seconds: count,
  bytesUp: count,
  bytesDown: count,
  /** Millionths; null: the provider has no tariff. */
  cost: count.nullable(),
  currency: z.string().max(8),
};

export const callRecordSchema = z.object({
  ...counted,
  id: z.string().max(40),
  number: z.string().max(60),
  /** When it was answered, ms since the epoch. */
  at: z.number(),
});
export type CallRecord = z.infer<typeof callRecordSchema>;

export const monthSchema = z.string().regex(/^\d{4}-(?:0[1-9]|1[0-2])$/, 'A month is written like 2026-11.');
/** A provider's calendar month; what a call takes counts for the month in which it is taken. */
export const monthTotalSchema = z.object({ ...counted, month: monthSchema, calls: count });
export type MonthTotal = z.infer<typeof monthTotalSchema>;

export const usageReportSchema = z.object({
  month: monthSchema,
  /** Months with anything to show, the newest first. */
  months: z.array(monthSchema),
  totals: z.array(monthTotalSchema),
  /** Calls answered in that month, the newest first. */
  calls: z.array(callRecordSchema),
});
export type UsageReport = z.infer<typeof usageReportSchema>;

/** The call that is up, and its provider's month so far. */
export const usageNowSchema = z.object({
  providerId: z.string(),
  /** ms since the epoch. */
  answeredAt: z.number(),
  cost: count.nullable(),
  currency: z.string(),
  month: z.object({ seconds: count, bytes: count, cost: count.nullable() }),
  /** The limit that is nearest, and how much of it is used, 1 for all; null without limits. */
  limit: z.object({ of: z.enum(['minutes', 'megabytes', 'money']), used: z.number() }).nullable(),
});
export type UsageNow = z.infer<typeof usageNowSchema>;

const command = <A extends z.ZodType, R extends z.ZodType>(argument: A, result: R) => ({ argument, result });
export const usageCommands = {
  /** Calls and totals of a month, this one unless named. */
  usage: command(z.object({ month: monthSchema.optional() }).strict(), usageReportSchema),
} as const;

export const MILLION = 1_000_000;

/** `1.25 €` from millionths; a fraction of a hundredth shows three figures, so that a cheap call is not shown as free. */
export function moneyText(millionths: number, currency: string): string {
  const amount = millionths / MILLION;
  const digits = amount !== 0 && amount < 0.1 ? 3 : 2;
  return `${amount.toFixed(digits)}\u00a0${currency}`;
}
