// Running real programs: their output, exit code and time, never without an end. And the lines our own peers print.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Ran {
  /** -1 when the limit ended it. */
  code: number;
  /** Standard output and, apart, standard error. */
  out: string;
  err: string;
  ms: number;
}

export function spawnProgram(command: readonly string[]): ChildProcess {
  return spawn(command[0] as string, command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] });
}

export function runProgram(command: readonly string[], limitMs: number): Promise<Ran> {
  const began = performance.now();
  const child = spawnProgram(command);
  let out = '';
  let err = '';
  let ended = false;
  child.stdin?.end();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const limit = setTimeout(() => {
    ended = true;
    child.kill('SIGKILL');
  }, limitMs);
  return new Promise((resolve) => {
    child.on('error', (error) => {
      err += error.message;
    });
    child.on('close', (code) => {
      clearTimeout(limit);
      resolve({ code: ended ? -1 : (code ?? -1), out, err, ms: performance.now() - began });
    });
  });
}

/** What a peer of ours prints: one JSON value a line. */
export interface Said {
  event: string;
  /** Milliseconds since the epoch. */
  at: number;
  [fact: string]: unknown;
}

/** Collects what a peer says while it runs. */
export function listen(child: ChildProcess): Said[] {
  const said: Said[] = [];
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      try {
        said.push(JSON.parse(line) as Said);
      } catch {
        said.push({ event: 'noise', at: 0, text: line });
      }
    });
  }
  return said;
}

/** Asks a peer to end and waits until its last line is in. */
export function finish(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    child.once('close', () => resolve());
    child.stdin?.end();
  });
}
