import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACK, ahead, SYN } from './packet-view.ts';
import { drain, HOST, put, read, SERVER, SLOW, segment } from './scheduler.test-parts.ts';
import { Scheduler } from './scheduler.ts';
import { tcpSum } from './simulated-packets.ts';

describe('windows', () => {
  const synOptions = (scale: number) => [2, 4, 2, 24, 1, 3, 3, scale];

  /** A connection as far as its handshake; returns what left. */
  function open(scheduler: Scheduler, scale: number, peerScales = true): Uint8Array[] {
    put(scheduler, segment({ seq: 0, ack: 0, flags: SYN, window: 65_535, options: synOptions(scale) }), 0);
    const syn = drain(scheduler, 0, 100);
    const answer = segment({
      source: SERVER,
      destination: HOST,
      sourcePort: 80,
      destinationPort: 20_000,
      seq: 0,
      ack: 1,
      flags: SYN | ACK,
      window: 65_535,
      ...(peerScales ? { options: [1, 3, 3, 7] } : {}),
    });
    scheduler.received(answer, 0, answer.length, 120);
    return syn.map(({ packet }) => packet);
  }

  it('are clamped from the SYN on, at most a few segments', () => {
    const scheduler = new Scheduler(SLOW);
    const [syn] = open(scheduler, 7);
    expect(read(syn as Uint8Array).window).toBeLessThanOrEqual(4 * 536);
    put(scheduler, segment({ window: 512 }), 130);
    const [ack] = drain(scheduler, 130, 100);
    expect(read(ack?.packet as Uint8Array).window * 128).toBeLessThan(5 * 536);
  });

  it('are not scaled if the far side did not offer it', () => {
    const scheduler = new Scheduler(SLOW);
    open(scheduler, 7, false);
    put(scheduler, segment({ window: 30_000 }), 130);
    const [ack] = drain(scheduler, 130, 100);
    const { window } = read(ack?.packet as Uint8Array);
    expect(window).toBeGreaterThan(536);
    expect(window).toBeLessThan(4 * 536);
  });

  it('of connections that were under way before are left alone', () => {
    const scheduler = new Scheduler(SLOW);
    put(scheduler, segment({ window: 40_000 }), 0);
    expect(read(drain(scheduler, 0, 100)[0]?.packet as Uint8Array).window).toBe(40_000);
  });

  it('never shrink, never exceed the receiver’s own, and keep the checksum true', () => {
    fc.assert(
      fc.property(
        fc.nat(14),
        fc.array(
          fc.record({ more: fc.nat(3000), room: fc.nat(60_000), wait: fc.nat(3_000), arrives: fc.nat(3) }),
          {
            minLength: 1,
            maxLength: 40,
          },
        ),
        (scale, steps) => {
          const scheduler = new Scheduler(SLOW);
          open(scheduler, scale);
          let now = 200;
          let ack = 0xffffff00;
          let ownEdge = ack;
          let edge: number | null = null;
          for (const { more, room, wait, arrives } of steps) {
            ack = (ack + more) >>> 0;
            for (let i = 0; i < arrives; i++) {
              const data = segment({
                source: SERVER,
                destination: HOST,
                sourcePort: 80,
                destinationPort: 20_000,
                seq: (ack + i * 536) >>> 0,
                payload: 536,
              });
              scheduler.received(data, 0, data.length, now);
            }
            // A receiver does not shrink its window either.
            const wanted = Math.max(room, ahead(ownEdge, ack));
            const window = Math.min(0xffff, Math.ceil(wanted / 2 ** scale));
            ownEdge = (ack + window * 2 ** scale) >>> 0;
            put(scheduler, segment({ ack, window }), now);
            for (const { packet } of drain(scheduler, now, wait)) {
              expect(tcpSum(packet)).toBe(0xffff);
              const seen = read(packet);
              const right = (seen.ack + seen.window * 2 ** scale) >>> 0;
              expect(ahead(right, ownEdge)).toBeLessThanOrEqual(0);
              if (edge !== null) expect(ahead(right, edge)).toBeGreaterThanOrEqual(0);
              edge = right;
            }
            now += wait + 1;
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
