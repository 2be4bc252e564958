// The machinery under the helpers, with helpers made for the test: datagrams, pairs of ports, followers, GRE, bounds.
import { describe, expect, it } from 'vitest';
import { HOST1, HOST2, ip, Lab, OTHER, OUTSIDE, SERVER, tcp, udp } from '../masquerade/lab.ts';
import { get16 } from '../packet/bytes.ts';
import { ACK, SYN } from '../packet/tcp.ts';
import {
  type Chunk,
  FROM_INSIDE,
  FROM_OUTSIDE,
  type Helper,
  type HelperContext,
  type Transport,
} from './helper.ts';

const text = (chunk: Chunk) => String.fromCharCode(...chunk.bytes.subarray(chunk.start, chunk.end));
const bytes = (from: string) => Uint8Array.from(from, (char) => char.charCodeAt(0));

/** One way to speak, at one port. */
const one = (protocol: 'tcp' | 'udp', port: number, open: Transport['open']): readonly Transport[] => [
  { protocol, ports: [port], begins: () => true, open },
];

/** Datagrams to port 9999: `p<port>` awaits one, `r<port>` a pair, `drop` is dropped; the number is replaced by the outside one. */
const announcer: Helper = {
  name: 'announcer',
  title: 'Announcer',
  opens: 'What it is told.',
  on: true,
  transports: one('udp', 9999, () => ({
    kind: 'datagram',
    read(direction, chunk, context) {
      const said = text(chunk);
      if (said === 'drop') return false;
      const match = /^([pr])(\d+)$/.exec(said);
      if (!match || direction !== FROM_INSIDE) return true;
      const expected = {
        protocol: 'udp' as const,
        insidePort: Number(match[2]),
        remote: null,
        remotePort: 0,
        seconds: 60,
        count: 2,
      };
      const port = match[1] === 'p' ? context.expect(expected) : context.expectPair(expected);
      if (port === null) return true;
      context.used();
      chunk.replace(chunk.start + 1, chunk.end, bytes(`${port}!`));
      return true;
    },
  })),
};

/** A stream to port 1723 in which one byte maps a Call ID and another opens it. */
const caller: Helper = {
  name: 'caller',
  title: 'Caller',
  opens: 'A call.',
  on: true,
  transports: one('tcp', 1723, () => ({
    kind: 'stream',
    read(direction: number, chunk: Chunk, context: HelperContext) {
      if (direction === FROM_INSIDE) {
        const id = context.mapCall(7);
        if (id !== null) chunk.replace(chunk.start, chunk.end, bytes(String(id)));
      } else context.openCall(7, 99);
      return chunk.end - chunk.start;
    },
  })),
};

/** Awaits a stream on port 4000 that is itself read: its text is doubled. */
const follower: Helper = {
  name: 'follower',
  title: 'Follower',
  opens: 'Another.',
  on: true,
  transports: one('tcp', 4444, () => ({
    kind: 'stream',
    read(_direction, chunk, context) {
      const doubled = () => ({
        kind: 'stream' as const,
        read(direction: number, inner: Chunk) {
          if (direction === FROM_OUTSIDE)
            inner.replace(inner.start, inner.end, bytes(text(inner) + text(inner)));
          return inner.end - inner.start;
        },
      });
      context.expect({
        protocol: 'tcp',
        insidePort: 4000,
        remote: SERVER_NUMBER,
        remotePort: 0,
        seconds: 60,
        count: 1,
        follow: doubled,
      });
      return chunk.end - chunk.start;
    },
  })),
};
const SERVER_NUMBER = (198 << 24) | (51 << 16) | (100 << 8) | 80;

const lab = (helpers: Helper[]) => new Lab({}, 1, helpers).up();
const gre = (call: number) =>
  Uint8Array.of(0x30, 0x81, 0x88, 0x0b, 0, 4, call >> 8, call & 255, 0, 0, 0, 1, 1, 2, 3, 4);

