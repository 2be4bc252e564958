/**
 * Watches a call that is up and says when it has been enough: nobody uses it, it has lasted as long as it may, or its
 * provider's monthly limit is used up. The faces are told before, with the time that is left.
 */

import type { CallState, Provider, UsageNow } from '../contract.ts';
import type { Clock, UplinkPart } from '../gateway-parts.ts';
import type { CallView } from './call-view.ts';
import { IdleWatch } from './idle-watch.ts';

const LOOK_MS = 1_000;
/** The end of the longest call is announced so long before. */
const WARNING_MS = 120_000;
/** How long a person has to answer whether to go on beyond a limit. */
const ANSWER_MS = 60_000;

/** Hung up by itself, without a fault. */
export interface Enough {
  /** For the log and the resting gateway. */
  sentence: string;
  /** While it hangs up. */
  goodbye: string;
}

export interface CallWatchOptions {
  uplink: UplinkPart;
  model: CallView;
  clock: Clock;
  provider: Provider;
  /** Minutes without use after which the call ends, 0 for never; asked again each time. */
  idleMinutes(): number;
  usage(): UsageNow | null;
  /** A person has said that the limit does not count for this call. */
  beyondLimit: boolean;
}

type End = NonNullable<CallState['callEnds']>;

export class CallWatch {
  readonly #options: CallWatchOptions;
  readonly #idle: IdleWatch;
  #enough: (enough: Enough) => void = () => {};
  #cancel: () => void = () => {};
  #longestFrom: number;
  #beyondLimit: boolean;
  #askedAt: number | null = null;
  #told: End | null = null;
  /** Never after `stop`. */
  readonly enough: Promise<Enough>;

  constructor(options: CallWatchOptions) {
    this.#options = options;
    this.#longestFrom = options.clock.now();
    this.#beyondLimit = options.beyondLimit;
    const { uplink, model, clock, idleMinutes } = options;
    this.#idle = new IdleWatch({ uplink, model, clock, minutes: idleMinutes });
    this.enough = new Promise((resolve) => {
      this.#enough = resolve;
    });
    void this.#idle.expired.then((minutes) =>
      this.#enough({
        sentence: `Hung up after ${minutes} min without traffic.`,
        goodbye: 'Hanging up, because nobody uses the line',
      }),
    );
    this.#look();
  }

  /** A person wants to go on: the longest call begins anew, the limit is let be. False when nothing is about to end it. */
  stay(): boolean {
    if (this.#told === null) return false;
    this.#longestFrom = this.#options.clock.now();
    this.#beyondLimit ||= this.#askedAt !== null;
    this.#tell(null);
    return true;
  }

  stop(): void {
    this.#cancel();
    this.#idle.stop();
    this.#tell(null);
  }

  #look(): void {
    const { clock, provider } = this.#options;
    const now = clock.now();
    const end = this.#limitEnd(now) ?? this.#longestEnd(now);
    if (end !== null && end.at <= now) {
      this.#enough({ sentence: `Hung up: ${end.sentence}`, goodbye: `Hanging up. ${end.sentence}` });
      return;
    }
    this.#tell(end);
    if (provider.limits.atLimit === 'warn') this.#askedAt = null;
    this.#cancel = clock.after(LOOK_MS, () => this.#look());
  }

  #longestEnd(now: number): End | null {
    const minutes = this.#options.provider.longestCallMinutes;
    const at = this.#longestFrom + minutes * 60_000;
    if (minutes === 0 || at - now > WARNING_MS) return null;
    return { at, sentence: `A call may last ${minutes} min.`, mayStay: true };
  }

  #limitEnd(now: number): End | null {
    const { provider, usage } = this.#options;
    const { atLimit } = provider.limits;
    const limit = usage()?.limit ?? null;
    if (this.#beyondLimit || atLimit === 'warn' || limit === null || limit.used < 1) return null;
    this.#askedAt ??= now;
    const at = atLimit === 'ask' ? this.#askedAt + ANSWER_MS : now;
    return { at, sentence: limitSentence(provider, limit.of), mayStay: atLimit === 'ask' };
  }

  #tell(end: End | null): void {
    if (end?.at === this.#told?.at && end?.sentence === this.#told?.sentence) return;
    if (end !== null && this.#told === null)
      this.#options.model.log('warning', 'gateway', `The call is about to be hung up. ${end.sentence}`);
    this.#told = end;
    this.#options.model.set({ callEnds: end });
  }
}

/** `The 600 min of this month are used up.` */
export function limitSentence(
  { limits, tariff }: Provider,
  of: NonNullable<UsageNow['limit']>['of'],
): string {
  const amount = {
    minutes: `${limits.minutes} min`,
    megabytes: `${limits.megabytes} MB`,
    money: `${limits.money} ${tariff?.currency ?? ''}`.trim(),
  };
  return `This month’s limit of ${amount[of]} is used up.`;
}
