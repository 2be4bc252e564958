// Our own PPP (main/ppp) at either end of a PPTP tunnel whose control connection and GRE are Debian's: `client` has pptp (pptp-linux, without
// pppd) at a pty, asks for an address and pings the other end through the tunnel; `server` is what pptpd starts in pppd's place, on the
// terminal that is its standard input, and answers pings.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatAddress, parseAddress } from '../../../../engine/packet/address.ts';
import { sealIcmp } from '../../../../engine/packet/icmp.ts';
import {
  destinationOf,
  headerLength,
  ICMP,
  protocolOf,
  sourceOf,
  writeIpv4,
} from '../../../../engine/packet/ipv4.ts';
import { PppSession } from '../../../../main/ppp/session.ts';
import type { PppClientConfig, PppServerConfig, PppUp } from '../../../../main/ppp/types.ts';
import { Pty } from '../../../../main/practice/pty.ts';
import { Failed, WAIT_MS } from './parts.ts';

const PINGS = 20;
const PING_BYTES = 600;
const SECRET = { user: 'traveller', password: 'a secret of the proof' };
const COMMON = { mru: 1400, mtu: 1400, lineRate: 1_000_000, vj: false, deflate: false } as const;

/** One end: PPP between `write` and `receive`, IP packets to `packet`. */
class End {
  readonly #session: PppSession;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #timer: NodeJS.Timeout;
  up: PppUp | null = null;
  down: string | null = null;

  constructor(
    config: PppClientConfig | PppServerConfig,
    write: (bytes: Uint8Array) => void,
    packet: (bytes: Uint8Array) => void,
  ) {
    this.#write = write;
    this.#session = new PppSession(
      config,
      {
        control: (frame) => write(frame.slice()),
        deliver: (bytes, offset, length) => packet(bytes.slice(offset, offset + length)),
        event: (event) => {
          if (event.type === 'up') this.up = event.up;
          if (event.type === 'down') this.down = `${event.reason} ${event.detail}`;
        },
      },
      (bytes) => randomBytes(bytes),
    );
    this.#session.lowerUp(performance.now());
    this.#timer = setInterval(() => this.#session.advance(performance.now()), 20);
  }

  receive(bytes: Uint8Array): void {
    this.#session.receive(bytes, performance.now());
  }

  send(packet: Uint8Array): void {
    this.#write(this.#session.encode(packet, 0, packet.length, performance.now()).slice());
  }

  async close(): Promise<void> {
    this.#session.close(performance.now());
    await sleep(100);
    clearInterval(this.#timer);
  }
}

function echo(type: number, source: number, destination: number, sequence: number): Uint8Array {
  const packet = new Uint8Array(PING_BYTES);
  writeIpv4(packet, 0, PING_BYTES, ICMP, source, destination);
  packet[20] = type;
  packet[27] = sequence;
  sealIcmp(packet, 20, PING_BYTES - 20);
  return packet;
}

/** Dials `server` and pings through the tunnel. */
export async function tunnelClient(server: string): Promise<string> {
  let answers = 0;
  let end: End | null = null;
  const pty = new Pty({
    data: (bytes) => {
      end?.receive(bytes);
      return true;
    },
    opened: () => {},
    closed: () => {},
    drained: () => {},
  });
  const slave = openSync(pty.path, constants.O_RDWR | constants.O_NOCTTY);
  const pptp = spawn('pptp', [server, '--nolaunchpppd', '--nohostroute', '--loglevel', '0'], {
    stdio: [slave, 'ignore', 'ignore'],
  });
  try {
    const began = performance.now();
    while (!pty.isOpen) await sleep(20);
    end = new End(
      { ...COMMON, role: 'client', ...SECRET, dns: false },
      (bytes) => pty.write(bytes),
      (packet) => {
        if (protocolOf(packet, 0) === ICMP && packet[headerLength(packet, 0)] === 0) answers++;
      },
    );
    const waits = Math.max(WAIT_MS, 4_000);
    while (!end.up && performance.now() - began < waits) {
      if (pptp.exitCode !== null) throw new Failed(`pptp ended with ${pptp.exitCode}`);
      await sleep(20);
    }
    if (!end.up) throw new Failed('no PPP through the tunnel');
    const { local, peer, authentication } = end.up;
    for (let i = 0; i < PINGS; i++) {
      end.send(echo(8, parseAddress(local), parseAddress(peer), i));
      await sleep(20);
    }
    await sleep(300);
    await end.close();
    if (answers < PINGS) throw new Failed(`${answers} of ${PINGS} pings came back`);
    return `${local} by ${authentication}, ${answers} pings of ${PING_BYTES} bytes`;
  } finally {
    pptp.kill();
    closeSync(slave);
    await pty.close();
  }
}

/** pptpd gives `LOCAL:REMOTE` among the arguments meant for pppd. */
export async function tunnelServer(words: readonly string[]): Promise<void> {
  const [, local = '', remote = ''] = /(\d[\d.]+):(\d[\d.]+)/.exec(words.join(' ')) ?? [];
  // Node's own raw mode still turns line feeds into two characters.
  spawnSync('stty', ['raw', '-echo'], { stdio: ['inherit', 'ignore', 'ignore'] });
  const end: End = new End(
    {
      ...COMMON,
      role: 'server',
      name: 'tunnel',
      local,
      assign: () => remote,
      dns: [],
      wins: [],
      authentication: ['mschap-v2'],
      secret: (user) => (user === SECRET.user ? SECRET.password : null),
    },
    (bytes) => writeSync(1, bytes),
    (packet) => {
      const at = headerLength(packet, 0);
      if (protocolOf(packet, 0) !== ICMP || packet[at] !== 8) return;
      if (formatAddress(destinationOf(packet, 0)) !== local) return;
      end.send(echo(0, destinationOf(packet, 0), sourceOf(packet, 0), packet[at + 7] as number));
    },
  );
  process.stdin.on('data', (bytes: Buffer) => end.receive(bytes));
  await new Promise<void>((resolve) => {
    process.stdin.on('end', resolve).on('error', () => resolve());
    setInterval(() => end.down !== null && resolve(), 100);
  });
}
