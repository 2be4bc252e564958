/**
 * Counts calls from the far modem's answer to the hang-up: time, bytes and cost, for the call and for its provider's month.
 *
 * Once a second a call under way is looked at. Its length is the sum of those seconds, each at most a minute: a wall clock
 * that is set, or a computer that slept, adds nothing to the bill. Twice a minute the call is written down, so that a crash
 * loses less than a minute of it.
 */
import type { Fault, Provider } from '../contract.ts';
import type { Clock } from '../gateway-parts.ts';
import { nearestLimit } from './limits.ts';
import { CallCharge } from './tariff.ts';
import type { CallRecord, MonthTotal, UsageNow, UsageReport } from './usage-schema.ts';
import { type SharedCall, type UsageStore, withShare } from './usage-store.ts';

const LOOK_MS = 1_000;
const SAVE_MS = 30_000;
const LONGEST_LOOK_MS = 60_000;

export interface Bytes {
  bytesUp: number;
  bytesDown: number;
}

export interface UsageBookOptions {
  store: UsageStore;
  clock: Clock;
  /** A write that failed, or null when one went well. */
  tellUnsaved(fault: Fault | null): void;
}

/** A call under way. */
export interface CountedCall {
  now(): UsageNow;
  /** Counts up to this moment; it is written down without being waited for. */
  end(): void;
}

export class UsageBook {
  readonly #options: UsageBookOptions;
  readonly #open = new Set<OpenCall>();
  #saving: (() => void) | null = null;
  /** The last of what is being written. */
  #written: Promise<unknown> = Promise.resolve();

  constructor(options: UsageBookOptions) {
    this.#options = options;
  }

  /** The far modem has answered. `bytes` is asked again and again; `changed` is told each second. */
  begin(
    provider: Provider,
    number: string,
    bytes: () => Bytes,
    changed: (now: UsageNow) => void,
  ): CountedCall {
    const { clock, store } = this.#options;
    const call = new OpenCall(provider, number, clock.now(), bytes);
    this.#open.add(call);
    let cancel = () => {};
    const now = () => call.report(this.monthOf(provider.id));
    const look = () => {
      call.look(clock.now());
      changed(now());
      cancel = clock.after(LOOK_MS, look);
    };
    look();
    this.#writing(this.#keep());
    this.#saving ??= clock.after(SAVE_MS, () => this.#save());
    return {
      now,
      end: () => {
        cancel();
        call.look(clock.now());
        this.#open.delete(call);
        this.#writing(store.add(call.shared));
        this.#writing(this.#keep());
        if (this.#open.size > 0) return;
        this.#saving?.();
        this.#saving = null;
      },
    };
  }

  /** Of a provider this month, the calls under way included; null before its first. */
  monthOf(providerId: string): MonthTotal | null {
    const month = monthAt(this.#options.clock.now());
    return this.#totals().find((total) => total.month === month && total.providerId === providerId) ?? null;
  }

  /** Everything counted so far is on the disk, or was told not to be. */
  async close(): Promise<void> {
    await this.#written;
  }

  report(month = monthAt(this.#options.clock.now())): UsageReport {
    const totals = this.#totals();
    const calls = [...this.#options.store.calls, ...[...this.#open].map(({ shared }) => shared.call)];
    return {
      month,
      months: [...new Set(totals.map((total) => total.month))].sort().reverse(),
      totals: totals.filter((total) => total.month === month),
      calls: calls.filter(({ at }) => monthAt(at) === month).reverse(),
    };
  }

  #totals(): MonthTotal[] {
    let totals: MonthTotal[] = this.#options.store.months;
    for (const { shared } of this.#open) for (const share of shared.months) totals = withShare(totals, share);
    return totals;
  }

  #save(): void {
    this.#saving = this.#options.clock.after(SAVE_MS, () => this.#save());
    this.#writing(this.#keep());
  }

  #keep(): Promise<Fault | null> {
    return this.#options.store.keep([...this.#open].map(({ shared }) => shared));
  }

  #writing(write: Promise<Fault | null>): void {
    this.#written = write.then((fault) => this.#options.tellUnsaved(fault));
  }
}

class OpenCall {
  readonly #provider: Provider;
  readonly #bytes: () => Bytes;
  readonly #charge: CallCharge | null;
  #call: CallRecord;
  #months: MonthTotal[] = [];
  #lookedAt: number;
  #elapsedMs = 0;

  constructor(provider: Provider, number: string, now: number, bytes: () => Bytes) {
    this.#provider = provider;
    this.#bytes = bytes;
    this.#charge = provider.tariff === null ? null : new CallCharge(provider.tariff);
    this.#lookedAt = now;
    this.#call = {
      id: `${now}-${provider.id}`.slice(0, 40),
      providerId: provider.id,
      provider: provider.name,
      number,
      at: now,
      seconds: 0,
      bytesUp: 0,
      bytesDown: 0,
      cost: provider.tariff === null ? null : 0,
      currency: provider.tariff?.currency ?? '',
    };
  }

  get shared(): SharedCall {
    return { call: this.#call, months: this.#months };
  }

  report(month: MonthTotal | null): UsageNow {
    const soFar = {
      seconds: month?.seconds ?? 0,
      bytes: (month?.bytesUp ?? 0) + (month?.bytesDown ?? 0),
      cost: month?.cost ?? null,
    };
    const { providerId, at, cost, currency } = this.#call;
    const limit = nearestLimit(this.#provider.limits, soFar);
    return { providerId, answeredAt: at, cost, currency, month: soFar, limit };
  }

  look(now: number): void {
    this.#elapsedMs += Math.min(LONGEST_LOOK_MS, Math.max(0, now - this.#lookedAt));
    this.#lookedAt = now;
    this.#charge?.advance(this.#elapsedMs, now);
    const before = this.#call;
    const { bytesUp, bytesDown } = this.#bytes();
    this.#call = {
      ...before,
      seconds: Math.floor(this.#elapsedMs / 1000),
      bytesUp: Math.max(before.bytesUp, bytesUp),
      bytesDown: Math.max(before.bytesDown, bytesDown),
      cost: this.#charge?.cost ?? null,
    };
    const { providerId, provider, currency, seconds, cost } = this.#call;
    this.#months = withShare(this.#months, {
      month: monthAt(now),
      providerId,
      provider,
      currency,
      calls: this.#months.length === 0 ? 1 : 0,
      seconds: seconds - before.seconds,
      bytesUp: this.#call.bytesUp - before.bytesUp,
      bytesDown: this.#call.bytesDown - before.bytesDown,
      cost: cost === null ? null : cost - (before.cost ?? 0),
    });
  }
}

/** `2026-11`, by the local calendar. */
export function monthAt(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}`;
}
