// The world of the proof: the real engine in an enclave with a LAN of several hosts, and an Internet of two hops and several
// servers. The line between them is this process: link 1 of the engine's socket on one side, a TUN in the provider's namespace
// on the other, so that a redial is one link-down and one link-up. Nothing outside these namespaces is touched.
import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Counters,
  type EngineConfig,
  type Forward,
  type FromEngine,
  type HelperState,
  MASQUERADE_DEFAULT,
  type MasqueradeConfig,
  type Session,
} from '../../engine/contract.ts';
import { Tun } from '../../engine/host/tun.ts';
import { formatAddress } from '../../engine/packet/address.ts';
import { Enclave } from '../../main/engine-client/engine-client.test-parts.ts';
import { EngineClient } from '../../main/engine-client/engine-client.ts';
import { ROOT } from '../gateway-process.ts';
import { type Ran, runProgram, spawnProgram } from './programs.ts';

export const GATEWAY = '192.168.77.1';
export const HOSTS = { h1: '192.168.77.11', h2: '192.168.77.12', h3: '192.168.77.13' } as const;
export type HostName = keyof typeof HOSTS;
export const PEER = '203.0.113.1';
/** Of the provider's pool, in the order in which calls get them. */
export const POOL_FIRST = 64;
const POOL = '203.0.113.64/26';
/** Servers of the Internet: names, web, a second web, and the two addresses RFC 5780 wants. */
export const NET = {
  dns: '198.51.100.53',
  web: '198.51.100.80',
  other: '198.51.100.81',
  stun: '198.51.100.34',
  stunOther: '198.51.100.35',
} as const;
export const LINK = 1;
const TUN_NAME = 'masqp0';
const PEER_PROGRAM = join(ROOT, 'dist', 'e2e', 'proof-peer.js');

/** A namespace of the world: a LAN host, `provider` or `servers`. */
export type Place = HostName | 'provider' | 'servers';
type Readdressed = Extract<FromEngine, { type: 'readdressed' }>;

