// Protocols of which no program is left that runs here: both ends are scripts (scripts/), written from the published layouts. Two
// computers speak each at once from the same ports of their own. With the helper on it works and is counted; switched off while the
// other end has yet to send, what is awaited closes and nothing comes; off, it fails. All is filtered by address and port.
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../gateway-process.ts';
import type { Proof, Report } from '../report.ts';
import { forward, HOSTS, NET, type Place, type World } from '../world.ts';
import { FIRST_GAME } from './scripts/games.ts';
import { type Around, type Outcome, only, stateOf } from './switching.ts';

export const SCRIPT = join(ROOT, 'dist', 'e2e', 'proof-script.js');
/** While the proof keeps it waiting, a client is more patient. */
const PATIENT_MS = 8_000;

interface Row {
  script: string;
  what: string;
  /** Null: there is nothing to help. */
  helper: string | null;
  /** Sessions awaited for one client while the server sends nothing; Amanda's first stream opens even so. */
  awaits: number;
  /** Where it is served, if not with the others. */
  server?: string;
  /** The server is on the LAN, the client outside. */
  inside?: true;
  /** Once its offer has been taken, a server on the LAN sends by itself, whatever the switch says then. */
  sendsItself?: true;
}

const ROWS: readonly Row[] = [
  { script: 'realaudio', what: 'RealAudio (PNA)', helper: 'realaudio', awaits: 2 },
  { script: 'rtsp', what: 'RTSP, two SETUPs, RTP and RTCP', helper: 'rtsp', awaits: 4 },
  {
    script: 'rtsp',
    what: 'RTSP, server on the LAN',
    helper: 'rtsp',
    awaits: 2,
    inside: true,
    sendsItself: true,
  },
  { script: 'rtsp7070', what: 'RTSP at RealAudio’s port', helper: 'rtsp', awaits: 4, server: NET.other },
  { script: 'vdolive', what: 'VDOLive', helper: 'vdolive', awaits: 1 },
  { script: 'mms', what: 'MMS', helper: 'mms', awaits: 1 },
  { script: 'cuseeme', what: 'CU-SeeMe with a reflector', helper: 'cuseeme', awaits: 0 },
  { script: 'netquake', what: 'NetQuake', helper: 'quake', awaits: 1 },
  { script: 'netquake', what: 'NetQuake, server on the LAN', helper: 'quake', awaits: 1, inside: true },
  { script: 'quakes', what: 'QuakeWorld, Quake II and III', helper: null, awaits: 0 },
  { script: 'h323', what: 'H.323, a call', helper: 'h323', awaits: 1 },
  { script: 'h323', what: 'H.323, called on the LAN', helper: 'h323', awaits: 0, inside: true },
  { script: 'h323ras', what: 'H.323, a gatekeeper’s call', helper: 'h323', awaits: 1 },
  { script: 'sip', what: 'SIP, a registered telephone is called', helper: 'sip', awaits: 1 },
  { script: 'amanda', what: 'Amanda, amandad on the LAN', helper: 'amanda', awaits: 2, inside: true },
  { script: 'rexec', what: 'rexec', helper: 'rsh', awaits: 1 },
];
const HELPERS = [...new Set(ROWS.flatMap(({ helper }) => helper ?? []))];
const AROUND: Around = {
  masquerade: { udpFiltering: 'address-and-port-dependent', tcpFiltering: 'address-and-port-dependent' },
  forwards: [
    forward('amanda', 'udp', 10_080, 'h3'),
    forward('h323', 'tcp', 1720, 'h3'),
    forward('quake', 'udp', 26_000, 'h3'),
    forward('rtsp', 'tcp', 554, 'h3'),
  ],
};

/** Runs the scripts' program in a place; what it says. Its clients wait so long for what should come. */
export async function script<Said>(
  world: World,
  place: Place,
  waitMs: number,
  ...words: string[]
): Promise<Said> {
  const command = ['env', `PROOF_WAIT_MS=${waitMs}`, process.execPath, SCRIPT, ...words];
  const { out, err } = await world.run(place, command, waitMs + 15_000);
  if (out === '') throw new Error(`the script ${words.join(' ')} broke: ${err.slice(-500)}`);
  return JSON.parse(out) as Said;
}

/** Says a text to a TCP server, from a port of its own if one is given; what it answers is the outcome's figures. */
export function sayTo(
  world: World,
  place: Place,
  waitMs: number,
  server: string,
  port: number,
  text: string,
  own?: number,
): Promise<Outcome> {
  const words = [server, String(port), text, ...(own === undefined ? [] : [String(own)])];
  return script<Outcome>(world, place, waitMs, 'say', ...words);
}

/** Serves scripts until the world ends. */
async function serveScripts(
  world: World,
  place: Place,
  own: string,
  scripts: readonly string[],
): Promise<ChildProcess> {
  const child = world.spawn(place, [process.execPath, SCRIPT, 'serve', own, ...scripts]);
  let serving = false;
  child.stdout?.on('data', () => {
    serving = true;
  });
  await world.until(`the scripts of ${place}`, 10_000, () => serving);
  return child;
}

