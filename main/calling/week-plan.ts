/** Hours of the week, as a person writes them down: spans of days and times, local time. Pure. */
import { z } from 'zod';

/** `days` 0 is Sunday; `from` and `to` in minutes after midnight. A span whose end is not after its start ends the next day. */
export const weekSpanSchema = z.object({
  days: z.array(z.number().int().min(0).max(6)).min(1).max(7),
  from: z.number().int().min(0).max(1439),
  to: z.number().int().min(0).max(1440),
});
export type WeekSpan = z.infer<typeof weekSpanSchema>;
export const weekPlanSchema = z.array(weekSpanSchema).max(28);
export type WeekPlan = z.infer<typeof weekPlanSchema>;

const DAY = 1440;

/** Whether `at` falls into the plan; an empty plan means always. */
export function withinPlan(plan: WeekPlan, at: Date): boolean {
  return plan.length === 0 || minutesLeft(plan, at) > 0;
}

/** Minutes until the plan ends from `at` on, following spans that touch; 0 outside, Infinity if it never ends. */
export function minutesLeft(plan: WeekPlan, at: Date): number {
  if (plan.length === 0) return Number.POSITIVE_INFINITY;
  let day = at.getDay();
  let minute = at.getHours() * 60 + at.getMinutes();
  let left = 0;
  while (left < 7 * DAY) {
    const end = Math.max(0, ...plan.map((span) => endOf(span, day, minute)));
    if (end <= minute) return left;
    left += end - minute;
    minute = end;
    while (minute >= DAY) {
      minute -= DAY;
      day = (day + 1) % 7;
    }
  }
  return Number.POSITIVE_INFINITY;
}

/** Minutes after this day's midnight at which a span that covers the minute ends, else 0. */
function endOf({ days, from, to }: WeekSpan, day: number, minute: number): number {
  const overnight = to <= from;
  if (days.includes(day) && minute >= from && (overnight || minute < to)) return overnight ? to + DAY : to;
  const yesterday = days.includes((day + 6) % 7);
  return yesterday && overnight && minute < to ? to : 0;
}
