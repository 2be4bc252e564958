// From CONNECT to the first byte that a LAN host gets back through the link, at 33,600 bit/s with modems of 2 KiB, and the
// Configure-Requests it takes. Four pairs on one exchange: this gateway and pppd (in an emulated guest, with kernel
// masquerade) as callers, our own access server and a pppd as providers. The LAN host pings all the time.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { PRACTICE } from '../../engine/contract.ts';
import { NEW_PROVIDER } from '../../main/contract.ts';
import type { EngineClient } from '../../main/engine-client/engine-client.ts';
import { realParts } from '../../main/link/real-parts.ts';
import { Uplink } from '../../main/link/uplink.ts';
import { answering } from '../../main/practice/hayes-settings.ts';
import { type PracticeLine, startPracticeLine } from '../../main/practice/practice-line.ts';
import { echoReply } from '../lab/datagram.ts';
import { type Guest, prepareGuest, startGuest } from '../lab/guest/guest.ts';
import { socketTerminal } from '../lab/guest/pppd.ts';
import {
  GATEWAY_FUNCTIONS,
  GATEWAY_SETUP,
  PROVIDER_ADDRESS,
  PROVIDER_LINES,
} from '../lab/guest/pppd-gateway.ts';
import { requirePackages } from '../lab/packages.ts';
import { type Row, row } from './row.ts';
import { leased, must, startEngine } from './whole-path.ts';

const RATE = 33_600;
const BUFFER_BYTES = 2048;
/** Calls of each pair; the slower one counts. */
const CALLS = 2;
const CALL_LIMIT_MS = 20_000;
const UPLINK = 1;
const [LAN_HOST] = PRACTICE.hosts;
const PPPD_NUMBER = '555-0202';
const PING_SECONDS = '0.05';

interface Answerer {
  name: string;
  number: string;
  /** What the LAN host pings. */
  target: string;
}
interface FirstByte {
  ms: number;
  roundTrips: number;
}

const ANSWERERS: readonly Answerer[] = [
  { name: 'our provider', number: '555-0100', target: PRACTICE.provider.address },
  { name: 'pppd as provider', number: PPPD_NUMBER, target: PROVIDER_ADDRESS },
];

/** Every call of the peer, in order: all to the first answerer, then all to the second. */
const PEER_CALLS = ANSWERERS.flatMap((answerer) => Array.from({ length: CALLS }, () => answerer));

/** Two rows a provider: time and round trips. Rejects, with everything ended, if a part does not do its work. */
export async function firstByte(): Promise<Row[]> {
  await prepareGuest();
  await requirePackages(['nftables', 'iputils-ping']);
  const line = await startPracticeLine({
    rate: RATE,
    bufferBytes: BUFFER_BYTES,
    timing: { routing: 50, training: 50 },
  });
  const echo = (packet: Uint8Array, offset: number, length: number) => {
    const reply = echoReply(packet.subarray(offset, offset + length));
    if (reply) line.fromInternet(reply, 0, reply.length);
  };
  let guest: Guest | null = null;
  try {
    line.onInternetPacket = echo;
    const booting = startGuest({ script: peerScript(), lines: 2 });
    guest = await within('the guest boots', 40_000, booting).catch((error: unknown) => {
      void booting.then((late) => late.stop()).catch(() => {});
      throw error;
    });
    const theirs = await peerCalls(line, guest);
    const ours = await ourCalls(line);
    return ANSWERERS.flatMap((answerer, at) => rowsOf(answerer, slowest(ours, at), slowest(theirs, at)));
  } finally {
    await guest?.stop();
    await line.close();
  }
}

function rowsOf({ name }: Answerer, ours: FirstByte, theirs: FirstByte): Row[] {
  const why = `the slower of ${CALLS} calls, ping every 50 ms; pppd's computer is emulated in software, so that its time is longer than on a real one, its round trips are not; up to 1 s of it pppd waits after its chat script for the provider to speak first`;
  return [
    row({
      name: `CONNECT to first LAN byte at 33.6 kbit/s, ${name}`,
      value: ours.ms,
      unit: 'ms',
      peer: { name: 'pppd + kernel masquerade', value: theirs.ms },
      goal: 'reported',
      met: true,
      why,
    }),
    row({
      name: `Configure-Requests of LCP and IPCP, ${name}`,
      value: ours.roundTrips,
      unit: 'round trips',
      peer: { name: 'pppd', value: theirs.roundTrips },
      goal: '≤ peer',
      met: ours.roundTrips <= theirs.roundTrips,
    }),
  ];
}

/** The most that any of the calls to the answerer `at` took. */
function slowest(calls: readonly FirstByte[], at: number): FirstByte {
  const own = calls.slice(at * CALLS, (at + 1) * CALLS);
  const most = (of: (call: FirstByte) => number) => Math.max(...own.map(of));
  return { ms: most((call) => call.ms), roundTrips: most((call) => call.roundTrips) };
}

