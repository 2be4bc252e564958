/**
 * Whom a Dial calls, and whether it may: the named or chosen provider with its secrets, the practice provider, or whom traffic and
 * the hours may call by themselves. What stands against a call is said before anything is dialled.
 */

import { type Fault, NEW_PROVIDER, type Outcome, PRACTICE_PORT, type Provider } from '../contract.ts';
import { callUnderWay, noPassword, noProvider, unknownProvider } from '../faults.ts';
import type { Ports } from '../ports.ts';
import { PRACTICE_PROVIDER_ID, type PracticeSide } from '../practice/practice-side.ts';
import type { ReadModel } from '../read-model.ts';
import type { SecretStore } from '../settings/secrets.ts';
import type { SettingsStore } from '../settings/store.ts';
import { terminalDuringCall } from '../terminal/faults.ts';
import type { TerminalSide } from '../terminal/terminal-side.ts';
import type { UsageSide } from '../usage/usage-side.ts';
import type { CallTarget } from './call.ts';
import type { Calls } from './calls.ts';
import { pinKey } from './phonebook.ts';
import type { Timetable } from './timetable.ts';

export interface DiallingOptions {
  model: ReadModel;
  settings: SettingsStore;
  secrets: SecretStore;
  practice: PracticeSide;
  calls: Calls;
  usage: UsageSide;
  timetable: Timetable;
  terminal: TerminalSide;
  ports: Ports;
}

const done: Outcome<Record<string, never>> = { ok: true, value: {} };
const refused = (fault: Fault) => ({ ok: false as const, fault });

export class Dialling {
  readonly #options: DiallingOptions;

  constructor(options: DiallingOptions) {
    this.#options = options;
  }

  /** Whom a person names, else the chosen provider, else the first; in practice only one who costs nothing. */
  async dial(id: string | undefined, anyway = false): Promise<Outcome<Record<string, never>>> {
    if (id === PRACTICE_PROVIDER_ID) return this.dialPractice();
    const providers = this.#options.settings.providers;
    const wanted = id ?? this.#options.settings.settings.selectedProvider;
    const provider = providers.find((p) => p.id === wanted) ?? (id === undefined ? providers[0] : undefined);
    // In practice nobody is called who costs, unless by name.
    const practises = provider !== undefined && this.#practises(provider);
    if (id === undefined && this.#options.practice.on && !practises) return this.dialPractice();
    if (provider === undefined) return refused(id === undefined ? noProvider : unknownProvider(id));
    const chosen = this.targetOf(provider);
    if (!chosen.ok) return chosen;
    if (this.#options.calls.first.underWay) return refused(callUnderWay);
    const against = anyway ? null : this.against(provider);
    if (against !== null) return refused(against);
    const fault = await this.putUpPractice(provider.id);
    if (fault !== null) return refused(fault);
    await this.#options.terminal.closeModem();
    if (this.#options.practice.on && !this.#practises(provider)) {
      await this.#options.calls.second.call.hangUp(false);
      await this.#options.practice.close();
    }
    const port = provider.port === PRACTICE_PORT ? (this.#options.practice.port?.path ?? '') : provider.port;
    const busy = this.#options.calls.first.start({
      ...chosen.target,
      provider: { ...provider, port },
      anyway,
    });
    return busy === null ? done : refused(busy);
  }

  /** The provider with its secrets. */
  targetOf(provider: Provider): { ok: true; target: CallTarget } | { ok: false; fault: Fault } {
    const password = this.#options.secrets.get(provider.id);
    const pin = this.#options.secrets.get(pinKey(provider.id));
    if (!password.ok || !pin.ok) return refused(noPassword(provider.name));
    return { ok: true, target: { provider, password: password.secret ?? '', pin: pin.secret } };
  }

  /** To the named port, else to the one that Dial would take. */
  async openTerminal(port: string | undefined): Promise<Outcome<Record<string, never>>> {
    if (this.#options.calls.underWay) return refused(terminalDuringCall);
    const { providers, settings } = this.#options.settings;
    const selected = providers.find((p) => p.id === settings.selectedProvider) ?? providers[0];
    const wanted = {
      ...NEW_PROVIDER,
      port: port ?? selected?.port ?? '',
      portRate: selected?.portRate ?? 115_200,
    };
    if (port === undefined && this.#options.practice.on) wanted.port = PRACTICE_PORT;
    if (wanted.port === PRACTICE_PORT) {
      const begun = await this.#options.practice.begin();
      if (!begun.ok) return begun;
      wanted.port = this.#options.practice.port?.path ?? '';
    }
    const chosen = await this.#options.ports.choose(wanted, new AbortController().signal);
    if (!chosen.ok) return refused(chosen.fault);
    // Looking for a modem takes a while, in which somebody may have dialled.
    if (this.#options.calls.underWay) return refused(terminalDuringCall);
    return this.#options.terminal.open(chosen.path, wanted.portRate);
  }

  /** By traffic, or by the hours. */
  async dialUnasked(id: string): Promise<Fault | null> {
    const outcome = await this.dial(id);
    return outcome.ok || outcome.fault === callUnderWay ? null : outcome.fault;
  }

  /** What stands against calling it now: the hours, or a used-up limit. */
  against(provider: Provider): Fault | null {
    if (provider.id === PRACTICE_PROVIDER_ID) return null;
    return this.#options.usage.against(provider, this.#options.timetable.neverDialUntil);
  }

  /** Whom traffic may dial: the chosen provider; in practice only the one that is practised with, never one that costs. */
  demanded(): { id: string } | null {
    if (this.#options.practice.on && this.#options.model.state.providerId === PRACTICE_PROVIDER_ID)
      return { id: PRACTICE_PROVIDER_ID };
    const providers = this.#options.settings.providers;
    const wanted = this.#options.settings.settings.selectedProvider;
    const provider = providers.find((p) => p.id === wanted) ?? providers[0];
    if (provider === undefined || (this.#options.practice.on && !this.#practises(provider))) return null;
    // Nobody would be there to log in.
    return provider.loginScript === 'terminal' ? null : provider;
  }

  #practises(provider: Provider): boolean {
    return provider.port === PRACTICE_PORT || provider.port === this.#options.practice.port?.path;
  }

  /** Puts up the practice line if the provider is called over it. */
  async putUpPractice(id: string): Promise<Fault | null> {
    if (this.#options.settings.providers.find((p) => p.id === id)?.port !== PRACTICE_PORT) return null;
    const begun = await this.#options.practice.begin();
    return begun.ok ? null : begun.fault;
  }

  async dialPractice(): Promise<Outcome<Record<string, never>>> {
    if (this.#options.calls.first.underWay) return refused(callUnderWay);
    const begun = await this.#options.practice.begin();
    if (!begun.ok) return begun;
    await this.#options.terminal.closeModem();
    const target = this.#options.practice.target;
    const fault = target === null ? noProvider : this.#options.calls.first.start(target);
    return fault === null ? done : refused(fault);
  }
}
