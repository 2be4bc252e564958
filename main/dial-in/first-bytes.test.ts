import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FirstBytes, type Opening } from './first-bytes.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/ /g, ''), 'hex'));
const text = (letters: string) => Uint8Array.from(Buffer.from(letters, 'latin1'));

/** The verdict, and what is handed on with what came after it. */
function hear(pieces: Uint8Array[], slip = true): { opening: Opening | null; rest: number[] } {
  const detector = new FirstBytes({ slip });
  let opening: Opening | null = null;
  const rest: number[] = [];
  for (const piece of pieces) {
    if (opening === null) {
      opening = detector.push(piece);
      if (opening !== null) rest.push(...detector.rest);
    } else rest.push(...piece);
  }
  return { opening, rest };
}
const cut = (bytes: Uint8Array, at: readonly number[]) => {
  const places = [0, ...[...at].map((n) => n % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end));
};

describe('the first bytes of a caller', () => {
  it.each<[string, Uint8Array, Opening, number]>([
    ['LCP of Windows and pppd', hex('7e ff 7d 23 c0 21 7d 21 7d 21'), 'ppp', 0],
    ['LCP with nothing escaped', hex('7e ff 03 c0 21 01 01'), 'ppp', 0],
    ['LCP without its flag', hex('ff 03 c0 21 01 01'), 'ppp', 0],
    ['LCP without its flag, escaped', hex('ff 7d 23 c0 21 7d 21'), 'ppp', 0],
    ['LCP with address and control left out', hex('7e c0 21 01 01'), 'ppp', 0],
    ['LCP after a banner of its own', text('ATDT\r\n~\xff}#\xc0!}!'), 'ppp', 6],
    ['the direct cable', text('CLIENT'), 'cable', 6],
    ['the direct cable, repeated', text('CLIENTCLIENT'), 'cable', 6],
    ['SLIP', hex('c0 45 00 00 3c 00'), 'slip', 0],
    ['SLIP after two ENDs', hex('c0 c0 45 00 00 3c'), 'slip', 1],
    ['CSLIP', hex('c0 75 00 00 28 00'), 'slip', 0],
  ])('%s', (_, bytes, opening, from) => {
    expect(hear([bytes])).toEqual({ opening, rest: [...bytes.subarray(from)] });
  });

  it.each([
    ['a name being typed', text('retro\rclient\r')],
    ['Return, and nothing more', text('\r\r\n')],
    ['an AT command to a modem', text('ATZ\r')],
    ['one END alone', hex('c0')],
    ['noise', hex('7e 7e ff ff 00 7d 23')],
  ])('%s is none of them', (_, bytes) => {
    expect(hear([bytes]).opening).toBeNull();
  });

  it('SLIP is not taken where it is not allowed', () => {
    expect(hear([hex('c0 45 00 00 3c 00')], false).opening).toBeNull();
  });

  it('is told the same however the bytes are cut, after any text, with nothing lost', () => {
    const openings: [Opening, Uint8Array][] = [
      ['ppp', hex('7e ff 7d 23 c0 21 7d 21 7d 21 7d 20 7d 24 7e')],
      ['ppp', hex('7e c0 21 01 01 00 04')],
      ['slip', hex('c0 45 00 00 14 00 01 00 00 40 11 c0')],
    ];
    fc.assert(
      fc.property(
        fc.string({ maxLength: 3000 }).map((s) => s.replace(/[^ -}]|CLIENT/g, ' ')),
        fc.constantFrom(...openings),
        fc.array(fc.nat(), { maxLength: 8 }),
        (before, [opening, bytes], at) => {
          const heard = hear(cut(Uint8Array.from([...text(before), ...bytes]), at));
          expect(heard).toEqual({ opening, rest: [...bytes] });
        },
      ),
    );
  });

  it('stands any bytes at all, and never hands on what did not come', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 6000 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        fc.boolean(),
        (bytes, at, slip) => {
          const { opening, rest } = hear(cut(bytes, at), slip);
          if (opening === null) expect(rest).toEqual([]);
          else expect(rest).toEqual([...bytes.subarray(bytes.length - rest.length)]);
        },
      ),
    );
  });
});
