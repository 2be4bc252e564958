import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CONGESTED_BYTES,
  FrameReader,
  FrameWriter,
  KIND_CONTROL,
  KIND_PACKET,
  LINE_BATCH_BYTES,
  MAX_CONTROL_BYTES,
  MAX_PACKET_BYTES,
} from './frames.ts';

type Seen = { text: string } | { link: number; client: number; bytes: number[] } | { bad: string };

function collect(): { reader: FrameReader; seen: Seen[] } {
  const seen: Seen[] = [];
  const reader = new FrameReader({
    control: (text) => seen.push({ text }),
    packet: (link, client, buffer, offset, length) =>
      seen.push({ link, client, bytes: [...buffer.subarray(offset, offset + length)] }),
    bad: (bad) => seen.push({ bad }),
  });
  return { reader, seen };
}

/** A writer whose stream takes everything at once, and what it took. */
function recorder(): { writer: FrameWriter; bytes(): Uint8Array } {
  const chunks: number[] = [];
  const writer = new FrameWriter((bytes, done) => {
    chunks.push(...bytes);
    done();
  });
  return { writer, bytes: () => Uint8Array.from(chunks) };
}

const packet = fc.record({
  link: fc.nat(0xffff),
  client: fc.nat(0xffff),
  bytes: fc.uint8Array({ minLength: 20, maxLength: 300 }).map((bytes) => [...bytes]),
});
const frame = fc.oneof(packet, fc.record({ text: fc.string({ minLength: 1, maxLength: 200 }) }));

describe('frames', () => {
  it('come out as they went in, whatever the pieces', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 12 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        (frames, cuts) => {
          const { writer, bytes } = recorder();
          for (const one of frames) {
            if ('text' in one) writer.control(one.text);
            else writer.packet(one.link, one.client, Uint8Array.from(one.bytes), 0, one.bytes.length);
            writer.flush();
          }
          const stream = bytes();
          const { reader, seen } = collect();
          for (let at = 0; at < stream.length; ) {
            const next = Math.min(stream.length, at + (cuts.next().value ?? 1));
            reader.push(stream.subarray(at, next));
            at = next;
          }
          expect(seen).toEqual(
            frames.map((one) => ('text' in one ? { text: JSON.stringify(one.text) } : one)),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('survive any bytes: at most one complaint, and silence after it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        const { reader, seen } = collect();
        reader.push(bytes);
        const complaints = seen.filter((one) => 'bad' in one).length;
        expect(complaints).toBeLessThanOrEqual(1);
        if (complaints === 1) {
          const before = seen.length;
          reader.push(Uint8Array.of(0, 0, 0, 3, KIND_CONTROL, 123, 125));
          expect(seen).toHaveLength(before);
        }
      }),
    );
  });

  it.each([
    ['a packet too long', KIND_PACKET, MAX_PACKET_BYTES + 5, 'a packet of 2049 bytes'],
    ['a packet too short for IPv4', KIND_PACKET, 4 + 19, 'a packet of 19 bytes'],
    ['a control message too long', KIND_CONTROL, MAX_CONTROL_BYTES + 1, `${MAX_CONTROL_BYTES + 1} bytes`],
    ['an empty control message', KIND_CONTROL, 0, 'a control message of 0 bytes'],
    ['an unknown kind', 7, 4, 'unknown kind 7'],
  ])('refuse %s from its header alone', (_name, kind, body, reason) => {
    const { reader, seen } = collect();
    const header = new DataView(new ArrayBuffer(5));
    header.setUint32(0, body + 1);
    header.setUint8(4, kind);
    reader.push(new Uint8Array(header.buffer));
    expect(seen).toEqual([{ bad: expect.stringContaining(reason) }]);
  });

  it('refuse text that is not UTF-8', () => {
    const { reader, seen } = collect();
    reader.push(Uint8Array.of(0, 0, 0, 3, KIND_CONTROL, 0xc3, 0x28));
    expect(seen).toEqual([{ bad: 'a control message that is not UTF-8' }]);
  });
});

describe('the writer', () => {
  function slow() {
    const writes: number[] = [];
    const due: (() => void)[] = [];
    const writer = new FrameWriter((bytes, done) => {
      writes.push(bytes[4] as number);
      due.push(done);
    });
    return { writer, writes, takeOne: () => due.shift()?.() };
  }
  const bytes = new Uint8Array(1500);

  it('lets a control message pass the packets that wait', () => {
    const { writer, writes, takeOne } = slow();
    writer.packet(1, 1, bytes, 0, 1500);
    writer.flush();
    for (let i = 0; i < 20; i++) writer.packet(1, 1, bytes, 0, 1500);
    writer.control({ type: 'pong' });
    takeOne();
    takeOne();
    expect(writes).toEqual([KIND_PACKET, KIND_CONTROL, KIND_PACKET]);
  });

  it('holds a line of 5 Mbit/s for a second and a half while the reader is held up', () => {
    const writer = new FrameWriter(() => {}, LINE_BATCH_BYTES);
    const packets = Math.ceil((5e6 / 8 / bytes.length) * 1.5);
    for (let i = 0; i < packets; i++) {
      expect(writer.packet(1, 1, bytes, 0, bytes.length)).toBe(true);
      writer.flush();
    }
    expect(writer.dropped).toBe(0);
  });

  it('says when it is congested, when no longer, and drops rather than grows', () => {
    const { writer, takeOne } = slow();
    let drains = 0;
    writer.onDrain = () => drains++;
    while (!writer.congested) writer.packet(1, 1, bytes, 0, 1500);
    expect(writer.dropped).toBe(0);
    for (let i = 0; i < 1000; i++) writer.packet(1, 1, bytes, 0, 1500);
    expect(writer.dropped).toBeGreaterThan(0);
    writer.flush();
    expect(writer.congested).toBe(true);
    takeOne();
    expect(writer.congested).toBe(false);
    expect(drains).toBe(1);
    expect(CONGESTED_BYTES).toBeLessThanOrEqual(65_536);
  });

  it('finishes after what was queued, and takes nothing more', () => {
    const { writer, writes, takeOne } = slow();
    let finished = false;
    writer.control({ type: 'a' });
    writer.control({ type: 'b' });
    writer.packet(1, 1, bytes, 0, 100);
    writer.finish(() => {
      finished = true;
    });
    writer.control({ type: 'late' });
    takeOne();
    takeOne();
    expect(finished).toBe(false);
    takeOne();
    expect(finished).toBe(true);
    expect(writes).toEqual([KIND_CONTROL, KIND_CONTROL, KIND_PACKET]);
  });
});
