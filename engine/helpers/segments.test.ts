// Segments of a stream that is read, on the wire: what points at other bytes points at the same ones after a change.
import { describe, expect, it } from 'vitest';
import { HOST1, Lab, OUTSIDE, type Packet, SERVER, type SegmentFacts, tcp } from '../masquerade/lab.ts';
import { get16, get32 } from '../packet/bytes.ts';
import { ACK, FIN, PSH, RST, SYN, URG } from '../packet/tcp.ts';
import type { Helper } from './helper.ts';

/** Every `a` from inside becomes `AAA`; lines that have not ended are held. */
const grower: Helper = {
  name: 'grower',
  title: 'Grower',
  opens: 'Nothing.',
  on: true,
  transports: [
    {
      protocol: 'tcp',
      ports: [4444],
      begins: () => true,
      open: () => ({
        kind: 'stream',
        read(_direction, { bytes, start, end, replace }) {
          const done = bytes.subarray(0, end).lastIndexOf(10) + 1;
          for (let i = start; i < done; i++)
            if (bytes[i] === 97) replace(i, i + 1, Uint8Array.of(65, 65, 65));
          return Math.max(0, done - start);
        },
      }),
    },
  ],
};

class Wire {
  readonly lab = new Lab({}, 1, [grower]).up();
  constructor() {
    this.out({ flags: SYN, sequence: 100 });
    this.in({ flags: SYN | ACK, sequence: 900, acknowledgement: 101 });
  }
  out(facts: SegmentFacts): Packet[] {
    return this.lab.out(tcp(HOST1, 40_000, SERVER, 4444, { acknowledgement: 901, ...facts }));
  }
  in(facts: SegmentFacts): Packet[] {
    return this.lab.in(tcp(SERVER, 4444, OUTSIDE, 40_000, { sequence: 901, ...facts }));
  }
}
const urgent = (packet?: Packet) => get16(packet?.bytes ?? new Uint8Array(40), 38);
const sack = (left: number, right: number) => [
  1,
  1,
  5,
  10,
  ...[left, right].flatMap((edge) => [edge >>> 24, (edge >>> 16) & 255, (edge >>> 8) & 255, edge & 255]),
];

describe('segments', () => {
  it('data in a SYN is left to its sender to repeat, and then read', () => {
    const lab = new Lab({}, 1, [grower]).up();
    const [syn] = lab.out(tcp(HOST1, 40_000, SERVER, 4444, { flags: SYN, sequence: 100, payload: 'a\n' }));
    expect(syn).toMatchObject({ sequence: 100, payload: '' });
    lab.in(tcp(SERVER, 4444, OUTSIDE, 40_000, { flags: SYN | ACK, sequence: 900, acknowledgement: 101 }));
    const again = tcp(HOST1, 40_000, SERVER, 4444, { sequence: 101, acknowledgement: 901, payload: 'a\n' });
    expect(lab.out(again)).toMatchObject([{ sequence: 101, payload: 'AAA\n' }]);
  });
  it('the urgent pointer stays at its byte, before, in and after a change', () => {
    const wire = new Wire();
    wire.out({ sequence: 101, payload: 'a\n' });
    const [after] = wire.out({ sequence: 103, payload: 'x\n', flags: ACK | URG, urgent: 2 });
    expect([after?.sequence, urgent(after)]).toEqual([105, 2]);
    const [changed] = wire.out({ sequence: 105, payload: 'ax\n', flags: ACK | URG, urgent: 3 });
    expect([changed?.payload, urgent(changed)]).toEqual(['AAAx\n', 5]);
    const [empty] = wire.out({ sequence: 108, flags: ACK | URG, urgent: 4 });
    expect([empty?.sequence, urgent(empty)]).toEqual([112, 4]);
  });
  it('of a held line an urgent pointer beyond it still points there', () => {
    const wire = new Wire();
    wire.out({ sequence: 101, payload: 'aa\nhalf' });
    const [pointed] = wire.out({ sequence: 108, flags: ACK | URG, urgent: 1 });
    expect([pointed?.sequence, urgent(pointed)]).toEqual([108, 5]);
  });
  it('selective acknowledgements never claim what has not come whole', () => {
    const wire = new Wire();
    wire.out({ sequence: 101, payload: 'xa\n' });
    wire.out({ sequence: 104, payload: 'yy\n' });
    // The receiver's count: x 101, AAA 102-104, end of line 105, then 106-108.
    const edges = (left: number, right: number) => {
      const [ack] = wire.in({ acknowledgement: 101, options: sack(left, right) });
      const b = ack?.bytes ?? new Uint8Array(60);
      return [get32(b, 44), get32(b, 48)];
    };
    expect(edges(106, 109)).toEqual([104, 107]);
    expect(edges(103, 109)).toEqual([103, 107]);
    expect(edges(101, 104)).toEqual([101, 102]);
    expect(edges(102, 109)).toEqual([102, 107]);
  });
  it('switched off, nothing is held or dropped any more, also ahead of a gap; what was shifted stays shifted', () => {
    for (const shift of [0, 2]) {
      const wire = new Wire();
      wire.out({ sequence: 101, payload: shift === 0 ? 'x\n' : 'a\n' });
      expect(wire.out({ sequence: 110, payload: 'ahead' })).toEqual([]);
      wire.lab.configure({ helpers: { grower: { on: false, ports: [] } } });
      const said = [
        wire.out({ sequence: 110, payload: 'ahead, a\n' }),
        wire.out({ sequence: 103, payload: 'a half' }),
      ];
      expect(said.flat().map(({ sequence, payload }) => [sequence - shift, payload])).toEqual([
        [110, 'ahead, a\n'],
        [103, 'a half'],
      ]);
      const [ack] = wire.in({ acknowledgement: 119 + shift });
      expect(ack?.acknowledgement).toBe(119);
    }
  });
  it('a FIN takes what is held with it, a RST too; both are numbered as the receiver counts', () => {
    for (const flags of [FIN | ACK, RST | ACK]) {
      const wire = new Wire();
      wire.out({ sequence: 101, payload: 'a\nhalf', flags: ACK | PSH });
      const sent = wire.out({ sequence: 107, flags });
      expect(sent.map(({ sequence, payload }) => [sequence, payload])).toEqual([[105, 'half']]);
      expect(sent[0]?.flags).toBe(flags);
    }
  });
  it('a grown segment goes on in pieces that fit, the marks of its end on the last', () => {
    const wire = new Wire();
    const sent = wire.out({
      sequence: 101,
      payload: `${'a'.repeat(200)}${'x'.repeat(1200)}\n`,
      flags: ACK | PSH,
    });
    expect(sent.map(({ payload }) => payload).join('')).toBe(`${'A'.repeat(600)}${'x'.repeat(1200)}\n`);
    expect(Math.max(...sent.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(1500);
    expect(sent.map(({ flags }) => flags & PSH)).toEqual([0, PSH]);
  });
});
