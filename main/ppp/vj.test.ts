import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROTOCOL_IP, PROTOCOL_VJ_COMPRESSED, PROTOCOL_VJ_UNCOMPRESSED } from './packet.ts';
import { type Flow, type Segment, segment } from './testing/tcp-flow.ts';
import { VjCompressor } from './vj-compressor.ts';
import { VjDecompressor } from './vj-decompressor.ts';

const data = (length: number): Uint8Array => new Uint8Array(length).fill(0x61);
const flow = (source = 1024): Flow => ({ source, seq: 1000, ack: 5000, id: 1, window: 8192 });

interface Sent {
  protocol: number;
  bytes: Uint8Array;
}

function send(compressor: VjCompressor, packet: Uint8Array): Sent {
  const protocol = compressor.compress(packet, 0, packet.length);
  if (protocol === PROTOCOL_IP) return { protocol, bytes: packet };
  return { protocol, bytes: compressor.out.slice(0, compressor.outLength) };
}

function receive(decompressor: VjDecompressor, { protocol, bytes }: Sent): Uint8Array | null {
  if (protocol === PROTOCOL_IP) return bytes;
  if (!decompressor.decompress(protocol, bytes, 0, bytes.length)) return null;
  return decompressor.out.slice(0, decompressor.outLength);
}

describe('what is sent', () => {
  it('first the whole header with its slot, then three octets of it for bulk data', () => {
    const compressor = new VjCompressor(16, true);
    const f = flow();
    const first = send(compressor, segment(f, { payload: data(100) }));
    expect([first.protocol, first.bytes.length, first.bytes[9]]).toEqual([PROTOCOL_VJ_UNCOMPRESSED, 140, 0]);
    f.seq += 100;
    f.id += 1;
    const second = send(compressor, segment(f, { payload: data(100) }));
    expect([second.protocol, second.bytes.length, second.bytes[0]]).toEqual([
      PROTOCOL_VJ_COMPRESSED,
      103,
      0x0f,
    ]);
  });

  it('three octets for an echoed keystroke, five for a bare acknowledgement', () => {
    const compressor = new VjCompressor(16, true);
    const f = flow();
    send(compressor, segment(f, { payload: data(1), flags: 0x18 }));
    Object.assign(f, { seq: f.seq + 1, ack: f.ack + 1, id: 2 });
    const echoed = send(compressor, segment(f, { payload: data(1), flags: 0x18 }));
    expect([echoed.bytes.length, echoed.bytes[0]]).toEqual([4, 0x1b]);
    Object.assign(f, { seq: f.seq + 1, ack: f.ack + 200, id: 3 });
    send(compressor, segment(f, { payload: data(0) }));
    Object.assign(f, { ack: f.ack + 536, id: 4 });
    const ack = send(compressor, segment(f, { payload: data(0) }));
    expect([ack.bytes.length, ack.bytes[0]]).toEqual([6, 0x04]);
  });

  it('names the slot only when it changes, if the peer allows that', () => {
    for (const slotIds of [true, false]) {
      const compressor = new VjCompressor(16, slotIds);
      const f = flow();
      send(compressor, segment(f, { payload: data(0) }));
      Object.assign(f, { id: 2, window: 8193 });
      const { bytes } = send(compressor, segment(f, { payload: data(0) }));
      expect([bytes.length, (bytes[0] as number) & 0x40]).toEqual(slotIds ? [4, 0] : [5, 0x40]);
    }
  });

  it.each<[string, Partial<Flow>, Partial<Segment>]>([
    ['changed options (timestamps)', {}, { options: Uint8Array.of(1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 1) }],
    ['another TTL', {}, { ttl: 63 }],
    ['another TOS', {}, { tos: 8 }],
    ['a congestion flag', {}, { flags: 0x50 }],
    ['a retransmission', { seq: 1000 }, {}],
    ['a jump of the sequence', { seq: 1_000_000 }, {}],
  ])('goes whole with %s', (_what, fields, change) => {
    const compressor = new VjCompressor(16, true);
    const f = flow();
    const options = Uint8Array.of(1, 1, 8, 10, 0, 0, 0, 8, 0, 0, 0, 1);
    send(compressor, segment(f, { payload: data(10), options }));
    Object.assign(f, { seq: 1010, id: 2 }, fields);
    expect(send(compressor, segment(f, { payload: data(10), options, ...change })).protocol).toBe(
      PROTOCOL_VJ_UNCOMPRESSED,
    );
  });

  it('as plain IP: SYN, FIN, RST, no ACK, fragments, other protocols, broken headers', () => {
    const compressor = new VjCompressor(16, true);
    for (const flags of [0x02, 0x12, 0x11, 0x14, 0x04, 0x00])
      expect(send(compressor, segment(flow(), { payload: data(5), flags })).protocol).toBe(PROTOCOL_IP);
    const broken: ((packet: Uint8Array) => void)[] = [
      (packet) => packet.set([0x20, 0x00], 6),
      (packet) => packet.set([0x00, 0x01], 6),
      (packet) => packet.set([17], 9),
      (packet) => packet.set([0x44], 0),
      (packet) => packet.set([0x65], 0),
      (packet) => packet.set([0xf0], 32),
      (packet) => packet.set([0x40], 32),
      (packet) => packet.set([0xff, 0xff], 2),
    ];
    for (const breakIt of broken) {
      const packet = segment(flow(), { payload: data(5) });
      breakIt(packet);
      expect(send(compressor, packet).protocol).toBe(PROTOCOL_IP);
    }
  });

  it('gives the slot unused longest to a new conversation', () => {
    const compressor = new VjCompressor(3, true);
    const slots = [1, 2, 3, 1, 4, 2].map((source) => {
      const sent = send(compressor, segment({ ...flow(source), seq: source * 9 }, { payload: data(1) }));
      return sent.bytes[9];
    });
    expect(slots).toEqual([0, 1, 2, 0, 1, 2]);
  });
});

