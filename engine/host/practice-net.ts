/**
 * The practice topology, fixed: two LAN hosts on a bridge, and behind the practice provider an Internet of one router more,
 * with a name server and a web server.
 *
 *   masq-host1 ─┐                                 TUN                veth                veth
 *               ├─ masq-lan (this namespace)   engine ── masq-isp ──────── masq-hop ──────── masq-net
 *   masq-host2 ─┘  192.168.66.1/24                    203.0.113.1     198.51.100.1    .53 DNS, .80 web
 *
 * Everything is journalled before it is made, and lives and dies with the engine.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Fault, type Lan, PRACTICE } from '../contract.ts';
import { type Child, startChild } from './child.ts';
import { done, failed, fault, type Outcome, toolMissing } from './faults.ts';
import type { Journal } from './journal.ts';
import { ip, type Log } from './network.ts';
import { findTool, run } from './run.ts';

export const PRACTICE_LAN: Lan = {
  interface: PRACTICE.lanInterface,
  address: PRACTICE.lanAddress,
  prefix: 24,
  dhcp: { first: '192.168.66.100', last: '192.168.66.199', leaseSeconds: 3600 },
};
export const ISP = 'masq-isp';
const HOP = 'masq-hop';
const NET = 'masq-net';
const POOL = '203.0.113.64/26';
const [ISP_ADDRESS, HOP_ADDRESS] = PRACTICE.hops;
const PAGE_BYTES = 20_000;
const BIG_BYTES = 1_000_000;

/** Run in each new namespace: loopback up, no IPv6; routers forward, hosts do not. */
const HOST_SWITCHES =
  'ip link set lo up; for i in all default; do echo 1 > /proc/sys/net/ipv6/conf/$i/disable_ipv6; done 2> /dev/null; true';
const ROUTER_SWITCHES = `echo 1 > /proc/sys/net/ipv4/ip_forward; ${HOST_SWITCHES}`;

/** What busybox's udhcpc calls; /etc/resolv.conf is the host's own by `ip netns exec`. */
const DHCP_CLIENT_SCRIPT = `#!/bin/sh
# Called by udhcpc of a practice host with what the DHCP server said.
case "$1" in
  deconfig)
    ip addr flush dev "$interface"
    ;;
  bound | renew)
    ip addr replace "$ip/$mask" dev "$interface"
    ip route replace default via "\${router%% *}" dev "$interface"
    : > /etc/resolv.conf
    for server in $dns; do echo "nameserver $server" >> /etc/resolv.conf; done
    ;;
esac
`;

/** Locally administered and always the same, so that a host gets its old lease back and is not listed twice. */
const hostMac = (index: number) => `02:4d:47:00:00:0${index + 1}`;

export class PracticeNet {
  readonly #journal: Journal;
  readonly #directory: string;
  readonly #log: Log;
  readonly #children: Child[] = [];

  /** `directory`: the engine's own; a folder `practice` is made in it. */
  constructor(journal: Journal, directory: string, log: Log) {
    this.#journal = journal;
    this.#directory = join(directory, 'practice');
    this.#log = log;
  }

