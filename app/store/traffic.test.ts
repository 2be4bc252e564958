import { describe, expect, it } from 'vitest';
import { addSample, figures, HISTORY_MS, type Sample, scaleTop, series } from './traffic.ts';

const T = 1_700_000_000_000;
const run = (seconds: number, from = 0): Sample[] =>
  Array.from({ length: seconds }, (_, i) => ({ at: T + (from + i) * 1000, up: 100, down: 1000 }));

describe('history', () => {
  it('forgets what is older than the longest range', () => {
    const samples = addSample(run(10), { at: T + HISTORY_MS + 5000, up: 1, down: 2 });
    expect(samples.map((s) => s.at - T)).toEqual([6000, 7000, 8000, 9000, HISTORY_MS + 5000]);
  });

  it('starts over when the clock is set back', () => {
    expect(addSample(run(10), { at: T - 60_000, up: 1, down: 2 })).toHaveLength(1);
  });
});

describe('series', () => {
  it('has a bin a second for the last minute, empty before the first sample', () => {
    const { at, down, up } = series(run(10), 1, T + 9000);
    expect(at).toHaveLength(61);
    expect(at.at(-1)).toBe((T + 9000) / 1000);
    expect(down.slice(0, 51)).toEqual(Array(51).fill(null));
    expect(down.slice(51)).toEqual(Array(10).fill(1000));
    expect(up.at(-1)).toBe(100);
  });

  it('averages what falls into one bin', () => {
    const samples = [
      { at: T, up: 0, down: 10 },
      { at: T + 500, up: 0, down: 30 },
    ];
    expect(series(samples, 1, T + 900).down.at(-1)).toBe(20);
  });

  it('keeps a gap', () => {
    const { down } = series([...run(5), ...run(5, 20)], 1, T + 24_000);
    const shown = down.slice(36);
    expect(shown.slice(0, 5)).toEqual(Array(5).fill(1000));
    expect(shown.slice(10, 19)).toEqual(Array(9).fill(null));
    expect(shown.slice(20)).toEqual(Array(5).fill(1000));
  });

  it('does not take the rhythm of a slow meter for a gap', () => {
    const slow = run(30).filter((_, i) => i % 2 === 0);
    expect(series(slow, 1, T + 29_000).down.slice(31)).not.toContain(null);
  });
});

describe('figures', () => {
  const samples = [
    { at: T, up: 0, down: 10 },
    { at: T + 1000, up: 0, down: 50 },
    { at: T + 2000, up: 0, down: 30 },
  ];
  it('tells now, average and peak', () => {
    expect(figures(samples, 'down', 1, T + 2500)).toEqual({ now: 30, average: 30, peak: 50 });
  });
  it('does not call an old sample now', () => {
    expect(figures(samples, 'down', 1, T + 10_000).now).toBe(0);
  });
  it('leaves out what is not shown', () => {
    expect(figures(samples, 'down', 1, T + 120_000)).toEqual({ now: 0, average: 0, peak: 0 });
  });
});

it.each([
  [null, 0, 33_600],
  [33_600, 20_000, 33_600],
  [33_600, 40_000, 56_000],
  [2400, 1000, 2400],
  [null, 700_000, 1_000_000],
  [null, 30_000_000, 50_000_000],
])('scale for carrier %s and peak %s', (carrier, peak, top) => {
  expect(scaleTop(carrier, peak)).toBe(top);
});
