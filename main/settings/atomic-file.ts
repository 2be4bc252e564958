/** Writes a small private file whole or not at all: temporary file, fsync, rename, fsync of the directory. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

export type WriteFile = (path: string, text: string) => Promise<void>;

/** Mode 0600 from the first byte. On failure the old file stands and the temporary one is gone; the error is thrown. */
export const writeAtomically: WriteFile = async (path, text) => {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  const folder = await open(directory, 'r');
  await folder.sync().catch(() => undefined); // some file systems refuse it; the rename stands all the same
  await folder.close();
};

/** Runs writes one after another, so that the last one asked for is the one that stays. */
export class WriteQueue {
  #last: Promise<unknown> = Promise.resolve();

  add<T>(write: () => Promise<T>): Promise<T> {
    const next = this.#last.then(write, write);
    this.#last = next.catch(() => undefined);
    return next;
  }
}
