// `npm run proof`: how a LAN behind one 33.6 kbit/s call feels while it is used, beside pppd + kernel masquerade + fq_codel
// in an emulated guest. Both call the same provider over one exchange, one after the other, and use the same Internet; it
// queues up to 4 s for a caller in one FIFO, which the peer leaves full.
// `-- --json` prints one object {rows}; `-- --seconds N` measures each load for N seconds instead of 60.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { PRACTICE, PRACTICE_LINK } from '../../engine/contract.ts';
import { NEW_PROVIDER } from '../../main/contract.ts';
import { Uplink } from '../../main/link/uplink.ts';
import { type PracticeLine, startPracticeLine } from '../../main/practice/practice-line.ts';
import { type Guest, startGuest } from '../lab/guest/guest.ts';
import { socketTerminal } from '../lab/guest/pppd.ts';
import { GATEWAY_FUNCTIONS, GATEWAY_SETUP } from '../lab/guest/pppd-gateway.ts';
import { within } from './first-byte.ts';
import {
  IPERF_PORTS,
  LOADS,
  loadScript,
  type Measured,
  quantile,
  readLoad,
  readPages,
} from './load-script.ts';
import { broken, type Row, row, table } from './row.ts';
import { leased, must, startEngine } from './whole-path.ts';

const RATE = 33_600;
const BUFFER_BYTES = 2048;
const UPLINK = 1;
const PEER = 'pppd + kernel masquerade + fq_codel';
/** Ping p95, ms. */
const GOALS: Readonly<Record<string, number>> = {
  'one upload': 280,
  'four uploads': 330,
  'one download': 450,
  'upload and download': 550,
};
const PAGE_GOAL = 1.6;
const GOODPUT_GOAL = 0.96;

/** What the script printed, and what the link was. */
interface Session {
  output: string;
  facts: string;
}

const json = process.argv.includes('--json');
const seconds = Number(process.argv[process.argv.indexOf('--seconds') + 1]) || 60;
/** All loads, their ends, and the pages, with room for a slow machine. */
const SCRIPT_LIMIT_MS = (LOADS.length * (seconds + 75) + 300) * 1000;

const say = (text: string) => {
  if (!json) console.log(`proof: ${text} …`);
};

/** The gateway calls, the practice LAN is measured, the gateway hangs up; what the script printed. */
async function ours(
  line: PracticeLine,
  client: Awaited<ReturnType<typeof startEngine>>,
  attach: (uplink: Uplink | null) => void,
): Promise<Session> {
  const uplink = new Uplink({
    phase: () => {},
    log: () => {},
    lost: (fault) => process.stderr.write(`${fault.sentence}\n`),
    packet: (buffer, offset, length) => client.sendPacket(UPLINK, 0, buffer, offset, length),
  });
  attach(uplink);
  const { number, user, password } = line.provider;
  const port = line.portPath;
  const provider = { ...NEW_PROVIDER, id: 'bench', name: 'Bench', numbers: [number], user, port };
  try {
    const call = await uplink.dial(
      { provider, password, number, portPath: port },
      AbortSignal.timeout(60_000),
    );
    if (!call.ok) throw new Error(call.fault.sentence);
    await must(client.request({ type: 'link-up', up: { link: UPLINK, role: 'uplink', ...call.up.up } }));
    await leased();
    const { mtu, compression } = call.up.facts;
    const [host, other] = PRACTICE.hosts;
    const output = await bash(`${loadScript(host, other, seconds)}\n`);
    return { output, facts: `MTU ${mtu}, ${compression.join(', ')}` };
  } finally {
    await client.request({ type: 'link-down', link: UPLINK });
    await uplink.hangUp();
    attach(null);
  }
}

