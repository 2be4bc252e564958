/**
 * For whom the elevated part works, and the proof of it: the uid comes from the elevation (PKEXEC_UID, SUDO_UID), the token
 * from a private file of that user, at a path derived from the uid. Nothing is taken from arguments.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type Fault, TOKEN_FILE, tokenDirectories } from './contract.ts';
import { fault } from './host/faults.ts';

/** The reason this command ends with; caught where it was started. */
export class Refused extends Error {
  readonly fault: Fault;
  constructor(value: Fault) {
    super(value.sentence);
    this.fault = value;
  }
}

/** Who asked for the elevation. Root itself counts only when no elevation tool stands between (then it is root's own wish). */
export function ownerOf(
  uid: number,
  environment: NodeJS.ProcessEnv,
): { uid: number; direct: boolean } | null {
  if (uid !== 0) return null;
  const claimed = environment.PKEXEC_UID ?? environment.SUDO_UID;
  if (claimed === undefined) return { uid: 0, direct: true };
  const owner = /^\d{1,10}$/.test(claimed) ? Number(claimed) : 0;
  return owner > 0 && owner < 0xffffffff ? { uid: owner, direct: false } : null;
}

export function findOwner(): { uid: number; direct: boolean } {
  const owner = ownerOf(process.getuid?.() ?? -1, process.env);
  if (owner) return owner;
  throw new Refused(
    fault(
      'owner-unknown',
      'The engine was not started by an administrator’s approval for an ordinary user.',
      'It needs root’s rights, and PKEXEC_UID or SUDO_UID to say whom it works for.',
      'Start Masq-Gate itself, not its engine; it asks for the approval by itself.',
    ),
  );
}

/** A directory of root's own that nobody else can write to or swap. */
export function rootDirectory(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o755 });
  const found = lstatSync(path);
  if (found.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0) return path;
  throw new Refused(
    fault(
      'directory-unsafe',
      `The directory ${path} is not root’s alone.`,
      'Something else made it, or changed who may write to it.',
      `Remove it with “sudo rm -r ${path}”, then dial again.`,
    ),
  );
}

/** SHA-256 of the token that main left for this uid; the file must be the owner's, private, and no link. */
export function readTokenHash(uid: number, movedBase: string | null): string {
  const reasons: string[] = [];
  for (const directory of tokenDirectories(uid, movedBase)) {
    const path = join(directory, TOKEN_FILE);
    try {
      const parent = lstatSync(directory);
      if (!parent.isDirectory() || parent.uid !== uid || (parent.mode & 0o077) !== 0) {
        reasons.push(`${directory} is not a private directory of user ${uid}`);
        continue;
      }
      const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        const found = fstatSync(file);
        const bytes = Buffer.alloc(65);
        const length = readSync(file, bytes, 0, 65, 0);
        const token = bytes.toString('latin1', 0, length);
        const isPrivate = found.isFile() && found.uid === uid && (found.mode & 0o077) === 0;
        if (isPrivate && /^[0-9a-f]{64}$/.test(token))
          return createHash('sha256').update(token).digest('hex');
        reasons.push(`${path} is not a private file of user ${uid} with a token in it`);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      reasons.push(`${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
    }
  }
  throw new Refused(
    fault(
      'token-unreadable',
      'The engine could not read the token that proves who may speak to it.',
      'Masq-Gate ended before the approval was given, or its runtime directory is not private.',
      'Dial again. If it stays, log out and in, so that your runtime directory is made anew.',
      reasons.join('; '),
    ),
  );
}
