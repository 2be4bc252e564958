import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { runs, tellInputs } from '../masquerade/fuzz.ts';
import { type Chunk, HOLD_BYTES } from './helper.ts';
import { SequenceMap } from './sequence.ts';
import { Stream } from './stream.ts';

afterAll(tellInputs);

const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const text = (from: Uint8Array, at: number, length: number) =>
  String.fromCharCode(...from.subarray(at, at + length));

describe('SequenceMap', () => {
  it('maps across growing, shrinking and equal replacements', () => {
    const map = new SequenceMap();
    map.edit(10, 14, bytes('longer'));
    map.edit(20, 30, bytes('x'));
    expect([9, 10, 12, 14, 20, 25, 30, 31].map((s) => map.forward(s))).toEqual([
      9, 10, 16, 16, 22, 23, 23, 24,
    ]);
    expect([9, 10, 13, 16, 22, 23, 24].map((s) => map.back(s))).toEqual([9, 10, 10, 14, 20, 30, 31]);
  });
  it('the left edge of what has arrived is never before it', () => {
    const map = new SequenceMap();
    map.edit(10, 14, bytes('longer'));
    expect([9, 10, 11, 15, 16, 17].map((s) => map.back(s, true))).toEqual([9, 10, 14, 14, 14, 15]);
  });
  it('property: what goes forward comes back, outside of replaced bytes', () => {
    const edits = fc.array(fc.record({ gap: fc.nat(20), size: fc.nat(10), out: fc.nat(15) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(edits, fc.integer(), (list, start) => {
        const map = new SequenceMap();
        const borders = [start | 0];
        let at = start | 0;
        for (const { gap, size, out } of list) {
          at = (at + gap + 1) | 0;
          const end = (at + size + 1) | 0;
          map.edit(at, end, new Uint8Array(out + 1));
          borders.push(at, end);
          at = end;
        }
        for (const border of borders) expect(map.back(map.forward(border))).toBe(border);
      }),
      runs(200),
    );
  });
});

describe('Stream', () => {
  /** Upper-cases lines and appends their length: a reader that resizes everything. */
  const read = (chunk: Chunk) => {
    let line = chunk.start;
    for (let i = chunk.start; i < chunk.end; i++)
      if (chunk.bytes[i] === 10) {
        const content = text(chunk.bytes, line, i - line);
        chunk.replace(line, i, bytes(`${content.toUpperCase()}:${content.length}`));
        line = i + 1;
      }
    return line - chunk.start;
  };

  it('property: the receiver gets the same text however the sender cuts and repeats it', () => {
    const lines = fc.array(fc.stringMatching(/^[a-z]{1,30}$/), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        lines,
        fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 80 }),
        fc.integer(),
        (list, cuts, isn) => {
          const sent = `${list.join('\n')}\n`;
          const wanted = list.map((line) => `${line.toUpperCase()}:${line.length}\n`).join('');
          const stream = new Stream();
          stream.begin(isn | 0);
          const received = new Map<number, string>();
          const out = new Uint8Array(65_536);
          let highest = 0;
          let gaveUp = false;
          const push = (from: number, to: number) => {
            const start = (isn + 1 + from) | 0;
            if (!stream.take(start, bytes(sent), from, to - from, false, read)) return;
            gaveUp ||= stream.gaveUp;
            highest = Math.max(highest, to);
            const size = stream.map.compose(stream.start, stream.bytes, stream.at, stream.length, out);
            const first = (stream.map.forward(stream.start) - (isn + 1)) | 0;
            for (let i = 0; i < size; i++) {
              const char = String.fromCharCode(out[i] as number);
              const known = received.get(first + i);
              if (known !== undefined) expect(char).toBe(known);
              received.set(first + i, char);
            }
          };
          for (const [a, b] of cuts) {
            const from = a % (highest + 1);
            push(from, Math.min(sent.length, from + 1 + (b % 40)));
          }
          push(0, sent.length);
          let got = '';
          for (let i = 0; received.has(i); i++) got += received.get(i);
          // Bytes given up after three repeats pass unread; then only the rest is bound to be the same.
          if (!gaveUp) expect(got).toBe(wanted);
          expect(received.size).toBe(got.length);
        },
      ),
      runs(150),
    );
  });
  it('what is held goes on at once when nobody reads any more', () => {
    const stream = new Stream();
    stream.begin(0);
    stream.take(1, bytes('half'), 0, 4, false, () => 0);
    expect([stream.length, stream.isHolding]).toEqual([0, true]);
    stream.take(1, bytes('half'), 0, 4, false, null);
    expect([text(stream.bytes, stream.at, stream.length), stream.isHolding]).toEqual(['half', false]);
  });
  it('tells the reader when there were more changes than can be remembered', () => {
    const stream = new Stream();
    stream.begin(0);
    const double = (chunk: Chunk) => {
      chunk.replace(chunk.start, chunk.end, bytes('xx'));
      return 1;
    };
    for (let i = 0; i < 256; i++) stream.take(1 + i, bytes('a'), 0, 1, false, double);
    expect([stream.map.shift, stream.gaveUp]).toEqual([256, false]);
    stream.take(257, bytes('a'), 0, 1, false, double);
    expect([stream.map.shift, stream.gaveUp, text(stream.bytes, 0, stream.length)]).toEqual([256, true, 'a']);
  });
  it('holds no more than its bound', () => {
    const stream = new Stream();
    stream.begin(0);
    const long = new Uint8Array(HOLD_BYTES + 1).fill(65);
    expect(stream.take(1, long, 0, long.length, false, () => 0)).toBe(true);
    expect(stream.gaveUp).toBe(true);
    expect(stream.length).toBe(long.length);
  });
});
