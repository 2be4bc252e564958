/**
 * The undo journal: before anything on the host is changed, how to change it back is on file (written and synced).
 *
 * One file per network namespace below RUN_BASE, whoever the owner was, because the names of masq0, its table and its rules
 * are one per namespace: the next start finds what a crash left, and undoes it. A half-written last line belongs to a
 * change that was never made.
 */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { RUN_BASE } from '../contract.ts';
import { type UndoStep, undo, undoStepSchema } from './undo-step.ts';

/** Journal and lock of this process's network namespace. */
export function namespaceFile(kind: 'journal' | 'lock'): string {
  return `${RUN_BASE}/${kind}-${statSync('/proc/self/ns/net').ino}`;
}

export class Journal {
  readonly #path: string;
  #file: number | null = null;
  #written = new Set<string>();

  constructor(path: string = namespaceFile('journal')) {
    this.#path = path;
  }

  /** Call before the change. Throws when the disk refuses: then the change must not be made. */
  will(step: UndoStep): void {
    const line = JSON.stringify(step);
    if (this.#written.has(line)) return;
    this.#file ??= openSync(this.#path, 'a', 0o600);
    append(this.#file, `${line}\n`);
    this.#written.add(line);
  }

  /** Undoes everything on file, last change first, and empties it. Returns how many steps there were. */
  async undoAll(): Promise<number> {
    const steps = parseJournal(readJournal(this.#path));
    for (const step of steps.reverse()) await undo(step);
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
    this.#written.clear();
    rmSync(this.#path, { force: true });
    return steps.length;
  }
}

/** Whole or not at all: a disk that fills up in the middle of a line takes its beginning without an error. */
function append(file: number, text: string): void {
  const bytes = Buffer.from(text);
  const before = fstatSync(file).size;
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(file, bytes, written);
  } catch (error) {
    ftruncateSync(file, before);
    throw error;
  }
  fsyncSync(file);
}

export function parseJournal(text: string): UndoStep[] {
  const steps: UndoStep[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      steps.push(undoStepSchema.parse(JSON.parse(line)));
    } catch {}
  }
  return steps;
}

function readJournal(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
