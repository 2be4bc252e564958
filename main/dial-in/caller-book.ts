/** Lines that take calls and who may call in, as a person keeps them: saved with the settings, passwords apart. */

import { tellUnsaved } from '../calling/phonebook.ts';
import {
  type Caller,
  type CallerLine,
  callerSecretId,
  type DialInSettings,
  type Outcome,
} from '../contract.ts';
import type { ReadModel } from '../read-model.ts';
import type { SecretStore } from '../settings/secrets.ts';
import type { SettingsStore } from '../settings/store.ts';
import { passwordMissing, portTakenTwice, unknownCaller, unknownLine } from './faults.ts';

type Done = Outcome<Record<string, never>>;
const sameUser = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

export class CallerBook {
  readonly #settings: SettingsStore;
  readonly #secrets: SecretStore;
  readonly #model: ReadModel;
  readonly #change: (dialIn: DialInSettings) => Promise<Done>;

  /** `change` saves settings and tells whoever follows them. */
  constructor(
    settings: SettingsStore,
    secrets: SecretStore,
    model: ReadModel,
    change: (dialIn: DialInSettings) => Promise<Done>,
  ) {
    this.#settings = settings;
    this.#secrets = secrets;
    this.#model = model;
    this.#change = change;
    this.#tellPasswords();
  }

  get #dialIn(): DialInSettings {
    return this.#settings.settings.dialIn;
  }

  async setLine(line: CallerLine): Promise<Done> {
    const { lines } = this.#dialIn;
    const rival = lines.find((other) => other.id !== line.id && collide(other, line));
    if (rival !== undefined) return { ok: false, fault: portTakenTwice(rival.name) };
    const known = lines.some(({ id }) => id === line.id);
    return this.#change({
      ...this.#dialIn,
      lines: known ? lines.map((other) => (other.id === line.id ? line : other)) : [...lines, line],
    });
  }

  async removeLine(id: string): Promise<Done> {
    const lines = this.#dialIn.lines.filter((line) => line.id !== id);
    if (lines.length === this.#dialIn.lines.length) return { ok: false, fault: unknownLine(id) };
    return this.#change({ ...this.#dialIn, lines });
  }

  /** `password`: null keeps the old one. Names that differ in capitals only are one: Windows sends them either way. */
  async saveCaller(caller: Caller, password: string | null): Promise<Done> {
    const secretId = callerSecretId(caller.user);
    if (password === null ? !this.#secrets.has(secretId) : password === '')
      return { ok: false, fault: passwordMissing(caller.user) };
    const { callers } = this.#dialIn;
    const secretFault = password === null ? null : await this.#secrets.set(secretId, password);
    if (password !== null) tellUnsaved(this.#model, 'passwords', secretFault);
    const known = callers.some(({ user }) => sameUser(user, caller.user));
    const changed = await this.#change({
      ...this.#dialIn,
      callers: known
        ? callers.map((other) => (sameUser(other.user, caller.user) ? caller : other))
        : [...callers, caller],
    });
    this.#tellPasswords();
    return secretFault === null || !changed.ok ? changed : { ok: false, fault: secretFault };
  }

  async removeCaller(user: string): Promise<Done> {
    const callers = this.#dialIn.callers.filter((caller) => !sameUser(caller.user, user));
    if (callers.length === this.#dialIn.callers.length) return { ok: false, fault: unknownCaller(user) };
    const secretFault = await this.#secrets.set(callerSecretId(user), null);
    tellUnsaved(this.#model, 'passwords', secretFault);
    const changed = await this.#change({ ...this.#dialIn, callers });
    this.#tellPasswords();
    return secretFault === null || !changed.ok ? changed : { ok: false, fault: secretFault };
  }

  /** Who may call under this name, in whatever capitals; null: a stranger. */
  find(user: string): Caller | null {
    return this.#dialIn.callers.find((caller) => sameUser(caller.user, user)) ?? null;
  }

  password(user: string): string | null {
    const kept = this.#secrets.get(callerSecretId(user));
    return kept.ok ? kept.secret : null;
  }

  #tellPasswords(): void {
    const passwords = this.#dialIn.callers
      .map(({ user }) => user)
      .filter((user) => this.#secrets.has(callerSecretId(user)));
    this.#model.set({ dialIn: { ...this.#model.state.dialIn, passwords } });
  }
}

/** Two lines that cannot both be there. */
function collide(a: CallerLine, b: CallerLine): boolean {
  if (a.kind === 'tcp' || b.kind === 'tcp')
    return a.kind === 'tcp' && b.kind === 'tcp' && a.tcpPort === b.tcpPort;
  return a.port === b.port;
}
