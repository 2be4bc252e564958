/**
 * The one elevated command: starts the engine, and is there when it dies.
 *
 * Engine dead → its undo journal is run and it is started again (at most RESTARTS in RESTART_WINDOW_MS), so that one
 * prompt serves. SIGTERM, SIGINT, SIGHUP → orderly undo. Killed itself → the engine sees the end of its standard input,
 * undoes and ends. Both dead → the next start undoes first. Takes no arguments: the owner is who the elevation says.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Birth, ENDED_FOR_GOOD, ENDED_WELL, GUARD_FILE } from './birth.ts';
import {
  type Fault,
  guardedPathsSchema,
  RUN_BASE,
  RUN_BASE_VARIABLE,
  SUPERVISOR_FAULT_EXIT,
} from './contract.ts';
import { diskFault, fault } from './host/faults.ts';
import { Journal } from './host/journal.ts';
import { takeLock } from './lock.ts';
import { findOwner, Refused, readTokenHash, rootDirectory } from './owner.ts';
import { withFewerPrivileges } from './privileges.ts';

const RESTARTS = 3;
const RESTART_WINDOW_MS = 10 * 60_000;
const STOP_LIMIT_MS = 8_000;

function readGuardedLines(directory: string): string[] {
  try {
    return guardedPathsSchema.parse(JSON.parse(readFileSync(join(directory, GUARD_FILE), 'utf8')));
  } catch {
    return [];
  }
}

async function supervise(): Promise<void> {
  process.umask(0o077);
  const owner = findOwner();
  const movedBase = owner.direct ? (process.env[RUN_BASE_VARIABLE] ?? null) : null;
  process.umask(0o022);
  rootDirectory(RUN_BASE);
  const directory = rootDirectory(join(rootDirectory(movedBase ?? RUN_BASE), String(owner.uid)));
  process.umask(0o077);
  const tokenHash = readTokenHash(owner.uid, movedBase);
  const lock = await takeLock();
  try {
    await superviseEngine({ ownerUid: owner.uid, tokenHash, directory }, lock.file);
  } finally {
    lock.release();
  }
}

async function superviseEngine(
  fixed: Pick<Birth, 'ownerUid' | 'tokenHash' | 'directory'>,
  lock: number,
): Promise<void> {
  const { directory } = fixed;
  const journal = new Journal();
  await journal.undoAll();
  rmSync(join(directory, GUARD_FILE), { force: true });

  let stopping = false;
  let engine: ChildProcess | null = null;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      stopping = true;
      engine?.kill('SIGTERM');
      setTimeout(() => engine?.kill('SIGKILL'), STOP_LIMIT_MS).unref();
    });
  }

  const deaths: number[] = [];
  for (let restarts = 0; !stopping; restarts++) {
    const birth: Birth = { ...fixed, restarts, guardedLines: readGuardedLines(directory) };
    engine = startEngine(birth, lock);
    const { code, signal, lastWords } = await ended(engine);
    await journal.undoAll();
    if (code === ENDED_WELL || stopping) break;
    if (code === ENDED_FOR_GOOD)
      throw new Refused(faultFrom(lastWords) ?? engineDied(code, signal, lastWords));
    const now = performance.now();
    deaths.push(now);
    if (deaths.filter((at) => now - at < RESTART_WINDOW_MS).length > RESTARTS) {
      throw new Refused(engineDied(code, signal, lastWords));
    }
  }
  rmSync(join(directory, GUARD_FILE), { force: true });
  rmSync(join(directory, 'engine.sock'), { force: true });
}

function startEngine(birth: Birth, lock: number): ChildProcess {
  const words = [...withFewerPrivileges(), process.execPath, join(__dirname, 'engine.cjs')];
  const child = spawn(words[0] as string, words.slice(1), {
    stdio: ['pipe', 'pipe', 'pipe', lock],
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
  });
  child.stdin?.on('error', () => {});
  child.stdin?.write(`${JSON.stringify(birth)}\n`);
  return child;
}

interface End {
  code: number | null;
  signal: string | null;
  lastWords: string;
}

function ended(child: ChildProcess): Promise<End> {
  let lastWords = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-4000);
    });
  }
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: error.message, lastWords }));
    child.once('close', (code, signal) => resolve({ code, signal, lastWords }));
  });
}

function engineDied(code: number | null, signal: string | null, lastWords: string): Fault {
  return fault(
    'engine-keeps-dying',
    `The engine died more than ${RESTARTS} times in ten minutes and was not started again.`,
    signal !== null ? `It was last ended by ${signal}.` : `It last ended with code ${code}.`,
    'The network settings are as they were before. Dial again; if it stays, send the log with a report.',
    lastWords,
  );
}

function faultFrom(lastWords: string): Fault | null {
  const line = lastWords.trim().split('\n').at(-1) ?? '';
  try {
    return (JSON.parse(line) as { fault: Fault }).fault;
  } catch {
    return null;
  }
}

/** The last line on stdout is for main's launcher; nothing else is ever printed. */
function endWith(error: unknown): void {
  const known =
    error instanceof Refused
      ? error.fault
      : (diskFault(error) ??
        fault(
          'supervisor-failed',
          'The elevated part of Masq-Gate could not go on.',
          error instanceof Error ? error.message : String(error),
          'Dial again; if it stays, send the log with a report.',
        ));
  writeSync(1, `${JSON.stringify({ fault: known })}\n`);
  process.exitCode = SUPERVISOR_FAULT_EXIT;
}

void supervise()
  .catch(endWith)
  .finally(() => setImmediate(() => process.exit()));
