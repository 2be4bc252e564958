/**
 * Demand dialling: traffic brings the line up, unless a person or a fault stands against it.
 *
 * Theory of operation. While it watches, the engine holds the packet that asks for the line and says so (`want-line`), and
 * the chosen provider is dialled. A person's Hang up suspends it until the next Dial, since whoever hangs up wants the
 * telephone free for as long as it takes; switching it on anew also ends that. A call that ended with something a person
 * must mend suspends it likewise; one that gave up after its tries lets it rest for ten minutes. While it is suspended the
 * engine tells the computers at once that nothing is reachable. It needs the engine before any call, and has it started.
 */
import type { Fault, State } from '../contract.ts';
import type { EngineSide } from '../engine-client/engine-side.ts';
import type { Clock, Redial } from '../gateway-parts.ts';
import type { ReadModel } from '../read-model.ts';

/** How long traffic does not dial after a call whose tries were used up. */
export const REST_MS = 600_000;
/** A wish that came while the line was being hung up still holds for so long. */
const LATE_WISH_MS = 10_000;
const NOT_READY = 'demand-not-ready';

export type CallOver = { kind: 'hung-up' } | { kind: 'idle' } | { kind: 'failed'; redial: Redial };

export interface DemandOptions {
  model: ReadModel;
  clock: Clock;
  engine: EngineSide;
  /** As set by the person. */
  isSet(): boolean;
  /** The provider that traffic may dial now, or null. */
  providerId(): string | null;
  /** Brings up what must be there before the engine can watch, such as the practice line. */
  prepare(providerId: string): Promise<Fault | null>;
  callUnderWay(): boolean;
  /** Why nothing dials now, whoever asks; empty: it may. */
  barred(): string;
  dial(providerId: string): Promise<Fault | null>;
}

type Against = 'person' | 'fault' | 'rest';

export class Demand {
  readonly #options: DemandOptions;
  #against: Against | null = null;
  #cancelRest: () => void = () => {};
  #arming: AbortController | null = null;
  #dialling = false;
  #lateWish: number | null = null;
  #heldTold = false;
  #shown = '';

  constructor(options: DemandOptions) {
    this.#options = options;
  }

  get state(): State['demand'] {
    if (!this.#options.isSet()) return 'off';
    return this.holds && this.#options.engine.running ? 'watching' : 'paused';
  }

  /** Whether the engine shall hold packets that ask for the line. */
  get holds(): boolean {
    const { isSet, barred, providerId } = this.#options;
    return isSet() && this.#against === null && barred() === '' && providerId() !== null;
  }

  /** What of the last call's end stands against dialling by itself. */
  get against(): Against | null {
    return this.#against;
  }

  /** The engine is told so with its configuration. */
  tellHolds(): boolean {
    this.#heldTold = this.holds;
    return this.#heldTold;
  }

  /** What an idle gateway says of itself; empty if demand has no part in it. */
  get restingText(): string {
    const { isSet, barred, engine, model } = this.#options;
    if (barred() !== '') return barred();
    if (!isSet()) return '';
    if (this.#against === 'person') return 'Hung up by hand: traffic does not dial until you press Dial';
    if (this.#against !== null) return 'Traffic does not dial until you press Dial';
    if (this.#options.providerId() === null)
      return model.state.practice ? 'Traffic of the practice computers dials the practice provider only' : '';
    if (engine.running) return 'Waiting for traffic';
    return this.#arming === null
      ? 'Press Dial to start sharing; then traffic dials'
      : 'Getting ready to wait for traffic';
  }

  /** Has the engine started, so that there is somebody to ask for the line. */
  async arm(): Promise<void> {
    const { engine, model, prepare, providerId, callUnderWay } = this.#options;
    const id = providerId();
    if (!this.holds || id === null || callUnderWay() || this.#arming !== null) return;
    if (engine.running || model.state.engine !== 'stopped') return;
    const arming = new AbortController();
    this.#arming = arming;
    this.review();
    const notPrepared = await prepare(id);
    const ready =
      notPrepared === null ? await engine.ready(arming.signal) : { ok: false as const, fault: notPrepared };
    this.#arming = null;
    if (ready !== null && !ready.ok) {
      this.#stand('fault');
      model.hostFault(NOT_READY, ready.fault);
      model.log('warning', 'demand', `Traffic cannot dial: ${ready.fault.sentence} ${ready.fault.remedy}`);
    }
    this.review();
  }

  /** A person pressed Dial, or switched demand on: nothing stands against it any more. */
  encourage(): void {
    this.#stand(null);
    this.#options.model.hostFault(NOT_READY, null);
    this.review();
  }

  /** A person pressed Hang up. */
  suspend(): void {
    this.#stand('person');
    this.review();
  }

  /** A packet asks for the line. */
  async wanted(client: string, reason: string): Promise<void> {
    const { model, clock, callUnderWay, providerId, dial } = this.#options;
    const id = providerId();
    if (this.state !== 'watching' || id === null || this.#dialling) return;
    if (callUnderWay()) {
      if (model.state.phase === 'hanging-up') this.#lateWish = clock.now();
      return;
    }
    model.log('info', 'demand', `Dialling, because ${client} asks for the line: ${reason}.`);
    this.#dialling = true;
    const fault = await dial(id);
    this.#dialling = false;
    if (fault === null) return;
    this.#stand('fault');
    model.hostFault(NOT_READY, fault);
    this.review();
  }

  callOver(over: CallOver): void {
    const { clock } = this.#options;
    const late = this.#lateWish !== null && clock.now() - this.#lateWish < LATE_WISH_MS;
    this.#lateWish = null;
    if (over.kind === 'failed' && (over.redial === 'stop' || over.redial === 'other')) this.#stand('fault');
    else if (over.kind === 'failed') {
      this.#stand('rest');
      this.#cancelRest = clock.after(REST_MS, () => this.encourage());
    }
    this.review();
    if (over.kind === 'idle' && late) void this.wanted('a computer', 'it asked while the line was hung up');
  }

  /** Looks at everything anew: tells the faces, and the engine if what it shall hold has changed. */
  review(): void {
    const { model, engine } = this.#options;
    const { state } = this;
    if (model.state.demand !== state) model.set({ demand: state });
    const text = this.restingText;
    const { phase, activity } = model.state;
    if (phase === 'idle' && activity !== text && (text !== '' || activity === this.#shown))
      model.set({ activity: text });
    this.#shown = text;
    if (engine.running && this.#heldTold !== this.holds) {
      this.#heldTold = this.holds;
      void engine.configure().then((fault) => {
        if (fault !== null) model.log('warning', 'engine', fault.sentence);
      });
    }
  }

  close(): void {
    this.#arming?.abort();
    this.#cancelRest();
  }

  #stand(against: Against | null): void {
    this.#cancelRest();
    this.#against = against;
  }
}
