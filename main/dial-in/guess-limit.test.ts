import { describe, expect, it } from 'vitest';
import { GuessLimit } from './guess-limit.ts';

describe('wrong passwords from one place', () => {
  it('are allowed five times, then nobody comes in from there for ten minutes', () => {
    const limit = new GuessLimit();
    for (let time = 0; time < 5; time++) {
      expect(limit.bars('10.0.0.5', time)).toBe(false);
      limit.wrong('10.0.0.5', time);
    }
    expect(limit.bars('10.0.0.5', 5)).toBe(true);
    expect(limit.bars('10.0.0.6', 5)).toBe(false);
    expect(limit.bars('10.0.0.5', 599_999)).toBe(true);
    expect(limit.bars('10.0.0.5', 600_004)).toBe(false);
  });

  it('are forgiven by a right one, and forgotten when many others come', () => {
    const limit = new GuessLimit();
    for (let time = 0; time < 5; time++) limit.wrong('10.0.0.5', time);
    limit.right('10.0.0.5');
    expect(limit.bars('10.0.0.5', 6)).toBe(false);
    for (let time = 0; time < 5; time++) limit.wrong('10.0.0.5', time);
    for (let other = 0; other < 300; other++) limit.wrong(`10.0.1.${other}`, 6);
    expect(limit.bars('10.0.0.5', 7)).toBe(false);
  });
});
