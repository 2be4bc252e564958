/**
 * One engine per network namespace, because masq0, its table and its rules are one per namespace. The open descriptor is the
 * lock (flock); the engine inherits it, so that a supervisor killed before its engine has undone does not free it.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAIN_GRACE_MS } from './contract.ts';
import { fault } from './host/faults.ts';
import { namespaceFile } from './host/journal.ts';
import { tryLock } from './host/libc.ts';
import { Refused } from './owner.ts';

/** An engine that waits in vain for its main, or whose supervisor was killed, has undone and ended within this. */
const WAIT_MS = MAIN_GRACE_MS + 5_000;
const AGAIN_MS = 50;

export interface Lock {
  readonly file: number;
  /** Call when the engine has ended. */
  release(): void;
}

/** Throws Refused when another engine holds it and does not end in a while. */
export async function takeLock(path: string = namespaceFile('lock')): Promise<Lock> {
  const limit = performance.now() + WAIT_MS;
  for (;;) {
    const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    if (tryLock(file) && isStill(path, file)) {
      note(file);
      return { file, release: () => rmSync(path, { force: true }) };
    }
    const holder = Number(readFileSync(file, 'latin1'));
    closeSync(file);
    if (performance.now() > limit) throw new Refused(engineRuns(holder));
    await sleep(AGAIN_MS);
  }
}

/** Who holds it, for a sentence only: on a full disk the lock holds all the same. */
function note(file: number): void {
  try {
    ftruncateSync(file);
    writeSync(file, `${process.pid}\n`, 0);
  } catch {}
}

/** The holder before us removes the file when it is done; a lock on a removed file locks nobody out. */
function isStill(path: string, file: number): boolean {
  return statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(file).ino;
}

function engineRuns(holder: number) {
  return fault(
    'engine-running',
    'Another Masq-Gate already shares a line on this computer.',
    `Its engine (process ${holder || 'unknown'}) holds masq0, and there can be only one.`,
    'Use that one, or quit it first: it may run for another user, or without a window (“masq-gate status” tells).',
  );
}
