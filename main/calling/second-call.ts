/**
 * The second call at the same time: who is called on which port, and when. It follows the first call once that is up, or is
 * dialled alone; it has redials of its own, and when either drops the engine moves its flows to the other. A person's Hang
 * up, or an end that a person must mend, keeps it from following until the next Dial.
 */

import { type Fault, type Outcome, PRACTICE_PORT, type Provider, type Settings } from '../contract.ts';
import { callUnderWay, noProvider, secondNeedsPerson, secondPractises, unknownProvider } from '../faults.ts';
import type { Clock } from '../gateway-parts.ts';
import { PRACTICE_PROVIDER_ID, type PracticeSide } from '../practice/practice-side.ts';
import type { ReadModel } from '../read-model.ts';
import type { Call, CallTarget } from './call.ts';
import { SecondCallView } from './call-view.ts';
import type { CallOver } from './demand.ts';

export interface SecondCallOptions {
  model: ReadModel;
  clock: Clock;
  settings(): Settings;
  providers(): readonly Provider[];
  practice: PracticeSide;
  create(view: SecondCallView): Call;
  /** The port that is the first call's; empty when it is not known. */
  firstPort(): string;
  /** With password and what else it takes; a fault when they cannot be read. */
  targetOf(provider: Provider): { ok: true; target: CallTarget } | { ok: false; fault: Fault };
  /** Hours, or a limit, that stand against it. */
  against(provider: Provider): Fault | null;
}

type Target = { ok: true; target: CallTarget } | { ok: false; fault: Fault };
const done: Outcome<Record<string, never>> = { ok: true, value: {} };
const refused = (fault: Fault) => ({ ok: false as const, fault });

export class SecondCall {
  readonly view: SecondCallView;
  readonly call: Call;
  readonly #options: SecondCallOptions;
  #declined = false;

  constructor(options: SecondCallOptions) {
    this.#options = options;
    this.view = new SecondCallView(options.model, options.clock.now());
    this.call = options.create(this.view);
    if (this.#on) this.view.set({});
  }

  get #on(): boolean {
    return this.#options.settings().secondCall.on;
  }

  /** A person pressed Dial: nothing stands against it any more. */
  encourage(): void {
    this.#declined = false;
  }

  /** The first call is up, or the settings have changed. */
  async review(): Promise<void> {
    const { model } = this.#options;
    if (!this.#on) {
      await this.call.hangUp(false);
      if (!this.#on && model.state.second !== null) this.view.hide();
      return;
    }
    if (model.state.second === null) this.view.set({});
    if (model.state.phase !== 'connected' || this.#declined || this.call.underWay) return;
    const outcome = await this.dial(false);
    if (outcome.ok || outcome.fault === callUnderWay) return;
    this.#declined = true;
    this.view.set({ fault: outcome.fault });
    this.view.log('warning', 'gateway', `${outcome.fault.sentence} ${outcome.fault.remedy}`);
  }

  /** By itself, whether or not the first is up. */
  async dial(anyway: boolean): Promise<Outcome<Record<string, never>>> {
    if (this.call.underWay) return refused(callUnderWay);
    const chosen = await this.#target();
    if (!chosen.ok) return refused(chosen.fault);
    const { provider } = chosen.target;
    if (provider.loginScript === 'terminal') return refused(secondNeedsPerson);
    const against = anyway ? null : this.#options.against(provider);
    if (against !== null) return refused(against);
    const busy = this.call.start({ ...chosen.target, anyway });
    return busy === null ? done : refused(busy);
  }

  async hangUp(now: boolean): Promise<void> {
    this.#declined = true;
    await this.call.hangUp(now);
  }

  over(over: CallOver): void {
    if (over.kind === 'failed' && over.redial === 'stop') this.#declined = true;
    // A failure stays to be read.
    if (!this.#on && over.kind !== 'failed') this.view.hide();
  }

  clearFault(): void {
    const { phase, fault } = this.view.state;
    if (fault !== null) this.view.set({ fault: null });
    if (phase === 'failed') this.view.set({ phase: 'idle', activity: '', since: this.#options.clock.now() });
    if (!this.#on && !this.call.underWay) this.view.hide();
  }

  /** In practice only the provider that is practised with is called, never one that costs. */
  async #target(): Promise<Target> {
    const { model, practice, settings, targetOf } = this.#options;
    const wanted = settings().secondCall.providerId ?? model.state.providerId ?? settings().selectedProvider;
    if (!practice.on) return this.#realTarget(wanted);
    const port = practice.secondPort ?? '';
    const provider = this.#find(wanted) ?? this.#find(model.state.providerId);
    if (provider !== undefined && provider.port === PRACTICE_PORT) return targetOf({ ...provider, port });
    const target = practice.target;
    if (target === null) return { ok: false, fault: noProvider };
    return { ok: true, target: { ...target, provider: { ...target.provider, port } } };
  }

  async #realTarget(wanted: string | null): Promise<Target> {
    const { settings, providers, firstPort, practice, targetOf, model } = this.#options;
    const provider = this.#find(wanted) ?? (wanted === null ? providers()[0] : undefined);
    if (provider === undefined)
      return {
        ok: false,
        fault: wanted === null || wanted === PRACTICE_PROVIDER_ID ? noProvider : unknownProvider(wanted),
      };
    const { port } = settings().secondCall;
    if (provider.port === PRACTICE_PORT || port === PRACTICE_PORT) {
      if (model.state.phase !== 'idle' && model.state.phase !== 'failed')
        return { ok: false, fault: secondPractises };
      const begun = await practice.begin();
      return begun.ok ? targetOf({ ...provider, port: practice.secondPort ?? '' }) : begun;
    }
    // The first call's modem is its own; another is looked for.
    const own = provider.port === firstPort() ? '' : provider.port;
    return targetOf({ ...provider, port: port === '' ? own : port });
  }

  #find(id: string | null): Provider | undefined {
    return this.#options.providers().find((provider) => provider.id === id);
  }
}
