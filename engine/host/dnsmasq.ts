/**
 * DHCP and cached DNS for the LAN by dnsmasq, with arguments of ours alone (no file of the system's is read), bound to the
 * LAN card and, for callers, masq0. Its one upstream is a fixed address through masq0, which the router maps to the
 * provider's servers of the moment: a query therefore asks for the line instead of being refused. Runs as nobody and dies
 * with the engine.
 */
import { chownSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault, Lan } from '../contract.ts';
import { type Child, startChild } from './child.ts';
import { netmask, toText } from './clash.ts';
import { diskFault, fault, toolMissing } from './faults.ts';
import type { Journal } from './journal.ts';
import { type Lease, parseLeases } from './leases.ts';
import { type Log, TUN_NAME } from './network.ts';
import { findTool } from './run.ts';

const NOBODY = 65534;
const CAPABILITIES = ['net_admin', 'net_raw', 'net_bind_service'];
const RESTART_MS = 2_000;
const LEASES_MS = 1_000;
/** It says why it cannot start within this; after it, it runs. */
const SETTLED_MS = 700;

export interface DnsmasqOptions {
  lan: Lan;
  /** Whether to ping an address before giving it out; costs three seconds, so not where all hosts are known. */
  pingFirst: boolean;
  /** False when another DHCP server is on the LAN: names only. */
  dhcp: boolean;
  upstream: string;
  /** Where the lease file lives; made here, nobody's. */
  directory: string;
}

export interface DnsmasqEvents {
  leases(leases: readonly Lease[]): void;
  fault(fault: Fault | null): void;
  log: Log;
}

export function dnsmasqArguments({ lan, dhcp, pingFirst, upstream, directory }: DnsmasqOptions): string[] {
  const args = [
    '--keep-in-foreground',
    '--conf-file=/dev/null',
    '--no-resolv',
    '--no-hosts',
    '--no-poll',
    '--bind-dynamic',
    `--interface=${lan.interface}`,
    // What callers ask comes in here, whichever address of ours they ask; nothing from an uplink ever does.
    `--interface=${TUN_NAME}`,
    '--except-interface=lo',
    '--pid-file=',
    '--log-facility=-',
    '--filter-AAAA',
    '--domain-needed',
    '--bogus-priv',
    '--cache-size=1000',
    `--server=${upstream}@${TUN_NAME}`,
  ];
  if (!dhcp || lan.dhcp === null) return args;
  const mask = toText(netmask(lan.prefix));
  return [
    ...args,
    '--dhcp-authoritative',
    `--no-dhcp-interface=${TUN_NAME}`,
    `--dhcp-range=${lan.dhcp.first},${lan.dhcp.last},${mask},${lan.dhcp.leaseSeconds}s`,
    `--dhcp-option=option:router,${lan.address}`,
    `--dhcp-option=option:dns-server,${lan.address}`,
    `--dhcp-leasefile=${join(directory, 'leases')}`,
    '--quiet-dhcp',
    ...(pingFirst ? [] : ['--no-ping']),
  ];
}

export class Dnsmasq {
  readonly #journal: Journal;
  readonly #options: DnsmasqOptions;
  readonly #events: DnsmasqEvents;
  #child: Child | null = null;
  #lastLines: string[] = [];
  #restart: NodeJS.Timeout | null = null;
  #settled: NodeJS.Timeout | null = null;
  readonly #leaseTimer: NodeJS.Timeout;
  #leaseText = '';
  #ended = false;

  constructor(journal: Journal, options: DnsmasqOptions, events: DnsmasqEvents) {
    this.#journal = journal;
    this.#options = options;
    this.#events = events;
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    chownSync(options.directory, NOBODY, NOBODY);
    this.#start();
    this.#leaseTimer = setInterval(() => this.#readLeases(), LEASES_MS);
  }

