// A thousand calls in simulated time, both ends real, each with a fault of its own at a moment of its own: what is left of them.
import { describe, expect, it } from 'vitest';
import { PppSession } from '../ppp/session.ts';
import { SlipSession } from '../ppp/slip-session.ts';
import type { AuthMethod, PppClientConfig, PppServerConfig, PppSink } from '../ppp/types.ts';
import { type LinkEnd, LinkSession } from './link-session.ts';
import type { CallPart, PppPart } from './parts.ts';
import { Scheduler } from './scheduler.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { heapBytes } from './simulated-day.ts';
import { randomSource } from './simulated-line.ts';
import { tcpPacket } from './simulated-packets.ts';

const CALLS = 1_000;
const HERE = 0x0a010203;
const THERE = 0xc6336450;
const RATE = 4_200;
const LOGINS: AuthMethod[][] = [[], ['pap'], ['chap-md5'], ['mschap'], ['mschap-v2']];
const FAULTS = [
  'drop',
  'drop one side',
  'goodbye',
  'far goodbye',
  'detach',
  'silence',
  'wrong password',
  'no address',
] as const;

/** One end of a line that loses, breaks, or no longer carries. */
class Wire implements CallPart {
  readonly line = { pendingBytes: 0 };
  readonly carrierRate = RATE * 8;
  readonly transmitRate = RATE * 8;
  readonly portRate = 115_200;
  readonly connectText = 'CONNECT 33600';
  readonly errorCorrected = true;
  readonly compressed = false;
  onData: ((bytes: Uint8Array) => void) | null = null;
  onLost: CallPart['onLost'] = null;
  other: Wire | null = null;
  cut = false;
  spoil = 0;
  #freeAt = 0;
  readonly #clock: SimulatedClock;
  readonly #random: () => number;

  constructor(clock: SimulatedClock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  write(bytes: Uint8Array): void {
    const copy = bytes.slice();
    if (this.#random() < this.spoil)
      copy[Math.floor(this.#random() * copy.length)] = Math.floor(this.#random() * 256);
    this.#freeAt = Math.max(this.#freeAt, this.#clock.time) + (bytes.length / RATE) * 1000;
    this.#clock.after(this.#freeAt - this.#clock.time + 40, () => {
      if (!this.cut) this.other?.onData?.(copy);
    });
  }

  async hangUp(): Promise<void> {}
}

function oneCall(clock: SimulatedClock, random: () => number, fault: (typeof FAULTS)[number]): string[] {
  const wires = [new Wire(clock, random), new Wire(clock, random)] as const;
  wires[0].other = wires[1];
  wires[1].other = wires[0];
  const noisy = random() < 0.5;
  for (const wire of wires) wire.spoil = noisy ? 0.05 : 0;
  const terms = { mru: 1500, mtu: 576, lineRate: 33_600, vj: random() < 0.7, deflate: random() < 0.5 };
  const octets = (count: number) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256));
  const client: PppClientConfig = {
    ...terms,
    role: 'client',
    user: 'ann',
    password: fault === 'wrong password' ? 'guess' : 'secret',
    dns: true,
  };
  const server: PppServerConfig = {
    ...terms,
    role: 'server',
    name: 'far',
    local: '198.51.100.80',
    assign: () => (fault === 'no address' ? null : '10.1.2.3'),
    dns: [],
    wins: [],
    authentication: LOGINS[Math.floor(random() * LOGINS.length)] ?? [],
    secret: () => 'secret',
  };
  const slip = random() < 0.1;
  const slipEnd = (local: string, peer: string) => (to: PppSink) =>
    new SlipSession({ local, peer, dns: [], mtu: 576, compression: 'on', onlySource: null }, to);
  const creates: ((to: PppSink) => PppPart)[] = slip
    ? [slipEnd('10.1.2.3', '198.51.100.80'), slipEnd('198.51.100.80', '10.1.2.3')]
    : [(to) => new PppSession(client, to, octets), (to) => new PppSession(server, to, octets)];
  const ends: LinkEnd[][] = [[], []];
  const sessions = wires.map((wire, at) => {
    const rate = {
      octetsPerSecond: RATE,
      octetsPerSecondDown: RATE,
      fastestOctetsPerSecond: 11_520,
      mtu: 576,
    };
    const sink = {
      packet: () => {},
      event: () => {},
      ended: (end: LinkEnd) => void ends[at]?.push(end),
    };
    return new LinkSession(wire, clock, new Scheduler(rate), sink, creates[at] as (to: PppSink) => PppPart);
  }) as [LinkSession, LinkSession];
  for (const session of sessions) session.start();

  const until = clock.time + random() * 6_000;
  for (let seq = 0; clock.time < until; seq += 400) {
    clock.runUntil(clock.time + 400);
    const segment = { seq, ack: 1, flags: 16, window: 8000, payload: 400, id: seq & 0xffff };
    const up = {
      ...segment,
      source: HERE,
      destination: THERE,
      sourcePort: 1024 + (seq % 5),
      destinationPort: 80,
    };
    const down = {
      ...segment,
      source: THERE,
      destination: HERE,
      sourcePort: 80,
      destinationPort: 1024 + (seq % 5),
    };
    for (const [at, fields] of [up, down].entries()) {
      const packet = tcpPacket(fields);
      sessions[at as 0 | 1].send(at, packet, 0, packet.length);
    }
  }
  if (fault === 'goodbye') sessions[0].close();
  else if (fault === 'far goodbye') sessions[1].close();
  else if (fault === 'detach') sessions[0].detach();
  else if (fault === 'silence') for (const wire of wires) wire.cut = true;
  else if (fault === 'drop one side') wires[0].onLost?.('carrier', 'gone');
  if (fault !== 'drop') clock.runUntil(clock.time + random() * 200_000);
  // In the end the modems hang up, whatever PPP made of it.
  for (const wire of wires) {
    wire.cut = true;
    wire.onLost?.('carrier', 'hung up');
  }
  clock.runUntil(clock.time + 1_000);
  for (const [at, wire] of wires.entries()) {
    expect([wire.onData, wire.onLost, sessions[at]?.isOver]).toEqual([null, null, true]);
    expect(ends[at]).toHaveLength(fault === 'detach' && at === 0 && ends[0]?.length === 0 ? 0 : 1);
  }
  expect(clock.armed).toBe(0);
  return ends
    .flat()
    .map((end) => (end.kind === 'ppp' ? end.reason : end.kind === 'line' ? end.cause : end.kind));
}

describe('a thousand calls with random faults', () => {
  it('leave no timer, no reader of the line and no memory behind', { timeout: 120_000 }, () => {
    const clock = new SimulatedClock();
    const random = randomSource(20_261_126);
    const reasons = new Map<string, number>();
    let before = 0;
    for (let call = 0; call < CALLS; call++) {
      const fault = FAULTS[call % FAULTS.length] as (typeof FAULTS)[number];
      for (const reason of oneCall(clock, random, fault)) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      if (call === CALLS / 5) before = heapBytes();
    }
    expect(heapBytes() - before).toBeLessThan(1e6);
    for (const reason of ['carrier', 'requested', 'peer-closed', 'wrong-password', 'no-address', 'no-echo'])
      expect([...reasons.keys()]).toContain(reason);
  });
});
