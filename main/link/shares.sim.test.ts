// What a client's priority and limit do to the line, in simulated time: a limit holds both ways and costs nobody else
// anything, priorities share what there is, and nobody starves.
import { describe, expect, it } from 'vitest';
import { tellShares } from './shares.ts';
import { Hosts, percentile } from './simulated-hosts.ts';
import { SimulatedLine, V34 } from './simulated-line.ts';

const WARM_UP_MS = 20_000;
const MEASURED_MS = 120_000;

type Share = { limitKbit: number | null; priority: 'low' | 'normal' | 'high' };

/** One transfer each for clients 1, 2, …; what they got, kbit/s of TCP payload, and the ping of another client, p95. */
function shared(direction: 'up' | 'down', shares: readonly Share[], flows = 1) {
  const line = new SimulatedLine(V34);
  const hosts = new Hosts(line);
  tellShares(line.scheduler, new Map(), new Map(shares.map((share, i) => [i + 1, share])), 0);
  const pings: number[] = [];
  hosts.ping(50, 1000, pings);
  const clients = shares.map((_, i) => Array.from({ length: flows }, () => hosts.transfer(direction, i + 1)));
  const delivered = () => clients.map((own) => own.reduce((sum, one) => sum + one.delivered, 0));
  line.runUntil(WARM_UP_MS);
  const before = delivered();
  line.runUntil(WARM_UP_MS + MEASURED_MS);
  const kbit = delivered().map((octets, i) => ((octets - (before[i] ?? 0)) * 8) / MEASURED_MS);
  const retransmitted = clients.flat().reduce((sum, one) => sum + one.retransmitted, 0);
  return { kbit, ping: percentile(pings, 0.95), retransmitted, line };
}

const ordinary: Share = { limitKbit: null, priority: 'normal' };

describe.each(['up', 'down'] as const)('%s', (direction) => {
  it.each([4, 8, 16])('a limit of %s kbit/s holds, and the rest of the line is the others’', (limitKbit) => {
    const { kbit, ping } = shared(direction, [{ ...ordinary, limitKbit }, ordinary]);
    const [limited = 0, other = 0] = kbit;
    expect(limited).toBeLessThan(1.05 * limitKbit);
    expect(limited).toBeGreaterThan(0.75 * limitKbit);
    expect(limited + other).toBeGreaterThan(29.5);
    expect(ping).toBeLessThan(500);
  });

  it('a limit holds where nobody else is, however many flows', () => {
    const { kbit } = shared(direction, [{ ...ordinary, limitKbit: 8 }], 4);
    expect(kbit[0]).toBeLessThan(8.5);
    expect(kbit[0]).toBeGreaterThan(6);
  });

  it('high gets about four times as much as normal, low a quarter', () => {
    const { kbit } = shared(
      direction,
      [ordinary, { ...ordinary, priority: 'high' }, { ...ordinary, priority: 'low' }],
      2,
    );
    const [normal = 0, high = 0, low = 0] = kbit;
    expect(high / normal).toBeGreaterThan(2.5);
    expect(high / normal).toBeLessThan(5);
    expect(normal / low).toBeGreaterThan(2.5);
    expect(normal / low).toBeLessThan(5.5);
    expect(normal + high + low).toBeGreaterThan(29);
  });
});
