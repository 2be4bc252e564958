// `npm run bench`: a table of every figure beside its peer in the same run; `-- --json` one object {rows}; `-- WORD…` only the groups
// with such a word in their name.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureArmed } from '../../engine/helpers/armed.bench.ts';
import { measureMemory, measureTranslation } from '../../engine/masquerade/masquerade.bench.ts';
import { GatewayProcess, ROOT } from '../gateway-process.ts';
import { firstByte } from './first-byte.ts';
import { framing } from './framing.ts';
import { ftpRates } from './ftp.ts';
import * as hosts from './namespaces.ts';
import { broken, type Row, row, table } from './row.ts';
import { residentKb, throughMain, throughPty } from './whole-path.ts';

const json = process.argv.includes('--json');
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const SECONDS = 5;
const ARMED =
  'median of 180 pairs of rounds, every helper on beside every helper off, the same packets in the same process';
const TURNS = 5;
const TURN_SECONDS = 2;
const rows: Row[] = [];
const say = (text: string) => {
  if (!json) console.log(`bench: ${text} …`);
};

async function group(what: string, unit: string, goal: string, work: () => Promise<Row[]>): Promise<void> {
  if (wanted.length > 0 && !wanted.some((word) => what.includes(word))) return;
  say(what);
  try {
    rows.push(...(await work()));
  } catch (error) {
    rows.push(broken(what, unit, goal, error));
  } finally {
    hosts.removeHosts();
  }
}

type Rates = Readonly<Record<hosts.Way, number>>;

async function rates(from: string, to: string, at: string, seconds: number): Promise<Rates> {
  const rate = (way: hosts.Way) => hosts.throughput({ from, to, at, seconds, way });
  return { up: await rate('up'), down: await rate('down'), both: await rate('both') };
}

async function tunToTun(seconds: number): Promise<Rates> {
  hosts.makeHosts();
  const child: ChildProcess = spawn(process.execPath, [join(ROOT, 'dist', 'e2e', 'tun-to-tun.js')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    return await rates(hosts.LAN_NS, hosts.NET_NS, hosts.NET_HOST, seconds);
  } finally {
    child.kill();
    await once(child, 'exit');
  }
}

async function slirp(far: hosts.SlirpFar, seconds: number): Promise<Rates> {
  hosts.makeHosts();
  const path = await hosts.slirpPath(far);
  try {
    return await rates(hosts.LAN_NS, hosts.NET_NS, path.target, seconds);
  } finally {
    path.stop();
  }
}

async function kernel(seconds: number): Promise<Rates> {
  hosts.makeHosts();
  return rates(hosts.LAN_NS, hosts.NET_NS, hosts.kernelPath(), seconds);
}

function processOf(part: string): number {
  const pid = readdirSync('/proc').find((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(part);
    } catch {
      return false;
    }
  });
  if (pid === undefined) throw new Error(`no process runs ${part}`);
  return Number(pid);
}

await group('memory of a full table', 'MB', '≤ 64', async () => {
  const megabytes = measureMemory(60_000) / 1e6;
  return [
    row({
      name: 'memory of 60,000 sessions',
      value: megabytes,
      unit: 'MB',
      goal: '≤ 64',
      met: megabytes <= 64,
      why: 'what the whole process grows by, its compiled code too; no peer shows its table’s memory',
    }),
  ];
});

await group('translation in process', 'ns a packet', '≤ 500', async () =>
  [
    [1_000, 250],
    [10_000, 1_000],
    [60_000, 500],
  ].flatMap(([sessions = 0, goal = 0]) => {
    const { packetsPerSecond, nanoseconds, allocated } = measureTranslation(sessions, 2_000_000);
    const time = row({
      name: `translation, all checks, ${sessions.toLocaleString('en')} sessions`,
      value: nanoseconds,
      unit: 'ns a packet',
      goal: `≤ ${goal}`,
      met: nanoseconds <= goal,
      why: `${packetsPerSecond.toLocaleString('en')} packets/s; no peer translates in process here: the kernel's path cannot be called alone`,
    });
    const heap = row({
      name: 'heap taken by a packet that no helper reads, 60,000 sessions',
      value: Math.max(0, allocated),
      unit: 'bytes',
      goal: '≤ 0.1',
      met: allocated <= 0.1,
    });
    return sessions === 60_000 ? [time, heap] : [time];
  }),
);

await group('all helpers armed, on traffic that is nobody’s', '%', '≤ 3', async () => {
  const { passing, opening } = measureArmed(6, 30);
  const one = (name: string, factor: number) =>
    row({ name, value: (factor - 1) * 100, unit: '%', goal: '≤ 3', met: factor <= 1.03, why: ARMED });
  return [
    one('all helpers armed: dearer, packets of sessions', passing),
    one('all helpers armed: dearer, first packets', opening),
  ];
});

await group('PPP framing', 'MB/s', '≥ 40', async () => framing());

/**
 * The machine is never as still for one as for the next: in turns, and the turn with the middle ratio counts. The goal beside the
 * peer is for both ways at once, which is a masquerade's work; the ways apart are reported.
 */
