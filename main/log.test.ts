import { expect, it } from 'vitest';
import { formatLogLine, LogRing } from './log.ts';

it('what others say reaches a terminal without controls', () => {
  const line = new LogRing().add(0, 'warning', 'dial-in', '“\x1b[2Jan\r\nna\x9b1m” called in.');
  expect(line.text).toBe('“ [2Jan na 1m” called in.');
  expect(formatLogLine(line)).toMatch(/^[^\p{Cc}]*$/u);
});
