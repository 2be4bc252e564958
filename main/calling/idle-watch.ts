/** Watches a call that nobody uses: tells the faces when it will be hung up, and says when that time has come. */

import type { Clock, UplinkPart } from '../gateway-parts.ts';
import type { CallView } from './call-view.ts';

const LOOK_MS = 1_000;
/** Pauses shorter than this are not worth a countdown. */
const SHOWN_AFTER_MS = 5_000;

export interface IdleWatchOptions {
  uplink: UplinkPart;
  model: CallView;
  clock: Clock;
  /** Minutes without use after which the call ends, 0 for never; asked again each time. */
  minutes(): number;
}

export class IdleWatch {
  readonly #options: IdleWatchOptions;
  #cancel: () => void = () => {};
  #expire: (minutes: number) => void = () => {};
  /** Resolves with the minutes that have passed without use; never after `stop`. */
  readonly expired: Promise<number>;

  constructor(options: IdleWatchOptions) {
    this.#options = options;
    this.expired = new Promise((resolve) => {
      this.#expire = resolve;
    });
    this.#look();
  }

  stop(): void {
    this.#cancel();
    this.#tell(null);
  }

  #look(): void {
    const { uplink, clock, minutes } = this.#options;
    const allowed = minutes();
    const { idleMs } = uplink.meter();
    const left = allowed * 60_000 - idleMs;
    if (allowed > 0 && left <= 0) {
      this.#expire(allowed);
      return;
    }
    this.#tell(allowed > 0 && idleMs >= SHOWN_AFTER_MS ? Math.round(clock.now() + left) : null);
    this.#cancel = clock.after(LOOK_MS, () => this.#look());
  }

  /** The same moment, give or take the clocks, is no news. */
  #tell(at: number | null): void {
    const { model } = this.#options;
    const told = model.state.idleHangUpAt;
    if (told === at || (told !== null && at !== null && Math.abs(told - at) < LOOK_MS)) return;
    model.set({ idleHangUpAt: at });
  }
}
