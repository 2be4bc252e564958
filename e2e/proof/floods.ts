// Hostile neighbours, on the LAN and in the Internet, bounded in count and rate: while one host (or strangers) floods, another
// pings and fetches pages. Proves that it does not notice, that the engine's memory stays bounded, and what was refused.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Proof, Report } from './report.ts';
import { forward, HOSTS, NET, type World } from './world.ts';

const PACKETS = 20_000;
const RATE = 4_000;
const PINGS = 80;
/** Flood and ping share the queues of this one computer, in the LAN and at the provider: two may fall there, none to us. */
const PINGS_NEEDED = 78;
const PAGES = 10;
/** What the engine may grow by over all floods together, kB. */
const GROWTH_KB = 64 * 1024;

interface Flood {
  name: string;
  /** Kind, source, destination and port for flood.ts. */
  args: () => [kind: string, from: string, to: string, port: string];
  from: 'h1' | 'servers';
  /** The counter that says what was done with it. */
  counter: string;
}

const line = (world: World): string => world.address ?? '';

const floods = (world: World): Flood[] => [
  {
    name: 'SYNs of a LAN host to a server',
    args: () => ['syn-out', HOSTS.h1, NET.other, '80'],
    from: 'h1',
    counter: 'client-limit',
  },
  {
    name: 'SYNs of strangers to any port',
    args: () => ['syn-in', '', line(world), '0'],
    from: 'servers',
    counter: 'inbound-denied',
  },
  {
    name: 'SYNs of strangers to a forwarded port',
    args: () => ['syn-in', '', line(world), '8080'],
    from: 'servers',
    counter: 'forwarded',
  },
  {
    name: 'a LAN host scans UDP ports from one socket',
    args: () => ['udp-scan', HOSTS.h1, NET.other, '0'],
    from: 'h1',
    counter: 'client-limit',
  },
  {
    name: 'a LAN host sends UDP from every port',
    args: () => ['udp-ports', HOSTS.h1, NET.other, '33434'],
    from: 'h1',
    counter: 'client-limit',
  },
  {
    name: 'fragments of a LAN host, never whole',
    args: () => ['fragments-out', HOSTS.h1, NET.other, '0'],
    from: 'h1',
    counter: 'fragments-lost',
  },
  {
    name: 'fragments of strangers, never whole',
    args: () => ['fragments-in', '', line(world), '0'],
    from: 'servers',
    counter: 'fragments-lost',
  },
];

export const floodProof: Proof = {
  name: 'floods',
  async run(world, report) {
    await world.configure({ forwards: [forward('web', 'tcp', 8080, 'h1', { insideFirst: 80 })] });
    world.peer('h1', 'http', HOSTS.h1, '80');
    const before = world.engineKb();
    await meanwhile(world, report, 'nobody floods', async () => '');
    for (const { name, args, from, counter } of floods(world)) {
      await meanwhile(world, report, name, async () => {
        // What the last flood left open does not protect from this one.
        await world.engine.request({ type: 'cut', client: HOSTS.h1 });
        const was = (await world.freshCounters())[counter] ?? 0;
        const ran = await world.runPeer(from, 60_000, 'flood', ...args(), String(PACKETS), String(RATE));
        const { sent = 0 } = ran.out === '' ? {} : (JSON.parse(ran.out) as { sent?: number });
        const more = ((await world.freshCounters())[counter] ?? 0) - was;
        if (sent < PACKETS / 2) throw new Error(`only ${sent} packets were sent: ${ran.err}`);
        return `${sent} at ${RATE}/s, ${counter} +${more}`;
      });
    }
    await meanwhile(world, report, 'two LAN hosts have filled the table', () => fill(world));
    const grown = world.engineKb() - before;
    const { sessions = 0, mappings = 0 } = world.counters;
    report.line(
      grown < GROWTH_KB,
      'memory after all of it',
      `${(before / 1024).toFixed(0)} MB before, ${grown > 0 ? '+' : ''}${(grown / 1024).toFixed(1)} MB; ${sessions} sessions, ${mappings} mappings`,
    );
  },
};

/** Two hosts open all they may, each to every port of every server; done before anybody else looks. */
async function fill(world: World): Promise<string> {
  const scan = (host: 'h1' | 'h3', server: string) =>
    world.runPeer(host, 60_000, 'flood', 'udp-scan', HOSTS[host], server, '0', '40000', '10000');
  await Promise.all([
    scan('h1', NET.other),
    scan('h3', NET.other),
    scan('h1', NET.stun),
    scan('h3', NET.stun),
  ]);
  const { sessions = 0 } = await world.freshCounters();
  return `${sessions} sessions`;
}

/** What another host sees meanwhile. */
async function meanwhile(
  world: World,
  report: Report,
  name: string,
  flood: () => Promise<string>,
): Promise<void> {
  const before = world.ownLosses();
  const running = flood();
  await (name.includes('filled') ? running : sleep(1_800));
  const pinging = world.run('h2', ['ping', '-n', '-c', String(PINGS), '-i', '0.04', '-W', '2', NET.web]);
  const times: number[] = [];
  let failed = 0;
  for (let page = 0; page < PAGES; page++) {
    const got = await world.run('h2', ['curl', '-sS', '-m', '5', `http://${NET.web}/bytes/20000`]);
    if (got.code === 0 && got.out.length === 20_000) times.push(got.ms);
    else failed++;
  }
  const ping = await pinging;
  const received = Number(/(\d+) received/.exec(ping.out)?.[1] ?? 0);
  const [, mean, worst] = /= [\d.]+\/([\d.]+)\/([\d.]+)/.exec(ping.out) ?? [];
  const figures = await running;
  const lost = Object.entries(world.ownLosses()).flatMap(([where, count]) =>
    count > (before[where] ?? 0) ? [`; ${where}: ${count - (before[where] ?? 0)} lost`] : [],
  );
  report.line(
    received >= PINGS_NEEDED && failed === 0 && lost.length === 0,
    name,
    `another host: ping ${received} of ${PINGS}, ${mean} ms, worst ${worst} ms; ${times.length} of ${PAGES} pages, worst ${Math.max(0, ...times).toFixed(0)} ms${figures ? `; ${figures}` : ''}${lost.join('')}`,
  );
}
