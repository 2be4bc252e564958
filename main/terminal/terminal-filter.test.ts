import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TerminalFilter } from './terminal-filter.ts';
import { appendTerminal } from './terminal-text.ts';

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const shown = (text: string) => new TerminalFilter().push(bytes(text));

it.each([
  ['a\r\nb', 'a\nb'],
  ['a\rb\nc', 'a\nb\nc'],
  ['\x1b[2J\x1b[1;31mred\x1b[0m', 'red'],
  ['\x1bcx\x07y', 'xy'],
  ['\xec\xef\xe7in', 'login'],
  ['ab\x7fc', 'ab\bc'],
])('%j is shown as %j', (text, expected) => expect(shown(text)).toBe(expected));

it('the split into reads changes nothing, and no octet is shown raw', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 12 })), (reads) => {
      const filter = new TerminalFilter();
      const text = reads.map((read) => filter.push(read)).join('');
      expect(text).toBe(new TerminalFilter().push(Uint8Array.from(reads.flatMap((read) => [...read]))));
      expect(appendTerminal('', text)).toMatch(/^[\x20-\x7e\n\t]*$/);
    }),
  );
});
