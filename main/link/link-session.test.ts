// The real PPP at both ends of a modelled line, the real scheduler between: comes up, carries packets, follows the rate.
import { describe, expect, it } from 'vitest';
import { PppSession } from '../ppp/session.ts';
import { type LinkEnd, LinkSession } from './link-session.ts';
import type { CallPart } from './parts.ts';
import { Scheduler } from './scheduler.ts';
import { PPP_CLIENT, PPP_SERVER, ScriptedClock } from './scripted-parts.ts';
import { randomSource } from './simulated-line.ts';
import { tcpPacket } from './simulated-packets.ts';

/** One end of a full-duplex line of `rate` octets a second and `delay` ms, which takes whatever it is given. */
class WireEnd implements CallPart {
  readonly line = { pendingBytes: 0 };
  readonly carrierRate: number;
  readonly transmitRate: number;
  readonly portRate = 115_200;
  readonly connectText = 'CONNECT';
  readonly errorCorrected = true;
  readonly compressed = false;
  onData: ((bytes: Uint8Array) => void) | null = null;
  onLost: CallPart['onLost'] = null;
  other: WireEnd | null = null;
  /** Longest time an octet waited before the line took it, ms. */
  longestWait = 0;
  octets = 0;
  #freeAt = 0;
  readonly #clock: ScriptedClock;
  readonly #rate: number;
  readonly #delay: number;

  constructor(clock: ScriptedClock, rate: number, delay: number) {
    this.#clock = clock;
    this.#rate = rate;
    this.#delay = delay;
    this.carrierRate = rate * 8;
    this.transmitRate = rate * 8;
  }

  write(bytes: Uint8Array): void {
    const now = this.#clock.now();
    const begins = Math.max(this.#freeAt, now);
    this.longestWait = Math.max(this.longestWait, begins - now);
    this.#freeAt = begins + (bytes.length / this.#rate) * 1000;
    this.octets += bytes.length;
    const copy = bytes.slice();
    this.#clock.after(this.#freeAt - now + this.#delay, () => this.other?.onData?.(copy));
  }

  async hangUp(): Promise<void> {}
}

function connect(trueRate: number, nominal: number | null) {
  const clock = new ScriptedClock();
  const near = new WireEnd(clock, trueRate, 40);
  const far = new WireEnd(clock, trueRate, 40);
  near.other = far;
  far.other = near;
  const ends: LinkEnd[] = [];
  const arrived: Uint8Array[] = [];
  const random = (seed: number) => {
    const next = randomSource(seed);
    return (bytes: number) => Uint8Array.from({ length: bytes }, () => Math.floor(next() * 256));
  };
  const scheduler = new Scheduler({
    octetsPerSecond: nominal,
    octetsPerSecondDown: nominal,
    fastestOctetsPerSecond: 11_520,
    mtu: 576,
  });
  const sink = (into: Uint8Array[], ended: LinkEnd[]) => ({
    packet: (buffer: Uint8Array, offset: number, length: number) => {
      into.push(buffer.slice(offset, offset + length));
    },
    event: () => {},
    ended: (end: LinkEnd) => {
      ended.push(end);
    },
  });
  const session = new LinkSession(
    near,
    clock,
    scheduler,
    sink([], ends),
    (to) => new PppSession(PPP_CLIENT, to, random(1)),
  );
  const provider = new LinkSession(
    far,
    clock,
    new Scheduler({
      octetsPerSecond: null,
      octetsPerSecondDown: null,
      fastestOctetsPerSecond: 11_520,
      mtu: 1500,
    }),
    sink(arrived, []),
    (to) => new PppSession(PPP_SERVER, to, random(2)),
  );
  provider.start();
  session.start();
  return { clock, near, session, scheduler, arrived, ends };
}

function bulk(seq: number): Uint8Array {
  const packet = tcpPacket({
    source: 0xcb007140,
    destination: 0xc6336450,
    sourcePort: 20_000,
    destinationPort: 80,
    seq,
    ack: 1,
    flags: 0x10,
    window: 500,
    payload: 536,
  });
  // Payload that cannot be told from random: escapes cost what they cost.
  const next = randomSource(seq);
  for (let i = 40; i < packet.length; i++) packet[i] = Math.floor(next() * 256);
  return packet;
}

describe('a link over real PPP', () => {
  it('comes up, carries packets whole and in order, and says goodbye', async () => {
    const { clock, session, arrived, ends } = connect(4200, 4200);
    await clock.pass(3_000);
    const sent = [1, 537, 1073].map(bulk);
    for (const packet of sent) session.send(1, packet, 0, packet.length);
    await clock.pass(2_000);
    expect(arrived).toEqual(sent);
    session.close();
    await clock.pass(3_000);
    expect(ends).toMatchObject([{ kind: 'ppp', reason: 'requested' }]);
    expect(clock.armed).toBe(0);
  });

  it.each([3_600, 4_200, 4_800])(
    'finds a true rate of %s octets/s by its echoes, and keeps what is ahead of a packet short',
    async (rate) => {
      const { clock, near, session, scheduler } = connect(rate, 4200);
      await clock.pass(3_000);
      let seq = 1;
      for (let s = 0; s < 60; s++) {
        if (s === 30) near.longestWait = 0;
        while (scheduler.queuedBytes < 6_000) {
          session.send(1, bulk(seq), 0, 576);
          seq += 536;
        }
        await clock.pass(1_000);
      }
      expect(Math.abs((scheduler.octetsPerSecond ?? 0) / rate - 1)).toBeLessThan(0.02);
      expect(near.longestWait).toBeLessThan(60);
    },
  );

  it('lets nothing out and no timer live once the line is lost', async () => {
    const { clock, near, session, ends } = connect(4200, 4200);
    await clock.pass(3_000);
    near.onLost?.('carrier', 'gone');
    const { octets } = near;
    session.send(1, bulk(1), 0, 576);
    await clock.pass(60_000);
    expect(near.octets).toBe(octets);
    expect(ends).toMatchObject([{ kind: 'line', cause: 'carrier' }]);
  });
});