describe('datagrams', () => {
  it('are rewritten at another length; the awaited come from anybody, as often as allowed', () => {
    const one = lab([announcer]);
    one.out(udp(HOST2, 6100, SERVER, 1));
    const [sent] = one.out(udp(HOST1, 5000, SERVER, 9999, 'p6100'));
    const port = Number(/^p(\d+)!$/.exec(sent?.payload ?? '')?.[1]);
    expect(port).not.toBe(6100);
    expect(one.in(udp(OTHER, 1, OUTSIDE, port))).toMatchObject([
      { destination: HOST1, destinationPort: 6100 },
    ]);
    expect(one.in(udp('198.51.100.90', 1, OUTSIDE, port))).toHaveLength(1);
    expect(one.in(udp('198.51.100.91', 1, OUTSIDE, port))).toHaveLength(0);
  });
  it('a pair is adjacent, the even one first, also when its ports are taken', () => {
    const one = lab([announcer]);
    expect(one.out(udp(HOST1, 5000, SERVER, 9999, 'r6100'))[0]?.payload).toBe('r6100!');
    const [sent] = one.out(udp(HOST2, 5000, SERVER, 9999, 'r6100'));
    const port = Number(/^r(\d+)!$/.exec(sent?.payload ?? '')?.[1]);
    expect(port % 2).toBe(0);
    expect(port).not.toBe(6100);
    expect(one.in(udp(OTHER, 1, OUTSIDE, port + 1))).toMatchObject([
      { destination: HOST2, destinationPort: 6101 },
    ]);
    expect(one.in(udp(OTHER, 1, OUTSIDE, 6101))).toMatchObject([
      { destination: HOST1, destinationPort: 6101 },
    ]);
  });
  it('can be dropped, and low ports are never opened', () => {
    const one = lab([announcer]);
    expect(one.out(udp(HOST1, 5000, SERVER, 9999, 'drop'))).toHaveLength(0);
    expect(one.out(udp(HOST1, 5000, SERVER, 9999, 'p22'))[0]?.payload).toBe('p22');
    expect(one.router.helperStates()[0]).toMatchObject({
      hits: 0,
      refusals: [{ reason: 'a port below 1024 was asked for', count: 1 }],
    });
  });
  it('one client’s many sessions await a bounded number, and leave the others theirs', () => {
    const one = lab([announcer]);
    for (let session = 0; session < 20; session++) {
      for (let i = 0; i < 20; i++) one.out(udp(HOST1, 5000 + session, SERVER, 9999, `p${6100 + i}`));
      one.pass(1000);
    }
    const state = () => one.router.helperStates()[0];
    expect(state()?.expectations).toBe(128);
    expect(state()?.refusals).toContainEqual({
      reason: 'too many sessions were awaited at once',
      count: 20 * 20 - 128,
    });
    expect(one.out(udp(HOST2, 5000, SERVER, 9999, 'p7000'))[0]?.payload).toBe('p7000!');
    one.router.cut(HOST1, one.now);
    expect(state()?.expectations).toBe(1);
  });
  it('leave nothing behind', () => {
    const one = lab([announcer]);
    one.out(udp(HOST1, 5000, SERVER, 9999, 'r6100'));
    one.pass(700_000);
    expect([one.counter('mappings'), one.counter('sessions')]).toEqual([0, 0]);
  });
});

function open(one: Lab, host: string, port: number, mapped = 40_000): void {
  one.out(tcp(host, 40_000, SERVER, port, { flags: SYN, sequence: 100 }));
  one.in(tcp(SERVER, port, OUTSIDE, mapped, { flags: SYN | ACK, sequence: 900, acknowledgement: 101 }));
}

describe('GRE by Call ID', () => {
  it('two clients with the same Call ID talk to one server', () => {
    const one = lab([caller]);
    const ids: number[] = [];
    for (const host of [HOST1, HOST2]) {
      const mapped =
        one.out(tcp(host, 40_000, SERVER, 1723, { flags: SYN, sequence: 100 }))[0]?.sourcePort ?? 0;
      one.in(tcp(SERVER, 1723, OUTSIDE, mapped, { flags: SYN | ACK, sequence: 900, acknowledgement: 101 }));
      const [sent] = one.out(
        tcp(host, 40_000, SERVER, 1723, { sequence: 101, acknowledgement: 901, payload: '?' }),
      );
      ids.push(Number(sent?.payload));
      one.in(
        tcp(SERVER, 1723, OUTSIDE, mapped, {
          sequence: 901,
          acknowledgement: 101 + String(ids.at(-1)).length,
          payload: '!',
        }),
      );
    }
    expect(new Set(ids).size).toBe(2);
    const [first] = one.in(ip(47, SERVER, OUTSIDE, gre(ids[0] as number)));
    expect(first?.destination).toBe(HOST1);
    expect(get16(first?.bytes ?? new Uint8Array(40), 26)).toBe(7);
    expect(one.in(ip(47, SERVER, OUTSIDE, gre(ids[1] as number)))).toMatchObject([{ destination: HOST2 }]);
    expect(one.out(ip(47, HOST1, SERVER, gre(99)))).toMatchObject([{ source: OUTSIDE }]);
    one.router.cut(HOST1, one.now);
    expect(one.in(ip(47, SERVER, OUTSIDE, gre(ids[0] as number)))).toHaveLength(0);
  });
});

describe('followers', () => {
  it('an awaited stream is read by the helper that awaited it, and is its child', () => {
    const one = lab([follower]);
    open(one, HOST1, 4444);
    one.out(tcp(HOST1, 40_000, SERVER, 4444, { sequence: 101, acknowledgement: 901, payload: 'go' }));
    expect(one.in(tcp(SERVER, 77, OUTSIDE, 4000, { flags: SYN, sequence: 10 }))).toMatchObject([
      { destination: HOST1, destinationPort: 4000 },
    ]);
    one.out(tcp(HOST1, 4000, SERVER, 77, { flags: SYN | ACK, sequence: 50, acknowledgement: 11 }));
    const [read] = one.in(
      tcp(SERVER, 77, OUTSIDE, 4000, { sequence: 11, acknowledgement: 51, payload: 'abc' }),
    );
    expect(read?.payload).toBe('abcabc');
    const [acked] = one.out(tcp(HOST1, 4000, SERVER, 77, { sequence: 51, acknowledgement: 17 }));
    expect(acked?.acknowledgement).toBe(14);
  });
});
