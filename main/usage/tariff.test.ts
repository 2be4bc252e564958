import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CallCharge, isOffPeak } from './tariff.ts';
import { moneyText, NEW_TARIFF, type Tariff } from './usage-schema.ts';

const zone = process.env.TZ;
// Clocks go forward on 29 March 2026 at 2:00 and back on 25 October at 3:00.
beforeAll(() => {
  process.env.TZ = 'Europe/Berlin';
});
afterAll(() => {
  process.env.TZ = zone;
});

const cost = (tariff: Partial<Tariff>, from: Date, seconds: number) => {
  const charge = new CallCharge({ ...NEW_TARIFF, ...tariff });
  charge.advance(seconds * 1000, from.getTime() + seconds * 1000);
  return charge.cost / 1e6;
};
const noon = new Date(2026, 10, 26, 12);
const everyDay = [0, 1, 2, 3, 4, 5, 6];

describe('the cost of a call', () => {
  it.each([
    [{ price: 0.06 }, 1, 0.06],
    [{ price: 0.06 }, 60, 0.06],
    [{ price: 0.06 }, 60.001, 0.12],
    [{ price: 0.06, unitSeconds: 1 }, 90, 0.09],
    [{ price: 0.06, unitSeconds: 6 }, 61, 0.066],
    [{ price: 0.001, per: 'second' as const, unitSeconds: 10 }, 11, 0.02],
    [{ price: 0.06, setUp: 0.1 }, 30, 0.16],
    [{ price: 0.06, minimum: 0.5 }, 30, 0.5],
    [{ price: 0.06, minimum: 0.5 }, 600, 0.6],
    [{ price: 0, setUp: 0.05 }, 0, 0.05],
    [{ price: 0.1, unitSeconds: 1 }, 20, 0.033333],
  ])('%j for %d s is %d', (tariff, seconds, expected) => {
    expect(cost(tariff, noon, seconds)).toBeCloseTo(expected, 6);
  });

  it('is nothing before it was answered', () => {
    expect(new CallCharge({ ...NEW_TARIFF, setUp: 1, minimum: 2 }).cost).toBe(0);
  });

  const evening: Partial<Tariff> = {
    price: 0.6,
    unitSeconds: 60,
    offPeak: { hours: [{ days: everyDay, from: 18 * 60, to: 8 * 60 }], price: 0.06 },
  };

  it('a unit costs what holds when it begins', () => {
    const from = new Date(2026, 10, 26, 17, 58, 30);
    // 17:58:30 and 17:59:30 at 0.60, 18:00:30 at 0.06
    expect(cost(evening, from, 180)).toBeCloseTo(1.26, 6);
    expect(cost({ ...evening, unitSeconds: 1 }, from, 180)).toBeCloseTo(0.9 + 0.09, 6);
  });

  it('runs over midnight, and over the morning on which clocks are put forward', () => {
    expect(cost(evening, new Date(2026, 10, 26, 23, 59), 120)).toBeCloseTo(0.12, 6);
    // From 0:00 to 8:00 on the clock are seven hours, not eight.
    expect(cost(evening, new Date(2026, 2, 29, 0), 8 * 3600)).toBeCloseTo(7 * 60 * 0.06 + 60 * 0.6, 6);
    // … and nine when they are put back.
    expect(cost(evening, new Date(2026, 9, 25, 0), 10 * 3600)).toBeCloseTo(9 * 60 * 0.06 + 60 * 0.6, 6);
  });

  const tariffs = fc.record({
    currency: fc.constant('€'),
    price: fc.integer({ min: 0, max: 9999 }).map((n) => n / 1000),
    per: fc.constantFrom('minute' as const, 'second' as const),
    setUp: fc.constantFrom(0, 0.1),
    unitSeconds: fc.constantFrom(1, 6, 7, 10, 60, 61, 180, 3600),
    minimum: fc.constantFrom(0, 1),
    offPeak: fc.option(
      fc.record({
        hours: fc.array(
          fc.record({
            days: fc.subarray(everyDay, { minLength: 1 }),
            from: fc.integer({ min: 0, max: 1439 }),
            to: fc.integer({ min: 0, max: 1440 }),
          }),
          { maxLength: 3 },
        ),
        price: fc.constantFrom(0, 0.02, 1.5),
      }),
    ),
  });
  // Around both changes of the clocks, and a plain day.
  const starts = fc
    .tuple(
      fc.constantFrom(Date.UTC(2026, 2, 28), Date.UTC(2026, 9, 24), Date.UTC(2026, 10, 26)),
      fc.nat(172_800_000),
    )
    .map(([day, ms]) => day + ms);

  it('is the sum of its units, however often it is looked at', () => {
    fc.assert(
      fc.property(
        tariffs,
        starts,
        fc.array(fc.nat(3_000_000), { minLength: 1, maxLength: 6 }),
        (tariff, at, steps) => {
          const charge = new CallCharge(tariff);
          let elapsed = 0;
          let before = 0;
          for (const step of steps) {
            elapsed += step;
            charge.advance(elapsed, at + elapsed);
            expect(charge.cost).toBeGreaterThanOrEqual(before);
            before = charge.cost;
          }
          let time = 0;
          for (let unit = 0; unit === 0 || unit * tariff.unitSeconds * 1000 < elapsed; unit++) {
            const begins = at + unit * tariff.unitSeconds * 1000;
            const price = isOffPeak(tariff, begins) ? (tariff.offPeak?.price ?? 0) : tariff.price;
            time += (price * 1e6 * tariff.unitSeconds) / (tariff.per === 'minute' ? 60 : 1);
          }
          const sum = Math.max(tariff.minimum * 1e6, tariff.setUp * 1e6 + time);
          expect(Math.abs(charge.cost - sum)).toBeLessThan(1);
        },
      ),
      { numRuns: 200 },
    );
  });
});

it('money is shown with its currency, and never as free when it is not', () => {
  expect(moneyText(1_254_000, '€')).toBe('1.25\u00a0€');
  expect(moneyText(0, 'USD')).toBe('0.00\u00a0USD');
  expect(moneyText(4_000, '€')).toBe('0.004\u00a0€');
});
