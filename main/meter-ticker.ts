/** Twice a second, while there is something to show: rates, bytes, the queue and the clients, as one droppable event. */
import type { CallView } from './calling/call-view.ts';
import type { Meter } from './contract.ts';
import type { Clock, UplinkPart } from './gateway-parts.ts';
import type { ReadModel } from './read-model.ts';

export const METER_MS = 500;

interface Figures {
  up: number;
  down: number;
  bytesUp: number;
  bytesDown: number;
  queuedBytes: number;
  queuedMs: number;
}
const NOTHING: Figures = { up: 0, down: 0, bytesUp: 0, bytesDown: 0, queuedBytes: 0, queuedMs: 0 };

export class MeterTicker {
  readonly #model: ReadModel;
  readonly #clock: Clock;
  readonly #first: CallMeter;
  readonly #second: CallMeter;
  readonly #callsIn: () => NonNullable<Meter['callsIn']>;
  #cancel: (() => void) | null = null;
  #idleTold = true;

  constructor(
    model: ReadModel,
    clock: Clock,
    [first, second]: readonly [MeteredCall, MeteredCall],
    callsIn: () => NonNullable<Meter['callsIn']> = () => [],
  ) {
    this.#callsIn = callsIn;
    this.#model = model;
    this.#clock = clock;
    this.#first = new CallMeter(first);
    this.#second = new CallMeter(second);
  }

  start(): void {
    this.#cancel = this.#clock.after(METER_MS, () => {
      this.#tick();
      this.start();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #tick(): void {
    const at = this.#clock.now();
    const { clients, engine } = this.#model.state;
    const [first, second] = [this.#first.look(at), this.#second.look(at)];
    if (first === null && second === null) {
      if (engine !== 'running' && this.#idleTold) return;
      this.#idleTold = engine !== 'running';
      this.#model.meter({ at, ...NOTHING, clients, callsIn: this.#callsIn() });
      return;
    }
    this.#idleTold = false;
    const both = sum(first ?? NOTHING, second ?? NOTHING);
    const callsIn = this.#callsIn();
    if (second === null) this.#model.meter({ at, ...both, clients, callsIn });
    else {
      const { up, down, bytesUp, bytesDown } = second;
      this.#model.meter({ at, ...both, second: { up, down, bytesUp, bytesDown }, clients, callsIn });
    }
  }
}

function sum(a: Figures, b: Figures): Figures {
  return {
    up: a.up + b.up,
    down: a.down + b.down,
    bytesUp: a.bytesUp + b.bytesUp,
    bytesDown: a.bytesDown + b.bytesDown,
    queuedBytes: a.queuedBytes + b.queuedBytes,
    queuedMs: Math.max(a.queuedMs, b.queuedMs),
  };
}

export interface MeteredCall {
  view: CallView;
  uplink(): UplinkPart | null;
}

class CallMeter {
  readonly #call: MeteredCall;
  #last: { uplink: UplinkPart; at: number; bytesUp: number; bytesDown: number } | null = null;

  constructor(call: MeteredCall) {
    this.#call = call;
  }

  /** Since the last look; null while the call is not up. The link's own bytes are kept current in the snapshot. */
  look(at: number): Figures | null {
    const { view } = this.#call;
    const uplink = this.#call.uplink();
    if (uplink === null) {
      this.#last = null;
      return null;
    }
    const { bytesUp, bytesDown, queuedBytes, queuedMs } = uplink.meter();
    const before = this.#last?.uplink === uplink ? this.#last : { at: at - METER_MS, bytesUp, bytesDown };
    const rate = (bytes: number) => Math.round((bytes * 8000) / Math.max(1, at - before.at));
    this.#last = { uplink, at, bytesUp, bytesDown };
    const { link } = view.state;
    if (link !== null) view.quietly({ link: { ...link, bytesUp, bytesDown } });
    return {
      up: rate(bytesUp - before.bytesUp),
      down: rate(bytesDown - before.bytesDown),
      bytesUp,
      bytesDown,
      queuedBytes,
      queuedMs,
    };
  }
}
