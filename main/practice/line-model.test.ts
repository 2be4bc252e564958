import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type End, LineModel, type LineOptions } from './line-model.ts';

/** A line whose ends keep what arrives and when; `rooms` is what their terminals can take. */
function bench(options: Partial<LineOptions> = {}) {
  let now = 0;
  const got: [Uint8Array[], Uint8Array[]] = [[], []];
  const when: [number[], number[]] = [[], []];
  const rooms: [number, number] = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  const line = new LineModel(
    { rates: [33_600, 33_600], bufferBytes: 2048, delayMs: 0, errorRate: 0, random: () => 0.5, ...options },
    {
      room: (end) => rooms[end],
      deliver: (end, bytes) => {
        rooms[end] -= bytes.length;
        got[end].push(bytes.slice());
        when[end].push(now);
      },
    },
  );
  return {
    line,
    rooms,
    when,
    bytes: (end: End) => Buffer.concat(got[end]),
    send: (from: End, bytes: Uint8Array) => line.send(from, bytes, now),
    /** Runs to `end` ms, waking at deadlines, each time up to `late` ms after them. */
    run(end: number, late: () => number = () => 0) {
      for (let next = line.nextDeadline(); next !== null && next <= end; next = line.nextDeadline()) {
        now = Math.max(now, Math.min(end, next + late()));
        line.advance(now);
      }
      now = end;
    },
    now: () => now,
  };
}

const counting = (length: number) => Uint8Array.from({ length }, (_, i) => i & 255);

describe('a telephone line', () => {
  it('takes a buffer full and no more', () => {
    const b = bench();
    expect(b.send(0, counting(5000))).toBe(2048);
    expect(b.line.room(0)).toBe(0);
    expect(b.send(0, counting(1))).toBe(0);
    b.run(8);
    expect(b.line.room(0)).toBeGreaterThan(0);
  });

  it('carries its rate, each way its own', () => {
    const b = bench({ rates: [33_600, 9_600], bufferBytes: 20_000 });
    b.send(0, counting(20_000));
    b.send(1, counting(20_000));
    b.run(2_000);
    expect(b.bytes(1).length).toBeGreaterThan(8_300);
    expect(b.bytes(1).length).toBeLessThanOrEqual(8_400);
    expect(b.bytes(0).length).toBeGreaterThan(2_300);
    expect(b.bytes(0).length).toBeLessThanOrEqual(2_400);
  });

  it('keeps its rate when it is woken late', () => {
    const b = bench({ bufferBytes: 20_000 });
    b.send(0, counting(20_000));
    b.run(2_000, () => 5);
    expect(b.bytes(1).length).toBeGreaterThan(8_300);
  });

  it('delays a byte by its bits and by the line', () => {
    const b = bench({ delayMs: 100 });
    b.send(0, Uint8Array.of(42));
    b.run(1_000);
    expect(b.when[1][0]).toBeCloseTo(100 + 8000 / 33_600, 6);
  });

  it('stops the sender when the far terminal stops reading, and goes on from there', () => {
    const b = bench();
    b.rooms[1] = 100;
    let sent = 0;
    const all = counting(8000);
    for (let t = 100; t <= 4_000; t += 100) {
      sent += b.send(0, all.subarray(sent));
      b.run(t);
    }
    expect(b.bytes(1).length).toBe(100);
    // The far modem's buffer, this one's, and no more than a block over.
    expect(sent).toBeLessThanOrEqual(100 + 2048 + 2048 + 128);
    b.rooms[1] = Number.MAX_SAFE_INTEGER;
    b.line.advance(b.now());
    for (let t = 4_100; t <= 8_000; t += 100) {
      sent += b.send(0, all.subarray(sent));
      b.run(t);
    }
    expect(b.bytes(1).equals(Buffer.from(all))).toBe(true);
  });

  it('loses, adds and reorders nothing', () => {
    const chunk = fc.record({
      from: fc.constantFrom<End>(0, 1),
      size: fc.integer({ min: 1, max: 3000 }),
      pause: fc.nat(400),
    });
    fc.assert(
      fc.property(
        fc.array(chunk, { maxLength: 30 }),
        fc.constantFrom(0, 2_400, 33_600, 1_000_000),
        fc.constantFrom(0, 30),
        fc.infiniteStream(fc.integer({ min: 0, max: 700 })),
        (chunks, rate, delayMs, reads) => {
          const b = bench({ rates: [rate, rate], delayMs });
          const sent: [Uint8Array[], Uint8Array[]] = [[], []];
          b.rooms[0] = b.rooms[1] = 0;
          let t = 0;
          for (const { from, size, pause } of chunks) {
            const bytes = counting(size);
            sent[from].push(bytes.slice(0, b.send(from, bytes)));
            b.rooms[0] += reads.next().value;
            b.rooms[1] += reads.next().value;
            t += pause;
            b.line.advance(b.now());
            b.run(t);
          }
          b.rooms[0] = b.rooms[1] = Number.MAX_SAFE_INTEGER;
          b.line.advance(t);
          b.run(t + 600_000);
          expect(b.bytes(1).equals(Buffer.concat(sent[0]))).toBe(true);
          expect(b.bytes(0).equals(Buffer.concat(sent[1]))).toBe(true);
          expect(b.line.nextDeadline()).toBeNull();
        },
      ),
      { numRuns: 100 },
    );
  });

  it('spoils the share of bits it is told to', () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed / 2 ** 31;
    };
    const b = bench({ rates: [0, 0], bufferBytes: 65_536, errorRate: 1e-3, random });
    let wrong = 0;
    for (let i = 0; i < 20; i += 1) {
      b.send(0, new Uint8Array(50_000));
      b.run(b.now() + 1);
    }
    for (const byte of b.bytes(1)) for (let x = byte; x > 0; x >>= 1) wrong += x & 1;
    expect(wrong).toBeGreaterThan(7_500);
    expect(wrong).toBeLessThan(8_500);
    const before = b.bytes(1).length;
    b.line.setErrorRate(0);
    b.send(0, new Uint8Array(50_000));
    b.run(b.now() + 1);
    expect(
      b
        .bytes(1)
        .subarray(before)
        .every((byte) => byte === 0),
    ).toBe(true);
  });
});