  /** The LAN side, before the LAN card is set up; then `startHosts`. */
  async buildLan(): Promise<Outcome> {
    const missing = missingTool();
    if (missing) return failed(missing);
    this.#writeFiles();
    this.#journal.will({ kind: 'interface', interface: PRACTICE.lanInterface });
    const bridge = await steps([
      ['link', 'add', PRACTICE.lanInterface, 'type', 'bridge', 'forward_delay', '0'],
    ]);
    if (!bridge.ok) return bridge;
    silence(PRACTICE.lanInterface);
    for (const [index, name] of PRACTICE.hosts.entries()) {
      const port = `masq-h${index + 1}`;
      writeResolver(this.#journal, name);
      this.#journal.will({ kind: 'interface', interface: port });
      const built = await steps([
        ['netns', 'add', name],
        [
          'link',
          'add',
          port,
          'type',
          'veth',
          'peer',
          'name',
          'eth0',
          'address',
          hostMac(index),
          'netns',
          name,
        ],
        ['netns', 'exec', name, 'sh', '-c', HOST_SWITCHES],
      ]);
      if (!built.ok) return built;
      silence(port);
      const joined = await steps([
        ['link', 'set', port, 'master', PRACTICE.lanInterface, 'up'],
        ['-n', name, 'link', 'set', 'eth0', 'up'],
      ]);
      if (!joined.ok) return joined;
    }
    return ip('link', 'set', PRACTICE.lanInterface, 'up');
  }

  /** The hosts ask for their leases; they keep asking until dnsmasq is there. */
  startHosts(): void {
    for (const name of PRACTICE.hosts) {
      const client = ['busybox', 'udhcpc', '-f', '-i', 'eth0', '-s', join(this.#directory, 'dhcp-client')];
      this.#start(name, [...client, '-x', `hostname:${name}`, '-t', '3', '-T', '1', '-A', '1']);
    }
  }

  /** The provider's side; the TUN named ISP is open in this namespace and is moved into the provider's. */
  async buildInternet(): Promise<Outcome> {
    for (const name of [ISP, HOP, NET]) this.#journal.will({ kind: 'namespace', name });
    const web = `${PRACTICE.web.address}/24`;
    const built = await steps([
      ['netns', 'add', ISP],
      ['netns', 'add', HOP],
      ['netns', 'add', NET],
      ['netns', 'exec', ISP, 'sh', '-c', ROUTER_SWITCHES],
      ['netns', 'exec', HOP, 'sh', '-c', ROUTER_SWITCHES],
      ['netns', 'exec', NET, 'sh', '-c', HOST_SWITCHES],
      ['link', 'set', ISP, 'netns', ISP],
      ['-n', ISP, 'addr', 'add', `${ISP_ADDRESS}/32`, 'dev', ISP],
      ['-n', ISP, 'link', 'set', ISP, 'multicast', 'off', 'up'],
      ['-n', ISP, 'route', 'add', POOL, 'dev', ISP],
      ['-n', ISP, 'link', 'add', 'down0', 'type', 'veth', 'peer', 'name', 'up0', 'netns', HOP],
      ['-n', HOP, 'link', 'add', 'down0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', NET],
      ['-n', ISP, 'addr', 'add', ISP_ADDRESS, 'peer', `${HOP_ADDRESS}/32`, 'dev', 'down0'],
      ['-n', HOP, 'addr', 'add', HOP_ADDRESS, 'peer', `${ISP_ADDRESS}/32`, 'dev', 'up0'],
      ['-n', HOP, 'addr', 'add', `${HOP_ADDRESS}/24`, 'dev', 'down0'],
      ['-n', NET, 'addr', 'add', web, 'dev', 'eth0'],
      ['-n', NET, 'addr', 'add', `${PRACTICE.provider.dns}/24`, 'dev', 'eth0'],
      ['-n', ISP, 'link', 'set', 'down0', 'up'],
      ['-n', HOP, 'link', 'set', 'up0', 'up'],
      ['-n', HOP, 'link', 'set', 'down0', 'up'],
      ['-n', NET, 'link', 'set', 'eth0', 'up'],
      ['-n', ISP, 'route', 'add', 'default', 'via', HOP_ADDRESS, 'dev', 'down0'],
      ['-n', HOP, 'route', 'add', 'default', 'via', ISP_ADDRESS, 'dev', 'up0'],
      ['-n', NET, 'route', 'add', 'default', 'via', HOP_ADDRESS],
    ]);
    if (!built.ok) return built;
    this.#start(NET, ['busybox', 'httpd', '-f', '-p', `${PRACTICE.web.address}:80`, '-h', this.#directory]);
    this.#start(NET, [
      'dnsmasq',
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--no-resolv',
      '--no-hosts',
      '--pid-file=',
      '--log-facility=-',
      '--user=root',
      '--group=root',
      '--bind-interfaces',
      `--listen-address=${PRACTICE.provider.dns}`,
      `--address=/${PRACTICE.web.name}/${PRACTICE.web.address}`,
      '--local=/#/',
    ]);
    return done;
  }

  async setMtu(mtu: number): Promise<void> {
    await run('ip', ['-n', ISP, 'link', 'set', ISP, 'mtu', String(mtu)]);
  }

  /** Namespaces and interfaces are undone by the journal. */
  async end(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.end()));
    this.#children.length = 0;
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #start(namespace: string, command: readonly string[]): void {
    const child = startChild(this.#journal, {
      tool: 'ip',
      args: ['netns', 'exec', namespace, ...command],
      capabilities: null,
      onLine: (line) => this.#log('debug', `${namespace}: ${line}`),
      onExit: (code) =>
        this.#log('warning', `${namespace}: ${command.slice(0, 2).join(' ')} ended with ${code}.`),
    });
    if (child) this.#children.push(child);
  }

  #writeFiles(): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    writeFileSync(join(this.#directory, PRACTICE.web.file), practicePage());
    writeFileSync(join(this.#directory, 'big.bin'), practiceBytes(BIG_BYTES));
    writeFileSync(join(this.#directory, 'dhcp-client'), DHCP_CLIENT_SCRIPT, { mode: 0o700 });
  }
}

/** The same page every time, so that its checksum proves that it came through whole. */
export function practicePage(): string {
  const head = '<!doctype html>\n<html lang="en">\n<title>The practice Internet</title>\n<h1>It works</h1>\n';
  const tail = '</html>\n';
  let text = head;
  for (let line = 1; text.length + tail.length < PAGE_BYTES; line++) {
    text += `<p>Line ${line}: this page came through a modem call and an address shared by the whole LAN.</p>\n`;
  }
  return text + tail;
}

/** Bytes that do not compress, from a fixed linear congruential sequence. */
export function practiceBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

async function steps(commands: readonly (readonly string[])[]): Promise<Outcome> {
  for (const command of commands) {
    const outcome = await ip(...command);
    if (!outcome.ok) return failed(practiceFailed(outcome.fault));
  }
  return done;
}

function practiceFailed(cause: Fault): Fault {
  return fault(
    'practice-failed',
    'The practice network could not be built.',
    `${cause.sentence} ${cause.cause}`,
    'The kernel needs network namespaces, veth and bridge; in a container, start it with --privileged.',
    cause.detail,
  );
}

function missingTool(): Fault | null {
  const sentence = 'The practice network needs a program that is not installed.';
  if (findTool('ip') === null) return toolMissing('ip', 'iproute2', sentence);
  if (findTool('busybox') === null) return toolMissing('busybox', 'busybox', sentence);
  if (findTool('dnsmasq') === null) return toolMissing('dnsmasq', 'dnsmasq-base', sentence);
  return null;
}

/** A resolv.conf of the host's own, which `ip netns exec` lays over the system's. */
function writeResolver(journal: Journal, name: string): void {
  journal.will({ kind: 'namespace', name });
  mkdirSync(`/etc/netns/${name}`, { recursive: true, mode: 0o755 });
  writeFileSync(`/etc/netns/${name}/resolv.conf`, '', { mode: 0o644 });
}

function silence(device: string): void {
  try {
    writeFileSync(`/proc/sys/net/ipv6/conf/${device}/disable_ipv6`, '1');
  } catch {}
}
