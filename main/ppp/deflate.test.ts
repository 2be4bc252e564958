import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeflateCompressor, DeflateDecompressor } from './deflate.ts';
import { randomBytes, SimulatedLine, seeded } from './testing/simulated-line.ts';

const text = (words: string): Uint8Array => Uint8Array.from(Buffer.from(words));
const hex = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString('hex');
const WORDS = [
  'GET ',
  '/index.html',
  ' HTTP/1.0\r\n',
  'Host: ',
  'www.practice.example',
  '\r\n',
  '<p>',
  'line ',
];

/** Packets of web-like text, so that later ones refer back to earlier ones; now and then one of noise. */
function pages(count: number): Uint8Array[] {
  const random = seeded(1);
  const noise = randomBytes(random);
  return Array.from({ length: count }, (_, i) =>
    i % 7 === 6
      ? noise(300)
      : text(Array.from({ length: 60 }, () => WORDS[Math.floor(random() * WORDS.length)]).join('')),
  );
}

describe('the stream', () => {
  it('is raw deflate of protocol and data behind a sequence number, its last four octets left out', () => {
    const compressor = new DeflateCompressor(15);
    const packet = text('hello hello hello');
    expect(hex(compressor.compress(0x21, packet, 0, packet.length))).toBe('000052cc48cdc9c95740220100');
    expect(hex(compressor.compress(0x21, packet, 0, packet.length)).slice(0, 4)).toBe('0001');
  });

  it.each([9, 12, 15])('is one long stream to zlib, with a window of 2^%i', async (bits) => {
    const compressor = new DeflateCompressor(bits);
    const inflate = createInflateRaw({ windowBits: bits });
    const received: Buffer[] = [];
    const sent: number[] = [];
    inflate.on('data', (chunk: Buffer) => received.push(chunk));
    for (const page of pages(200).filter((_, i) => i % 7 !== 6)) {
      const frame = compressor.compress(0x21, page, 0, page.length);
      inflate.write(Uint8Array.of(...(frame ?? new Uint8Array(2)).subarray(2), 0, 0, 0xff, 0xff));
      sent.push(0x21, ...page);
    }
    await new Promise<void>((done) => inflate.flush(() => done()));
    expect(Buffer.concat(received).equals(Buffer.from(sent))).toBe(true);
  });

  it('reads what one long stream of zlib wrote', async () => {
    const deflate = createDeflateRaw({ windowBits: 15 });
    const chunks: Buffer[] = [];
    deflate.on('data', (chunk: Buffer) => chunks.push(chunk));
    const decompressor = new DeflateDecompressor(1500);
    for (const [i, page] of pages(60).entries()) {
      deflate.write(Uint8Array.of(0x21, ...page));
      await new Promise<void>((done) => deflate.flush(constants.Z_SYNC_FLUSH, () => done()));
      const data = Buffer.concat(chunks.splice(0));
      const frame = Uint8Array.of(i >>> 8, i & 0xff, ...data.subarray(0, -4));
      expect(hex(decompressor.decompress(frame, 0, frame.length))).toBe(`21${hex(page)}`);
    }
  });

  it('keeps both histories in step over packets that went uncompressed', () => {
    const compressor = new DeflateCompressor(15);
    const decompressor = new DeflateDecompressor(1500);
    let native = 0;
    for (const page of pages(100)) {
      const frame = compressor.compress(0x2d, page, 0, page.length);
      if (frame === null) {
        native++;
        decompressor.passedBy(0x2d, page, 0, page.length);
      } else expect(hex(decompressor.decompress(frame, 0, frame.length))).toBe(`2d${hex(page)}`);
    }
    expect(native).toBe(14);
  });

  it('refuses a gap, and survives any octets and bombs', () => {
    const compressor = new DeflateCompressor(15);
    const [a, b] = pages(2) as [Uint8Array, Uint8Array];
    compressor.compress(0x21, a, 0, a.length);
    const second = compressor.compress(0x21, b, 0, b.length) as Uint8Array;
    expect(new DeflateDecompressor(1500).decompress(second, 0, second.length)).toBeNull();
    const zeros = new Uint8Array(1_000_000);
    const bomb = new DeflateCompressor(15).compress(0x21, zeros, 0, zeros.length) as Uint8Array;
    expect(new DeflateDecompressor(1500).decompress(bomb, 0, bomb.length)).toBeNull();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const plain = new DeflateDecompressor(1500).decompress(
          Uint8Array.of(0, 0, ...bytes),
          0,
          bytes.length + 2,
        );
        expect(plain === null || plain.length <= 1502).toBe(true);
      }),
    );
  });
});

describe('on a line', () => {
  const ip = (payload: Uint8Array, id: number): Uint8Array => {
    const length = 20 + payload.length;
    const head = [0x45, 0, length >>> 8, length & 0xff, id >>> 8, id & 0xff, 0, 0, 64, 17, 0, 0];
    return Uint8Array.of(...head, 203, 0, 113, 64, 198, 51, 100, 80, ...payload);
  };

  it('takes less line for text and delivers it whole', () => {
    const line = new SimulatedLine({ deflate: true }, { deflate: true }).connect().runUntilUp();
    const before = line.client.session.counters.bytesOut;
    const packets = pages(50).map(ip);
    for (const packet of packets) line.send(line.client, packet);
    line.run(60_000);
    expect(line.server.packets).toEqual(packets);
    const plain = packets.reduce((sum, packet) => sum + packet.length, 0);
    expect(line.client.session.counters.bytesOut - before).toBeLessThan(plain * 0.5);
  });

  it('starts afresh after lost frames, and never delivers a wrong octet', () => {
    const line = new SimulatedLine({ deflate: true }, { deflate: true }).connect().runUntilUp();
    line.terms.bitErrors = 0.0004;
    const packets = pages(400).map(ip);
    const sent = new Set(packets.map(hex));
    for (const packet of packets) {
      line.send(line.client, packet);
      line.run(200);
    }
    line.terms.bitErrors = 0;
    line.run(20_000);
    const last = ip(text('the line is clean again '.repeat(9)), 999);
    line.send(line.client, last);
    line.run(5_000);
    expect(line.server.packets.every((packet) => sent.has(hex(packet)) || hex(packet) === hex(last))).toBe(
      true,
    );
    expect(line.server.packets.at(-1)).toEqual(last);
    expect(line.server.packets.length).toBeGreaterThan(200);
    expect(line.server.session.counters.fcsErrors).toBeGreaterThan(10);
    expect(line.server.log.some((entry) => entry.startsWith('received CCP Reset-Ack'))).toBe(true);
  });
});
