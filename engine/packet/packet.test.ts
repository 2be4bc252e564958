import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { runs, tellInputs } from '../masquerade/fuzz.ts';
import { formatAddress, Networks, parseAddress, SPECIAL } from './address.ts';
import { get16, put16, put32 } from './bytes.ts';
import { finish, fold, sumBytes, sumHeader, update16, update32 } from './checksum.ts';
import { cut, REASSEMBLY_MS, Reassembler } from './fragments.ts';
import { sealHeader, soundIpv4, writeIpv4 } from './ipv4.ts';
import { clampMss, findOption, later, sealTcp, tcpChecksumRight, windowScale } from './tcp.ts';

/** The plain definition, word by word. */
function slowSum(b: Uint8Array, at: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i += 2)
    sum += ((b[at + i] as number) << 8) | (i + 1 < length ? (b[at + i + 1] as number) : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65_536);
  return sum;
}

afterAll(tellInputs);

describe('checksum', () => {
  it('RFC 1071 §3: the example sums to ddf2', () => {
    const b = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
    expect(sumBytes(b, 0, 8)).toBe(0xddf2);
    expect(finish(sumBytes(b, 0, 8))).toBe(0x220d);
  });
  it('RFC 1624 §4: the example is updated without a wrong zero', () => {
    expect(update16(0xdd2f, 0x5555, 0x3285)).toBe(0x0000);
  });
  it('property: the fast sum is the plain one at any offset and length, up to the largest packet', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(7), (data, offset) => {
        const b = new Uint8Array(offset + data.length);
        b.set(data, offset);
        expect(sumBytes(b, offset, data.length)).toBe(slowSum(b, offset, data.length));
      }),
    );
    const full = new Uint8Array(65_535).fill(255);
    expect(sumBytes(full, 0, full.length)).toBe(slowSum(full, 0, full.length));
  });
  it('property: a header sums alike by both ways', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 60, maxLength: 60 }),
        fc.integer({ min: 5, max: 15 }),
        (b, words) => {
          expect(sumHeader(b, 0, words * 4)).toBe(sumBytes(b, 0, words * 4));
        },
      ),
    );
  });
  it('property: updating is computing anew', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 40, maxLength: 40 }),
        fc.integer(),
        fc.nat(0xffff),
        (data, address, port) => {
          const b = data.slice();
          put16(b, 0, 0);
          b[39] = (b[39] as number) | 1;
          let sum = finish(sumBytes(b, 0, 40));
          sum = update32(sum, (get16(b, 12) << 16) | get16(b, 14), address | 0);
          put32(b, 12, address);
          sum = update16(sum, get16(b, 20), port);
          put16(b, 20, port);
          expect(fold(sumBytes(b, 0, 40) + sum)).toBe(0xffff);
        },
      ),
    );
  });
});

describe('address', () => {
  it('property: text and number are one', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        expect(formatAddress(parseAddress(text))).toBe(text);
      }),
    );
  });
  it('knows the special networks and takes no nonsense for one', () => {
    for (const text of [
      '10.0.0.1',
      '172.31.255.255',
      '192.168.0.1',
      '100.127.0.1',
      '224.0.0.5',
      '255.255.255.255',
    ])
      expect(SPECIAL.contains(parseAddress(text))).toBe(true);
    for (const text of ['172.32.0.1', '100.128.0.1', '198.51.100.1', '203.0.113.1', '8.8.8.8'])
      expect(SPECIAL.contains(parseAddress(text))).toBe(false);
    expect(new Networks(['1.2.3.4/33', 'x', '5.0.0.0/8']).size).toBe(1);
    expect(new Networks(['0.0.0.0/0']).contains(parseAddress('9.9.9.9'))).toBe(true);
  });
});

describe('tcp', () => {
  it('compares sequence numbers modulo 2^32', () => {
    expect(later(1, 0)).toBe(true);
    expect(later(0x8000_0010 | 0, 0x7fff_fff0)).toBe(true);
    expect(later(5, 0xffff_fff0 | 0)).toBe(true);
    expect(later(0xffff_fff0 | 0, 5)).toBe(false);
  });
  it('property: clamping the MSS keeps the checksum, wherever the option stands', () => {
    fc.assert(
      fc.property(fc.nat(3), fc.nat(0xffff), fc.integer({ min: 64, max: 1460 }), (pad, mss, limit) => {
        const b = new Uint8Array(28);
        b[12] = 0x70;
        b.fill(1, 20, 20 + pad);
        b.set([2, 4, mss >>> 8, mss & 255], 20 + pad);
        sealTcp(b, 0, 28, 1, 2);
        clampMss(b, 0, limit);
        expect(get16(b, 22 + pad)).toBe(Math.min(mss, limit));
        expect(tcpChecksumRight(b, 0, 28, 1, 2)).toBe(true);
      }),
    );
  });
  it('property: options of any kind never lead out of the header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 60, maxLength: 60 }), fc.nat(255), (b, kind) => {
        const at = findOption(b, 0, kind);
        expect(at).toBeLessThan(60);
        windowScale(b, 0);
      }),
    );
  });
});

