/**
 * A place to run the real engine in without touching this computer: a network namespace and private /run and /etc of its
 * own, the engine built from source, and what the namespace looks like from inside. Needs root.
 */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { directLauncher } from '../elevation/direct.ts';
import type { ElevationLauncher, SupervisorCommand } from '../elevation/launcher.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export const isRoot = process.getuid?.() === 0;

/** A program that needs no node_modules beside it. Programs of npm's that it contains ask for \`require\`, which ESM has not. */
const WHOLE = {
  external: [],
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
};

/**
 * Builds a program of ours where it finds node_modules, or whole, to be run from anywhere; the folder is the caller's to
 * remove.
 */
export async function buildInto(folder: string, entry: string, name: string, whole = false): Promise<string> {
  const outfile = join(folder, name);
  await build({
    entryPoints: [join(ROOT, entry)],
    bundle: true,
    platform: 'node',
    format: name.endsWith('.mjs') ? 'esm' : 'cjs',
    external: ['koffi', 'sudo-prompt'],
    outfile,
    logLevel: 'error',
    ...(whole ? WHOLE : {}),
  });
  return outfile;
}

export async function buildEngine(): Promise<{ folder: string; command: SupervisorCommand }> {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'dist', 'engine-test-'));
  chmodSync(folder, 0o755);
  await buildInto(folder, 'engine/engine.ts', 'engine.cjs');
  const supervisor = await buildInto(folder, 'engine/supervisor.ts', 'supervisor.cjs');
  return { folder, command: [process.execPath, supervisor] };
}

/** Private /run (with netns names and locks) and /etc (with netns resolvers), loopback up, then waits. */
const INSIDE = `
mount -t tmpfs none /run && mkdir -p /run/.u /run/.w || exit 90
mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/.u,workdir=/run/.w /etc || exit 91
echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
rm -rf /etc/netns
ip link set lo up
echo ready
exec sleep 3600`;

export class Enclave {
  readonly #pid: number;
  readonly base: string;
  /** Starts the supervisor inside, its run directory moved where the test can reach the socket. */
  readonly launcher: ElevationLauncher;

  private constructor(pid: number) {
    this.#pid = pid;
    this.base = mkdtempSync(join(tmpdir(), 'masq-enclave-'));
    chmodSync(this.base, 0o755);
    this.launcher = {
      kind: 'direct',
      launch: (command) => directLauncher.launch(['nsenter', ...this.#flags(), ...command], this.base),
    };
  }

  static async open(): Promise<Enclave> {
    const child = spawn('unshare', ['--net', '--mount', 'sh', '-c', INSIDE], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      child.once('exit', (code) => reject(new Error(`no enclave: ${code}`)));
    });
    return new Enclave(child.pid ?? -1);
  }

  /** A path inside, as seen from outside: what is mounted there counts. */
  path(inside: string): string {
    return `/proc/${this.#pid}/root${inside}`;
  }

  #flags(): string[] {
    return ['-t', String(this.#pid), '-n', '-m'];
  }

  /** Runs a shell line inside; its output, whatever its exit code. */
  sh(line: string): string {
    try {
      return execFileSync('nsenter', [...this.#flags(), 'sh', '-c', line], {
        encoding: 'utf8',
        stdio: 'pipe',
      });
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: string; stderr?: string };
      return `${stdout ?? ''}${stderr ?? ''}`;
    }
  }

  spawn(command: readonly string[]) {
    return spawn('nsenter', [...this.#flags(), ...command], { stdio: ['ignore', 'pipe', 'inherit'] });
  }

  /** What the engine changes, as text: equal before and after. */
  state(): string {
    return this.sh(
      'ip rule; ip -4 route show table all; ip -br addr; ip netns; find /etc/netns /run/masq-gate 2> /dev/null | grep -v gate$;' +
        'nft list ruleset; grep -r . /proc/sys/net/ipv4/conf/*/forwarding /proc/sys/net/ipv4/ip_forward',
    ).concat(this.programs().join(' '));
  }

  /** Names of the processes inside, but for the one that keeps the place open. */
  programs(): string[] {
    return this.processes().flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/comm`, 'utf8').trim()];
      } catch {
        return [];
      }
    });
  }

  /** Processes with this mount namespace, whatever network they are in. */
  processes(): number[] {
    const mine = readlinkSync(`/proc/${this.#pid}/ns/mnt`);
    const inside = (pid: string): boolean => {
      try {
        const { length } = readFileSync(`/proc/${pid}/cmdline`);
        return length > 0 && readlinkSync(`/proc/${pid}/ns/mnt`) === mine;
      } catch {
        return false;
      }
    };
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && inside(name))
      .map(Number)
      .filter((pid) => pid !== this.#pid);
  }

  /** The process whose command line ends with this file name. */
  pidOf(file: string): number {
    const hit = this.processes().find((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        .split('\0')
        .some((word) => word.endsWith(file)),
    );
    if (hit === undefined) throw new Error(`${file} does not run`);
    return hit;
  }

  close(): void {
    for (const pid of [...this.processes(), this.#pid]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {}
    }
    rmSync(this.base, { recursive: true, force: true });
  }
}

/** Waits for something to become true; says what it waited for when it does not. */
export async function until(what: string, limitMs: number, isSo: () => boolean): Promise<void> {
  const limit = performance.now() + limitMs;
  while (!isSo()) {
    if (performance.now() > limit) throw new Error(`waited ${limitMs} ms in vain: ${what}`);
    await sleep(50);
  }
}
