/** Makes a Fault, cut to what its schema takes. */
import { type Fault, RUN_BASE } from '../contract.ts';

export function fault(code: string, sentence: string, cause: string, remedy: string, detail?: string): Fault {
  const made: Fault = {
    code,
    sentence: sentence.slice(0, 400),
    cause: cause.slice(0, 600),
    remedy: remedy.slice(0, 800),
  };
  if (detail !== undefined && detail !== '') made.detail = detail.slice(0, 4000);
  return made;
}

/** What an attempt that can fail in front of a person returns. */
export type Outcome<T = null> = { ok: true; value: T } | { ok: false; fault: Fault };

export const done: Outcome = { ok: true, value: null };
export const failed = (value: Fault): { ok: false; fault: Fault } => ({ ok: false, fault: value });

export function toolMissing(tool: string, packageName: string, sentence: string): Fault {
  return fault(
    `${tool}-missing`,
    sentence,
    `The program “${tool}” is not installed.`,
    `Install it: “sudo apt install ${packageName}” on Debian and Ubuntu, or the package of that name elsewhere.`,
  );
}

/** Is the disk to blame? Then the sentence for it; null for any other error. */
export function diskFault(error: unknown): Fault | null {
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT' && code !== 'EROFS') return null;
  const place = path ?? RUN_BASE;
  return fault(
    'disk-full',
    'There is no room to note how this computer is to be put back, so nothing was changed on it.',
    code === 'EROFS' ? `${place} cannot be written to.` : `The disk or memory that holds ${place} is full.`,
    `Make room there (“df -h ${RUN_BASE}” shows how full it is), then dial again. Starting the computer anew empties it.`,
    String(error),
  );
}
