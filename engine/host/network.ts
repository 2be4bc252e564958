/**
 * Addresses, routes, rules and forwarding, by iproute2 and /proc. The kernel routes and does not translate: LAN traffic is
 * sent into masq0 by rules of our own table, whatever the main table says, and an unreachable default stands behind it, so
 * that a dead engine cuts the LAN instead of letting it out by another card. The global ip_forward stays as it is.
 */
import { writeFileSync } from 'node:fs';
import type { EngineConfig, Fault, Lan } from '../contract.ts';
import {
  dhcpRangeFault,
  type LocalAddress,
  lanClash,
  netmask,
  ownAddressClash,
  toNumber,
  toText,
} from './clash.ts';
import { done, failed, fault, type Outcome, toolMissing } from './faults.ts';
import type { Journal } from './journal.ts';
import { findTool, run, runJson } from './run.ts';
import { readSysctl, writeSysctl } from './undo-step.ts';

export const TUN_NAME = 'masq0';
const TABLE = 66;
/** Our rules: from the LAN all but a default as main says; else our table; so also from masq0's own address. */
const RULE_LAN_LOCAL = 6600;
const RULE_LAN = 6601;
const RULE_TUN = 6602;
const RULE_OWN_LOCAL = 6603;
const RULE_OWN = 6604;
const OUR_RULES = [RULE_LAN_LOCAL, RULE_LAN, RULE_TUN, RULE_OWN_LOCAL, RULE_OWN];
/**
 * Routes as short as this are no local nets: a VPN lays 0.0.0.0/1 and 128.0.0.0/1 over the default, and LAN traffic must
 * not follow them.
 */
const NOT_LOCAL_PREFIX = '1';
/** Weaker than what NetworkManager, DHCP clients or people give a default route. */
const WEAK_METRIC = '2000000000';
const LAST_METRIC = '4000000000';
/** Somewhere out there: a root name server. Routes to it are asked for, nothing is sent; a test net may be somebody's LAN. */
export const FAR_ADDRESS = '193.0.14.129';

export type Log = (level: 'debug' | 'info' | 'warning' | 'error', text: string) => void;

export interface HostAddresses {
  names: string[];
  up: string[];
  local: LocalAddress[];
}

interface IpAddress {
  ifname: string;
  flags?: string[];
  addr_info?: { family: string; local?: string; prefixlen?: number }[];
}

export async function readAddresses(): Promise<HostAddresses> {
  const cards = ((await runJson('ip', ['-j', 'addr'])) ?? []) as IpAddress[];
  const local: LocalAddress[] = [];
  for (const card of cards) {
    for (const one of card.addr_info ?? []) {
      if (one.family !== 'inet' || one.local === undefined) continue;
      local.push({ interface: card.ifname, address: one.local, prefix: one.prefixlen ?? 32 });
    }
  }
  return {
    names: cards.map((card) => card.ifname),
    up: cards.filter((card) => card.flags?.includes('UP')).map((card) => card.ifname),
    local,
  };
}

/** A route of the main table; `dst` is `default`, a network such as 10.0.0.0/8, or one host without a prefix. */
export interface KnownRoute {
  dst: string;
  gateway?: string;
  dev?: string;
}

export async function readRoutes(): Promise<KnownRoute[]> {
  return ((await runJson('ip', ['-4', '-j', 'route', 'show', 'table', 'main'])) ?? []) as KnownRoute[];
}

/** Runs `ip`; anything but success is a Fault, because the names and numbers were checked before. */
export async function ip(...args: string[]): Promise<Outcome> {
  const ran = await run('ip', args);
  if (ran.code === 0) return done;
  if (ran.code === 127) return failed(toolMissing('ip', 'iproute2', 'Addresses and routes cannot be set.'));
  return failed(
    fault(
      'ip-refused',
      `The system refused “ip ${args.join(' ')}”.`,
      ran.stderr.trim().split('\n').at(-1) || 'It gave no reason.',
      'Hang up and dial again; if it stays, send the log with a report.',
    ),
  );
}

async function all(commands: readonly string[][]): Promise<Outcome> {
  for (const command of commands) {
    const outcome = await ip(...command);
    if (!outcome.ok) return outcome;
  }
  return done;
}

