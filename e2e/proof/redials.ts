// Twenty calls one after another, each with another address, while the LAN is busy: two games, four TCP clients, a download, and
// somebody who asks for names just when the line is gone. Half of them with demand dialling, where asking packets are held.
// Then one call that gets the same address again, where nobody may notice anything but the pause.
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { finish, listen, type Ran, type Said } from './programs.ts';
import { median, type Proof, type Report } from './report.ts';
import { GATEWAY, NET, type World } from './world.ts';

const REDIALS = 20;
const UP_MS = 1_500;
const GAME_PORT = 27_960;
const GAME_EVERY_MS = 20;
const STREAMS = 4;
/** What the line carries, all of it taken by a download; and that one's TCP window, so that the provider's queue never runs over. */
const LINE_RATE = '16mbit';
const WINDOW_BYTES = '64000';
/** What may be under way when the line drops, and is lost with it: sent no longer before than this, and nothing sent after it answered. */
const UNDER_WAY_MS = 500;
const RESET_WITHIN_MS = 1_000;

interface Call {
  down: number;
  /** When the new address was told to the engine, and when it had taken it; milliseconds since the epoch. */
  told: number;
  up: number;
}

interface Game {
  host: string;
  /** What the player says, and what its server says. */
  said: Said[];
  server: Said[];
}

interface Busy {
  games: Game[];
  streams: Said[][];
  stop(): Promise<void>;
}

const now = (): number => performance.timeOrigin + performance.now();
const count = (said: readonly Said[], event: string): number =>
  said.filter((one) => one.event === event).length;

async function startLoad(world: World): Promise<Busy> {
  await world.pace(LINE_RATE);
  const route = ['default', 'via', GATEWAY, 'window', WINDOW_BYTES];
  await world.run('h3', ['ip', 'route', 'change', ...route]);
  const children: ChildProcess[] = [];
  const games: Game[] = [];
  for (const [host, port] of [
    ['h1', '7'],
    ['h2', '8'],
  ] as const) {
    const server = listen(world.peer('servers', 'udp-echo', NET.other, port));
    await world.until('a game server', 5_000, () => server.length > 0);
    const player = world.peer(host, 'game', NET.other, port, String(GAME_PORT), String(GAME_EVERY_MS));
    children.push(player);
    games.push({ host, said: listen(player), server });
  }
  const clients = Array.from({ length: STREAMS }, (_, i) =>
    world.peer(i % 2 === 0 ? 'h2' : 'h3', 'stream', NET.web, '9000'),
  );
  const streams = clients.map(listen);
  const download = `while :; do curl -s -m 60 -o /dev/null http://${NET.web}/bytes/100000000; done`;
  const load = world.spawn('h3', ['sh', '-c', download]);
  load.stdout?.resume();
  await world.until('everybody to be connected', 10_000, () =>
    streams.every((said) => count(said, 'connected') > 0),
  );
  await sleep(1_000);
  return {
    games,
    streams,
    stop: async () => {
      load.kill('SIGKILL');
      await Promise.all([...children, ...clients].map(finish));
    },
  };
}

export const redials: Proof = {
  name: 'redials',
  async run(world, report) {
    const busy = await startLoad(world);
    const calls: Call[] = [];
    const asked: Promise<Ran>[] = [];
    for (let call = 0; call < REDIALS; call++) {
      if (call === REDIALS / 2) await world.configure({ demand: true });
      const down = now();
      await world.down();
      await sleep(50);
      for (const server of [GATEWAY, NET.dns]) {
        const query = [
          'dig',
          '+short',
          '+time=1',
          '+tries=4',
          `@${server}`,
          `redial${call}.${server}.example`,
        ];
        asked.push(world.run('h1', query));
      }
      await sleep(100 + (call % 4) * 250);
      const told = now();
      await world.up();
      calls.push({ down, told, up: now() });
      await sleep(UP_MS);
    }
    await busy.stop();
    for (const game of busy.games) judgeGame(report, game, calls);
    judgeStreams(report, busy.streams, calls);
    judgeNames(report, await Promise.all(asked));
    const sum = (what: 'moved' | 'reset' | 'held') =>
      world.redials.reduce((total, one) => total + one[what], 0);
    report.line(
      world.redials.length === REDIALS,
      'the engine tells what each redial did',
      `${sum('moved')} mappings moved, ${sum('reset')} connections reset, ${sum('held')} packets had been held`,
    );
    const megabytes = (world.counters['bytes-down'] ?? 0) / 1e6;
    const lost = world.ownLosses();
    report.line(
      Object.values(lost).every((count) => count === 0) && megabytes > REDIALS * 2,
      'nothing lost by ourselves under a full line',
      `${megabytes.toFixed(0)} MB came at ${LINE_RATE}; lost ${Object.entries(lost)
        .map(([where, count]) => `${where}: ${count}`)
        .join(', ')}`,
    );
    await sameAddress(world, report);
  },
};