/** The peer's part of the guest's script: call after call, each told on the console as it goes. */
function peerScript(): string {
  return [
    ...GATEWAY_SETUP,
    ...GATEWAY_FUNCTIONS,
    ...PROVIDER_LINES,
    'first_reply() {',
    `  timeout 30 ip netns exec lan stdbuf -oL ping -n -i ${PING_SECONDS} -s 16 $2 2> /dev/null |`,
    '    while read -r words; do',
    '      case $words in *"bytes from"*) echo "LAB-FIRST $1"; break ;; esac',
    '    done',
    '}',
    'sent() { grep -c "sent \\[$1 ConfReq" $log; }',
    'call() {',
    '  first_reply $1 $3 & reply=$!',
    '  dial $2 /run/call-$1.log',
    '  wait $reply',
    '  echo "LAB-CALL $1: $(sent LCP) LCP, $(sent IPCP) IPCP"',
    '  hang_up',
    `  [ $3 = ${PROVIDER_ADDRESS} ] && answering_again`,
    '  echo "LAB-DONE $1"',
    '  sleep 0.5',
    '}',
    'echo LAB-READY',
    ...PEER_CALLS.map(({ number, target }, at) => `call ${at} ${number.replace('-', '')} ${target}`),
    'echo LAB-IDLE',
    'wait',
    '',
  ].join('\n');
}

/** Joins the guest's modems to the exchange and watches its calls. */
async function peerCalls({ exchange }: PracticeLine, guest: Guest): Promise<FirstByte[]> {
  let connectedAt = Number.NaN;
  const dialler = socketTerminal(
    guest.lines[0] as Socket,
    (on) => {
      if (on) connectedAt = performance.now();
    },
    true,
  );
  dialler.attach(exchange.plug(dialler, '555-0198'));
  const answerer = socketTerminal(guest.lines[1] as Socket);
  answerer.attach(exchange.plug(answerer, PPPD_NUMBER, answering()));
  await within('the guest is ready', 40_000, guest.printed(/LAB-READY/));
  const calls: FirstByte[] = [];
  for (let at = 0; at < PEER_CALLS.length; at++) {
    await within(
      `call ${at} of pppd brings a ping back`,
      CALL_LIMIT_MS,
      guest.printed(new RegExp(`LAB-FIRST ${at}\\b`)),
    );
    const ms = performance.now() - connectedAt;
    await within(`call ${at} of pppd ends`, CALL_LIMIT_MS, guest.printed(new RegExp(`LAB-DONE ${at}\\b`)));
    dialler.hangUp(); // a guest's serial port has no DTR to drop
    const [, lcp, ipcp] = new RegExp(`LAB-CALL ${at}: (\\d+) LCP, (\\d+) IPCP`).exec(guest.output()) ?? [];
    calls.push({ ms, roundTrips: Number(lcp) + Number(ipcp) });
  }
  return calls;
}

/** The same calls by this gateway: the real engine, modem driver, PPP and scheduler. */
async function ourCalls(line: PracticeLine): Promise<FirstByte[]> {
  let uplink: Uplink | null = null;
  const client = await startEngine((link, owner, buffer, offset, length) => {
    if (link === UPLINK) uplink?.send(owner, buffer, offset, length);
  });
  try {
    await leased();
    const calls: FirstByte[] = [];
    for (const answerer of PEER_CALLS) {
      const call = new OurCall(line, client);
      uplink = call.uplink;
      calls.push(await call.run(answerer).finally(() => call.end()));
      uplink = null;
    }
    return calls;
  } finally {
    await client.stop();
  }
}

class OurCall {
  readonly uplink: Uplink;
  readonly #line: PracticeLine;
  readonly #client: EngineClient;
  #ping: ChildProcess | null = null;
  #connectedAt = Number.NaN;
  #roundTrips = Number.NaN;

  constructor(line: PracticeLine, client: EngineClient) {
    this.#line = line;
    this.#client = client;
    this.uplink = new Uplink(
      {
        phase: () => {},
        log: (_level, _part, text) => {
          if (text.startsWith('The far modem answered')) this.#connectedAt = performance.now();
        },
        lost: () => {},
        packet: (buffer, offset, length) => client.sendPacket(UPLINK, 0, buffer, offset, length),
      },
      {
        ...realParts,
        createPpp: (config, sink) =>
          realParts.createPpp(config, {
            ...sink,
            event: (event) => {
              if (event.type === 'up') this.#roundTrips = event.up.roundTrips;
              sink.event(event);
            },
          }),
      },
    );
  }

  async run({ name, number, target }: Answerer): Promise<FirstByte> {
    const { user, password } = this.#line.provider;
    const port = this.#line.portPath;
    const provider = { ...NEW_PROVIDER, id: 'bench', name: 'Bench', numbers: [number], user, port };
    const answered = this.#pinging(target);
    const call = await this.uplink.dial(
      { provider, password, number, portPath: port },
      AbortSignal.timeout(CALL_LIMIT_MS),
    );
    if (!call.ok) throw new Error(`${name}: ${call.fault.sentence}`);
    const up = { link: UPLINK, role: 'uplink' as const, ...call.up.up };
    await must(this.#client.request({ type: 'link-up', up }));
    const at = await within(`a ping to ${name} comes back`, CALL_LIMIT_MS, answered);
    return { ms: at - this.#connectedAt, roundTrips: this.#roundTrips };
  }

  async end(): Promise<void> {
    this.#ping?.kill('SIGKILL');
    await must(this.#client.request({ type: 'link-down', link: UPLINK }));
    await this.uplink.hangUp();
  }

  /** When the LAN host reads its first reply. */
  #pinging(target: string): Promise<number> {
    const words = ['stdbuf', '-oL', 'ping', '-n', '-i', PING_SECONDS, '-s', '16', target];
    const ping = spawn('ip', ['netns', 'exec', LAN_HOST, ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#ping = ping;
    return new Promise((resolve) => {
      ping.stdout.on('data', (chunk: Buffer) => {
        if (chunk.includes('bytes from')) resolve(performance.now());
      });
    });
  }
}

/** Rejects with `what` if it takes longer. */
export async function within<T>(what: string, limitMs: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${limitMs / 1000} s in vain: ${what}`)), limitMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