interface IpRule {
  priority: number;
  src: string;
  table?: string;
  iif?: string;
}

interface IpRoute {
  dst: string;
  dev?: string;
}

/** What stands in the way before anything has been changed. */
export async function hostFault(lan: Lan | null, ownAddresses: readonly string[]): Promise<Fault | null> {
  if (findTool('ip') === null) return toolMissing('ip', 'iproute2', 'Addresses and routes cannot be set.');
  const found = await readAddresses();
  const rules = ((await runJson('ip', ['-4', '-j', 'rule'])) ?? []) as IpRule[];
  const routes = ((await runJson('ip', ['-4', '-j', 'route', 'show', 'table', String(TABLE)])) ??
    []) as IpRoute[];
  const taken = rules.find((rule) => OUR_RULES.includes(rule.priority) || rule.table === String(TABLE));
  if (taken || routes.length > 0) {
    return fault(
      'routing-table-taken',
      `Another program uses routing table ${TABLE} or the rules ${RULE_LAN_LOCAL} to ${RULE_OWN}.`,
      'A VPN or a hand-made script chose the same numbers as Masq-Gate.',
      `See “ip rule” and “ip route show table ${TABLE}”; end that program or move it to other numbers.`,
    );
  }
  const own = ownAddressClash(ownAddresses, found.local);
  if (own || lan === null) return own;
  if (!found.names.includes(lan.interface)) return lanMissing(lan.interface, found.names);
  return dhcpRangeFault(lan) ?? lanClash(lan, found.local);
}

export function lanMissing(name: string, names: readonly string[]): Fault {
  const others = names.filter((one) => one !== 'lo' && !one.startsWith('masq'));
  return fault(
    'lan-missing',
    `There is no network card ${name}, so the LAN cannot be served.`,
    'It was unplugged, renamed by the system, or another computer wrote these settings.',
    others.length > 0
      ? `Choose one of the cards found here in Settings: ${others.join(', ')}.`
      : 'Plug in a network card, then choose it in Settings.',
  );
}

/** Rules of a VPN or the like that are asked before ours, for the log. */
export async function rulesBeforeOurs(): Promise<string[]> {
  const rules = ((await runJson('ip', ['-4', '-j', 'rule'])) ?? []) as IpRule[];
  return rules
    .filter((rule) => rule.priority > 0 && rule.priority < RULE_LAN_LOCAL)
    .map((rule) => `${rule.priority} (from ${rule.src}${rule.table ? `, table ${rule.table}` : ''})`);
}

/** Packets. The engine empties this queue at once; where the computer holds it up for a moment nothing may be lost. */
const TUN_QUEUE = '2000';

/** The TUN is open: give it its address, its switches and our table. */
export async function setUpTun(journal: Journal, address: string, mtu: number): Promise<Outcome> {
  silenceIpv6(TUN_NAME);
  journal.will({ kind: 'table', table: TABLE });
  const basics = await all([
    ['addr', 'add', `${address}/32`, 'dev', TUN_NAME],
    ['link', 'set', TUN_NAME, 'multicast', 'off', 'mtu', String(mtu), 'txqueuelen', TUN_QUEUE, 'up'],
    ['-4', 'route', 'add', 'unreachable', 'default', 'metric', LAST_METRIC, 'table', String(TABLE)],
    ['-4', 'route', 'add', 'default', 'dev', TUN_NAME, 'table', String(TABLE)],
  ]);
  if (!basics.ok) return basics;
  writeSysctl(TUN_NAME, 'forwarding', '1');
  return addRule(journal, RULE_TUN, ['from', address, 'lookup', String(TABLE)]);
}

/** Address, forwarding and rules of the LAN card. The rules go by the card's name and outlive its unplugging. */
export async function setUpLan(journal: Journal, lan: Lan, log: Log): Promise<Outcome> {
  const raised = await raiseLan(journal, lan, log);
  if (!raised.ok) return raised;
  const iif = ['iif', lan.interface, 'lookup'];
  const local = await addRule(journal, RULE_LAN_LOCAL, [
    ...iif,
    'main',
    'suppress_prefixlength',
    NOT_LOCAL_PREFIX,
  ]);
  if (!local.ok) return local;
  return addRule(journal, RULE_LAN, [...iif, String(TABLE)]);
}

