import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Attempt, nextAttempt, type RedialPolicy, STEADY_MS } from './redial.ts';

const policy: RedialPolicy = { numbers: 1, tries: 5, firstPauseSeconds: 10 };
const ended = (code: string, more: Partial<Attempt> = {}): Attempt => ({
  numberIndex: 0,
  code,
  retry: true,
  lastedMs: 0,
  ...more,
});
const times = (count: number, attempt: Attempt) => Array.from({ length: count }, () => attempt);

describe('redial', () => {
  it('begins at once with the first number', () => {
    expect(nextAttempt(policy, [])).toEqual({ waitSeconds: 0, numberIndex: 0 });
  });

  it('doubles the pause and stops after so many tries', () => {
    const waits = [1, 2, 3, 4, 5].map((n) => nextAttempt(policy, times(n, ended('dial-busy')))?.waitSeconds);
    expect(waits).toEqual([10, 20, 40, 80, 160]);
    expect(nextAttempt(policy, times(6, ended('dial-busy')))).toBeNull();
    expect(nextAttempt({ ...policy, tries: 0 }, [ended('dial-busy')])).toBeNull();
  });

  it('never waits more than five minutes, or the first pause where that is longer', () => {
    const patient = { ...policy, tries: 50 };
    expect(nextAttempt(patient, times(20, ended('carrier-lost')))?.waitSeconds).toBe(300);
    expect(nextAttempt({ ...patient, firstPauseSeconds: 900 }, times(9, ended('x')))?.waitSeconds).toBe(900);
  });

  it('does not try again what a person must mend', () => {
    expect(nextAttempt(policy, [ended('ppp-wrong-password', { retry: false })])).toBeNull();
    expect(nextAttempt(policy, [ended('dial-busy'), ended('dial-voice', { retry: false })])).toBeNull();
  });

  it('leaves minutes where the modem or another telephone asks for them', () => {
    expect(nextAttempt(policy, [ended('dial-delayed')])?.waitSeconds).toBe(120);
    expect(nextAttempt(policy, [ended('dial-line-in-use')])?.waitSeconds).toBe(120);
  });

  it('goes round the numbers when one is busy, pausing longer only once all were', () => {
    const two = { ...policy, numbers: 2 };
    const history: Attempt[] = [];
    const steps = [];
    for (let i = 0; i < 4; i++) {
      const next = nextAttempt(two, history);
      if (next === null) break;
      steps.push([next.numberIndex, next.waitSeconds]);
      history.push(ended('dial-busy', { numberIndex: next.numberIndex }));
    }
    expect(steps).toEqual([
      [0, 0],
      [1, 10],
      [0, 10],
      [1, 10],
    ]);
    expect(nextAttempt(two, history)).toEqual({ numberIndex: 0, waitSeconds: 20 });
  });

  it('stays with the number whose call broke off', () => {
    const lost = ended('carrier-lost', { numberIndex: 1, lastedMs: 5_000 });
    expect(nextAttempt({ ...policy, numbers: 3 }, [lost])?.numberIndex).toBe(1);
  });

  it('counts a call that held as a new start', () => {
    const history = [
      ...times(5, ended('dial-busy')),
      ended('carrier-lost', { lastedMs: STEADY_MS }),
      ended('dial-busy'),
    ];
    expect(nextAttempt(policy, history)?.waitSeconds).toBe(20);
    expect(nextAttempt(policy, history.slice(0, 6))?.waitSeconds).toBe(10);
  });

  it('always names a number there is, waits a finite time, and ends', () => {
    const attempt = fc.record({
      numberIndex: fc.nat(7),
      code: fc.constantFrom('dial-busy', 'dial-no-answer', 'carrier-lost', 'dial-delayed'),
      retry: fc.boolean(),
      lastedMs: fc.nat(200_000),
    });
    fc.assert(
      fc.property(
        fc.record({
          numbers: fc.integer({ min: 1, max: 8 }),
          tries: fc.nat(20),
          firstPauseSeconds: fc.integer({ min: 1, max: 3600 }),
        }),
        fc.array(attempt, { maxLength: 30 }),
        (anyPolicy, history) => {
          const next = nextAttempt(anyPolicy, history);
          if (next === null) return;
          expect(next.numberIndex).toBeLessThan(anyPolicy.numbers);
          expect(next.waitSeconds).toBeLessThanOrEqual(3600);
          const endless = times(40, ended('dial-busy'));
          expect(nextAttempt(anyPolicy, [...history, ...endless])).toBeNull();
        },
      ),
    );
  });
});