async function bash(script: string): Promise<string> {
  const child = spawn('bash', [], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stdin.end(script);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await within('the measurement ends', SCRIPT_LIMIT_MS, ended)
    .catch((error: unknown) => process.stderr.write(`${error}\n`))
    .finally(() => child.kill());
  return output;
}

/** The same in the guest, over a modem of its own. */
async function theirs({ exchange, provider }: PracticeLine): Promise<Session> {
  const script = [
    'echo fq_codel > /proc/sys/net/core/default_qdisc',
    ...GATEWAY_SETUP,
    ...GATEWAY_FUNCTIONS,
    'echo LAB-READY',
    `dial ${provider.number.replace('-', '')} /run/call.log mtu 1500 mru 1500`,
    'for try in $(seq 200); do ip -4 address show ppp0 2> /dev/null | grep -q inet && break; sleep 0.2; done',
    'ip -4 address show ppp0 | grep -q inet || cat /run/call.log',
    'sleep 1',
    'echo "LAB-LINK $(ip link show ppp0 | grep -o "mtu .*" | tr -d "\\r\\n")"',
    loadScript('lan', 'lan2', seconds),
    'echo LAB-ALL',
    'hang_up',
    '',
  ].join('\n');
  let guest: Guest | null = null;
  const booting = startGuest({ script, lines: 1, smallBuffers: true });
  try {
    guest = await within('the guest boots', 60_000, booting);
    const dialler = socketTerminal(guest.lines[0] as Socket, undefined, true);
    dialler.attach(exchange.plug(dialler, '555-0198'));
    await within('pppd is up', 60_000, guest.printed(/LAB-LINK .*[\r\n]/)).catch((error: unknown) => {
      throw new Error(`${error}\n${guest?.output().slice(-2000)}`);
    });
    // What was measured until then counts all the same.
    await within('the measurement ends', SCRIPT_LIMIT_MS, guest.printed(/LAB-ALL/)).catch((error: unknown) =>
      process.stderr.write(`${error}\n`),
    );
    const output = guest.output();
    const facts = /LAB-LINK mtu (\d+) qdisc (\S+)/.exec(output);
    return { output, facts: `MTU ${facts?.[1]}, ${facts?.[2]}, VJ` };
  } finally {
    await guest?.stop();
  }
}

function rowsOf(own: Session, peer: Session): Row[] {
  const rows = LOADS.map(({ name }) => {
    const goal = GOALS[name];
    try {
      const mine = readLoad(own.output, name);
      const other = readLoad(peer.output, name);
      const value = quantile(mine.pings, 0.95);
      const theirs = { name: PEER, value: quantile(other.pings, 0.95) };
      const why = `p50 ${detail(mine)}; peer p50 ${detail(other)}`;
      return row({
        name: `ping p95, ${name}`,
        value,
        unit: 'ms',
        peer: theirs,
        goal: goal === undefined ? 'reported' : `≤ ${goal}`,
        met: goal === undefined || value <= goal,
        why,
      });
    } catch (error) {
      return broken(`ping p95, ${name}`, 'ms', goal === undefined ? 'reported' : `≤ ${goal}`, error);
    }
  });
  return [
    ...rows,
    goodputRow('one upload', own, peer),
    goodputRow('one download', own, peer),
    pageRow(own, peer),
  ];
}

function detail({ pings, sent, goodput }: Measured): string {
  const carried = goodput.length > 0 ? `, goodput ${goodput.join(' and ')} kbit/s` : '';
  return `${quantile(pings, 0.5).toFixed(0)} ms, ${pings.length} of ${sent} came back${carried}`;
}

function goodputRow(name: string, own: Session, peer: Session): Row {
  const title = `goodput, ${name}`;
  const goal = `≥ ${GOODPUT_GOAL} × peer`;
  try {
    const [value] = readLoad(own.output, name).goodput;
    const [other] = readLoad(peer.output, name).goodput;
    if (value === undefined || other === undefined) throw new Error('iperf3 gave no figure');
    return row({
      name: title,
      value,
      unit: 'kbit/s',
      peer: { name: PEER, value: other },
      goal,
      met: value >= GOODPUT_GOAL * other,
      why: `${own.facts}; peer ${peer.facts}; no Deflate, TCP timestamps as Linux has them, on both`,
    });
  } catch (error) {
    return broken(title, 'kbit/s', goal, error);
  }
}

function pageRow(own: Session, peer: Session): Row {
  const title = 'page of 20 KB while another host uploads, times its time on a quiet line';
  const goal = `≤ ${PAGE_GOAL}`;
  try {
    const ratio = ({ output }: Session) => {
      const { quiet, busy } = readPages(output);
      return { times: quantile(busy, 0.5) / quantile(quiet, 0.5), quiet: quantile(quiet, 0.5) };
    };
    const mine = ratio(own);
    const other = ratio(peer);
    if (Number.isNaN(mine.times)) throw new Error('no page came');
    return row({
      name: title,
      value: mine.times,
      unit: 'times',
      peer: { name: PEER, value: other.times },
      goal,
      met: mine.times <= PAGE_GOAL,
      why: `quiet ${mine.quiet.toFixed(1)} s, peer ${other.quiet.toFixed(1)} s`,
    });
  } catch (error) {
    return broken(title, 'times', goal, error);
  }
}

async function proof(): Promise<Row[]> {
  const line = await startPracticeLine({ rate: RATE, bufferBytes: BUFFER_BYTES });
  let uplink: Uplink | null = null;
  const client = await startEngine((link, owner, buffer, offset, length) => {
    if (link === UPLINK) uplink?.send(owner, buffer, offset, length);
    else if (link === PRACTICE_LINK) line.fromInternet(buffer, offset, length);
  });
  line.onInternetPacket = (packet, offset, length) =>
    client.sendPacket(PRACTICE_LINK, 0, packet, offset, length);
  let servers: ChildProcess[] = [];
  const serve = () => {
    const words = (port: number) => ['netns', 'exec', 'masq-net', 'iperf3', '-s', '-p', String(port)];
    servers = IPERF_PORTS.map((port) => spawn('ip', words(port), { stdio: 'ignore' }));
  };
  const endServers = () => {
    for (const server of servers) server.kill();
  };
  try {
    await leased();
    serve();
    say(`this gateway, ${seconds} s a load`);
    const own = await ours(line, client, (next) => {
      uplink = next;
    });
    endServers();
    serve();
    say(`${PEER}, ${seconds} s a load`);
    return rowsOf(own, await theirs(line));
  } finally {
    endServers();
    await client.stop();
    await line.close();
  }
}

let rows: Row[];
try {
  rows = await proof();
} catch (error) {
  rows = [broken('a slow line that stays pleasant', 'ms', 'measured', error)];
}
if (json) console.log(JSON.stringify({ rows }));
else console.log(`\n${table(rows)}`);
process.exit(rows.every((r) => r.met) ? 0 : 1);
