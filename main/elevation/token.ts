/** The one-time token that proves to the engine who speaks: 32 random bytes in a private file, gone after the hello. */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type Fault, TOKEN_FILE, tokenDirectories } from '../../engine/contract.ts';

export interface Token {
  text: string;
  remove(): void;
}

/** Leaves a new token for this user where the engine looks for it. */
export function leaveToken(
  uid: number,
  movedBase: string | null,
): { ok: true; token: Token } | { ok: false; fault: Fault } {
  const text = randomBytes(32).toString('hex');
  const reasons: string[] = [];
  for (const directory of tokenDirectories(uid, movedBase)) {
    if (!existsSync(dirname(directory))) continue;
    try {
      const path = join(privateDirectory(directory, uid), TOKEN_FILE);
      const remove = () => rmSync(path, { force: true });
      remove();
      try {
        writeNew(path, text);
      } catch (error) {
        remove();
        throw error;
      }
      return { ok: true, token: { text, remove } };
    } catch (error) {
      reasons.push(`${directory}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { ok: false, fault: noTokenPlace(reasons.join('; ')) };
}

/** Private from the first byte, and never through a link that somebody else laid. */
function writeNew(path: string, text: string): void {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeFileSync(file, text);
  } finally {
    closeSync(file);
  }
}

function privateDirectory(path: string, uid: number): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== uid) throw new Error(`it is not a directory of user ${uid}`);
  chmodSync(path, 0o700);
  return path;
}

function noTokenPlace(detail: string): Fault {
  return {
    code: 'no-runtime-directory',
    sentence: 'There is no private place to leave the engine’s token in.',
    cause: 'Your runtime directory is missing or full, or another user made the one in /tmp.',
    remedy: 'Free some space, or log out and in again; then dial again.',
    ...(detail === '' ? {} : { detail: detail.slice(0, 4000) }),
  };
}