describe('fragments', () => {
  function datagram(size: number, id = 7, source = 0x0a000001): Uint8Array {
    const b = new Uint8Array(20 + size);
    writeIpv4(b, 0, b.length, 17, source, 0x0b000001);
    put16(b, 4, id);
    put16(b, 6, 0);
    sealHeader(b, 0);
    for (let i = 0; i < size; i++) b[20 + i] = (i * 7 + (i >> 8)) & 255;
    return b;
  }
  function pieces(b: Uint8Array, mtu: number): Uint8Array[] {
    const all: Uint8Array[] = [];
    cut(b, 0, b.length, mtu, new Uint8Array(2048), (piece, o, length) =>
      all.push(piece.slice(o, o + length)),
    );
    return all;
  }

  it('property: cut and put together in any order, with repeats, is the same packet', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6000 }),
        fc.integer({ min: 68, max: 1500 }),
        fc.infiniteStream(fc.nat()),
        (size, mtu, order) => {
          const b = datagram(size);
          const all = pieces(b, mtu);
          for (const piece of all) {
            expect(soundIpv4(piece, 0, piece.length)).toBe(piece.length);
            expect(piece.length).toBeLessThanOrEqual(mtu);
          }
          if (all.length < 2 || all.length > 60) return;
          const shuffled = all
            .map((piece) => ({ piece, key: order.next().value as number }))
            .sort((x, y) => x.key - y.key);
          const whole = new Reassembler();
          const done = shuffled.map(({ piece }, i) => {
            const finished = whole.take(piece, 0, piece.length, 0);
            if (i < shuffled.length - 1) whole.take(piece, 0, piece.length, 0);
            return finished;
          });
          expect(done.indexOf(true)).toBe(all.length - 1);
          expect(Array.from(whole.buffer.subarray(0, whole.length))).toEqual(Array.from(b));
        },
      ),
      runs(60),
    );
  });
  it('overlaps kill the datagram', () => {
    const [first, second] = pieces(datagram(100), 68) as [Uint8Array, Uint8Array];
    const evil = second.slice();
    put16(evil, 6, get16(evil, 6) - 1);
    sealHeader(evil, 0);
    const whole = new Reassembler();
    whole.take(first, 0, first.length, 0);
    expect(whole.take(evil, 0, evil.length, 0)).toBe(false);
    expect(whole.malformed).toBe(1);
    expect(whole.pending).toBe(0);
  });
  it('nothing grows past 65535', () => {
    const piece = pieces(datagram(100), 68)[1] as Uint8Array;
    put16(piece, 6, 0x1fff);
    sealHeader(piece, 0);
    const whole = new Reassembler();
    expect(whole.take(piece, 0, piece.length, 0)).toBe(false);
    expect(whole.malformed).toBe(1);
  });
  it('forgets after its time', () => {
    const piece = pieces(datagram(100), 68)[0] as Uint8Array;
    const whole = new Reassembler();
    whole.take(piece, 0, piece.length, 0);
    whole.expire(REASSEMBLY_MS - 1);
    expect(whole.pending).toBe(1);
    whole.expire(REASSEMBLY_MS);
    expect([whole.pending, whole.timedOut]).toEqual([0, 1]);
  });
  it('a flood from one source pushes out itself, not another, and stays within 2 MB', () => {
    const whole = new Reassembler();
    const [mine, rest] = pieces(datagram(1000, 1, 0x0a000009), 576) as [Uint8Array, Uint8Array];
    whole.take(mine, 0, mine.length, 0);
    for (let i = 0; i < 5000; i++) {
      const piece = pieces(datagram(1000, i & 0xffff), 576)[0] as Uint8Array;
      put16(piece, 6, 0x2000 | ((i * 37) & 0x1f00));
      sealHeader(piece, 0);
      whole.take(piece, 0, piece.length, i);
    }
    expect(whole.heldBytes).toBeLessThanOrEqual(2 << 20);
    expect(whole.take(rest, 0, rest.length, 5000)).toBe(true);
  });
});
