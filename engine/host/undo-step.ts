/**
 * What the journal may ask to be undone: a closed set of typed steps, each safe to repeat, none of them a command line.
 * A step whose object is already gone has done its work.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { interfaceSchema, ipv4Schema } from '../contract.ts';
import { run, runJson } from './run.ts';

const table = z.number().int().min(1).max(252);
const netnsName = z.string().regex(/^masq-[a-z0-9]{1,12}$/);
const identifier = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const netToken = z.string().regex(/^[0-9./]{1,18}$/);

export const undoStepSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('rule'), preference: z.number().int().min(1).max(32765) }),
  z.object({ kind: z.literal('table'), table }),
  z.object({
    kind: z.literal('route'),
    to: z.union([z.literal('default'), netToken]),
    interface: interfaceSchema,
  }),
  z.object({
    kind: z.literal('address'),
    address: ipv4Schema,
    prefix: z.number().int(),
    interface: interfaceSchema,
  }),
  z.object({ kind: z.literal('proxy-neighbour'), address: ipv4Schema, interface: interfaceSchema }),
  z.object({ kind: z.literal('interface-up'), interface: interfaceSchema }),
  z.object({ kind: z.literal('interface'), interface: interfaceSchema }),
  z.object({
    kind: z.literal('sysctl'),
    interface: interfaceSchema,
    name: z.enum(['forwarding', 'send_redirects', 'proxy_arp']),
    value: z.string().regex(/^\d{1,2}$/),
  }),
  z.object({ kind: z.literal('namespace'), name: netnsName }),
  z.object({
    kind: z.literal('firewall'),
    family: z.enum(['ip', 'inet']),
    table: identifier,
    chain: identifier,
    comment: identifier,
  }),
  z.object({ kind: z.literal('network-manager'), interface: interfaceSchema }),
  /** A helper process; its start time (clock ticks since boot) tells it from a later one with the same number. */
  z.object({ kind: z.literal('process'), pid: z.number().int().min(2), started: z.string().regex(/^\d+$/) }),
]);
export type UndoStep = z.infer<typeof undoStepSchema>;

export async function undo(step: UndoStep): Promise<void> {
  switch (step.kind) {
    case 'rule':
      await run('ip', ['-4', 'rule', 'del', 'pref', String(step.preference)]);
      return;
    case 'table':
      await run('ip', ['-4', 'route', 'flush', 'table', String(step.table)]);
      return;
    case 'route':
      await run('ip', ['-4', 'route', 'del', step.to, 'dev', step.interface]);
      return;
    case 'address':
      await run('ip', ['-4', 'addr', 'del', `${step.address}/${step.prefix}`, 'dev', step.interface]);
      return;
    case 'proxy-neighbour':
      await run('ip', ['-4', 'neigh', 'del', 'proxy', step.address, 'dev', step.interface]);
      return;
    case 'interface-up':
      await run('ip', ['link', 'set', step.interface, 'down']);
      return;
    case 'interface':
      await run('ip', ['link', 'del', step.interface]);
      return;
    case 'sysctl':
      writeSysctl(step.interface, step.name, step.value);
      return;
    case 'namespace':
      await removeNamespace(step.name);
      return;
    case 'firewall':
      await removeFirewallRules(step);
      return;
    case 'network-manager':
      await run('nmcli', ['device', 'set', step.interface, 'managed', 'yes']);
      return;
    case 'process':
      endProcess(step.pid, step.started);
      return;
  }
}

export function sysctlPath(device: string, name: string): string {
  return `/proc/sys/net/ipv4/conf/${device}/${name}`;
}

/** Null when there is no such interface, or /proc is read-only in this place. */
export function readSysctl(device: string, name: string): string | null {
  try {
    return readFileSync(sysctlPath(device, name), 'utf8').trim();
  } catch {
    return null;
  }
}

export function writeSysctl(device: string, name: string, value: string): boolean {
  try {
    writeFileSync(sysctlPath(device, name), value);
    return true;
  } catch {
    return false;
  }
}

/** Start time of a process in clock ticks since boot (proc(5), stat field 22); null when it is gone. */
export function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function endProcess(pid: number, started: string): void {
  if (processStart(pid) !== started) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {}
}

/** Ends everything that runs in a namespace, then takes its name away; the kernel deletes it with the last user. */
async function removeNamespace(name: string): Promise<void> {
  const inside = await run('ip', ['netns', 'pids', name]);
  for (const pid of inside.stdout.split('\n').map(Number)) {
    if (pid > 1 && pid !== process.pid) endProcess(pid, processStart(pid) ?? '');
  }
  await run('ip', ['netns', 'del', name]);
  rmSync(`/etc/netns/${name}`, { recursive: true, force: true });
  try {
    if (readdirSync('/etc/netns').length === 0) rmSync('/etc/netns', { recursive: true, force: true });
  } catch {}
}

interface NftRule {
  rule?: { family: string; table: string; chain: string; handle: number; comment?: string };
}

async function removeFirewallRules(step: Extract<UndoStep, { kind: 'firewall' }>): Promise<void> {
  const listed = (await runJson('nft', ['-j', 'list', 'chain', step.family, step.table, step.chain])) as {
    nftables?: NftRule[];
  } | null;
  for (const { rule } of listed?.nftables ?? []) {
    if (rule?.comment !== step.comment) continue;
    await run(
      'nft',
      ['-f', '-'],
      `delete rule ${step.family} ${step.table} ${step.chain} handle ${rule.handle}\n`,
    );
  }
}
