import { expect, it } from 'vitest';
import { usageCsv } from './csv.ts';
import type { CallRecord } from './usage-schema.ts';

const call: CallRecord = {
  id: 'x',
  providerId: 'home',
  provider: 'Home, "sweet"',
  number: '555-0100',
  at: Date.UTC(2026, 10, 26, 12, 0, 1, 500),
  seconds: 61,
  bytesUp: 1,
  bytesDown: 2,
  cost: 220_000,
  currency: '€',
};

it('is what a spreadsheet reads, and never a formula', () => {
  expect(usageCsv([call, { ...call, provider: '=cmd()', number: '+49', cost: null, currency: '' }])).toBe(
    'begun,provider,number,seconds,bytes_received,bytes_sent,cost,currency\r\n' +
      '2026-11-26T12:00:01Z,"Home, ""sweet""",555-0100,61,2,1,0.2200,€\r\n' +
      "2026-11-26T12:00:01Z,'=cmd(),'+49,61,2,1,,\r\n",
  );
});