function judgeGame(report: Report, { host, said, server }: Game, calls: readonly Call[]): void {
  const end = said.find(({ event }) => event === 'game');
  const sent = (end?.sent as number[] | undefined) ?? [];
  const lost = new Set((end?.lost as number[] | undefined) ?? []);
  const excused = (seq: number): boolean => {
    const at = sent[seq] as number;
    const call = calls.find(({ up }) => up > at);
    if (call === undefined) return false;
    if (at >= call.down) return true;
    for (let later = seq + 1; (sent[later] ?? Number.POSITIVE_INFINITY) < call.down; later++)
      if (!lost.has(later)) return false;
    return call.down - at < UNDER_WAY_MS;
  };
  const sinceUp = (at: number) => Math.round(at - Math.max(...calls.map(({ up }) => (up <= at ? up : 0))));
  const unexcused = [...lost].filter((seq) => !excused(seq)).map((seq) => sent[seq] as number);
  report.line(
    sent.length > 0 && unexcused.length === 0,
    `game on ${host}: nothing lost once the line is up`,
    `${sent.length} datagrams, ${lost.size - unexcused.length} lost with the line down, ${unexcused.length} with it up${unexcused.length === 0 ? '' : `, the first ${sinceUp(unexcused[0] as number)} ms after it came`}`,
  );
  const seen = server.filter(({ event }) => event === 'from');
  const addresses = new Set(seen.map(({ address }) => address));
  const ports = new Set(seen.map(({ port }) => port));
  report.line(
    ports.size === 1 && addresses.size === calls.length + 1,
    `game on ${host}: keeps its port`,
    `${GAME_PORT} → ${[...ports].join(', ')} under ${addresses.size} addresses`,
  );
}

function judgeStreams(report: Report, streams: readonly Said[][], calls: readonly Call[]): void {
  const waits: number[] = [];
  const missed: string[] = [];
  for (const [stream, said] of streams.entries()) {
    for (const [call, { down, told }] of calls.entries()) {
      const lost = said.find(({ event, at }) => event === 'lost' && at >= down);
      if (lost?.code === 'ECONNRESET') waits.push(lost.at - told);
      else
        missed.push(
          `client ${stream} in call ${call}, ${lost?.code ?? said.findLast(({ at }) => at < told)?.event}`,
        );
    }
  }
  const longest = Math.max(...waits);
  report.line(
    missed.length === 0 && longest < RESET_WITHIN_MS && Math.min(...waits) >= 0,
    `TCP clients: reset within ${RESET_WITHIN_MS} ms of the address`,
    `${waits.length} of ${streams.length * calls.length}, median ${median(waits).toFixed(0)} ms, longest ${longest.toFixed(0)} ms; link-up itself took at most ${Math.max(...calls.map(({ told, up }) => up - told)).toFixed(0)} ms${missed.map((one) => `; ${one}`).join('')}`,
  );
  const again = streams.map((said) => count(said, 'connected'));
  report.line(
    again.every((times) => times === calls.length + 1),
    'TCP clients: connected again each time',
    `${again.join(', ')} connections`,
  );
}

function judgeNames(report: Report, asked: readonly Ran[]): void {
  const answered = asked.filter(({ out }) => out.trim().endsWith(NET.web));
  const waits = asked.map(({ ms }) => ms);
  report.line(
    answered.length === asked.length,
    'dig begun with the line down gets its answer',
    `${answered.length} of ${asked.length}, median ${median(waits).toFixed(0)} ms, longest ${Math.max(...waits).toFixed(0)} ms`,
  );
}

async function sameAddress(world: World, report: Report): Promise<void> {
  const child = world.peer('h2', 'stream', NET.web, '9000');
  const said = listen(child);
  await world.until('a connection', 10_000, () => count(said, 'connected') === 1);
  const { address } = world;
  await world.down();
  await sleep(700);
  await world.up(address ?? undefined);
  await sleep(3_000);
  await finish(child);
  report.line(
    count(said, 'lost') === 0 && count(said, 'connected') === 1,
    'the same address again: TCP lives on',
    `${count(said, 'lost')} resets`,
  );
}