/** All rows at once, each on both computers or outside: well if all its clients are, else what the first one misses. */
async function playAll(world: World, waitMs = 1_500): Promise<Outcome[]> {
  const play = (place: Place, own: string, rows: readonly Row[], server: (row: Row) => string) =>
    script<Outcome[]>(
      world,
      place,
      waitMs,
      'clients',
      own,
      ...rows.map((row) => `${row.script}=${server(row)}`),
    );
  const outward = ROWS.filter(({ inside }) => !inside);
  const inward = ROWS.filter(({ inside }) => inside);
  const there = (row: Row) => row.server ?? NET.web;
  const [one, other, outside] = await Promise.all([
    play('h1', HOSTS.h1, outward, there),
    play('h2', HOSTS.h2, outward, there),
    play('servers', NET.other, inward, () => world.address ?? ''),
  ]);
  return ROWS.map((row) => {
    const at = outward.indexOf(row);
    const outcomes = row.inside ? [outside[inward.indexOf(row)]] : [one[at], other[at]];
    return (outcomes.find((outcome) => !outcome?.ok) ?? outcomes[0]) as Outcome;
  });
}

/** How often the helpers were used and what they await, by name. */
const told = (world: World, what: 'hits' | 'expectations') =>
  new Map(HELPERS.map((name) => [name, stateOf(world, name)[what]]));

async function switchAll(world: World, on: boolean): Promise<void> {
  await world.configure({ ...AROUND, helpers: on ? only(...HELPERS) : only() });
  await world.until('the switches', 3_000, () =>
    HELPERS.every((name) => world.helpers.some((state) => state.name === name && state.on === on)),
  );
}

export const scripted: Proof = {
  name: 'scripted',
  async run(world, report) {
    const outside = [
      ...new Set(ROWS.filter(({ inside, server }) => !inside && !server).map(({ script }) => script)),
    ];
    const servers = [
      await serveScripts(world, 'servers', NET.web, outside),
      await serveScripts(world, 'servers', NET.other, ['rtsp7070']),
      await serveScripts(world, 'h3', HOSTS.h3, ['amanda', 'h323', 'netquake', 'rtsp']),
    ];
    // Another computer has the ports of the server's games outside, so that they cannot stay the same.
    for (let i = 0; i < 4; i++) {
      const own = `${HOSTS.h1}#${FIRST_GAME + i}`;
      await world.run('h1', ['dig', '-b', own, '+tries=1', '+time=1', `@${NET.dns}`, 'quake.example']);
    }
    await switchAll(world, true);
    for (const [i, { ok, figures }] of (await playAll(world)).entries())
      report.line(ok, ROWS[i]?.what ?? '', figures);
    await world.freshCounters();
    const hits = told(world, 'hits');
    const used = [...hits].map(([name, count]) => `${name} ${count}`).join(', ');
    report.line(
      [...hits.values()].every((count) => count > 0),
      '  what the helpers counted',
      used,
    );
    await whileOpen(world, report, servers);
    await off(world, report);
  },
};

/** All begin, none is sent anything; then the switches go off, and only then the servers may send. */
async function whileOpen(world: World, report: Report, servers: readonly ChildProcess[]): Promise<void> {
  for (const server of servers) server.stdin?.write('hold\n');
  const playing = playAll(world, PATIENT_MS);
  const wanted = (name: string) =>
    ROWS.filter(({ helper }) => helper === name).reduce(
      (sum, row) => sum + row.awaits * (row.inside ? 1 : 2),
      0,
    );
  const all = await world
    .until('all offers', 5_000, () =>
      HELPERS.every((name) => stateOf(world, name).expectations >= wanted(name)),
    )
    .then(
      () => true,
      () => false,
    );
  const open = told(world, 'expectations');
  await switchAll(world, false);
  const left = [...told(world, 'expectations').values()].reduce((sum, count) => sum + count, 0);
  for (const server of servers) server.stdin?.write('go\n');
  const outcomes = await playing;
  const came = ROWS.filter(({ helper, sendsItself }, i) => helper && !sendsItself && outcomes[i]?.ok).map(
    ({ what }) => what,
  );
  report.line(
    all && left === 0,
    '  switched off with offers open: closed',
    `${[...open].map(([name, count]) => `${name} ${count}`).join(', ')}; then ${left}`,
  );
  report.line(
    came.length === 0,
    '  switched off with offers open: nothing comes',
    came.join(', ') || 'nothing came',
  );
}

async function off(world: World, report: Report): Promise<void> {
  const before = told(world, 'hits');
  const outcomes = await playAll(world);
  for (const [i, row] of ROWS.entries()) {
    const { ok, figures } = outcomes[i] as Outcome;
    const name = `  off: ${row.what}`;
    if (row.helper === null) report.line(ok, `${name} works too`, figures);
    else report.line(!ok, `${name} fails`, figures);
  }
  await world.freshCounters();
  const after = told(world, 'hits');
  const read = HELPERS.filter((name) => after.get(name) !== before.get(name));
  report.line(read.length === 0, '  off: nothing is read', read.join(', ') || 'no use counted');
}
