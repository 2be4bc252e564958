import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minutesLeft, type WeekPlan, withinPlan } from './week-plan.ts';

// 22 November 2026 is a Sunday.
const at = (day: number, hours: number, minutes = 0) => new Date(2026, 10, 22 + day, hours, minutes);

describe('hours of the week', () => {
  const evenings: WeekPlan = [{ days: [1, 2, 3, 4, 5], from: 18 * 60, to: 22 * 60 }];

  it('an empty plan means always', () => {
    expect(withinPlan([], at(0, 3))).toBe(true);
    expect(minutesLeft([], at(0, 3))).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    [at(1, 17, 59), 0],
    [at(1, 18), 240],
    [at(1, 21, 59), 1],
    [at(1, 22), 0],
    [at(0, 19), 0],
  ])('an evening plan at %s has %d minutes left', (when, left) => {
    expect(minutesLeft(evenings, when)).toBe(left);
    expect(withinPlan(evenings, when)).toBe(left > 0);
  });

  it('a span over midnight belongs to the day it begins on, Saturday into Sunday too', () => {
    const night: WeekPlan = [{ days: [6], from: 22 * 60, to: 6 * 60 }];
    expect(minutesLeft(night, at(6, 23))).toBe(7 * 60);
    expect(minutesLeft(night, at(7, 5))).toBe(60);
    expect(minutesLeft(night, at(6, 5))).toBe(0);
    expect(minutesLeft(night, at(0, 22))).toBe(0);
  });

  it('spans that touch are one, and a whole week never ends', () => {
    const twoDays: WeekPlan = [
      { days: [1], from: 0, to: 1440 },
      { days: [2], from: 0, to: 60 },
    ];
    expect(minutesLeft(twoDays, at(1, 12))).toBe(13 * 60);
    expect(minutesLeft([{ days: [0, 1, 2, 3, 4, 5, 6], from: 0, to: 1440 }], at(3, 12))).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  it('the plan holds for exactly as long as is said', () => {
    const span = fc.record({
      days: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
      from: fc.integer({ min: 0, max: 1439 }),
      to: fc.integer({ min: 0, max: 1440 }),
    });
    fc.assert(
      fc.property(fc.array(span, { minLength: 1, maxLength: 4 }), fc.nat(7 * 1440 - 1), (plan, minute) => {
        const from = at(0, 0, minute);
        const left = minutesLeft(plan, from);
        expect(withinPlan(plan, from)).toBe(left > 0);
        if (left === Number.POSITIVE_INFINITY || left === 0) return;
        expect(withinPlan(plan, at(0, 0, minute + left - 1))).toBe(true);
        expect(withinPlan(plan, at(0, 0, minute + left))).toBe(false);
      }),
    );
  });
});
