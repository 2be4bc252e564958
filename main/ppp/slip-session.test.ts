import { describe, expect, it } from 'vitest';
import { SlipSession, type SlipSessionConfig } from './slip-session.ts';
import { segment } from './testing/tcp-flow.ts';
import type { PppEvent } from './types.ts';

function end(config: Partial<SlipSessionConfig> = {}) {
  const events: PppEvent[] = [];
  const packets: Uint8Array[] = [];
  const session = new SlipSession(
    {
      local: '10.1.2.3',
      peer: '198.51.100.80',
      dns: [],
      mtu: 1500,
      compression: 'off',
      onlySource: null,
      ...config,
    },
    {
      control: () => {},
      deliver: (packet, offset, length) => packets.push(packet.slice(offset, offset + length)),
      event: (event) => events.push(event),
    },
  );
  return { session, events, packets };
}

/** Text that both ends must carry whole, in `count` segments of one conversation. */
function conversation(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) =>
    segment(
      { source: 1024, seq: 100 * i, ack: 7, id: i, window: 8760 },
      { payload: Uint8Array.from({ length: 100 }, (_, at) => (at * 7 + i) & 0xff) },
    ),
  );
}

describe('a SLIP session', () => {
  it('is up with the carrier and down with it, once each', () => {
    const { session, events } = end({ mtu: 1500 });
    session.receive(Uint8Array.of(0xc0, 1, 0xc0), 0);
    expect(session.encode(new Uint8Array(40), 0, 40, 0)).toHaveLength(0);
    session.lowerUp(0);
    session.lowerUp(0);
    expect(session.isUp).toBe(true);
    expect(events.filter((event) => event.type === 'up')).toMatchObject([
      { up: { local: '10.1.2.3', peer: '198.51.100.80', mtu: 1006, user: null, roundTrips: 0 } },
    ]);
    session.lowerDown(1);
    session.close(1);
    expect(events.filter((event) => event.type === 'down')).toMatchObject([{ reason: 'carrier-lost' }]);
    session.lowerUp(2);
    session.close(2);
    expect(events.at(-1)).toMatchObject({ reason: 'requested' });
    expect(session.nextDeadline()).toBeNull();
  });

  it.each(['off', 'on'] as const)('carries packets (compression %s), a caller’s own only', (compression) => {
    const caller = end({ compression });
    const server = end({ compression: compression === 'on' ? 'auto' : 'off', onlySource: '10.1.2.3' });
    for (const { session } of [caller, server]) session.lowerUp(0);
    expect(server.session.peerSpoke).toBe(false);
    const sent = conversation(10);
    for (const packet of sent)
      server.session.receive(caller.session.encode(packet, 0, packet.length, 0).slice(), 0);
    expect(server.packets).toEqual(sent);
    const stranger = sent[0]?.slice() as Uint8Array;
    stranger.set([10, 1, 2, 4, 198, 51, 100, 79], 12); // the same sums
    server.session.receive(caller.session.encode(stranger, 0, stranger.length, 0).slice(), 0);
    expect(server.packets).toHaveLength(10);
    expect(server.session.peerSpoke).toBe(true);
  });

  it('lets no wrong octet of a compressed conversation through, with no check sequence on the line', () => {
    const sent = new Set(conversation(500).map((packet) => Buffer.from(packet).toString('latin1')));
    let delivered = 0;
    for (let seed = 0; seed < 40; seed++) {
      const from = end({ compression: 'on' });
      const to = end({ compression: 'auto' });
      for (const { session } of [from, to]) session.lowerUp(0);
      for (const [i, packet] of conversation(500).entries()) {
        const wire = from.session.encode(packet, 0, packet.length, 0).slice();
        if (i % 50 === seed)
          wire[seed % wire.length] = (wire[seed % wire.length] as number) ^ (1 << (seed % 8));
        to.session.receive(wire, 0);
      }
      for (const packet of to.packets) expect(sent.has(Buffer.from(packet).toString('latin1'))).toBe(true);
      delivered += to.packets.length;
    }
    expect(delivered).toBeGreaterThan(40);
  });
});
