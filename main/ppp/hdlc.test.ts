import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_ACCM, fcs16, HdlcDecoder, HdlcEncoder } from './hdlc.ts';

const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(Buffer.from(hex.replaceAll(/[^0-9a-f]/gi, ''), 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

function decode(
  chunks: readonly Uint8Array[],
  { largest = 1564, accm = 0 } = {},
): { frames: string[]; errors: string[] } {
  const frames: string[] = [];
  const errors: string[] = [];
  const decoder = new HdlcDecoder(
    largest,
    (frame, length) => frames.push(hex(frame.subarray(0, length))),
    (error) => errors.push(error),
  );
  decoder.setAccm(accm);
  for (const chunk of chunks) decoder.push(chunk);
  return { frames, errors };
}

/** A stream cut at the given places. */
function split(stream: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length];
  return places.slice(1).map((place, i) => stream.subarray(places[i], place));
}

describe('FCS-16', () => {
  it('is X.25 of the standard check string', () => {
    const check = new TextEncoder().encode('123456789');
    expect(fcs16(0xffff, check, 0, check.length) ^ 0xffff).toBe(0x906e);
  });
});

describe('encoder', () => {
  it('writes the known first LCP frame, escaped by the default map', () => {
    const frame = new HdlcEncoder(1500).encode(0xc021, bytes('01010004'), 0, 4, true, true);
    expect(hex(frame)).toBe(hex(bytes('7e ff 7d23 c0 21 7d21 7d21 7d20 7d24 d1 b5 7e')));
  });

  it('leaves out what was agreed, but never from LCP', () => {
    const encoder = new HdlcEncoder(1500);
    encoder.setAccm(0);
    encoder.protocolCompression = true;
    encoder.addressControlCompression = true;
    const data = hex(encoder.encode(0x21, bytes('45001122'), 0, 4, false, false));
    expect(data.startsWith('2145001122')).toBe(true);
    expect(hex(encoder.encode(0x8021, bytes('01010004'), 0, 4, false, false)).startsWith('80210101')).toBe(
      true,
    );
    expect(
      hex(encoder.encode(0xc021, bytes('01010004'), 0, 4, true, false)).startsWith('ff7d23c0217d21'),
    ).toBe(true);
  });

  it('escapes exactly the characters of the map, besides flag and escape', () => {
    const encoder = new HdlcEncoder(1500);
    encoder.setAccm(0x000a0000);
    const frame = hex(encoder.encode(0x0021, bytes('10111213 7e7d 80'), 0, 7, false, true));
    expect(frame.startsWith('7eff030021107d31127d337d5e7d5d80')).toBe(true);
  });
});

describe('decoder', () => {
  const good = '7e ff 7d23 c0 21 7d21 7d21 7d20 7d24 d1 b5 7e';

  it.each([
    ['Terminate-Request of a modem', '7e ff 7d23 c0 21 7d25 7d23 7d20 7d24 85 72 7e', 'ff03c02105030004'],
    ['another', '7e ff 7d23 c0 21 7d25 7d25 7d20 7d24 5c a4 7e', 'ff03c02105050004'],
    [
      'Echo-Reply of a handheld',
      '7e ff 7d23 c0 21 7d2a 7d24 7d20 7d28 7d207d207d207d20 7d3d 8b 7e',
      'ff03c0210a04000800000000',
    ],
    [
      'Echo-Request with its address left out',
      '7e c0 21 09 05 00 08 eb 20 cc ec 7d5d 15 7e',
      'c02109050008eb20ccec',
    ],
  ])('reads frames seen in the wild: %s', (_name, stream, content) => {
    expect(decode([bytes(stream)])).toEqual({ frames: [content], errors: [] });
  });

  it('takes one flag between two frames, and any number of them', () => {
    const body = good.slice(3);
    expect(decode([bytes(`7e ${body} ${body} 7e 7e 7e ${body}`)]).frames).toHaveLength(3);
  });

  it('is silent on an empty frame whose FCS would be good: 7E 00 00 7E', () => {
    expect(decode([bytes('7e 7e 00 00 7e')]).frames).toEqual([]);
  });

  it('is silent on an abort, counts runts, broken and endless frames', () => {
    expect(decode([bytes('7e ff 03 c0 21 7d 7e')])).toEqual({ frames: [], errors: [] });
    expect(decode([bytes('7e 41 42 43 7e')]).errors).toEqual(['runt']);
    expect(decode([bytes('7e ff 7d23 c0 21 7d21 7d21 7d20 7d24 d1 b6 7e')]).errors).toEqual(['fcs']);
    const endless = new Uint8Array(5000).fill(0x41);
    expect(decode([bytes('7e'), endless, bytes(good)])).toEqual({
      frames: ['ff03c02101010004'],
      errors: ['overrun'],
    });
  });

  it('does not count noise before the first flag', () => {
    expect(decode([new TextEncoder().encode('Welcome!\r\nlogin: '), bytes(good)]).errors).toEqual([]);
  });

  it('drops characters the line put in, only if they are in its map', () => {
    const dirty = bytes('7e ff 7d23 c0 11 21 7d 13 21 7d21 7d20 7d24 d1 b5 7e');
    expect(decode([dirty], { accm: 0x000a0000 }).frames).toEqual(['ff03c02101010004']);
    expect(decode([dirty], { accm: 0 }).frames).toEqual([]);
  });
});

describe('both', () => {
  const accms = fc.constantFrom(0, 0x000a0000, DEFAULT_ACCM, 0x80000001);
  const payloads = fc.array(fc.uint8Array({ minLength: 2, maxLength: 200 }), { minLength: 1, maxLength: 8 });

  it('carries any payload, split anywhere, with garbage between frames, under any map', () => {
    fc.assert(
      fc.property(
        payloads,
        accms,
        fc.uint8Array({ maxLength: 40 }),
        fc.array(fc.nat(5000), { maxLength: 20 }),
        fc.boolean(),
        (packets, accm, garbage, cuts, compressed) => {
          const encoder = new HdlcEncoder(10);
          encoder.setAccm(accm);
          encoder.protocolCompression = compressed;
          encoder.addressControlCompression = compressed;
          const parts = packets.flatMap((packet) => [
            garbage,
            encoder.encode(0x21, packet, 0, packet.length, false, true).slice(),
          ]);
          const { frames } = decode(split(Uint8Array.from(parts.flatMap((part) => [...part])), cuts), {
            accm,
          });
          const expected = packets.map((packet) => (compressed ? '21' : 'ff030021') + hex(packet));
          expect(frames.filter((frame) => expected.includes(frame))).toEqual(expected);
        },
      ),
    );
  });

  it('never puts a mapped character on the line bare', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), accms, (packet, accm) => {
        const encoder = new HdlcEncoder(300);
        encoder.setAccm(accm);
        const frame = encoder.encode(0x21, packet, 0, packet.length, false, false);
        const bare = frame.filter((byte) => byte < 32 && ((accm >>> byte) & 1) === 1);
        expect([...bare]).toEqual([]);
        expect(frame.indexOf(0x7e)).toBe(frame.length - 1);
      }),
    );
  });

  it('lets no frame with a single flipped bit through', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.nat(), (packet, where) => {
        const frame = new HdlcEncoder(100).encode(0x21, packet, 0, packet.length, false, true).slice();
        const bit = where % (frame.length * 8);
        frame[bit >>> 3] = (frame[bit >>> 3] as number) ^ (1 << (bit & 7));
        const intact = `ff030021${hex(packet)}`;
        const { frames } = decode([frame]);
        // A flipped flag at either end only joins frames; nothing else may be taken for what was sent.
        expect(frames.filter((content) => content !== intact)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('survives any octets', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 10 }), (chunks) => {
        decode(chunks, { largest: 64 });
      }),
    );
  });
});