/** What the card itself needs, as often as it comes back; an address it already has is kept, and left to it. */
export async function raiseLan(journal: Journal, lan: Lan, log: Log): Promise<Outcome> {
  const found = await readAddresses();
  const here = found.local.filter((one) => one.interface === lan.interface);
  const same = here.some((one) => one.address === lan.address && one.prefix === lan.prefix);
  if (here.length > 0 && !same) {
    const list = here.map((one) => `${one.address}/${one.prefix}`).join(', ');
    log(
      'warning',
      `${lan.interface} already has ${list}; ${lan.address}/${lan.prefix} is added beside it while sharing.`,
    );
  }
  if (!same) {
    journal.will({ kind: 'address', address: lan.address, prefix: lan.prefix, interface: lan.interface });
    const added = await ip('addr', 'add', `${lan.address}/${lan.prefix}`, 'brd', '+', 'dev', lan.interface);
    if (!added.ok) return added;
  }
  if (!found.up.includes(lan.interface)) {
    journal.will({ kind: 'interface-up', interface: lan.interface });
    const raised = await ip('link', 'set', lan.interface, 'up');
    if (!raised.ok) return raised;
  }
  const forwarding = readSysctl(lan.interface, 'forwarding');
  if (forwarding !== null && forwarding !== '1') {
    journal.will({ kind: 'sysctl', interface: lan.interface, name: 'forwarding', value: forwarding });
  }
  return writeSysctl(lan.interface, 'forwarding', '1') ? done : failed(sysctlRefused(lan.interface));
}

/** The interface by which a packet of a LAN host would leave; null when none, or nobody can say. */
export async function lanWay(lan: Lan): Promise<string | null> {
  const own = toNumber(lan.address);
  const broadcast = (own | ~netmask(lan.prefix)) >>> 0;
  const host = toText(own + 1 === broadcast ? own - 1 : own + 1);
  const way = ['-4', '-j', 'route', 'get', FAR_ADDRESS, 'from', host, 'iif', lan.interface];
  const routes = ((await runJson('ip', way)) ?? []) as IpRoute[];
  return routes[0]?.dev ?? null;
}

/** The gateway's own traffic: a weak default (used when there is no other), or a rule that puts ours first. */
export async function setUpOwnTraffic(
  journal: Journal,
  choice: EngineConfig['ownTraffic'],
  address: string,
): Promise<Outcome> {
  if (choice === 'never') return done;
  if (choice === 'auto') {
    return ip('-4', 'route', 'add', 'default', 'dev', TUN_NAME, 'src', address, 'metric', WEAK_METRIC);
  }
  const own = ['iif', 'lo', 'lookup'];
  const local = await addRule(journal, RULE_OWN_LOCAL, [
    ...own,
    'main',
    'suppress_prefixlength',
    NOT_LOCAL_PREFIX,
  ]);
  if (!local.ok) return local;
  return addRule(journal, RULE_OWN, [...own, String(TABLE)]);
}

export function setTunMtu(mtu: number): Promise<Outcome> {
  return ip('link', 'set', TUN_NAME, 'mtu', String(mtu));
}

async function addRule(journal: Journal, preference: number, rule: string[]): Promise<Outcome> {
  journal.will({ kind: 'rule', preference });
  return ip('-4', 'rule', 'add', 'pref', String(preference), ...rule);
}

/** masq0 carries IPv4 only; neighbour and router solicitations on it would dial the line. */
function silenceIpv6(device: string): void {
  try {
    writeFileSync(`/proc/sys/net/ipv6/conf/${device}/disable_ipv6`, '1');
  } catch {}
}

function sysctlRefused(device: string): Fault {
  return fault(
    'forwarding-refused',
    `Forwarding could not be switched on for ${device}.`,
    'This runs in a container whose /proc/sys is read-only.',
    'Start the container with a writable /proc/sys (for Docker: --privileged), or run Masq-Gate outside of it.',
  );
}
