/**
 * A modem that takes calls: opened, set up, and waiting; answers on the chosen ring; set up anew after each call, because
 * NO CARRIER may be followed by garbage. A port that cannot be had, or a modem pulled out, is tried again by itself.
 */
import type { CallerLineOf } from '../contract.ts';
import { type IncomingCall, RING_GAP } from '../modem/answer.ts';
import { type AnsweringLine, type AnsweringModem, type LineHost, type LineParts, Retry } from './line.ts';

export class ModemLine implements AnsweringLine {
  readonly #line: CallerLineOf<'modem'>;
  readonly #host: LineHost;
  readonly #parts: LineParts;
  readonly #abort = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #quiet: () => void = () => {};

  constructor(line: CallerLineOf<'modem'>, host: LineHost, parts: LineParts) {
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
    const { port, portRate } = this.#line;
    const { signal } = this.#abort;
    const retry = new Retry(this.#host.clock);
    while (!signal.aborted) {
      this.#host.tell('starting', `Opening the modem on ${port}`);
      const opened = await this.#parts.openModem(port, portRate, signal, (text) =>
        this.#host.tell('starting', text),
      );
      if (opened.ok) {
        await this.#answer(opened.modem, retry);
        this.#quiet();
        await opened.modem.close();
      } else if (!signal.aborted) this.#host.tell('fault', opened.fault.sentence, opened.fault);
      if (!signal.aborted) await retry.wait(signal);
    }
  }

  /** Until the modem is lost or the line is switched off. */
  async #answer(modem: AnsweringModem, retry: Retry): Promise<void> {
    const { rings, callerId, ringPatterns, modemInit } = this.#line;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      const answered = await modem.answer({
        rings,
        callerId,
        distinctiveRing: ringPatterns.length > 0,
        init: modemInit,
        signal,
        accept: ({ pattern }) =>
          ringPatterns.length === 0 || (pattern !== null && ringPatterns.includes(pattern)),
        onRing: (call) => this.#rings(call),
        onReady: () => {
          retry.succeeded();
          this.#host.tell('waiting', 'Waiting for a call');
        },
        onProgress: (text) => {
          if (text === 'Answering') this.#host.tell('answering', 'Answering the call', null);
        },
      });
      this.#quiet();
      if (answered.ok) {
        const { connectText } = answered.call;
        this.#host.log('info', `Answered ${callerText(answered.incoming)}: ${connectText}`);
        const end = await this.#host.serve(answered.call, numberOf(answered.incoming));
        if (end.lost?.cause === 'unplugged' || end.lost?.cause === 'error') return;
        continue;
      }
      if (answered.kind === 'cancelled') return;
      if (answered.kind === 'no-carrier') {
        this.#host.log('info', answered.fault.sentence);
        this.#host.tell('waiting', 'Waiting for a call', answered.fault);
        continue;
      }
      this.#host.tell('fault', answered.fault.sentence, answered.fault);
      this.#host.log('warning', answered.fault.sentence);
      return;
    }
  }

  #rings(call: IncomingCall): void {
    this.#quiet();
    this.#host.tell('ringing', `${callerText(call)} is calling (ring ${call.rings})`, null);
    if (call.rings === 1) this.#host.log('info', 'The telephone rings.');
    this.#quiet = this.#host.clock.after(RING_GAP, () => this.#host.tell('waiting', 'Waiting for a call'));
  }
}

function numberOf({ caller }: IncomingCall): string | null {
  const { number, name } = caller;
  return number !== null && name !== null ? `${number} ${name}` : (number ?? name);
}

function callerText(call: IncomingCall): string {
  const pattern = call.pattern === null ? '' : `, ring ${call.pattern}`;
  if (call.caller.why === 'withheld') return `A withheld number${pattern}`;
  return `${numberOf(call) ?? 'Somebody'}${pattern}`;
}