await group('TCP between two hosts, MTU 1500', 'Mbit/s', '≥ 1000', async () => {
  const measured: Record<'ours' | 'linked' | 'looped' | 'linux', Rates[]> = {
    ours: [],
    linked: [],
    looped: [],
    linux: [],
  };
  for (let turn = 0; turn < TURNS; turn++) {
    measured.ours.push(await tunToTun(TURN_SECONDS));
    measured.linked.push(await slirp('link', TURN_SECONDS));
    measured.looped.push(await slirp('loopback', TURN_SECONDS));
    measured.linux.push(await kernel(TURN_SECONDS));
  }
  const middle = <T>(list: readonly T[], by: (one: T) => number) =>
    [...list].sort((a, b) => by(a) - by(b))[list.length >> 1] as T;
  const ways = { both: 'both ways at once', up: 'LAN to net', down: 'net to LAN' } as const;
  return (['both', 'up', 'down'] as const).flatMap((way) => {
    const name = `TUN to TUN, ${ways[way]}`;
    const alone = middle(
      measured.ours.map((turn) => turn[way]),
      (rate) => rate,
    );
    const beside = (peer: string, who: keyof typeof measured, times: number | null) => {
      const turns = measured.ours.map((ours, turn) => ({
        value: ours[way],
        theirs: measured[who][turn]?.[way] ?? 0,
      }));
      const { value, theirs } = middle(turns, (one) => one.value / one.theirs);
      const goal = times === null ? 'reported' : `≥ ${times} × peer`;
      const met = times === null || value >= times * theirs;
      return row({ name, value, unit: 'Mbit/s', peer: { name: peer, value: theirs }, goal, met });
    };
    return [
      row({ name, value: alone, unit: 'Mbit/s', goal: '≥ 1000', met: alone >= 1000 }),
      beside('slirp4netns, MTU 1500 on both sides', 'linked', way === 'both' ? 1.5 : null),
      beside('slirp4netns, MTU 65520 on the far side', 'looped', null),
      beside('kernel masquerade, no offload', 'linux', null),
    ];
  });
});

await group('TUN to socket to main and back', 'Mbit/s', '≥ 300', async () => {
  const { up, down } = await throughMain(SECONDS);
  const linux = await kernel(SECONDS);
  const peer = (value: number) => ({ name: 'kernel masquerade, no offload', value });
  return [
    row({
      name: 'engine, socket, main and back, LAN to net',
      value: up,
      unit: 'Mbit/s',
      peer: peer(linux.up),
      goal: '≥ 300',
      met: up >= 300,
    }),
    row({
      name: 'engine, socket, main and back, net to LAN',
      value: down,
      unit: 'Mbit/s',
      peer: peer(linux.down),
      goal: '≥ 300',
      met: down >= 300,
    }),
  ];
});

await group('FTP, active beside passive', 'Mbit/s', '≥ 0.95', async () => {
  const { active, passive, ratio } = await ftpRates(11);
  return [
    {
      ...row({
        name: 'FTP through the engine, active',
        value: active,
        unit: 'Mbit/s',
        peer: { name: 'the same file, passive', value: passive },
        goal: '≥ 0.95 of peer',
        met: ratio >= 0.95,
      }),
      ratio: Number(ratio.toPrecision(4)),
      why: 'the ratio is the median of eleven pairs, which a busy machine slows down alike',
    },
  ];
});

await group(
  'LAN to server over modem, PPP and scheduler on an unthrottled pty',
  'Mbit/s',
  '≥ 20',
  async () => {
    const { up, down } = await throughPty(SECONDS);
    const why = "pppd needs the kernel's PPP, which this machine has only in an emulated guest: no like peer";
    return [
      row({
        name: 'whole path on an unthrottled pty, LAN to net',
        value: up,
        unit: 'Mbit/s',
        goal: '≥ 20',
        met: up >= 20,
        why,
      }),
      row({
        name: 'whole path on an unthrottled pty, net to LAN',
        value: down,
        unit: 'Mbit/s',
        goal: '≥ 20',
        met: down >= 20,
        why,
      }),
    ];
  },
);

await group('CONNECT to first LAN byte at 33.6 kbit/s', 'ms', 'round trips ≤ pppd', firstByte);

await group('memory on a practice call', 'MB', 'engine ≤ 100', async () => {
  const gateway = new GatewayProcess();
  try {
    await gateway.connect();
    await gateway.must('practice', {});
    await gateway.phase('connected');
    await gateway.must('practiceFetch', { host: 'masq-host1' });
    const engine = residentKb(processOf('dist/engine/engine.cjs')) / 1024;
    const main = residentKb(gateway.child.pid as number) / 1024;
    const bare = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const peer = { name: 'an empty Node process', value: residentKb(bare.pid as number) / 1024 };
    bare.kill();
    return [
      row({ name: 'engine, resident', value: engine, unit: 'MB', peer, goal: '≤ 100', met: engine <= 100 }),
      row({
        name: 'main (headless, with panel and practice line), resident',
        value: main,
        unit: 'MB',
        peer,
        goal: 'reported',
        met: true,
      }),
    ];
  } finally {
    await gateway.stop();
  }
});

if (json) console.log(JSON.stringify({ rows }));
else console.log(`\n${table(rows)}`);
process.exit(rows.every((r) => r.met) ? 0 : 1);
