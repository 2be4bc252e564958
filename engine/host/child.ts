/**
 * Helper processes of the engine (dnsmasq, the practice hosts' DHCP clients and servers): they die with it even when it is
 * killed (parent-death signal, set by setpriv after any change of user, which would clear it), and the journal knows them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Journal } from './journal.ts';
import { findTool, TOOL_ENVIRONMENT } from './run.ts';
import { processStart } from './undo-step.ts';

const NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups'];

export interface ChildOptions {
  tool: string;
  args: readonly string[];
  /** Run as nobody, with these capabilities alone (`net_admin`, …); null: as root. */
  capabilities: readonly string[] | null;
  onLine(line: string): void;
  /** Not called after `end`. */
  onExit(code: number | null): void;
}

export interface Child {
  readonly pid: number;
  signal(name: NodeJS.Signals): void;
  end(): Promise<void>;
}

/** Null when the tool or setpriv is not installed, or it could not be started; throws when the journal cannot note it. */
export function startChild(journal: Journal, options: ChildOptions): Child | null {
  const path = findTool(options.tool);
  const setpriv = findTool('setpriv');
  if (path === null || setpriv === null) return null;
  const privileges =
    options.capabilities === null
      ? []
      : [
          ...NOBODY,
          `--inh-caps=-all${options.capabilities.map((one) => `,+${one}`).join('')}`,
          `--ambient-caps=-all${options.capabilities.map((one) => `,+${one}`).join('')}`,
          '--no-new-privs',
        ];
  const child = spawn(setpriv, [...privileges, '--pdeathsig', 'KILL', path, ...options.args], {
    env: TOOL_ENVIRONMENT,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let ended = false;
  const exited = new Promise<void>((resolve) => {
    child.on('error', () => {
      resolve();
      if (!ended) options.onExit(null);
    });
    child.on('exit', (code) => {
      resolve();
      if (!ended) options.onExit(code);
    });
  });
  readLines(child, options.onLine);
  const pid = child.pid;
  if (pid === undefined) return null;
  const started = processStart(pid);
  try {
    if (started !== null) journal.will({ kind: 'process', pid, started });
  } catch (error) {
    // The disk is full: better no child than one that nobody would end.
    ended = true;
    child.kill('SIGKILL');
    throw error;
  }
  return {
    pid,
    signal: (name) => void child.kill(name),
    async end() {
      ended = true;
      child.kill('SIGTERM');
      const hard = setTimeout(() => child.kill('SIGKILL'), 1_000);
      await exited;
      clearTimeout(hard);
    },
  };
}

function readLines(child: ChildProcess, onLine: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(0, 4096);
      for (const line of lines) if (line !== '') onLine(line);
    });
  }
}
