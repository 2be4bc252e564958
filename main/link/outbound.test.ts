import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACK, ahead, SYN } from './packet-view.ts';
import { drain, HOST, put, read, SERVER, SLOW, segment, UNPACED } from './scheduler.test-parts.ts';
import { Scheduler } from './scheduler.ts';
import { tcpSum } from './simulated-packets.ts';

const fromServer = { source: SERVER, destination: HOST, sourcePort: 80, destinationPort: 20_000 };

/** A connection whose far side scales its windows by `scale`; returns the window of its SYN as the LAN sees it. */
function open(scheduler: Scheduler, scale: number): number {
  put(scheduler, segment({ flags: SYN, options: [2, 4, 2, 24, 1, 3, 3, 7] }), 0);
  drain(scheduler, 0, 100);
  return acknowledged(
    scheduler,
    { flags: SYN | ACK, seq: 0, ack: 1, window: 65_535, options: [1, 3, 3, scale] },
    100,
  );
}

/** What the LAN is told by a packet that arrives. */
function acknowledged(scheduler: Scheduler, more: Parameters<typeof segment>[0], now: number): number {
  const packet = segment({ ...fromServer, ...more });
  scheduler.received(packet, 0, packet.length, now);
  expect(tcpSum(packet)).toBe(0xffff);
  return read(packet).window;
}

describe('what a sender of ours may have on its way', () => {
  it('is little from the SYN on, less with many flows, and never more than the far side offers', () => {
    const scheduler = new Scheduler(SLOW);
    const first = open(scheduler, 7);
    expect(first).toBeGreaterThan(4 * 536);
    expect(first).toBeLessThan(8_000);
    expect(acknowledged(scheduler, { ack: 1, window: 500 }, 110) * 128).toBeLessThan(8_000);
    expect(acknowledged(scheduler, { ack: 5_000, window: 3 }, 120)).toBe(3);
    expect(acknowledged(scheduler, { ack: 5_000, window: 0 }, 120)).toBe(0);
    for (let port = 1; port <= 8; port++)
      put(scheduler, segment({ sourcePort: 30_000 + port, seq: 1, payload: 536 }), 130);
    expect(acknowledged(scheduler, { ack: 20_000, window: 500 }, 140) * 128).toBeLessThan(3_000);
  });

  it('is left alone where the line has no rate, and where the beginning was not seen', () => {
    expect(open(new Scheduler(UNPACED), 7)).toBe(65_535);
    expect(acknowledged(new Scheduler(SLOW), { ack: 1, window: 40_000 }, 0)).toBe(40_000);
  });

  it('never shrinks', () => {
    fc.assert(
      fc.property(
        fc.nat(14),
        fc.array(fc.record({ more: fc.nat(3000), room: fc.nat(60_000), flows: fc.nat(3) }), {
          minLength: 1,
          maxLength: 40,
        }),
        (scale, steps) => {
          const scheduler = new Scheduler(SLOW);
          open(scheduler, scale);
          let [now, ack, port] = [200, 0xffffff00, 30_000];
          let [ownEdge, edge] = [ack, null as number | null];
          for (const { more, room, flows } of steps) {
            ack = (ack + more) >>> 0;
            for (let i = 0; i < flows; i++)
              put(scheduler, segment({ sourcePort: port++, payload: 536 }), now);
            const window = Math.min(0xffff, Math.ceil(Math.max(room, ahead(ownEdge, ack)) / 2 ** scale));
            ownEdge = (ack + window * 2 ** scale) >>> 0;
            const told = acknowledged(scheduler, { ack, window }, now);
            const right = (ack + told * 2 ** scale) >>> 0;
            expect(ahead(right, ownEdge)).toBeLessThanOrEqual(0);
            if (edge !== null) expect(ahead(right, edge)).toBeGreaterThanOrEqual(0);
            edge = right;
            now += 100;
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('a segment that its sender repeats while it waits', () => {
  it('goes once; what differs in anything, or has left already, goes', () => {
    const scheduler = new Scheduler(SLOW);
    const data = (more: object) => put(scheduler, segment({ payload: 536, ...more }));
    data({ seq: 1 });
    data({ seq: 537 });
    data({ seq: 537 });
    data({ seq: 537, ack: 2 });
    data({ seq: 537, payload: 400 });
    data({ seq: 537, sourcePort: 20_001 });
    expect(drain(scheduler, 0, 5_000)).toHaveLength(5);
    data({ seq: 537 });
    expect(drain(scheduler, 6_000, 1_000)).toHaveLength(1);
  });
});
