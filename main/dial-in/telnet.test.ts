import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Telnet } from './telnet.ts';

function talk() {
  const replies: number[] = [];
  return { telnet: new Telnet((bytes) => replies.push(...bytes)), replies };
}

describe('telnet on a caller’s connection', () => {
  it('raw bytes stay raw, PPP’s FF among them, however they are cut', () => {
    const ppp = fc
      .uint8Array({ maxLength: 60 })
      .map((tail) => Uint8Array.of(0x7e, 0xff, 0x7d, 0x23, ...tail));
    const bare = fc.uint8Array({ maxLength: 60 }).map((tail) => Uint8Array.of(0xff, 0x03, ...tail));
    fc.assert(
      fc.property(fc.oneof(ppp, bare), fc.nat(10), (bytes, at) => {
        const { telnet, replies } = talk();
        const heard = [...telnet.decode(bytes.subarray(0, at)), ...telnet.decode(bytes.subarray(at))];
        expect(heard).toEqual([...bytes]);
        expect(telnet.encode(Uint8Array.of(0xff, 1))).toEqual(Uint8Array.of(0xff, 1));
        expect(replies).toEqual([]);
      }),
    );
  });

  it('options are answered once, binary and go-ahead agreed, the rest refused', () => {
    const { telnet, replies } = talk();
    const asks = [255, 251, 0, 255, 253, 0, 255, 253, 3, 255, 251, 24, 255, 251, 0, 255, 253, 3];
    expect([...telnet.decode(Uint8Array.from([...asks, 65]))]).toEqual([65]);
    expect(replies).toEqual([255, 253, 0, 255, 251, 0, 255, 251, 3, 255, 254, 24]);
    expect(telnet.spoken).toBe(true);
  });

  it('data comes through whole, both ways, cut anywhere, with options and sub-options between', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(300), (data, at) => {
        const sender = talk();
        sender.telnet.decode(Uint8Array.of(255, 251, 0));
        const { telnet } = talk();
        const wire = Uint8Array.of(
          255,
          251,
          0,
          ...sender.telnet.encode(data),
          255,
          250,
          24,
          1,
          255,
          255,
          255,
          240,
        );
        const heard = [...telnet.decode(wire.subarray(0, at)), ...telnet.decode(wire.subarray(at))];
        expect(heard).toEqual([...data]);
      }),
    );
  });

  it('stands anything', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (pieces) => {
        const { telnet, replies } = talk();
        let heard = 0;
        for (const piece of [Uint8Array.of(255, 253, 1), ...pieces]) heard += telnet.decode(piece).length;
        const sent = pieces.reduce((sum, { length }) => sum + length, 0);
        expect(heard).toBeLessThanOrEqual(sent);
        expect(replies.length).toBeLessThanOrEqual(sent + 3);
      }),
    );
  });
});