describe('loss', () => {
  const lossy = (slotIds: boolean) => {
    const compressor = new VjCompressor(16, slotIds);
    const decompressor = new VjDecompressor(16);
    const f = flow();
    const next = (): [Uint8Array, Sent] => {
      const packet = segment(f, { payload: data(50) });
      f.seq += 50;
      f.id += 1;
      return [packet, send(compressor, packet)];
    };
    return { decompressor, next, f };
  };

  it('tosses compressed packets after an error until a slot is named', () => {
    const { decompressor, next, f } = lossy(true);
    const [first, sent] = next();
    expect(receive(decompressor, sent)).toEqual(first);
    decompressor.lost();
    expect(receive(decompressor, next()[1])).toBeNull();
    f.seq -= 50; // TCP retransmits, and that goes whole
    const [again, whole] = next();
    expect(whole.protocol).toBe(PROTOCOL_VJ_UNCOMPRESSED);
    expect(receive(decompressor, whole)).toEqual(again);
    const [after, compressed] = next();
    expect(receive(decompressor, compressed)).toEqual(after);
  });

  it('lets a slot that missed a packet through only when TCP’s checksum holds again', () => {
    const compressor = new VjCompressor(16, true);
    const decompressor = new VjDecompressor(16);
    const flows = [flow(1), flow(2)];
    const next = (at: number): [Uint8Array, Sent] => {
      const f = flows[at] as Flow;
      const packet = segment(f, { payload: data(50) });
      Object.assign(f, { seq: f.seq + 50, id: f.id + 1 });
      return [packet, send(compressor, packet)];
    };
    for (const at of [0, 1]) receive(decompressor, next(at)[1]);
    next(0); // never arrives
    decompressor.lost();
    const [good, named] = next(1);
    expect(named.protocol).toBe(PROTOCOL_VJ_COMPRESSED);
    expect(receive(decompressor, named)).toEqual(good);
    expect(receive(decompressor, next(0)[1])).toBeNull(); // would be 50 octets off
    (flows[0] as Flow).seq -= 150;
    const [again, whole] = next(0);
    expect(receive(decompressor, whole)).toEqual(again);
    const [after, compressed] = next(0);
    expect([receive(decompressor, compressed), compressed.protocol]).toEqual([after, PROTOCOL_VJ_COMPRESSED]);
  });

  it('tosses also after a packet it could not restore', () => {
    const { decompressor, next } = lossy(true);
    receive(decompressor, next()[1]);
    expect(
      receive(decompressor, { protocol: PROTOCOL_VJ_COMPRESSED, bytes: Uint8Array.of(0x0f, 1) }),
    ).toBeNull();
    expect(receive(decompressor, next()[1])).toBeNull();
  });

  it('restores nothing from a slot that was never filled, or is out of range', () => {
    const decompressor = new VjDecompressor(4);
    for (const slot of [0, 3, 4, 255])
      expect(
        receive(decompressor, { protocol: PROTOCOL_VJ_COMPRESSED, bytes: Uint8Array.of(0x40, slot, 0, 0) }),
      ).toBeNull();
    const packet = segment(flow(), { payload: data(1) });
    packet[9] = 4;
    expect(receive(decompressor, { protocol: PROTOCOL_VJ_UNCOMPRESSED, bytes: packet })).toBeNull();
  });
});