export class World {
  readonly engine: EngineClient;
  readonly log: string[] = [];
  readonly faults: string[] = [];
  readonly redials: Readdressed[] = [];
  /** Who asked for the line, and what for. */
  readonly wants: string[] = [];
  counters: Counters = {};
  helpers: HelperState[] = [];
  /** The link's own address; null while the line is down. */
  address: string | null = null;
  /** Packets the engine sent with another source than the link's address: there must be none. */
  strays = 0;
  toLine = 0;
  fromLine = 0;
  #enclave: Enclave;
  #tun: Tun | null = null;
  #mtu = 1500;
  #next = POOL_FIRST;
  #closing = false;
  readonly #holders = new Map<Place, ChildProcess>();
  readonly #children = new Set<ChildProcess>();
  #config: EngineConfig = {
    practice: false,
    lan: { interface: 'lan0', address: GATEWAY, prefix: 24, dhcp: null },
    masquerade: MASQUERADE_DEFAULT,
    access: { mode: 'everybody', chosen: [], paused: [] },
    forwards: [],
    helpers: {},
    demand: false,
    ownTraffic: 'auto',
  };

  private constructor(enclave: Enclave) {
    this.#enclave = enclave;
    this.engine = new EngineClient({
      launcher: enclave.launcher,
      command: [process.execPath, join(ROOT, 'dist', 'engine', 'supervisor.cjs')],
      movedBase: enclave.base,
      events: {
        message: (message) => this.#heard(message),
        packet: (_link, _client, buffer, offset, length) => this.#fromEngine(buffer, offset, length),
        lost: (fault) => this.faults.push(`${fault.sentence} ${fault.detail ?? ''}`),
        back: () => this.faults.push('The engine was started again.'),
      },
    });
  }

  static async open(): Promise<World> {
    const world = new World(await Enclave.open());
    try {
      await world.#build();
    } catch (error) {
      await world.close();
      throw error;
    }
    return world;
  }

  async #build(): Promise<void> {
    // The kernel would leave out answers that one traceroute after another waits for.
    this.#must('echo 0 > /proc/sys/net/ipv4/icmp_ratelimit');
    this.#lan();
    this.#internet();
    const started = await this.engine.start(new AbortController().signal);
    if (!started.ok) throw new Error(`${started.fault.sentence} ${started.fault.detail ?? ''}`);
    await this.configure({});
    await this.up();
    this.spawn('servers', [
      'dnsmasq',
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--no-resolv',
      '--no-hosts',
      '--user=root',
      '--pid-file=',
      '--bind-interfaces',
      `--listen-address=${NET.dns}`,
      '--local=/example/',
      `--address=/example/${NET.web}`,
    ]);
    this.peer('servers', 'http', NET.web, '80');
    this.peer('servers', 'http', NET.other, '80');
    this.peer('servers', 'udp-echo', NET.web, '7');
    this.peer('servers', 'ticker', NET.web, '9000');
    await this.until('the first page', 10_000, async () => {
      const { code } = await this.run('h1', ['curl', '-s', '-m', '2', `http://${NET.web}/who`]);
      return code === 0;
    });
    this.#must(`printf 'nameserver ${GATEWAY}\n' > /etc/resolv.conf`);
    await this.until('the first name', 10_000, async () => {
      const { out } = await this.run('h1', ['dig', '+short', '+time=1', '+tries=1', 'www.example']);
      return out.trim() === NET.web;
    });
  }

  /** Three hosts on a bridge of their own, the gateway's card plugged into it. */
  #lan(): void {
    this.#must(
      'ip netns add switch && ip -n switch link add br0 type bridge && ip -n switch link set br0 up',
    );
    this.#plug('lan0', null);
    for (const [name, address] of Object.entries(HOSTS)) {
      this.#must(`ip netns add ${name} && ip -n ${name} link set lo up`);
      this.#plug('eth0', name);
      this.#must(`ip -n ${name} address add ${address}/24 brd + dev eth0 && ip -n ${name} link set eth0 up`);
      this.#must(`ip -n ${name} route add default via ${GATEWAY}`);
      this.#hold(name as HostName);
    }
  }

  #plug(card: string, namespace: string | null): void {
    const port = `p-${namespace ?? 'gate'}`;
    const where = namespace === null ? '' : `netns ${namespace}`;
    this.#must(`ip link add ${card} ${where} type veth peer name ${port} netns switch`);
    this.#must(`ip -n switch link set ${port} master br0 up`);
  }

  #internet(): void {
    this.#must('ip netns add provider && ip netns add servers');
    this.#must('ip -n provider link set lo up && ip -n servers link set lo up');
    this.#must('ip link add up0 netns provider type veth peer name eth0 netns servers');
    this.#must(
      'ip -n provider address add 198.51.100.1/24 dev up0 && ip -n provider link set up0 up && ip -n servers link set eth0 up',
    );
    for (const address of Object.values(NET)) {
      this.#must(`ip -n servers address add ${address}/24 dev eth0`);
    }
    this.#must('ip -n servers route add default via 198.51.100.1');
    this.#hold('provider');
    this.#hold('servers');
    for (const name of ['provider', 'servers']) {
      this.#must(
        `nsenter --net=/run/netns/${name} sh -c 'echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter; echo 0 > /proc/sys/net/ipv4/conf/default/rp_filter; for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $f; done; echo 1 > /proc/sys/net/ipv4/ip_forward; echo 0 > /proc/sys/net/ipv4/icmp_ratelimit'`,
      );
    }
    const opened = Tun.open(
      TUN_NAME,
      (buffer, length) => this.#fromInternet(buffer, length),
      () => {},
    );
    if (!opened.ok) throw new Error(opened.fault.sentence);
    this.#tun = opened.tun;
    execFileSync('ip', ['link', 'set', TUN_NAME, 'netns', String(this.#holder('provider'))]);
    this.#must(
      `ip -n provider address add ${PEER}/32 dev ${TUN_NAME} && ip -n provider link set ${TUN_NAME} multicast off txqueuelen 2000 up`,
    );
    this.#must(`ip -n provider route add ${POOL} dev ${TUN_NAME}`);
    opened.tun.start();
  }

  #must(line: string): void {
    const said = this.#enclave.sh(`{ ${line}; } || echo '<failed>'`);
    if (said.includes('<failed>')) throw new Error(`${line}: ${said}`);
  }

  #hold(place: Place): void {
    this.#holders.set(place, this.#enclave.spawn(['nsenter', `--net=/run/netns/${place}`, 'sleep', '7200']));
  }

  #holder(place: Place): number {
    return this.#holders.get(place)?.pid ?? -1;
  }

  #inside(place: Place, command: readonly string[]): string[] {
    return ['nsenter', '-t', String(this.#holder(place)), '-n', '-m', ...command];
  }

  /** Runs a program to its end in a namespace; the limit ends it. */
  run(place: Place, command: readonly string[], limitMs = 30_000): Promise<Ran> {
    return runProgram(this.#inside(place, command), limitMs);
  }

  /** Starts a program that ends with the world, when its input ends, or when killed; any other end is a fault. */
  spawn(place: Place, command: readonly string[]): ChildProcess {
    const child = spawnProgram(this.#inside(place, command));
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-1_000);
    });
    this.#children.add(child);
    child.once('exit', (code, signal) => {
      this.#children.delete(child);
      if (this.#closing || child.killed || (code === 0 && child.stdin?.writableEnded)) return;
      this.faults.push(`${place}: ${command.slice(0, 4).join(' ')} ended (${code ?? signal}): ${complaint}`);
    });
    return child;
  }

  /** Starts one of our own peers (peer.ts). */
  peer(place: Place, ...args: string[]): ChildProcess {
    return this.spawn(place, [process.execPath, PEER_PROGRAM, ...args]);
  }

  runPeer(place: Place, limitMs: number, ...args: string[]): Promise<Ran> {
    return this.run(place, [process.execPath, PEER_PROGRAM, ...args], limitMs);
  }

  /** Changes the configuration; what is not named goes back to the default. */
  async configure(
    change: Partial<Omit<EngineConfig, 'masquerade'>> & { masquerade?: Partial<MasqueradeConfig> },
  ): Promise<void> {
    const config = {
      ...this.#config,
      ...change,
      masquerade: { ...MASQUERADE_DEFAULT, ...change.masquerade },
    };
    const reply = await this.engine.request({ type: 'configure', config });
    if (!reply.ok) throw new Error(`${reply.fault.sentence} ${reply.fault.detail ?? ''}`);
  }

  /** Brings the line up with the next address of the pool, or the given one; resolves when the engine has said so. */
  async up(address = this.nextAddress(), mtu = 1500): Promise<void> {
    if (mtu !== this.#mtu) this.#must(`ip -n provider link set ${TUN_NAME} mtu ${mtu}`);
    this.#mtu = mtu;
    this.address = address;
    const up = { link: LINK, role: 'uplink' as const, local: address, peer: PEER, dns: [NET.dns], mtu };
    const reply = await this.engine.request({ type: 'link-up', up });
    if (!reply.ok) throw new Error(`${reply.fault.sentence} ${reply.fault.detail ?? ''}`);
  }

  async down(): Promise<void> {
    this.address = null;
    await this.engine.request({ type: 'link-down', link: LINK });
  }

  async redial(downMs = 0, mtu = 1500): Promise<void> {
    await this.down();
    if (downMs > 0) await sleep(downMs);
    await this.up(this.nextAddress(), mtu);
  }

  /** Gives the way down the line a pace, for instance 16mbit, with a queue of a second at the provider. */
  async pace(rate: string): Promise<void> {
    const words = ['rate', rate, 'burst', '6kb', 'latency', '1s'];
    const { code, err } = await this.run('provider', [
      'tc',
      'qdisc',
      'replace',
      'dev',
      TUN_NAME,
      'root',
      'tbf',
      ...words,
    ]);
    if (code !== 0) throw new Error(err);
  }

  /** Packets that something of ours has dropped for want of room, by place; between the line's TUN and the LAN and back. */
  ownLosses(): Record<string, number> {
    return {
      'line to engine': this.engine.dropped,
      'engine to line': this.counters.socketDrops ?? 0,
      'LAN to engine': Number(
        this.#enclave.sh('cat /proc/net/dev').match(/masq0:(?:\s+\d+){11}\s+(\d+)/)?.[1],
      ),
      'engine to LAN': this.counters.tunDrops ?? 0,
    };
  }

  nextAddress(): string {
    const last = this.#next;
    this.#next = last === 127 ? POOL_FIRST : last + 1;
    return `203.0.113.${last}`;
  }

  async sessions(): Promise<Session[]> {
    const reply = await this.engine.request({ type: 'sessions', limit: 5000 });
    return reply.ok ? (reply.result as Session[]) : [];
  }

  /** Resident memory of the engine's process, kB. */
  engineKb(): number {
    const status = readFileSync(`/proc/${this.#enclave.pidOf('engine.cjs')}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  }

  /** Counters as the engine tells them once a second: waits for the next telling. */
  async freshCounters(): Promise<Counters> {
    await sleep(1_300);
    return this.counters;
  }

  async until(what: string, limitMs: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const limit = performance.now() + limitMs;
    while (!(await isSo())) {
      if (performance.now() > limit) {
        const last = [...this.faults, ...this.log].slice(-6).join('\n  ');
        throw new Error(`waited ${limitMs} ms in vain for ${what}\n  ${last}`);
      }
      await sleep(50);
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const child of this.#children) child.kill('SIGKILL');
    await this.engine.stop();
    this.#tun?.close();
    this.#enclave.close();
  }

  #heard(message: FromEngine): void {
    if (message.type === 'counters') this.counters = message.counters;
    if (message.type === 'helpers') this.helpers = message.helpers;
    if (message.type === 'want-line') this.wants.push(`${message.client}, ${message.reason}`);
    if (message.type === 'readdressed') this.redials.push(message);
    if (message.type === 'log') this.log.push(`${message.line.level} ${message.line.text}`);
    if (message.type === 'host-fault' && message.fault) this.faults.push(message.fault.sentence);
  }

  /** Up the line. */
  #fromEngine(buffer: Uint8Array, offset: number, length: number): void {
    if (this.address === null) return;
    if (addressAt(buffer, offset + 12) !== this.address) {
      this.strays++;
      return;
    }
    this.toLine++;
    this.#tun?.write(buffer, offset, length);
  }

  /** Down the line: the provider delivers only what is for the address of this call. */
  #fromInternet(buffer: Uint8Array, length: number): void {
    if (this.address === null || addressAt(buffer, 16) !== this.address) return;
    this.fromLine++;
    this.engine.sendPacket(LINK, 0, buffer, 0, length);
  }
}

/** A forward of one port, or as changed. */
export function forward(
  id: string,
  protocol: Forward['protocol'],
  port: number,
  host: HostName,
  change: Partial<Forward> = {},
): Forward {
  const hosts = [{ address: HOSTS[host], weight: 1 }];
  return {
    id,
    on: true,
    protocol,
    first: port,
    last: port,
    insideFirst: port,
    hosts,
    sources: [],
    ...change,
  };
}

function addressAt(buffer: Uint8Array, at: number): string {
  return formatAddress(
    ((buffer[at] as number) << 24) |
      ((buffer[at + 1] as number) << 16) |
      ((buffer[at + 2] as number) << 8) |
      (buffer[at + 3] as number),
  );
}
