/** The providers as a person keeps them: saved with the settings, their passwords apart; what could not be saved is told. */
import type { Fault, Outcome, Provider, ProviderView } from '../contract.ts';
import { unknownProvider } from '../faults.ts';
import type { ReadModel } from '../read-model.ts';
import type { SecretStore } from '../settings/secrets.ts';
import type { SettingsStore } from '../settings/store.ts';

/** Where the PIN of a provider's SIM card lies among the secrets; no provider's own id has a colon. */
export const pinKey = (id: string): string => `pin:${id}`;

function viewOf(provider: Provider, secrets: SecretStore): ProviderView {
  return { ...provider, hasPassword: secrets.has(provider.id), hasPin: secrets.has(pinKey(provider.id)) };
}

export function providerViews(settings: SettingsStore, secrets: SecretStore): ProviderView[] {
  return settings.providers.map((provider) => viewOf(provider, secrets));
}

/** Shown until the same thing is saved well. */
export function tellUnsaved(
  model: ReadModel,
  what: 'settings' | 'passwords' | 'usage',
  fault: Fault | null,
): void {
  model.hostFault(`${what}-not-saved`, fault);
}

export class Phonebook {
  readonly #settings: SettingsStore;
  readonly #secrets: SecretStore;
  readonly #model: ReadModel;

  constructor(settings: SettingsStore, secrets: SecretStore, model: ReadModel) {
    this.#settings = settings;
    this.#secrets = secrets;
    this.#model = model;
  }

  /** `password` and `pin`: null keeps the old one, empty forgets it. */
  async save(
    provider: Provider,
    password: string | null,
    pin: string | null = null,
  ): Promise<Outcome<{ provider: ProviderView }>> {
    const known = this.#settings.providers;
    const providers = known.some((p) => p.id === provider.id)
      ? known.map((p) => (p.id === provider.id ? provider : p))
      : [...known, provider];
    const secretFault =
      (await this.#keep(provider.id, password)) ?? (await this.#keep(pinKey(provider.id), pin));
    const settingsFault = await this.#settings.change({ providers });
    tellUnsaved(this.#model, 'settings', settingsFault);
    if (password !== null || pin !== null) tellUnsaved(this.#model, 'passwords', secretFault);
    this.#model.set({ providers: providerViews(this.#settings, this.#secrets) });
    const fault = settingsFault ?? secretFault;
    if (fault !== null) return { ok: false, fault };
    return { ok: true, value: { provider: viewOf(provider, this.#secrets) } };
  }

  /** A SIM card refused its PIN: it is not kept, so that it cannot be sent a second time and lock the card. */
  async forgetPin(id: string): Promise<void> {
    const forgotten = this.#secrets.set(pinKey(id), null);
    this.#model.set({ providers: providerViews(this.#settings, this.#secrets) });
    tellUnsaved(this.#model, 'passwords', await forgotten);
  }

  async #keep(key: string, secret: string | null): Promise<Fault | null> {
    return secret === null ? null : this.#secrets.set(key, secret === '' ? null : secret);
  }

  async remove(id: string): Promise<Outcome<Record<string, never>>> {
    const providers = this.#settings.providers.filter((p) => p.id !== id);
    if (providers.length === this.#settings.providers.length)
      return { ok: false, fault: unknownProvider(id) };
    const { settings } = this.#settings;
    const selectedProvider = settings.selectedProvider === id ? null : settings.selectedProvider;
    const pinFault = this.#secrets.has(pinKey(id)) ? await this.#secrets.set(pinKey(id), null) : null;
    const secretFault = (await this.#secrets.set(id, null)) ?? pinFault;
    const settingsFault = await this.#settings.change({
      providers,
      settings: { ...settings, selectedProvider },
    });
    tellUnsaved(this.#model, 'settings', settingsFault);
    tellUnsaved(this.#model, 'passwords', secretFault);
    this.#model.set({
      providers: providerViews(this.#settings, this.#secrets),
      settings: this.#settings.settings,
    });
    const fault = settingsFault ?? secretFault;
    return fault === null ? { ok: true, value: {} } : { ok: false, fault };
  }
}
