// `npm run proof -- latency`: how a LAN behind one call feels while it is used, beside pppd + kernel masquerade + fq_codel in
// an emulated guest: at 33.6 kbit/s with the goals, at V.90's rates and at 2400 bit/s reported. Both are measured at the same
// time, each on a line with modems of its own; the provider queues up to 4 s for a caller in one FIFO.
// `--json` prints one object {rows}; `--seconds N` measures each load for N seconds instead of 60; `--line NAME` only that
// line, `--load NAME` only that load; `--alone` leaves the peer out.
import { type ChildProcess, spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { PRACTICE_LINK } from '../../engine/contract.ts';
import type { Uplink } from '../../main/link/uplink.ts';
import { type PracticeLine, startPracticeLine } from '../../main/practice/practice-line.ts';
import { type Both, rowsOf } from './latency-rows.ts';
import { HERE_PLACE, measureHere, measurePeer, PEER, PEER_PLACE, UPLINK } from './latency-sides.ts';
import { LINES, type LineCase, SERVERS } from './load-script.ts';
import { broken, type Row, table } from './row.ts';
import { leased, startEngine } from './whole-path.ts';

const BUFFER_BYTES = 2048;
const HERE_POOL = ['203.0.113.64', '203.0.113.95'] as const;
const PEER_POOL = ['203.0.113.96', '203.0.113.127'] as const;
const INTERNET = 'masq-net';
const ECHO = `require('net').createServer({ noDelay: true }, (s) => { s.on('error', () => {}); s.pipe(s); }).listen(${HERE_PLACE.echoPort})`;

const after = (flag: string) => {
  const at = process.argv.indexOf(flag);
  return at < 0 ? undefined : process.argv[at + 1];
};
const json = process.argv.includes('--json');
const alone = process.argv.includes('--alone');
const seconds = Number(after('--seconds')) || 60;
const only = after('--line');
const load = after('--load');
const began = performance.now();

const say = (text: string) => {
  if (!json) console.log(`proof: ${((performance.now() - began) / 1000).toFixed(0)} s: ${text}`);
};

function serve(): ChildProcess[] {
  const inside = (...words: string[]) =>
    spawn('ip', ['netns', 'exec', INTERNET, ...words], { stdio: 'ignore' });
  const ports = [HERE_PLACE, PEER_PLACE].flatMap(({ firstPort }) =>
    Array.from({ length: SERVERS }, (_, at) => firstPort + at),
  );
  return [
    inside(process.execPath, '-e', ECHO),
    ...ports.map((port) => inside('iperf3', '-s', '-p', String(port))),
  ];
}

async function proof(measured: LineCase): Promise<Row[]> {
  const rate = measured.rates;
  const line = await startPracticeLine({ rate, bufferBytes: BUFFER_BYTES, pool: HERE_POOL });
  const peerLine = await startPracticeLine({ rate, bufferBytes: BUFFER_BYTES, pool: PEER_POOL });
  let uplink: Uplink | null = null;
  const client = await startEngine((link, owner, buffer, offset, length) => {
    if (link === UPLINK) uplink?.send(owner, buffer, offset, length);
    if (link !== PRACTICE_LINK) return;
    line.fromInternet(buffer, offset, length);
    peerLine.fromInternet(buffer, offset, length);
  });
  const join = (one: PracticeLine) => {
    one.onInternetPacket = (packet, offset, length) =>
      client.sendPacket(PRACTICE_LINK, 0, packet, offset, length);
  };
  join(line);
  join(peerLine);
  let servers: ChildProcess[] = [];
  try {
    await leased();
    servers = serve();
    const told = (who: string) => (part: string) => say(`${measured.name}: ${who}: ${part}`);
    const attach = (next: Uplink | null) => {
      uplink = next;
    };
    const [own, peer] = await Promise.allSettled([
      measureHere(measured, seconds, line, client, attach, told('here')),
      alone ? Promise.reject(new Error('left out')) : measurePeer(measured, seconds, peerLine, told('peer')),
    ]);
    const both: Both = { own: settled(own), peer: settled(peer) };
    if (both.peer instanceof Error && !alone) process.stderr.write(`${both.peer.message}\n`);
    return rowsOf(measured, both);
  } finally {
    for (const server of servers) server.kill();
    await client.stop();
    await line.close();
    await peerLine.close();
  }
}

function settled<T>(outcome: PromiseSettledResult<T>): T | Error {
  if (outcome.status === 'fulfilled') return outcome.value;
  return outcome.reason instanceof Error ? outcome.reason : new Error(String(outcome.reason));
}

const rows: Row[] = [];
for (const line of LINES.filter(({ name }) => only === undefined || name === only)) {
  const measured =
    load === undefined
      ? line
      : { ...line, pages: false, loads: line.loads.filter(({ name }) => name === load) };
  say(`${measured.name}: this gateway beside ${PEER}, ${Math.max(seconds, measured.least)} s a load`);
  try {
    rows.push(...(await proof(measured)));
  } catch (error) {
    rows.push(broken(`${measured.name}: a slow line that stays pleasant`, 'ms', 'measured', error));
  }
}
if (json) console.log(JSON.stringify({ rows }));
else console.log(`\n${table(rows)}`);
say('all measured');
process.exit(rows.length > 0 && rows.every((r) => r.met) ? 0 : 1);
