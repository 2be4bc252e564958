import { describe, expect, it } from 'vitest';
import { PppSession } from '../ppp/session.ts';
import { AccessServer } from './access-server.ts';
import { packet } from './caller.fixture.ts';
import { Exchange } from './exchange.ts';
import { answering } from './hayes-settings.ts';
import { SimulatedTime } from './simulated-time.fixture.ts';
import type { Station, Terminal } from './station.ts';

const RATE = 33_600;
const QUEUE = 12_000;

/** A caller with PPP on a 33.6 kbit/s line to an access server, all in simulated time. */
function town(password = 'secret') {
  const time = new SimulatedTime();
  const exchange = new Exchange({
    clock: time.clock(),
    rate: RATE,
    delayMs: 20,
    bufferBytes: 2048,
    random: () => 0.5,
  });
  const arrived: { at: number; length: number }[] = [];
  const internet: Uint8Array[] = [];
  const ends: string[] = [];
  let local = '';
  let count = 0;
  const random = (bytes: number) =>
    Uint8Array.from({ length: bytes }, () => (count = (count * 5 + 17) & 255));
  const server = new AccessServer({
    service: 'ppp',
    clock: time.clock(),
    ppp: {
      name: 'server',
      local: '10.0.0.1',
      dns: [],
      wins: [],
      authentication: ['pap'],
      secret: () => 'secret',
      mru: 1500,
      mtu: 1500,
      lineRate: RATE,
      vj: false,
      deflate: false,
    },
    assign: () => '10.0.0.2',
    checkLogin: () => false,
    queueBytes: QUEUE,
    random,
    onPacket: (bytes, offset, length) => internet.push(bytes.slice(offset, offset + length)),
  });
  server.attach(exchange.plug(server, '555-0100', answering()));

  let station: Station | null = null;
  const alarm = time.clock();
  const client = new PppSession(
    {
      role: 'client',
      user: 'me',
      password,
      dns: false,
      mru: 1500,
      mtu: 1500,
      lineRate: RATE,
      vj: false,
      deflate: false,
    },
    {
      control: (frame) => station?.send(frame.slice()),
      deliver: (_packet, _offset, length) => arrived.push({ at: time.now, length }),
      event: (event) => {
        if (event.type === 'up') local = event.up.local;
        if (event.type === 'down') ends.push(event.reason);
      },
    },
    random,
  );
  const after = () => {
    alarm.alarm(client.nextDeadline(), () => {
      client.advance(time.now);
      after();
    });
  };
  const terminal: Terminal = {
    room: () => 1e6,
    fromModem: (bytes) => {
      client.receive(bytes, time.now);
      after();
    },
    ready: () => {},
    carrierDetect: (on) => {
      if (on) client.lowerUp(time.now);
      else client.lowerDown(time.now);
      after();
    },
    portRate: () => 115_200,
  };
  station = exchange.plug(terminal);
  station.send(Buffer.from('ATDT5550100\r'));
  time.run(10_000);
  const send = (bytes: Uint8Array) => {
    station?.send(client.encode(bytes, 0, bytes.length, time.now).slice());
  };
  return { time, exchange, server, client, station, arrived, internet, ends, send, local: () => local };
}

describe('an access server', () => {
  it('queues a few seconds of line and drops what comes on top', () => {
    const t = town();
    expect(t.local()).toBe('10.0.0.2');
    expect(t.server.address).toBe('10.0.0.2');
    const big = packet('198.51.100.80', '10.0.0.2', 1000);
    const began = t.time.now;
    for (let i = 0; i < 40; i += 1) t.server.send(big, 0, big.length);
    t.time.run(30_000);
    // The queue, what the modem's buffer took at once, and the one that was on its way into it.
    expect(t.arrived.length).toBeGreaterThanOrEqual(QUEUE / 1000);
    expect(t.arrived.length).toBeLessThanOrEqual(QUEUE / 1000 + 3);
    const seconds = ((t.arrived.at(-1)?.at ?? 0) - began) / 1000;
    expect((t.arrived.length * 1000 * 8) / seconds).toBeGreaterThan(RATE * 0.9);
    expect((t.arrived.length * 1000 * 8) / seconds).toBeLessThanOrEqual(RATE);
  });

  it('passes on what comes from the address it gave, and nothing else', () => {
    const t = town();
    const good = packet('10.0.0.2', '198.51.100.80', 60);
    t.send(packet('10.0.0.3', '198.51.100.80', 60));
    t.send(good);
    t.time.run(1_000);
    expect(t.internet).toEqual([good]);
  });

  it('lets its last words cross the line before it hangs up', () => {
    const t = town('guess');
    t.time.run(10_000);
    expect(t.ends).toEqual(['wrong-password']);
    expect(t.server.address).toBeNull();
    expect(t.exchange.callsUp).toBe(0);
    expect(t.station?.modem.state).toBe('command');
  });

  it('forgets a caller whose carrier is lost, and takes the next call', () => {
    const t = town();
    t.server.send(packet('198.51.100.80', '10.0.0.2', 1000), 0, 1000);
    t.exchange.dropCarrier();
    t.time.run(3_000);
    expect(t.ends).toEqual(['carrier-lost']);
    expect(t.server.address).toBeNull();
    t.arrived.length = 0;
    t.station?.send(Buffer.from('ATDT5550100\r'));
    t.time.run(10_000);
    expect(t.server.address).toBe('10.0.0.2');
    expect(t.arrived).toEqual([]);
  });
});
