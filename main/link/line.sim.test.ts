// The figures the line is judged by, in simulated time: what a ping, a keystroke and a transfer see on a shared slow line.
// Bounds, not values: they are what a person notices. `SHOW_FIGURES=1` prints what was measured.
import { describe, expect, it } from 'vitest';
import { fairness, Hosts, percentile } from './simulated-hosts.ts';
import { type LineModel, SimulatedLine, V34 } from './simulated-line.ts';
import type { Transfer } from './simulated-tcp.ts';

const WARM_UP_MS = 20_000;
const MEASURED_MS = 120_000;

interface Figures {
  ping: number;
  keystroke: number;
  /** TCP payload by group, as a share of the line's octets. */
  goodput: number[];
  total: number;
  line: SimulatedLine;
}

/** Runs `load`, whose transfers come in groups (one a client), with a ping and a keystroke a second beside it. */
function measure(name: string, load: (hosts: Hosts) => Transfer[][], model: LineModel = V34): Figures {
  const line = new SimulatedLine(model);
  const hosts = new Hosts(line);
  const pings: number[] = [];
  const keystrokes: number[] = [];
  hosts.ping(50, 1000, pings);
  hosts.keystrokes(51, 1000, keystrokes);
  const groups = load(hosts);
  const delivered = () => groups.map((group) => group.reduce((sum, { delivered: d }) => sum + d, 0));
  line.runUntil(WARM_UP_MS);
  const before = delivered();
  pings.length = 0;
  keystrokes.length = 0;
  line.runUntil(WARM_UP_MS + MEASURED_MS);
  const goodput = delivered().map((octets, i) => (octets - (before[i] ?? 0)) / (4.2 * MEASURED_MS));
  const figures = {
    ping: percentile(pings, 0.95),
    keystroke: percentile(keystrokes, 0.95),
    goodput,
    total: goodput.reduce((a, b) => a + b, 0),
    line,
  };
  if (process.env.SHOW_FIGURES) {
    const shares = goodput.map((share) => share.toFixed(3)).join(' ');
    process.stdout.write(
      `${name}: ping p95 ${figures.ping.toFixed(0)} ms, keystroke p95 ${figures.keystroke.toFixed(0)} ms, goodput ${shares}, provider ≤ ${line.worstProviderMs.toFixed(0)} ms\n`,
    );
  }
  return figures;
}

const flows = (hosts: Hosts, direction: 'up' | 'down', counts: number[]) =>
  counts.map((count, i) => Array.from({ length: count }, () => hosts.transfer(direction, i + 1)));

