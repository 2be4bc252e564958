/**
 * The hours of the settings, looked at every few seconds: tells the faces of hours in which nothing dials, and in keep-up hours
 * dials by itself whenever the line is down.
 *
 * A person's Hang up holds for the rest of the keep-up hours, or until the next Dial. A call that ended with something a
 * person must mend, or that gave up, stands against it as against demand dialling (`mayTry`).
 */

import type { Fault, Settings } from '../contract.ts';
import type { Clock } from '../gateway-parts.ts';
import type { ReadModel } from '../read-model.ts';
import { holdsUntil } from './call-rules.ts';

const LOOK_MS = 5_000;

export interface TimetableOptions {
  model: ReadModel;
  clock: Clock;
  settings(): Settings;
  callUnderWay(): boolean;
  /** Nothing of the last call's end stands against dialling by itself. */
  mayTry(): boolean;
  /** The provider to keep up, or null. */
  providerId(): string | null;
  dial(providerId: string): Promise<Fault | null>;
  /** The hours have changed. */
  changed(): void;
}

export class Timetable {
  readonly #options: TimetableOptions;
  #cancel: (() => void) | null = null;
  #suspended = false;
  #keptUp = false;
  #dialling = false;

  constructor(options: TimetableOptions) {
    this.#options = options;
  }

  start(): void {
    this.#look();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  /** Until when nothing dials; null outside such hours. */
  get neverDialUntil(): number | null {
    return holdsUntil(this.#options.settings().neverDial, this.#options.clock.now());
  }

  /** Online without being asked, and not hung up for want of traffic. */
  get keepsUp(): boolean {
    return holdsUntil(this.#options.settings().keepUp, this.#options.clock.now()) !== null;
  }

  /** A person pressed Hang up. */
  suspend(): void {
    this.#suspended = true;
  }

  /** A person pressed Dial. */
  encourage(): void {
    this.#suspended = false;
  }

  /** Anew, as settings have changed. */
  review(): void {
    if (this.#cancel !== null) this.#look();
  }

  #look(): void {
    const { model, clock, changed } = this.#options;
    this.stop();
    this.#cancel = clock.after(LOOK_MS, () => this.#look());
    const { neverDialUntil } = this;
    if (model.state.neverDialUntil !== neverDialUntil) {
      model.set({ neverDialUntil });
      changed();
    }
    if (this.keepsUp !== this.#keptUp) {
      this.#keptUp = this.keepsUp;
      this.#suspended = false;
    }
    if (this.#keptUp && neverDialUntil === null) void this.#dial();
  }

  async #dial(): Promise<void> {
    const { model, callUnderWay, mayTry, providerId, dial } = this.#options;
    const id = providerId();
    if (this.#suspended || this.#dialling || callUnderWay() || !mayTry() || id === null) return;
    model.log('info', 'gateway', 'Dialling, because these are hours in which the line is kept up.');
    this.#dialling = true;
    const fault = await dial(id).finally(() => {
      this.#dialling = false;
    });
    if (fault === null) return;
    this.#suspended = true;
    model.set({ fault });
    model.log('warning', 'gateway', `${fault.sentence} ${fault.remedy}`);
  }
}
