import { describe, expect, it } from 'vitest';
import { count, rate, rateText, size, sizeText, wholeRate } from './quantity.ts';

describe('rate', () => {
  it.each([
    [0, '0.0', 'kbit/s'],
    [300, '0.3', 'kbit/s'],
    [33_600, '33.6', 'kbit/s'],
    [999_949, '999.9', 'kbit/s'],
    [999_950, '1.00', 'Mbit/s'],
    [2_500_000_000, '2.50', 'Gbit/s'],
  ])('%d bit/s', (bits, value, unit) => {
    expect(rate(bits, 'en')).toEqual({ value, unit });
  });

  it('takes what is no rate for none', () => {
    for (const bad of [-5, Number.NaN, Number.POSITIVE_INFINITY]) expect(rate(bad, 'en').value).toBe('0.0');
  });

  it('follows the locale', () => expect(rateText(33_600, 'de')).toBe('33,6\u00a0kbit/s'));
});

describe('size', () => {
  it.each([
    [999, '999\u00a0B'],
    [1000, '1.0\u00a0kB'],
    [999_949, '999.9\u00a0kB'],
    [999_950, '1.00\u00a0MB'],
    [1_843_200, '1.84\u00a0MB'],
    [999_995_000, '1.00\u00a0GB'],
  ])('%d bytes', (bytes, text) => expect(sizeText(bytes, 'en')).toBe(text));

  it('never shows four digits before the point', () => {
    for (let bytes = 1; bytes < 1e12; bytes = bytes * 3 + 7) {
      expect(size(bytes, 'en').value).toMatch(/^\d{1,3}(\.\d+)?$/);
    }
  });
});

it('writes whole numbers with groups', () => {
  expect(wholeRate(115_200, 'en')).toBe('115,200\u00a0bit/s');
  expect(count(-1, 'en')).toBe('0');
});