  async end(): Promise<void> {
    this.#ended = true;
    clearInterval(this.#leaseTimer);
    if (this.#restart) clearTimeout(this.#restart);
    if (this.#settled) clearTimeout(this.#settled);
    await this.#child?.end();
  }

  #start(): void {
    this.#lastLines = [];
    const missing = missingTool();
    if (missing) {
      this.#events.fault(missing);
      this.#later(RESTART_MS);
      return;
    }
    try {
      this.#child = startChild(this.#journal, {
        tool: 'dnsmasq',
        args: dnsmasqArguments(this.#options),
        capabilities: CAPABILITIES,
        onLine: (line) => this.#line(line),
        onExit: (code) => this.#exited(code),
      });
    } catch (error) {
      this.#events.fault(diskFault(error) ?? exitFault(null, String(error)));
      this.#later(RESTART_MS);
      return;
    }
    if (this.#child === null) this.#exited(null);
    else this.#settled = setTimeout(() => this.#events.fault(null), SETTLED_MS);
  }

  #later(milliseconds: number): void {
    if (!this.#ended) this.#restart = setTimeout(() => this.#start(), milliseconds);
  }

  #line(line: string): void {
    this.#lastLines = [...this.#lastLines.slice(-9), line];
    const serious = /failed|error|cannot|refus|no address range/i.test(line);
    this.#events.log(serious ? 'warning' : 'debug', line);
  }

  #exited(code: number | null): void {
    if (this.#ended) return;
    if (this.#settled) clearTimeout(this.#settled);
    this.#child = null;
    this.#events.fault(exitFault(code, this.#lastLines.join('\n')));
    this.#later(RESTART_MS);
  }

  #readLeases(): void {
    let text = '';
    try {
      text = readFileSync(join(this.#options.directory, 'leases'), 'utf8');
    } catch {}
    if (text === this.#leaseText) return;
    this.#leaseText = text;
    this.#events.leases(parseLeases(text));
  }
}

function missingTool(): Fault | null {
  const sentence = 'The LAN gets no addresses and no names from this computer.';
  if (findTool('dnsmasq') === null) return toolMissing('dnsmasq', 'dnsmasq-base', sentence);
  return findTool('setpriv') === null ? toolMissing('setpriv', 'util-linux', sentence) : null;
}

/** Why dnsmasq ended, in words. Exit code 2 is a port or an address it could not have (dnsmasq(8)). */
function exitFault(code: number | null, words: string): Fault {
  const port = /dhcp/i.test(words) ? 67 : 53;
  if (code === 2 && /in use/i.test(words)) {
    const holder = portHolder(port);
    const whose = port === 67 ? 'DHCP (port 67)' : 'DNS (port 53)';
    return fault(
      `port-${port}-taken`,
      `Another program on this computer already answers ${whose}, so the LAN gets no ${port === 67 ? 'addresses' : 'names'} from Masq-Gate.`,
      holder === null
        ? 'It listens on every network card.'
        : `It is ${holder}, which listens on every network card.`,
      `End it, or set it not to listen on the LAN card.${holder === null ? '' : ` If it is a service: “sudo systemctl stop ${holder}”.`} Masq-Gate tries again by itself.`,
      words,
    );
  }
  return fault(
    'dnsmasq-died',
    'The LAN’s DHCP and DNS service stopped; it is being started again.',
    code === null ? 'It was killed or could not be started.' : `dnsmasq ended with code ${code}.`,
    'If it stays, the log holds its last words.',
    words,
  );
}

/** The name of the process with this UDP port on the wildcard address; null when none can be found. */
function portHolder(port: number): string | null {
  const wanted = new RegExp(`^ *\\d+: 0{8}:${port.toString(16).padStart(4, '0').toUpperCase()} `, 'm');
  try {
    const line = readFileSync('/proc/net/udp', 'latin1')
      .split('\n')
      .find((one) => wanted.test(one));
    const inode = line?.trim().split(/\s+/)[9];
    if (inode === undefined) return null;
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (holds(pid, inode)) return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    }
  } catch {}
  return null;
}

function holds(pid: string, inode: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some(
      (fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`,
    );
  } catch {
    return false;
  }
}
