import fc from 'fast-check';
import { expect, it } from 'vitest';
import { appendTerminal, TERMINAL_CHARACTERS } from './terminal-text.ts';

it('obeys backspace within a line and form feed', () => {
  expect(appendTerminal('log', 'ix\b\x62n:')).toBe('logibn:');
  expect(appendTerminal('a\n', '\b\bb')).toBe('a\nb');
  expect(appendTerminal('old', 'x\fnew')).toBe('new');
});

it('is bounded, and does not depend on how the text was cut, but at its beginning', () => {
  expect(appendTerminal('x'.repeat(TERMINAL_CHARACTERS), 'yz')).toHaveLength(TERMINAL_CHARACTERS);
  const piece = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\b', '\f'), maxLength: 20 });
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      expect(pieces.reduce(appendTerminal, '')).toBe(appendTerminal('', pieces.join('')));
    }),
  );
});
