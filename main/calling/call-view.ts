/** One call's part of what the faces see: the first call's stands in the state itself, the second's in `second`. */
import type { CallState, LogLevel } from '../contract.ts';
import type { ReadModel } from '../read-model.ts';

/** The read model itself is the first call's. */
export interface CallView {
  readonly state: Readonly<CallState>;
  set(patch: Partial<CallState>): void;
  /** Changes what a snapshot shows, without an event. */
  quietly(patch: Partial<CallState>): void;
  log(level: LogLevel, part: string, text: string): void;
}

export const restingCall = (since: number): CallState => ({
  phase: 'idle',
  since,
  activity: '',
  fault: null,
  providerId: null,
  link: null,
  idleHangUpAt: null,
  callEnds: null,
  usage: null,
});

export class SecondCallView implements CallView {
  readonly #model: ReadModel;
  #state: CallState;

  constructor(model: ReadModel, now: number) {
    this.#model = model;
    this.#state = restingCall(now);
  }

  get state(): Readonly<CallState> {
    return this.#state;
  }

  set(patch: Partial<CallState>): void {
    this.#state = { ...this.#state, ...patch };
    this.#model.set({ second: this.#state });
  }

  quietly(patch: Partial<CallState>): void {
    this.#state = { ...this.#state, ...patch };
    this.#model.quietly({ second: this.#state });
  }

  log(level: LogLevel, part: string, text: string): void {
    this.#model.log(level, part, `Second call: ${text}`);
  }

  /** No longer shown: none is set up. */
  hide(): void {
    this.#model.set({ second: null });
  }
}
