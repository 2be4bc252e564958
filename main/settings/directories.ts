/** Where this user's files live (XDG Base Directory Specification), and the one private directory for sockets. */
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

const NAME = 'masq-gate';

type Environment = Record<string, string | undefined>;

/** Settings and secrets. A relative XDG_CONFIG_HOME is ignored, as the specification demands. */
export function configDirectory(env: Environment = process.env): string {
  const base = env.XDG_CONFIG_HOME;
  return join(base && isAbsolute(base) ? base : join(homedir(), '.config'), NAME);
}

/** What the program counts by itself and a person never edits: usage. */
export function stateDirectory(env: Environment = process.env): string {
  const base = env.XDG_STATE_HOME;
  return join(base && isAbsolute(base) ? base : join(homedir(), '.local', 'state'), NAME);
}

/**
 * Makes sure of a directory only this user can enter: XDG_RUNTIME_DIR/masq-gate, or one by uid below the temporary folder.
 * Throws when somebody else made it first, or it is a link.
 */
export function runtimeDirectory(env: Environment = process.env): string {
  const uid = process.getuid?.() ?? 0;
  const base = env.XDG_RUNTIME_DIR;
  const path = base && isAbsolute(base) ? join(base, NAME) : join(tmpdir(), `${NAME}-${uid}`);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== uid)
    throw new Error(`${path} belongs to somebody else; remove it, or set XDG_RUNTIME_DIR.`);
  if ((found.mode & 0o077) !== 0) chmodSync(path, 0o700);
  return path;
}
