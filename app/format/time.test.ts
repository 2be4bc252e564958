import { expect, it } from 'vitest';
import { age, clock, duration, wait } from './time.ts';

it.each([
  [0, '0:00'],
  [999, '0:00'],
  [42_000, '0:42'],
  [723_000, '12:03'],
  [3_723_000, '1:02:03'],
  [-5, '0:00'],
  [Number.NaN, '0:00'],
])('duration of %d ms', (ms, text) => expect(duration(ms)).toBe(text));

it.each([
  [340, '340\u00a0ms'],
  [6120, '6.1\u00a0s'],
  [180_000, '3\u00a0min'],
])('wait of %d ms', (ms, text) => expect(wait(ms, 'en')).toBe(text));

it.each([
  [4000, 'now'],
  [12_000, '12s ago'],
  [61_000, '1m ago'],
  [7_300_000, '2h ago'],
  [200_000_000, '2d ago'],
  [-9000, 'now'],
])('age of %d ms', (ms, text) => expect(age(1e12 - ms, 1e12, 'en')).toBe(text));

it('tells the time of day', () => expect(clock(0, 'en', 'UTC')).toBe('00:00:00'));
