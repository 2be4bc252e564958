/** The usage book as the gateway has it: its figures in the read model, warnings near a limit, and what stands against a call. */
import { againstCall } from '../calling/call-rules.ts';
import type { CallView } from '../calling/call-view.ts';
import { limitSentence } from '../calling/call-watch.ts';
import { tellUnsaved } from '../calling/phonebook.ts';
import type { Fault, Provider, UsageNow } from '../contract.ts';
import type { Clock, UplinkPart } from '../gateway-parts.ts';
import type { ReadModel } from '../read-model.ts';
import { NEAR } from './limits.ts';
import { type CountedCall, UsageBook } from './usage-book.ts';
import type { UsageReport } from './usage-schema.ts';
import type { UsageStore } from './usage-store.ts';

/** The month's figures are told so often; a new cost at once. */
const TELL_MS = 10_000;
const NEAR_LIMIT = 'limit-near';

export class UsageSide {
  readonly #model: ReadModel;
  readonly #clock: Clock;
  readonly #book: UsageBook;

  constructor(store: UsageStore, model: ReadModel, clock: Clock) {
    this.#model = model;
    this.#clock = clock;
    this.#book = new UsageBook({ store, clock, tellUnsaved: (fault) => tellUnsaved(model, 'usage', fault) });
  }

  close(): Promise<void> {
    return this.#book.close();
  }

  report(month?: string): UsageReport {
    return this.#book.report(month);
  }

  against(provider: Provider, neverDialUntil: number | null): Fault | null {
    return againstCall(provider, this.#book.monthOf(provider.id), neverDialUntil, this.#clock.now());
  }

  /** The far modem has answered; `view` is told what the call has cost so far. */
  begin(provider: Provider, number: string, uplink: UplinkPart, view: CallView): CountedCall {
    let toldAt = Number.NEGATIVE_INFINITY;
    let told: UsageNow | null = null;
    let warned = 0;
    const changed = (now: UsageNow) => {
      const used = now.limit?.used ?? 0;
      const threshold = used >= 1 ? 1 : used >= NEAR ? NEAR : 0;
      if (threshold > warned) {
        warned = threshold;
        this.#warn(provider, now);
      }
      if (now.cost === told?.cost && this.#clock.now() - toldAt < TELL_MS) return;
      told = now;
      toldAt = this.#clock.now();
      view.set({ usage: now });
    };
    const call = this.#book.begin(provider, number, () => uplink.meter(), changed);
    return {
      now: () => call.now(),
      end: () => {
        call.end();
        view.set({ usage: null });
        this.#model.hostFault(NEAR_LIMIT, null);
      },
    };
  }

  #warn(provider: Provider, { limit }: UsageNow): void {
    if (limit === null) return;
    const share = Math.floor(limit.used * 100);
    const sentence =
      limit.used >= 1
        ? `${provider.name}: ${limitSentence(provider, limit.of)}`
        : `${provider.name}: ${share} % of this month’s limit are used.`;
    this.#model.log('warning', 'usage', sentence);
    this.#model.hostFault(NEAR_LIMIT, {
      code: NEAR_LIMIT,
      sentence,
      cause: 'The provider’s settings say how much a month may take.',
      remedy: 'Hang up what is not needed, or raise the limit in the provider.',
    });
  }
}
