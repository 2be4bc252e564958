/**
 * Passwords, by provider id: sealed with the desktop's keyring where it has one, else in the clear in a file that only
 * its owner can read. Both live in secrets.json (0600), beside the settings and never in them.
 */
import { chmod, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Fault } from '../contract.ts';
import { type WriteFile, WriteQueue, writeAtomically } from './atomic-file.ts';
import { notSaved } from './store.ts';

/** Sealing by a key that the keyring holds; both may throw when the keyring is locked. Sealed text is base64. */
export interface Cipher {
  seal(text: string): string;
  unseal(sealed: string): string;
}

export interface SecretStore {
  readonly kind: 'keyring' | 'file';
  has(id: string): boolean;
  /** Null when none is kept; `unreadable` when the keyring does not give it up. */
  get(id: string): { ok: true; secret: string | null } | { ok: false; reason: 'unreadable' };
  /** Null takes it away. The fault says that it did not reach the disk. */
  set(id: string, secret: string | null): Promise<Fault | null>;
}

const secretsFileSchema = z.object({
  version: z.literal(1),
  secrets: z.record(
    z.string().max(64),
    z.union([z.object({ plain: z.string() }), z.object({ sealed: z.string() })]),
  ),
});
type Secrets = z.infer<typeof secretsFileSchema>['secrets'];

export interface SecretStoreOptions {
  directory: string;
  now: () => number;
  /** Null where there is no keyring. */
  cipher: Cipher | null;
  write?: WriteFile;
}

/** Never fails: a damaged file is kept aside and told. */
export async function openSecretStore(
  options: SecretStoreOptions,
): Promise<{ store: SecretStore; fault: Fault | null }> {
  const path = join(options.directory, 'secrets.json');
  const write = options.write ?? writeAtomically;
  const { secrets, fault } = await readSecrets(path, options.now);
  const store = new FileSecretStore(path, secrets, options.cipher, write);
  await store.sealAll();
  return { store, fault };
}

class FileSecretStore implements SecretStore {
  readonly kind: 'keyring' | 'file';
  readonly #path: string;
  readonly #secrets: Map<string, Secrets[string]>;
  readonly #cipher: Cipher | null;
  readonly #write: WriteFile;
  readonly #queue = new WriteQueue();

  constructor(path: string, secrets: Secrets, cipher: Cipher | null, write: WriteFile) {
    this.#path = path;
    this.#secrets = new Map(Object.entries(secrets));
    this.#cipher = cipher;
    this.#write = write;
    this.kind = cipher === null ? 'file' : 'keyring';
  }

  has(id: string): boolean {
    return this.#secrets.has(id);
  }

  get(id: string): ReturnType<SecretStore['get']> {
    const kept = this.#secrets.get(id);
    if (kept === undefined) return { ok: true, secret: null };
    if ('plain' in kept) return { ok: true, secret: kept.plain };
    try {
      if (this.#cipher !== null) return { ok: true, secret: this.#cipher.unseal(kept.sealed) };
    } catch {
      // told by the caller, in words of its own
    }
    return { ok: false, reason: 'unreadable' };
  }

  async set(id: string, secret: string | null): Promise<Fault | null> {
    if (secret === null) this.#secrets.delete(id);
    else this.#secrets.set(id, this.#keep(secret));
    return this.#save();
  }

  /** What an earlier run without a keyring left in the clear is sealed now. */
  async sealAll(): Promise<void> {
    if (this.#cipher === null) return;
    let changed = false;
    for (const [id, kept] of this.#secrets) {
      if (!('plain' in kept)) continue;
      const sealed = this.#keep(kept.plain);
      this.#secrets.set(id, sealed);
      changed ||= 'sealed' in sealed;
    }
    if (changed) await this.#save();
  }

  #keep(secret: string): Secrets[string] {
    try {
      if (this.#cipher !== null) return { sealed: this.#cipher.seal(secret) };
    } catch {
      // a locked keyring: the 0600 file is the next best
    }
    return { plain: secret };
  }

  #save(): Promise<Fault | null> {
    return this.#queue.add(async () => {
      try {
        const file = { version: 1, secrets: Object.fromEntries(this.#secrets) };
        await this.#write(this.#path, `${JSON.stringify(file, null, 2)}\n`);
        return null;
      } catch (error) {
        return notSaved('passwords', this.#path, error);
      }
    });
  }
}

async function readSecrets(
  path: string,
  now: () => number,
): Promise<{ secrets: Secrets; fault: Fault | null }> {
  let text: string;
  try {
    if (((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600);
    text = await readFile(path, 'utf8');
  } catch {
    return { secrets: {}, fault: null };
  }
  try {
    return { secrets: secretsFileSchema.parse(JSON.parse(text)).secrets, fault: null };
  } catch {
    const aside = `${path}.broken-${new Date(now()).toISOString().replace(/[:.]/g, '-')}`;
    await rename(path, aside).catch(() => undefined);
    const fault: Fault = {
      code: 'passwords-broken',
      sentence: 'The file with your providers’ passwords could not be used.',
      cause: 'It was damaged, or edited by hand with a slip.',
      remedy: `Type the passwords again; the old file was kept as ${aside}.`,
    };
    return { secrets: {}, fault };
  }
}
