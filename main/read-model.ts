/**
 * The state the faces are told: held in one place, changed by patches, published as numbered events.
 *
 * Changes made in one turn leave as one event. `quietly` changes what a snapshot shows without an event, for figures that
 * the droppable meter carries. Nothing here decides anything.
 */
import {
  emptyDialIn,
  type Fault,
  type LogLevel,
  type LogLine,
  type Meter,
  type Snapshot,
  type State,
  type StateEvent,
} from './contract.ts';
import type { Clock } from './gateway-parts.ts';
import { LogRing } from './log.ts';
import { appendTerminal, TERMINAL_EVENT_CHARACTERS } from './terminal/terminal-text.ts';

/** The state before anything has happened. */
export function initialState(
  known: Pick<State, 'since' | 'providers' | 'settings' | 'secrets' | 'version'>,
): State {
  return {
    ...known,
    phase: 'idle',
    activity: '',
    fault: null,
    hostFaults: [],
    providerId: null,
    link: null,
    demand: 'off',
    idleHangUpAt: null,
    callEnds: null,
    neverDialUntil: null,
    usage: null,
    terminal: null,
    second: null,
    engine: 'stopped',
    practice: false,
    ports: [],
    portsFault: null,
    lanCandidates: [],
    clients: [],
    helpers: [],
    counters: {},
    portLeases: [],
    dialIn: emptyDialIn,
  };
}

export class ReadModel {
  readonly #clock: Clock;
  readonly #ring = new LogRing();
  readonly #stateListeners = new Set<(event: StateEvent) => void>();
  readonly #meterListeners = new Set<(event: Meter) => void>();
  readonly #hostFaults = new Map<string, Fault>();
  #state: State;
  #seq = 0;
  #patch: Partial<State> = {};
  #lines: LogLine[] = [];
  #terminal = '';
  #typed = '';
  #scheduled = false;

  constructor(initial: State, clock: Clock) {
    this.#state = initial;
    this.#clock = clock;
  }

  get state(): Readonly<State> {
    return this.#state;
  }

  set(patch: Partial<State>): void {
    this.#state = { ...this.#state, ...patch };
    Object.assign(this.#patch, patch);
    this.#schedule();
  }

  quietly(patch: Partial<State>): void {
    this.#state = { ...this.#state, ...patch };
  }

  /** Something a person must see to outside the call, or (null) is well again, by code. */
  hostFault(code: string, fault: Fault | null): void {
    if (fault === null && !this.#hostFaults.has(code)) return;
    if (fault === null) this.#hostFaults.delete(code);
    else this.#hostFaults.set(code, fault);
    this.set({ hostFaults: [...this.#hostFaults.values()] });
  }

  log(level: LogLevel, part: string, text: string): void {
    this.#lines.push(this.#ring.add(this.#clock.now(), level, part, text));
    this.#schedule();
  }

  /** Text that comes to stand in the terminal; what is too much for one event is left out of it. */
  terminal(text: string): void {
    this.#terminal = appendTerminal(this.#terminal, text);
    this.#typed = (this.#typed + text).slice(-TERMINAL_EVENT_CHARACTERS);
    this.#schedule();
  }

  snapshot(): Snapshot {
    this.#flush();
    return { seq: this.#seq, state: this.#state, log: this.#ring.lines(), terminal: this.#terminal };
  }

  onState(listener: (event: StateEvent) => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  onMeter(listener: (event: Meter) => void): () => void {
    this.#meterListeners.add(listener);
    return () => this.#meterListeners.delete(listener);
  }

  meter(event: Meter): void {
    for (const listener of this.#meterListeners) listener(event);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    if (!this.#scheduled) return;
    this.#scheduled = false;
    const event: StateEvent = { seq: ++this.#seq, patch: this.#patch, log: this.#lines };
    if (this.#typed !== '') event.terminal = this.#typed;
    this.#typed = '';
    this.#patch = {};
    this.#lines = [];
    for (const listener of this.#stateListeners) listener(event);
  }
}
