import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dialogue, type DialogueEvent } from './dialogue.ts';

const latin = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

interface Read {
  events: DialogueEvent[];
  data: number[] | null;
}

/** Feeds `bytes` cut at `cuts` and gathers everything that came out. */
function read(dialogue: Dialogue, bytes: Uint8Array, cuts: readonly number[] = []): Read {
  const events: DialogueEvent[] = [];
  let data: number[] | null = null;
  const edges = [
    0,
    ...[...cuts].map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b),
    bytes.length,
  ];
  for (let i = 0; i + 1 < edges.length; i++) {
    const output = dialogue.push(bytes.subarray(edges[i], edges[i + 1]));
    events.push(...output.events);
    if (output.data) data = [...(data ?? []), ...output.data];
  }
  return { events, data };
}

function dialling(command = 'ATDT5550100'): Dialogue {
  const dialogue = new Dialogue();
  dialogue.sent(command);
  return dialogue;
}

const results = (events: DialogueEvent[]) =>
  events.flatMap((event) => (event.type === 'result' ? [event.result.kind] : []));

describe('reading an answer', () => {
  it('tells echo, information and result apart', () => {
    const dialogue = new Dialogue();
    dialogue.sent('ATI');
    const { events } = read(dialogue, latin('ATI\r\r\nSportster 33600\r\n\r\nOK\r\n'));
    expect(events).toEqual([
      { type: 'echo' },
      { type: 'line', text: 'Sportster 33600' },
      { type: 'result', result: { kind: 'ok', text: 'OK' } },
    ]);
  });

  it.each([
    ['leading CR LF missing', 'OK\r\n'],
    ['LF only', '\nOK\n'],
    ['CR only', '\rOK\r'],
    ['NULs before it', '\0\0\r\nOK\r\n'],
    ['a NUL inside', '\r\nO\0K\r\n'],
    ['lower case', '\r\nok\r\n'],
    ['noise on the same line', '\x9e\xc3{\x81OK\r\n'],
    ['number under V0', '0\r'],
  ])('understands OK with %s', (_name, text) => {
    expect(results(read(new Dialogue(), latin(text)).events)).toEqual(['ok']);
  });

  it('takes digits for information once the modem has used words', () => {
    const dialogue = new Dialogue();
    const { events } = read(dialogue, latin('\r\nOK\r\n\r\n3\r\n\r\nOK\r\n'));
    expect(events.map((event) => event.type)).toEqual(['result', 'line', 'result']);
    dialogue.sent('ATZ');
    expect(results(read(dialogue, latin('0\r')).events)).toEqual(['ok']);
  });

  it('does not take an echoed dial command for a result', () => {
    const { events } = read(dialling('ATDT3'), latin('ATDT3\r\r\nBUSY\r\n'));
    expect(events).toEqual([{ type: 'echo' }, { type: 'result', result: { kind: 'busy', text: 'BUSY' } }]);
  });

  it('sees a PPP conversation where a modem should answer', () => {
    const frame = Uint8Array.of(0x7e, 0xff, 0x7d, 0x23, 0xc0, 0x21, 0x7d, 0x21);
    expect(read(new Dialogue(), frame).events).toContainEqual({ type: 'ppp' });
    const plain = Uint8Array.of(0x7e, 0xff, 0x03, 0xc0, 0x21, 0x01);
    expect(read(new Dialogue(), plain).events).toContainEqual({ type: 'ppp' });
  });

  it('keeps the end of an endless line, and a bounded buffer', () => {
    const dialogue = new Dialogue();
    read(dialogue, latin('x'.repeat(100_000)));
    expect(dialogue.unfinished.length).toBeLessThan(1000);
    expect(results(read(dialogue, latin('\r\nOK\r\n')).events)).toEqual(['ok']);
  });
});

describe('CONNECT', () => {
  it.each([
    ['CR LF', '\r\nCONNECT 33600\r\n'],
    ['CR', '\rCONNECT 33600\r'],
    ['LF', 'CONNECT 33600\n'],
    ['noise before it', '\xff~#q\x12CONNECT 33600\r\n'],
    ['printable noise before it', '?}x{CONNECT 33600\r\n'],
    ['a number', '1\r'],
  ])('ends command mode with %s, and what follows is data', (_name, text) => {
    const { events, data } = read(dialling(), Uint8Array.from([...latin(text), 0x7e, 0xff, 0x0d, 0x0a]));
    expect(results(events)).toEqual(['connect']);
    expect(data).toEqual([0x7e, 0xff, 0x0d, 0x0a]);
  });

  it('is not seen in NO CONNECT, in an echo or in a login text', () => {
    const { events } = read(dialling(), latin('\r\nNO CONNECT\r\nRECONNECTING\r\n'));
    expect(results(events)).toEqual([]);
  });

  it('comes out the same however the input is cut (property)', () => {
    const word = fc.constantFrom(
      'RING',
      'OK',
      'CARRIER 33600',
      'PROTOCOL: LAPM',
      'NMBR = 5550100',
      'ATDT5550100',
      '+MRR: 33600',
      '7',
    );
    const ends = fc.constantFrom('\r\n', '\r', '\n', '\r\r\n');
    const text = fc
      .array(fc.tuple(word, ends), { maxLength: 8 })
      .map((lines) => lines.map(([line, end]) => `\r\n${line}${end}`).join(''));
    fc.assert(
      fc.property(
        text,
        fc.boolean(),
        fc.uint8Array({ maxLength: 40 }),
        fc.array(fc.nat(200), { maxLength: 200 }),
        (before, connects, data, cuts) => {
          const tail = connects ? [...latin('\r\nCONNECT 31200/ARQ\r\n'), ...data] : [];
          const input = Uint8Array.from([...latin(before), ...tail]);
          const whole = read(dialling(), input);
          expect(read(dialling(), input, cuts)).toEqual(whole);
          const everyByte = [...input.keys()];
          expect(read(dialling(), input, everyByte)).toEqual(whole);
          expect(whole.data).toEqual(connects ? [...data] : null);
        },
      ),
    );
  });

  it('is found after any noise, and its data is kept to the byte (property)', () => {
    const noise = fc.uint8Array({ maxLength: 600 }).map((bytes) =>
      // Noise may hold line ends, but not letters or digits, which could spell a different answer.
      bytes.map((byte) => (/[A-Za-z0-9+ ]/.test(String.fromCharCode(byte)) ? 0x80 | byte : byte)),
    );
    fc.assert(
      fc.property(noise, fc.uint8Array({ maxLength: 60 }), fc.array(fc.nat(700)), (before, data, cuts) => {
        const input = Uint8Array.from([...before, ...latin('CONNECT 28800\r\n'), ...data]);
        const { events, data: got } = read(dialling(), input, cuts);
        expect(results(events)).toEqual(['connect']);
        expect(got).toEqual([...data]);
      }),
    );
  });

  it('survives anything at all (property)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        const { events } = read(dialling(), bytes);
        for (const event of events) if (event.type === 'line') expect(event.text).toMatch(/^[ -~]+$/);
      }),
    );
  });
});
