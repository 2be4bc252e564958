/**
 * The settings in memory and on disk. A file that cannot be read is kept aside and told, never overwritten; a disk that
 * cannot be written leaves the change working until the program ends, and is told.
 */
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fault, Provider, Settings } from '../contract.ts';
import { type WriteFile, WriteQueue, writeAtomically } from './atomic-file.ts';
import { emptySettingsFile, readSettingsText, type SettingsFile } from './schema.ts';

export interface SettingsStoreOptions {
  directory: string;
  /** Milliseconds since the epoch, for the name of a file kept aside. */
  now: () => number;
  write?: WriteFile;
}

export class SettingsStore {
  readonly #path: string;
  readonly #write: WriteFile;
  readonly #queue = new WriteQueue();
  #file: SettingsFile;

  private constructor(path: string, file: SettingsFile, write: WriteFile) {
    this.#path = path;
    this.#file = file;
    this.#write = write;
  }

  /** Never fails: with nothing to read it starts from the defaults. `fault` says what a person should know. */
  static async open(options: SettingsStoreOptions): Promise<{ store: SettingsStore; fault: Fault | null }> {
    const path = join(options.directory, 'settings.json');
    const write = options.write ?? writeAtomically;
    const start = (file: SettingsFile, fault: Fault | null) => ({
      store: new SettingsStore(path, file, write),
      fault,
    });
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return start(emptySettingsFile(), null);
      return start(emptySettingsFile(), unreadable(path, error));
    }
    const read = readSettingsText(text);
    if (read.ok) return start(read.file, null);
    const aside = `${path}.broken-${new Date(options.now()).toISOString().replace(/[:.]/g, '-')}`;
    try {
      await rename(path, aside);
    } catch (error) {
      return start(emptySettingsFile(), unreadable(path, error));
    }
    return start(emptySettingsFile(), keptAside(aside, read.reason, read.detail));
  }

  get settings(): Settings {
    return this.#file.settings;
  }

  get providers(): readonly Provider[] {
    return this.#file.providers;
  }

  /** The change holds at once; the fault says that it did not reach the disk. */
  async change(change: { settings?: Settings; providers?: Provider[] }): Promise<Fault | null> {
    this.#file = { ...this.#file, ...change };
    return this.#queue.add(async () => {
      try {
        await this.#write(this.#path, `${JSON.stringify(this.#file, null, 2)}\n`);
        return null;
      } catch (error) {
        return notSaved('settings', this.#path, error);
      }
    });
  }
}

export function notSaved(what: string, path: string, error: unknown): Fault {
  const code = errorCode(error);
  const cause =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? 'The disk is full.'
      : code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
        ? `You may not write ${path}.`
        : `Writing ${path} failed.`;
  return {
    code: `${what}-not-saved`,
    sentence: `Your change works now, but the ${what} could not be saved.`,
    cause,
    remedy:
      'Make room or mend the folder, then change the setting once more; else it is forgotten at the end.',
    detail: String(error),
  };
}

function unreadable(path: string, error: unknown): Fault {
  return {
    code: 'settings-unreadable',
    sentence: 'Your settings could not be read, so Masq-Gate started with its defaults.',
    cause: `Opening ${path} failed.`,
    remedy: 'See to it that the file is yours and readable, then start Masq-Gate anew.',
    detail: String(error),
  };
}

function keptAside(aside: string, reason: 'not-json' | 'newer' | 'not-valid', detail: string): Fault {
  return {
    code: 'settings-broken',
    sentence: 'Your settings could not be used, so Masq-Gate started with its defaults.',
    cause:
      reason === 'newer'
        ? 'They were written by a newer Masq-Gate.'
        : 'The file was damaged, or edited by hand with a slip.',
    remedy: `Enter your settings again, or mend the old file, which was kept as ${aside}.`,
    detail,
  };
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
