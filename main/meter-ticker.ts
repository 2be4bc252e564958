/** Twice a second, while there is something to show: rates, bytes, the queue and the clients, as one droppable event. */
import type { Clock, UplinkPart } from './gateway-parts.ts';
import type { ReadModel } from './read-model.ts';

export const METER_MS = 500;

export class MeterTicker {
  readonly #model: ReadModel;
  readonly #clock: Clock;
  readonly #uplink: () => UplinkPart | null;
  #cancel: (() => void) | null = null;
  #last: { uplink: UplinkPart; at: number; bytesUp: number; bytesDown: number } | null = null;
  #idleTold = true;

  constructor(model: ReadModel, clock: Clock, uplink: () => UplinkPart | null) {
    this.#model = model;
    this.#clock = clock;
    this.#uplink = uplink;
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
    const uplink = this.#uplink();
    const at = this.#clock.now();
    const { clients, link, engine } = this.#model.state;
    if (uplink === null) {
      this.#last = null;
      if (engine !== 'running' && this.#idleTold) return;
      this.#idleTold = engine !== 'running';
      this.#model.meter({
        at,
        up: 0,
        down: 0,
        bytesUp: 0,
        bytesDown: 0,
        queuedBytes: 0,
        queuedMs: 0,
        clients,
      });
      return;
    }
    this.#idleTold = false;
    const { bytesUp, bytesDown, queuedBytes, queuedMs } = uplink.meter();
    const before = this.#last?.uplink === uplink ? this.#last : { at: at - METER_MS, bytesUp, bytesDown };
    const rate = (bytes: number) => Math.round((bytes * 8000) / Math.max(1, at - before.at));
    this.#last = { uplink, at, bytesUp, bytesDown };
    if (link !== null) this.#model.quietly({ link: { ...link, bytesUp, bytesDown } });
    this.#model.meter({
      at,
      up: rate(bytesUp - before.bytesUp),
      down: rate(bytesDown - before.bytesDown),
      bytesUp,
      bytesDown,
      queuedBytes,
      queuedMs,
      clients,
    });
  }
}
