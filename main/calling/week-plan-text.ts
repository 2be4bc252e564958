/**
 * A week plan as a person types and reads it: `Mon-Fri 18:00-08:00`, one span a line, `daily` for every day. Pure.
 */
import { type WeekPlan, weekPlanSchema } from './week-plan.ts';

const DAY_MINUTES = 1440;

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
/** A week is written from Monday on. */
const MONDAY_FIRST = [1, 2, 3, 4, 5, 6, 0];

const clock = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

/** `Mon-Fri 18:00-08:00`, one span a line. */
export function weekPlanText(plan: WeekPlan): string {
  return plan.map(({ days, from, to }) => `${daysText(days)} ${clock(from)}-${clock(to)}`).join('\n');
}

function daysText(days: readonly number[]): string {
  const order = MONDAY_FIRST.map((day) => days.includes(day));
  if (order.every(Boolean)) return 'daily';
  const runs: string[] = [];
  for (let first = 0; first < 7; first++) {
    if (!order[first]) continue;
    let last = first;
    while (order[last + 1]) last += 1;
    const name = (at: number) => DAYS[MONDAY_FIRST[at] as number] as string;
    if (last - first >= 2) runs.push(`${name(first)}-${name(last)}`);
    else for (let at = first; at <= last; at++) runs.push(name(at));
    first = last;
  }
  return runs.join(',');
}

/** What a person typed, one span a line; null when a line is not understood. */
export function readWeekPlan(text: string): WeekPlan | null {
  const spans: unknown[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const parts = /^\s*(\S.*?)\s+(\d{1,2}):(\d\d)\s*[-–]\s*(\d{1,2}):(\d\d)\s*$/.exec(line);
    const days = readDays(parts?.[1] ?? '');
    if (parts === null || days === null) return null;
    const [from, to] = [minuteOf(parts[2], parts[3]), minuteOf(parts[4], parts[5])];
    spans.push({ days, from: from === DAY_MINUTES ? Number.NaN : from, to });
  }
  return weekPlanSchema.safeParse(spans).data ?? null;
}

function minuteOf(hours: string | undefined, minutes: string | undefined): number {
  const minute = Number(minutes);
  return minute > 59 ? Number.NaN : Number(hours) * 60 + minute;
}

function readDays(text: string): number[] | null {
  if (/^daily$/i.test(text)) return [...MONDAY_FIRST];
  const found = new Set<number>();
  for (const part of text.split(/[\s,]+/).filter(Boolean)) {
    const [first = -1, last = first, ...more] = part.split(/[-–]/).map(dayOf);
    if (first < 0 || last < 0 || more.length > 0) return null;
    for (let day = first; ; day = (day + 1) % 7) {
      found.add(day);
      if (day === last) break;
    }
  }
  return found.size === 0 ? null : MONDAY_FIRST.filter((day) => found.has(day));
}

/** By its first three letters, so that whole names do as well; -1 for none. */
function dayOf(name: string): number {
  if (!/^(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?$/i.test(name)) return -1;
  return DAYS.findIndex((day) => name.toLowerCase().startsWith(day.toLowerCase()));
}