describe('33.6 kbit/s each way', () => {
  it('under one upload', () => {
    const { ping, keystroke, total } = measure('one upload', (hosts) => flows(hosts, 'up', [1]));
    expect(ping).toBeLessThan(280);
    expect(keystroke).toBeLessThan(250);
    expect(total).toBeGreaterThan(0.93);
  });

  it('under four uploads', () => {
    const { ping, goodput } = measure('four uploads', (hosts) => flows(hosts, 'up', [1, 1, 1, 1]));
    expect(ping).toBeLessThan(330);
    expect(fairness(goodput)).toBeGreaterThan(0.95);
  });

  it('under one download', () => {
    const { ping, total } = measure('one download', (hosts) => flows(hosts, 'down', [1]));
    expect(ping).toBeLessThan(300);
    expect(total).toBeGreaterThan(0.93);
  });

  it('under an upload and a download', () => {
    const { ping, goodput } = measure('both', (hosts) => [
      [hosts.transfer('up', 1)],
      [hosts.transfer('down', 2)],
    ]);
    expect(ping).toBeLessThan(380);
    for (const share of goodput) expect(share).toBeGreaterThan(0.8);
  });

  it.each(['up', 'down'] as const)('fills the line with nothing else on it: %s', (direction) => {
    const line = new SimulatedLine(V34);
    const transfer = new Hosts(line).transfer(direction, 1);
    line.runUntil(WARM_UP_MS);
    const before = transfer.delivered;
    line.runUntil(WARM_UP_MS + MEASURED_MS);
    // Headers and escapes leave 0.975 at most.
    expect((transfer.delivered - before) / (4.2 * MEASURED_MS)).toBeGreaterThan(0.95);
  });

  it('is shared by client, however many flows each has', () => {
    const { goodput, total } = measure('uploads 1, 2, 4, 8', (hosts) => flows(hosts, 'up', [1, 2, 4, 8]));
    expect(fairness(goodput)).toBeGreaterThan(0.95);
    expect(total).toBeGreaterThan(0.9);
  });

  it('is shared by client towards us too, and the provider’s queue stays short', () => {
    const { goodput, total, line } = measure('downloads 1, 2, 4, 8', (hosts) =>
      flows(hosts, 'down', [1, 2, 4, 8]),
    );
    expect(fairness(goodput)).toBeGreaterThan(0.95);
    expect(total).toBeGreaterThan(0.85);
    expect(line.providerDrops).toBeLessThan(10);
  });

  it('under three downloads', () => {
    const { ping, total } = measure('three downloads', (hosts) => flows(hosts, 'down', [1, 1, 1]));
    expect(ping).toBeLessThan(350);
    expect(total).toBeGreaterThan(0.9);
  });

  it('a page that opens fifteen connections at once does not bury the provider', () => {
    const line = new SimulatedLine(V34);
    const hosts = new Hosts(line);
    const all = Array.from({ length: 15 }, () => hosts.transfer('down', 1, { total: 8_000 }));
    line.runUntil(60_000);
    // A FIFO of four seconds would be full without a gate for what opens.
    expect(line.worstProviderMs).toBeLessThan(2_600);
    expect(line.providerDrops).toBe(0);
    for (const one of all) expect(one.delivered).toBe(8_000);
  });

  it('a connection that opens alone waits for nothing, one to a far end that is silent keeps others little', () => {
    const opened = (before: (hosts: Hosts) => void) => {
      const line = new SimulatedLine(V34);
      const hosts = new Hosts(line);
      before(hosts);
      let doneAt = Number.POSITIVE_INFINITY;
      hosts.transfer('down', 2, { total: 500, startAt: 1_000, onDone: () => (doneAt = line.now) });
      line.runUntil(10_000);
      return doneAt - 1_000;
    };
    const alone = opened(() => {});
    expect(alone).toBeLessThan(450);
    const silent = (hosts: Hosts) => hosts.openToNobody(1, 990);
    expect(opened(silent)).toBeLessThan(alone + 400);
  });

  it('fills the line towards a receiver that is slow to acknowledge', () => {
    const line = new SimulatedLine(V34);
    const transfer = new Hosts(line).transfer('down', 1, { delayedAckMs: 200 });
    line.runUntil(60_000);
    expect(transfer.delivered / (4.2 * 60_000)).toBeGreaterThan(0.93);
  });

  it('gives a page nearly its quiet time while another client uploads', () => {
    const page = (busy: boolean) => {
      const line = new SimulatedLine(V34);
      const hosts = new Hosts(line);
      if (busy) hosts.transfer('up', 1);
      let doneAt = Number.POSITIVE_INFINITY;
      hosts.transfer('down', 2, { total: 20_000, startAt: 30_000, onDone: () => (doneAt = line.now) });
      line.runUntil(90_000);
      return doneAt - 30_000;
    };
    expect(page(true) / page(false)).toBeLessThan(1.6);
  });
});

describe('other lines', () => {
  it('V.90, 48 kbit/s towards us and 31.2 away: acknowledgements do not hold up the download', () => {
    const model = { ...V34, up: 3900, nominalUp: 3900, down: 6000, nominalDown: 6000 };
    const both = (hosts: Hosts) => [[hosts.transfer('up', 1)], [hosts.transfer('down', 2)]];
    const { ping, goodput } = measure('V.90, both', both, model);
    expect(ping).toBeLessThan(450);
    expect((goodput[1] ?? 0) / (6000 / 4200)).toBeGreaterThan(0.85);
  });

  it('2400 bit/s: a keystroke waits for two packets at most', () => {
    const slow = { up: 300, nominalUp: 300, down: 300, nominalDown: 300, delay: 80, mtu: 296 };
    const { keystroke } = measure('2400 bit/s, one upload', (hosts) => flows(hosts, 'up', [1]), {
      ...V34,
      ...slow,
    });
    expect(keystroke).toBeLessThan(2_200);
  });
});

describe('a line that is not what the modem said', () => {
  it.each([0.85, 0.95, 1.05, 1.5])('%s of it is found, and the queue in the modem stays short', (share) => {
    const { ping, total, line } = measure(`true rate ${share}`, (hosts) => flows(hosts, 'up', [1]), {
      ...V34,
      up: 4200 * share,
    });
    expect(total / share).toBeGreaterThan(0.92);
    expect(ping).toBeLessThan(share < 0.9 ? 320 : 290);
    const rate = line.scheduler.octetsPerSecond ?? 0;
    expect(Math.abs(rate / (4200 * share) - 1)).toBeLessThan(0.03);
  });
});
