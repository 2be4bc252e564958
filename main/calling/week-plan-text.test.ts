import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWeekPlan, weekPlanText } from './week-plan-text.ts';

describe('a week plan as text', () => {
  it.each([
    ['Mon-Fri 18:00-08:00', [{ days: [1, 2, 3, 4, 5], from: 1080, to: 480 }]],
    ['  saturday, Sun  0:00–24:00 ', [{ days: [6, 0], from: 0, to: 1440 }]],
    ['daily 22:30-07:15', [{ days: [1, 2, 3, 4, 5, 6, 0], from: 1350, to: 435 }]],
    ['Fri-Mon 12:00-13:00', [{ days: [1, 5, 6, 0], from: 720, to: 780 }]],
    ['', []],
  ])('reads %j', (text, plan) => expect(readWeekPlan(text)).toEqual(plan));

  it.each([
    'Mon',
    '18:00-08:00',
    'Mon 25:00-26:00',
    'Mon 24:00-01:00',
    'Mon 12:60-13:00',
    'Mon- 1:00-2:00',
    'Mo 1:00-2:00',
    'Mon-Tue-Wed 1:00-2:00',
    'Moonday 1:00-2:00',
    'Mon 1:00-2:00 x',
    `${'Mon 1:00-2:00\n'.repeat(29)}`,
  ])('does not understand %j', (text) => expect(readWeekPlan(text)).toBeNull());

  it('what is written is read back the same', () => {
    const span = fc.record({
      days: fc.subarray([1, 2, 3, 4, 5, 6, 0], { minLength: 1 }),
      from: fc.integer({ min: 0, max: 1439 }),
      to: fc.integer({ min: 0, max: 1440 }),
    });
    fc.assert(
      fc.property(fc.array(span, { maxLength: 28 }), (plan) => {
        expect(readWeekPlan(weekPlanText(plan))).toEqual(plan);
      }),
    );
  });

  it('reads any text to a plan or to null', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => readWeekPlan(text)).not.toThrow();
      }),
    );
  });
});
