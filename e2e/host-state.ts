// A picture of everything the engine may change on a host, taken before and after to see that all was undone.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';

function lines(command: string, args: string[]): string[] {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}

/** What a process was started as; empty for kernel threads and those already gone. */
function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
  } catch {
    return '';
  }
}

/** Whether a process sees this host's /run: one in a test's own enclave is none of this host's business. */
function sharesRun(pid: string): boolean {
  try {
    const [theirs, ours] = [statSync(`/proc/${pid}/root/run`), statSync('/run')];
    return theirs.dev === ours.dev && theirs.ino === ours.ino;
  } catch {
    return false;
  }
}

/** Processes of this host that belong to us: the engine, its supervisor, and what they start. */
export function ourProcesses(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid, command: commandLine(pid) }))
    .filter(({ command }) =>
      /dist\/engine\/|^dnsmasq .*masq|udhcpc.*masq|httpd.*masq|masq-host|masq-net/.test(command),
    )
    .filter(({ pid, command }) => !command.includes('demo.js') && sharesRun(pid))
    .map(({ pid, command }) => `${pid} ${command.slice(0, 100)}`);
}

const FORWARDING = '/proc/sys/net/ipv4/conf';

export interface HostState {
  rules: string[];
  routes: string[];
  interfaces: string[];
  forwarding: string[];
  namespaces: string[];
  firewall: string[];
}

export function hostState(): HostState {
  const forwarding = existsSync(FORWARDING)
    ? readdirSync(FORWARDING)
        .sort()
        .map((name) => `${name}=${readFileSync(`${FORWARDING}/${name}/forwarding`, 'utf8').trim()}`)
    : [];
  return {
    rules: lines('ip', ['rule']),
    routes: lines('ip', ['route', 'show', 'table', 'all']),
    interfaces: lines('ip', ['-brief', 'address']).map((line) => line.replace(/\s+/g, ' ')),
    forwarding: [`ip_forward=${readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim()}`, ...forwarding],
    namespaces: lines('ip', ['netns', 'list']).sort(),
    firewall: lines('nft', ['list', 'ruleset']),
  };
}

/** Every difference in words; empty when the host is as it was and no process of ours is left. */
export function differences(before: HostState, after: HostState): string[] {
  const found: string[] = [];
  for (const key of Object.keys(before) as (keyof HostState)[]) {
    for (const line of after[key]) if (!before[key].includes(line)) found.push(`${key}: new ${line}`);
    for (const line of before[key]) if (!after[key].includes(line)) found.push(`${key}: gone ${line}`);
  }
  return found;
}
