/** Makes a Fault, cut to what its schema takes. */
import type { Fault } from '../contract.ts';

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
