import { describe, expect, it } from 'vitest';
import { SimulatedLine } from './testing/simulated-line.ts';
import type { AuthMethod, PppPhase } from './types.ts';

/** An IPv4 packet of `length` octets whose content tells which one it is. */
function packet(from: string, to: string, length: number, mark: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(mark & 0xff, 20);
  bytes.set([0x45, 0, length >>> 8, length & 0xff, mark >>> 8, mark & 0xff, 0, 0, 64, 17, 0, 0]);
  bytes.set(from.split('.').map(Number), 12);
  bytes.set(to.split('.').map(Number), 16);
  return bytes;
}

const METHODS: [AuthMethod[], string][] = [
  [[], 'none'],
  [['pap'], 'PAP'],
  [['chap-md5'], 'CHAP-MD5'],
  [['mschap'], 'MS-CHAP'],
  [['mschap-v2'], 'MS-CHAP-V2'],
];

describe.each(METHODS)('client and server with authentication %j', (authentication, name) => {
  it('come up in the fewest round trips and agree on everything', () => {
    const line = new SimulatedLine({}, { authentication }).connect().runUntilUp();
    expect(line.client.up).toEqual({
      local: '203.0.113.64',
      peer: '203.0.113.1',
      dns: ['198.51.100.53', '198.51.100.54'],
      mtu: 1500,
      authentication: name,
      compression: ['VJ', 'PFC', 'ACFC'],
      user: name === 'none' ? null : 'ann',
      roundTrips: 3,
    });
    expect(line.server.up).toMatchObject({
      local: '203.0.113.1',
      peer: '203.0.113.64',
      user: name === 'none' ? null : 'ann',
    });
    expect(line.now).toBeLessThan(800);
  });

  it('carry packets both ways and hang up politely', () => {
    const line = new SimulatedLine({}, { authentication }).connect().runUntilUp();
    const out = Array.from({ length: 20 }, (_, i) => packet('203.0.113.64', '198.51.100.80', 20 + 74 * i, i));
    const back = out.map((_, i) => packet('198.51.100.80', '203.0.113.64', 1500 - i, i));
    for (const bytes of out) line.send(line.client, bytes);
    for (const bytes of back) line.send(line.server, bytes);
    line.run(20_000);
    expect(line.server.packets).toEqual(out);
    expect(line.client.packets).toEqual(back);
    line.client.session.close(line.now);
    line.runUntilDown();
    expect(line.client.down).toMatchObject({ reason: 'requested' });
    expect(line.server.down).toMatchObject({ reason: 'peer-closed', detail: 'User request' });
    expect(line.client.log.filter((text) => text.includes('sent LCP Terminate-Request'))).toHaveLength(1);
  });
});

describe('phases', () => {
  it('are told in order', () => {
    const line = new SimulatedLine().connect().runUntilUp();
    line.client.session.close(line.now);
    line.runUntilDown();
    const phases = line.client.events.flatMap((event) => (event.type === 'phase' ? [event.phase] : []));
    expect(phases).toEqual<PppPhase[]>(['establish', 'authenticate', 'network', 'open', 'terminate', 'dead']);
  });

  it('serve call after call', () => {
    const line = new SimulatedLine();
    for (let call = 0; call < 3; call++) {
      line.connect().runUntilUp();
      expect(line.client.session.isUp).toBe(true);
      line.drop();
      expect(line.client.down).toMatchObject({ reason: 'carrier-lost' });
      expect(line.client.session.nextDeadline()).toBeNull();
      line.now += 1000;
    }
  });

  it('give up after two Terminate-Requests nobody answers', () => {
    const line = new SimulatedLine().connect().runUntilUp();
    line.server.session.lowerDown(line.now);
    line.client.session.close(line.now);
    line.run(30_000);
    expect(line.client.down).toMatchObject({ reason: 'requested' });
    expect(line.client.log.filter((text) => text.includes('Terminate-Request'))).toHaveLength(2);
  });

  it('encode nothing before the link is open', () => {
    const line = new SimulatedLine().connect();
    expect(line.client.session.encode(packet('1.1.1.1', '2.2.2.2', 60, 1), 0, 60, 0)).toHaveLength(0);
  });
});

describe('terms', () => {
  it('the smaller MRU rules what is sent', () => {
    const line = new SimulatedLine({ mru: 296 }, { mtu: 1500 }).connect().runUntilUp();
    expect(line.server.up?.mtu).toBe(296);
    expect(line.client.up?.mtu).toBe(1500);
    expect(
      line.server.session.encode(packet('1.1.1.1', '203.0.113.64', 297, 1), 0, 297, line.now),
    ).toHaveLength(0);
  });

  it('VJ and Deflate only if both want them', () => {
    const off = new SimulatedLine({ vj: false, deflate: true }, { vj: true, deflate: false })
      .connect()
      .runUntilUp();
    expect(off.client.up?.compression).toEqual(['PFC', 'ACFC']);
    const on = new SimulatedLine({ deflate: true }, { deflate: true }).connect().runUntilUp();
    expect(on.client.up?.compression).toEqual(['VJ', 'PFC', 'ACFC', 'Deflate']);
  });

  it('an ACCM for XON/XOFF keeps both characters off the line', () => {
    const line = new SimulatedLine({}, { accm: 0x000a0000 }).connect().runUntilUp();
    const bytes = packet('203.0.113.64', '198.51.100.80', 600, 0x11);
    bytes.set([0x11, 0x13, 0x91, 0x93], 30);
    const frame = line.client.session.encode(bytes, 0, 600, line.now).slice();
    expect(frame.includes(0x11) || frame.includes(0x13)).toBe(false);
    line.transmit(line.client, frame);
    line.run(5_000);
    expect(line.server.packets).toEqual([bytes]);
  });

  it('a leading flag only after the line was idle', () => {
    const line = new SimulatedLine().connect().runUntilUp();
    line.run(500);
    const bytes = packet('203.0.113.64', '198.51.100.80', 100, 1);
    const first = line.client.session.encode(bytes, 0, 100, line.now).slice();
    const second = line.client.session.encode(bytes, 0, 100, line.now).slice();
    expect([first[0], second[0] === 0x7e, second.at(-1)]).toEqual([0x7e, false, 0x7e]);
  });
});

describe('server policy', () => {
  it('falls to the next authentication the caller can do', () => {
    const line = new SimulatedLine({}, { authentication: ['mschap-v2', 'pap'] }).connect().runUntilUp();
    expect(line.client.up?.authentication).toBe('MS-CHAP-V2');
  });

  it('refuses the wrong password, and both ends know why', () => {
    for (const authentication of [['pap'], ['chap-md5'], ['mschap-v2']] as AuthMethod[][]) {
      const line = new SimulatedLine({ password: 'wrong' }, { authentication }).connect().runUntilDown();
      expect(line.client.down?.reason).toBe('wrong-password');
      expect(line.server.down).toMatchObject({ reason: 'wrong-password', detail: 'caller "ann"' });
      expect(line.client.up).toBeUndefined();
    }
  });

  it('has a sentence when no address is left', () => {
    const line = new SimulatedLine({}, { assign: () => null }).connect().runUntilDown();
    expect(line.server.down?.reason).toBe('no-address');
  });

  it('drops packets a caller sends from an address not its own', () => {
    const line = new SimulatedLine().connect().runUntilUp();
    line.send(line.client, packet('10.0.0.5', '198.51.100.80', 100, 1));
    const own = packet('203.0.113.64', '198.51.100.80', 100, 2);
    line.send(line.client, own);
    line.run(5_000);
    expect(line.server.packets).toEqual([own]);
  });
});
