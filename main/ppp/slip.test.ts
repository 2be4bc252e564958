import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SlipConfig, SlipLink } from './slip.ts';
import { segment } from './testing/tcp-flow.ts';

function link(compression: SlipConfig['compression'], mtu = 1500): { link: SlipLink; packets: Uint8Array[] } {
  const packets: Uint8Array[] = [];
  const made = new SlipLink({ mtu, compression }, (packet, offset, length) =>
    packets.push(packet.slice(offset, offset + length)),
  );
  return { link: made, packets };
}

const flow = () => ({ source: 1024, seq: 0xc0db0000, ack: 7, id: 1, window: 8760 });
const packet = (fields = flow(), length = 100): Uint8Array =>
  segment(fields, {
    payload: Uint8Array.from({ length }, (_, i) => [0xc0, 0xdb, 0xdc, 0xdd, i & 0xff][i % 5] as number),
  });

describe('SLIP', () => {
  it('escapes END and ESC and nothing else, between two ENDs', () => {
    const { link: slip } = link('off');
    const whole = packet(flow(), 5);
    const wire = [...slip.encode(whole, 0, whole.length)];
    const expected = [...whole].flatMap((byte) =>
      byte === 0xc0 ? [0xdb, 0xdc] : byte === 0xdb ? [0xdb, 0xdd] : [byte],
    );
    expect(wire).toEqual([0xc0, ...expected, 0xc0]);
  });

  it('delivers any packets, split anywhere, after noise', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 40 }),
        (sizes, step) => {
          const { link: from } = link('off');
          const { link: to, packets } = link('off');
          const sent = sizes.map((size) => packet(flow(), size));
          const wire = Uint8Array.from([
            ...Buffer.from('login: '),
            ...sent.flatMap((bytes) => [...from.encode(bytes, 0, bytes.length)]),
          ]);
          for (let i = 0; i < wire.length; i += step) to.receive(wire.subarray(i, i + step));
          expect(packets).toEqual(sent);
        },
      ),
    );
  });

  it('finds the first packet behind a greeting that no END parts from it', () => {
    const { link: slip, packets } = link('off');
    const whole = packet(flow(), 30);
    slip.receive(Uint8Array.from(Buffer.from('SLiRP Ready ... E=mc2\r\n')));
    slip.receive(link('off').link.encode(whole, 0, whole.length).slice(1));
    expect(packets).toEqual([whole]);
  });

  it('drops what is too long, too short or has a broken header', () => {
    const { link: slip, packets } = link('off', 200);
    slip.receive(new Uint8Array(5000).fill(0x45));
    slip.receive(Uint8Array.of(0xc0, 0x45, 0, 0, 0xc0));
    const broken = packet();
    broken[8] = 63;
    slip.receive(link('off').link.encode(broken, 0, broken.length));
    expect(packets).toEqual([]);
    expect(slip.counters).toMatchObject({ overruns: 1, broken: 2 });
  });
});

describe('CSLIP', () => {
  const conversation = (from: SlipLink, to: SlipLink): { sent: Uint8Array[]; octets: number } => {
    const fields = flow();
    const sent: Uint8Array[] = [];
    let octets = 0;
    for (let i = 0; i < 20; i++) {
      const bytes = packet(fields, 10);
      Object.assign(fields, { seq: (fields.seq + 10) >>> 0, id: fields.id + 1 });
      sent.push(bytes);
      const wire = from.encode(bytes, 0, bytes.length).slice();
      octets += wire.length;
      to.receive(wire);
    }
    return { sent, octets };
  };

  it('compresses headers and restores them', () => {
    const { link: from } = link('on');
    const { link: to, packets } = link('auto');
    const { sent, octets } = conversation(from, to);
    expect(packets).toEqual(sent);
    expect(octets).toBeLessThan(20 * 50 * 0.55);
  });

  it('begins once the peer does, and not before', () => {
    const { link: auto } = link('auto');
    const { link: on } = link('on');
    expect(auto.compressed).toBe(false);
    conversation(on, auto);
    expect(auto.compressed).toBe(true);
    auto.reset();
    expect(auto.compressed).toBe(false);
  });

  it('plain SLIP does not take compressed packets, nor is anybody hurt by garbage', () => {
    const { link: off, packets } = link('off');
    conversation(link('on').link, off);
    expect(packets).toEqual([]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        link('auto').link.receive(Uint8Array.of(0xc0, ...bytes, 0xc0));
      }),
    );
  });
});
