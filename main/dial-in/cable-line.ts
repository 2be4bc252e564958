/**
 * A null-modem cable: whatever comes begins a call, and there is no carrier to wait for or to lose. The port stays open from
 * one call to the next; what still dribbles in after one is thrown away, so that it does not begin another.
 */
import type { CallerLineOf } from '../contract.ts';
import { CableCall } from '../link/cable-call.ts';
import type { LostCause } from '../modem/call.ts';
import type { Line } from '../modem/line.ts';
import { type AnsweringLine, type LineHost, type LineParts, Retry, sleep } from './line.ts';

/** After a call: silence of this side while the other's last words are thrown away, ms. */
const LAST_WORDS_MS = 1_500;

export class CableLine implements AnsweringLine {
  readonly #line: CallerLineOf<'cable'>;
  readonly #host: LineHost;
  readonly #parts: LineParts;
  readonly #abort = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(line: CallerLineOf<'cable'>, host: LineHost, parts: LineParts) {
    this.#line = line;
    this.#host = host;
    this.#parts = parts;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { port, portRate, flow } = this.#line;
    const { signal } = this.#abort;
    const retry = new Retry(this.#host.clock);
    while (!signal.aborted) {
      this.#host.tell('starting', `Opening ${port}`);
      const opened = await this.#parts.openCable(port, portRate, flow);
      if (opened.ok) {
        retry.succeeded();
        await this.#serve(opened.line);
        await opened.line.close();
      } else this.#host.tell('fault', opened.fault.sentence, opened.fault);
      if (!signal.aborted) await retry.wait(signal);
    }
  }

  async #serve(line: Line): Promise<void> {
    const { signal } = this.#abort;
    const gone: { why: { cause: LostCause; detail: string } | null } = { why: null };
    const cable = new CableCall(line, this.#line.portRate);
    const over = new Promise<void>((resolve) => {
      line.onClose = (cause, detail) => {
        gone.why = { cause: cause === 'closed' ? 'error' : cause, detail };
        cable.lose(gone.why.cause, detail);
        resolve();
      };
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    while (!signal.aborted && gone.why === null) {
      this.#host.tell('waiting', 'Waiting for the other computer to speak');
      const first = new Promise<Uint8Array>((resolve) => {
        line.onData = (bytes) => {
          // Until somebody reads, the rest is kept.
          line.onData = (more) => cable.receive(more);
          resolve(bytes.slice());
        };
      });
      const early = await Promise.race([first, over.then(() => null)]);
      if (early === null) break;
      this.#host.tell('answering', 'Somebody speaks on the cable', null);
      await this.#host.serve(cable.fresh(), null, early);
      line.onData = () => {};
      await sleep(LAST_WORDS_MS, this.#host.clock, signal);
    }
    line.onData = null;
    if (gone.why !== null && !signal.aborted)
      this.#host.tell('fault', cableGone.sentence, { ...cableGone, detail: gone.why.detail });
  }
}

const cableGone = {
  code: 'line-unplugged',
  sentence: 'The port of the cable is gone.',
  cause: 'Its adapter was unplugged, or the system took the port away.',
  remedy: 'Plug it in again; it is tried by itself.',
};
