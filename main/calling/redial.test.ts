import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REDIAL } from '../modem/result-codes.ts';
import { type Ended, FIRST_TRY, nextTry, type RedialPolicy, STEADY_CALL_MS } from './redial.ts';

const policy: RedialPolicy = { numbers: 1, tries: 5, firstPauseSeconds: 10 };
const busy: Ended = { redial: REDIAL.busy, lastedMs: 0 };
const dropped = (lastedMs: number): Ended => ({ redial: 'again', lastedMs });

/** The numbers and pauses of a row of attempts that ended so, until it is given up. */
function steps(how: RedialPolicy, row: readonly Ended[], from = FIRST_TRY): [number, number][] {
  const found: [number, number][] = [];
  let tries = from;
  for (const ended of row) {
    const next = nextTry(how, tries, ended);
    if (next === null) break;
    tries = next.tries;
    found.push([tries.numberIndex, next.waitSeconds]);
  }
  return found;
}
const times = (count: number, ended: Ended) => Array.from({ length: count }, () => ended);

describe('redial', () => {
  it('doubles the pause and stops after so many tries', () => {
    expect(steps(policy, times(9, busy)).map(([, wait]) => wait)).toEqual([10, 20, 40, 80, 160]);
    expect(nextTry({ ...policy, tries: 0 }, FIRST_TRY, busy)).toBeNull();
  });

  it('never waits more than five minutes, or the first pause where that is longer', () => {
    const patient = { ...policy, tries: 50 };
    expect(steps(patient, times(20, dropped(5_000))).at(-1)).toEqual([0, 300]);
    expect(steps({ ...patient, firstPauseSeconds: 900 }, times(9, busy)).at(-1)).toEqual([0, 900]);
  });

  it.each(['no-dialtone', 'blacklisted', 'voice', 'digital-line', 'sim', 'refused', 'lost'] as const)(
    'does not try again what a person must mend: %s',
    (failure) => {
      expect(nextTry(policy, FIRST_TRY, { redial: REDIAL[failure], lastedMs: 0 })).toBeNull();
    },
  );

  it.each(['busy', 'no-answer', 'no-carrier', 'silent'] as const)('tries again after: %s', (failure) => {
    expect(nextTry(policy, FIRST_TRY, { redial: REDIAL[failure], lastedMs: 0 })?.waitSeconds).toBe(10);
  });

  it.each(['delayed', 'line-in-use'] as const)('leaves minutes where they are asked for: %s', (failure) => {
    expect(nextTry(policy, FIRST_TRY, { redial: REDIAL[failure], lastedMs: 0 })?.waitSeconds).toBe(120);
  });

  it('goes round the numbers when one does not answer, pausing longer only once all were tried', () => {
    expect(steps({ ...policy, numbers: 2 }, times(5, busy))).toEqual([
      [1, 10],
      [0, 10],
      [1, 20],
      [0, 20],
      [1, 40],
    ]);
  });

  it('stays with the number whose call broke off', () => {
    const from = { numberIndex: 1, failures: 0, barred: [] };
    expect(steps({ ...policy, numbers: 3 }, [dropped(5_000)], from)).toEqual([[1, 10]]);
  });

  it.each(['blacklisted', 'voice'] as const)('calls another number, and this one no more: %s', (failure) => {
    const never: Ended = { redial: REDIAL[failure], lastedMs: 0 };
    expect(steps({ ...policy, numbers: 3 }, [busy, never, busy, busy, never])).toEqual([
      [1, 10],
      [2, 10],
      [0, 10],
      [2, 20],
      [0, 20],
    ]);
    expect(steps({ ...policy, numbers: 2 }, [never, never, busy])).toEqual([[1, 10]]);
  });

  it('counts a call that held as a new start', () => {
    const row = [...times(4, busy), dropped(STEADY_CALL_MS), busy];
    expect(steps(policy, row).map(([, wait]) => wait)).toEqual([10, 20, 40, 80, 10, 20]);
    expect(steps(policy, [...times(4, busy), dropped(STEADY_CALL_MS - 1)]).at(-1)).toEqual([0, 160]);
  });

  it('always names a number there is, waits a finite time, and ends', () => {
    const ended = fc.record({
      redial: fc.constantFrom('again' as const, 'later' as const, 'other' as const, 'stop' as const),
      lastedMs: fc.nat(200_000),
    });
    const anyPolicy = fc.record({
      numbers: fc.integer({ min: 1, max: 8 }),
      tries: fc.nat(20),
      firstPauseSeconds: fc.integer({ min: 1, max: 3600 }),
    });
    fc.assert(
      fc.property(anyPolicy, fc.array(ended, { maxLength: 30 }), (how, row) => {
        for (const [number, wait] of steps(how, row)) {
          expect(number).toBeLessThan(how.numbers);
          expect(wait).toBeGreaterThan(0);
          expect(wait).toBeLessThanOrEqual(3600);
        }
        expect(steps(how, times(40, busy)).length).toBe(how.tries);
      }),
    );
  });
});
