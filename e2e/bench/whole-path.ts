// The real engine with its practice hosts, and this process as main. Two paths over it: packets turned round in main
// (engine → socket → main → socket → engine), and the whole call over an unthrottled practice line.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EngineConfig, MASQUERADE_DEFAULT, PRACTICE, PRACTICE_LINK } from '../../engine/contract.ts';
import { NEW_PROVIDER } from '../../main/contract.ts';
import { directLauncher } from '../../main/elevation/direct.ts';
import { EngineClient } from '../../main/engine-client/engine-client.ts';
import { Uplink } from '../../main/link/uplink.ts';
import { startPracticeLine } from '../../main/practice/practice-line.ts';
import { ROOT } from '../gateway-process.ts';
import { inside, throughput, type Way } from './namespaces.ts';

const UPLINK = 1;
const CALLER = PRACTICE.provider.poolFirst;
export const WEB_NS = 'masq-net';
export const [LAN_HOST] = PRACTICE.hosts;

const config: EngineConfig = {
  practice: true,
  lan: null,
  masquerade: MASQUERADE_DEFAULT,
  access: { mode: 'everybody', chosen: [], paused: [] },
  forwards: [],
  helpers: {},
  demand: false,
  ownTraffic: 'never',
};

type Packet = (link: number, client: number, buffer: Uint8Array, offset: number, length: number) => void;

export async function must(reply: Promise<{ ok: boolean }>): Promise<void> {
  const answer = await reply;
  if (!answer.ok) throw new Error(JSON.stringify(answer));
}

export async function startEngine(packet: Packet): Promise<EngineClient> {
  const client = new EngineClient({
    launcher: directLauncher,
    command: [process.execPath, `${ROOT}/dist/engine/supervisor.cjs`],
    events: { message: () => {}, packet, lost: () => {}, back: () => {} },
  });
  await must(client.start(AbortSignal.timeout(30_000)));
  await must(client.request({ type: 'configure', config }));
  const practice = {
    link: PRACTICE_LINK,
    role: 'practice' as const,
    local: PRACTICE.provider.address,
    peer: CALLER,
  };
  await must(
    client.request({ type: 'link-up', up: { ...practice, dns: [PRACTICE.provider.dns], mtu: 1500 } }),
  );
  return client;
}

export async function leased(): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (inside(LAN_HOST, 'ip', '-4', 'address', 'show', 'dev', 'eth0').includes('inet ')) return;
    await sleep(100);
  }
  throw new Error(`${LAN_HOST} got no address`);
}

const measure = (seconds: number, way: Way) =>
  throughput({ from: LAN_HOST, to: WEB_NS, at: PRACTICE.web.address, seconds, way });

/** Does some work while the engine and main carry packets, main only turning them round. */
export async function throughEngine<T>(work: () => Promise<T>): Promise<T> {
  const client: EngineClient = await startEngine((link, owner, buffer, offset, length) =>
    client.sendPacket(link === UPLINK ? PRACTICE_LINK : UPLINK, owner, buffer, offset, length),
  );
  try {
    const up = { link: UPLINK, role: 'uplink' as const, local: CALLER, peer: PRACTICE.provider.address };
    await must(client.request({ type: 'link-up', up: { ...up, dns: [PRACTICE.provider.dns], mtu: 1500 } }));
    await leased();
    return await work();
  } finally {
    await client.stop();
  }
}

/** Mbit/s up and down through the engine and main. */
export async function throughMain(seconds: number): Promise<{ up: number; down: number }> {
  return throughEngine(async () => ({
    up: await measure(seconds, 'up'),
    down: await measure(seconds, 'down'),
  }));
}

/** Mbit/s up and down over modem commands, PPP and scheduler on a pty without a rate. */
export async function throughPty(seconds: number): Promise<{ up: number; down: number; mainKb: number }> {
  const line = await startPracticeLine({ rate: 0 });
  const uplink = new Uplink({
    phase: () => {},
    log: () => {},
    lost: (fault) => process.stderr.write(`${fault.sentence}\n`),
    packet: (buffer, offset, length) => client.sendPacket(UPLINK, 0, buffer, offset, length),
  });
  const client: EngineClient = await startEngine((link, owner, buffer, offset, length) => {
    if (link === UPLINK) uplink.send(owner, buffer, offset, length);
    else line.fromInternet(buffer, offset, length);
  });
  line.onInternetPacket = (packet, offset, length) =>
    client.sendPacket(PRACTICE_LINK, 0, packet, offset, length);
  try {
    const { number, user, password } = line.provider;
    const provider = {
      ...NEW_PROVIDER,
      id: 'bench',
      name: 'Bench',
      numbers: [number],
      user,
      port: line.portPath,
    };
    const call = await uplink.dial(
      { provider, password, number, portPath: line.portPath },
      AbortSignal.timeout(60_000),
    );
    if (!call.ok) throw new Error(call.fault.sentence);
    await must(client.request({ type: 'link-up', up: { link: UPLINK, role: 'uplink', ...call.up.up } }));
    await leased();
    const up = await measure(seconds, 'up');
    const down = await measure(seconds, 'down');
    return { up, down, mainKb: Math.round(process.memoryUsage.rss() / 1024) };
  } finally {
    await uplink.hangUp({ now: true });
    await client.stop();
    await line.close();
  }
}

/** Resident memory of a process, kB. */
export function residentKb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
