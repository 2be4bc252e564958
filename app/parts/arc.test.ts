import { expect, it } from 'vitest';
import { arc, point, SWEEP } from './arc.ts';

it('begins lower left and ends lower right, the gap below', () => {
  const [x1, y1] = point(0, 100);
  const [x2, y2] = point(SWEEP, 100);
  expect([x1 < 120, y1 > 120, x2 > 120, y1 === y2]).toEqual([true, true, true, true]);
});

it('draws nothing for nothing, and never beyond its ends', () => {
  expect(arc(10, 10, 100)).toBe('');
  expect(arc(0, SWEEP * 7, 100)).toBe(arc(0, SWEEP, 100));
  expect(arc(0, Number.NaN, 100)).toBe('');
});
