// The two gateways that are measured on like lines: this one with its practice LAN, and pppd + kernel masquerade + fq_codel
// in an emulated guest with two hosts of its own. Each calls a provider over a line of its own; both use the same Internet.
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { PRACTICE } from '../../engine/contract.ts';
import { NEW_PROVIDER } from '../../main/contract.ts';
import type { EngineClient } from '../../main/engine-client/engine-client.ts';
import { Uplink } from '../../main/link/uplink.ts';
import type { PracticeLine } from '../../main/practice/practice-line.ts';
import { type Guest, startGuest } from '../lab/guest/guest.ts';
import { socketTerminal } from '../lab/guest/pppd.ts';
import { GATEWAY_FUNCTIONS, GATEWAY_SETUP } from '../lab/guest/pppd-gateway.ts';
import { within } from './first-byte.ts';
import { type LineCase, loadScript, longest, type Place } from './load-script.ts';
import { leased, must } from './whole-path.ts';

export const UPLINK = 1;
export const PEER = 'pppd + kernel masquerade + fq_codel';
const [HOST, OTHER] = PRACTICE.hosts;
export const HERE_PLACE: Place = {
  host: HOST,
  other: OTHER,
  network: '192.168.66',
  firstPort: 5200,
  echoPort: 5299,
};
export const PEER_PLACE: Place = {
  host: 'lan',
  other: 'lan2',
  network: '192.168.0',
  firstPort: 5300,
  echoPort: 5299,
};

/** What the script printed, and what the link was. */
export interface Session {
  output: string;
  facts: string;
}

/** Told the end of each part as it comes. */
export type Progress = (part: string) => void;

/** The gateway calls, the practice LAN is measured, the gateway hangs up. */
export async function measureHere(
  measured: LineCase,
  seconds: number,
  line: PracticeLine,
  client: EngineClient,
  attach: (uplink: Uplink | null) => void,
  progress: Progress,
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
    const output = await bash(
      `${loadScript(measured, HERE_PLACE, seconds)}\n`,
      longest(measured, seconds) * 1000,
      progress,
    );
    return { output, facts: `MTU ${mtu}, ${compression.join(', ')}, TCP timestamps taken out` };
  } finally {
    await client.request({ type: 'link-down', link: UPLINK });
    await uplink.hangUp();
    attach(null);
  }
}

async function bash(script: string, limitMs: number, progress: Progress): Promise<string> {
  const child = spawn('bash', [], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  const tell = follow(progress);
  child.stdout.on('data', (chunk) => {
    output += chunk;
    tell(output);
  });
  child.stdin.end(script);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await within('the measurement ends', limitMs, ended)
    .catch((error: unknown) => process.stderr.write(`${error}\n`))
    .finally(() => child.kill());
  return output;
}

/** The same in the guest, over a modem of its own. */
export async function measurePeer(
  measured: LineCase,
  seconds: number,
  { exchange, provider }: PracticeLine,
  progress: Progress,
): Promise<Session> {
  const script = [
    'echo fq_codel > /proc/sys/net/core/default_qdisc',
    ...GATEWAY_SETUP,
    ...GATEWAY_FUNCTIONS,
    'echo LAB-READY',
    `dial ${provider.number.replace('-', '')} /run/call.log mtu 1500 mru 1500`,
    'for try in $(seq 300); do ip -4 address show ppp0 2> /dev/null | grep -q inet && break; sleep 0.2; done',
    'ip -4 address show ppp0 | grep -q inet || cat /run/call.log',
    'sleep 1',
    'echo "LAB-LINK $(ip link show ppp0 | grep -o "mtu .*" | tr -d "\\r\\n")"',
    'echo "LAB-VJ $(grep -c "ConfAck.*compress VJ" /run/call.log) timestamps $(cat /proc/sys/net/ipv4/tcp_timestamps)"',
    loadScript(measured, PEER_PLACE, seconds),
    'hang_up',
    '',
  ].join('\n');
  let guest: Guest | null = null;
  const booting = startGuest({ script, lines: 1, smallBuffers: true });
  try {
    guest = await within('the guest boots', 60_000, booting);
    const dialler = socketTerminal(guest.lines[0] as Socket, undefined, true);
    dialler.attach(exchange.plug(dialler, '555-0198'));
    const up = guest.printed(/LAB-LINK .*[\r\n]/);
    await within('pppd is up', 90_000, up).catch((error: unknown) => {
      throw new Error(`${error}\n${guest?.output().slice(-2000)}`);
    });
    const tell = follow(progress);
    const looking = setInterval(() => tell(guest?.output() ?? ''), 500);
    // What was measured until then counts all the same.
    await within('the measurement ends', longest(measured, seconds) * 1000, guest.printed(/LAB-ALL/))
      .catch((error: unknown) => process.stderr.write(`${error}\n`))
      .finally(() => clearInterval(looking));
    const output = guest.output();
    tell(output);
    const facts = /LAB-LINK mtu (\d+) qdisc (\S+)/.exec(output);
    const [, vj, timestamps] = /LAB-VJ (\d+) timestamps (\d+)/.exec(output) ?? [];
    const words = `${Number(vj) > 0 ? 'VJ' : 'no VJ'}, TCP timestamps ${timestamps === '0' ? 'off' : 'on'}`;
    return { output, facts: `MTU ${facts?.[1]}, ${facts?.[2]}, ${words}` };
  } finally {
    await guest?.stop();
  }
}

function follow(progress: Progress): (output: string) => void {
  let told = 0;
  return (output) => {
    const ends = [...output.matchAll(/LAB-END ([^\r\n]+)[\r\n]/g)];
    for (const [, part] of ends.slice(told)) progress(part ?? '');
    told = ends.length;
  };
}
