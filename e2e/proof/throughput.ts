// iperf3 from a LAN host to a server, both ways, TCP and UDP: what comes through two processes and a socket without a modem's
// pace. No goal here, the bench sets those; the proof is that all of it arrives whole.
import type { Proof } from './report.ts';
import { NET } from './world.ts';

const SECONDS = '4';

interface Sum {
  bits_per_second: number;
  retransmits?: number;
  lost_percent?: number;
  bytes: number;
}

export const throughput: Proof = {
  name: 'throughput',
  async run(world, report) {
    world.spawn('servers', ['iperf3', '-s', '-B', NET.web]).stdout?.resume();
    const iperf = async (...flags: string[]) => {
      const ran = await world.run('h1', ['iperf3', '-J', '-c', NET.web, '-t', SECONDS, ...flags]);
      return JSON.parse(ran.out) as { error?: string; end?: { sum_received?: Sum; sum?: Sum } };
    };
    await world.until('iperf3', 5_000, async () => {
      const { out } = await world.run('servers', ['ss', '-ltn']);
      return out.includes(':5201');
    });
    for (const [way, flags] of [
      ['up', []],
      ['down', ['-R']],
      ['up, four at once', ['-P', '4']],
    ] as const) {
      const { end, error } = await iperf(...flags);
      const rate = end?.sum_received?.bits_per_second ?? 0;
      report.line(rate > 1e6, `iperf3, TCP, ${way}`, error ?? `${(rate / 1e6).toFixed(0)} Mbit/s`);
    }
    for (const [way, flags] of [
      ['up', []],
      ['down', ['-R']],
    ] as const) {
      const { end, error } = await iperf('-u', '-b', '10M', '-l', '1400', ...flags);
      const lost = end?.sum?.lost_percent ?? 100;
      report.line(lost === 0, `iperf3, UDP, 10 Mbit/s ${way}`, error ?? `${lost.toFixed(2)} % lost`);
    }
  },
};