describe('both', () => {
  const change = fc.record({
    source: fc.integer({ min: 1, max: 6 }),
    seq: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 70_000 }), fc.constant(-1)),
    ack: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 70_000 }), fc.constant(-1)),
    id: fc.oneof(fc.constant(1), fc.integer({ min: 0, max: 65_535 })),
    window: fc.oneof(fc.constant(0), fc.integer({ min: -300, max: 300 })),
    payload: fc.oneof(fc.constant(0), fc.constant(1), fc.constant(50), fc.integer({ min: 0, max: 1400 })),
    flags: fc.constantFrom(0x10, 0x18, 0x30, 0x38, 0x11, 0x02, 0x50, 0x90),
    urgent: fc.constantFrom(0, 0, 7),
    options: fc.constantFrom(0, 0, 4, 12),
    tos: fc.constantFrom(0, 0, 0, 16),
  });

  it('restores every packet octet for octet, whatever the fields do', () => {
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 3, max: 16 }),
        fc.boolean(),
        (changes, slots, slotIds) => {
          const compressor = new VjCompressor(slots, slotIds);
          const decompressor = new VjDecompressor(slots);
          const flows = new Map<number, Flow & { carried: number }>();
          for (const step of changes) {
            const f = flows.get(step.source) ?? { ...flow(step.source), carried: 0 };
            flows.set(step.source, f);
            // -1: by what the last packet carried, as TCP does.
            f.seq = (f.seq + (step.seq < 0 ? f.carried : step.seq)) >>> 0;
            f.ack = (f.ack + (step.ack < 0 ? f.carried : step.ack)) >>> 0;
            f.id = (f.id + step.id) & 0xffff;
            f.window = (f.window + step.window) & 0xffff;
            f.carried = step.payload;
            const packet = segment(f, {
              payload: data(step.payload),
              flags: step.flags,
              urgent: step.urgent,
              options: new Uint8Array(step.options).fill(1),
              tos: step.tos,
            });
            expect(receive(decompressor, send(compressor, packet))).toEqual(packet);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('survives any octets', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.constantFrom(PROTOCOL_VJ_COMPRESSED, PROTOCOL_VJ_UNCOMPRESSED),
            fc.uint8Array({ maxLength: 200 }),
          ),
        ),
        (frames) => {
          const decompressor = new VjDecompressor(16);
          receive(decompressor, send(new VjCompressor(16, true), segment(flow(), { payload: data(9) })));
          for (const [protocol, bytes] of frames) {
            const packet = receive(decompressor, { protocol, bytes });
            if (packet) expect(packet.length).toBe(((packet[2] as number) << 8) | (packet[3] as number));
          }
        },
      ),
    );
  });
});
