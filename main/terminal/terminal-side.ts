/**
 * The terminal: a person's text to a modem when no call is up, or to the far end of a call before PPP. One at a time.
 *
 * What comes is gathered for a moment, so that a chatty line makes few events. A modem's port is given back when a call is
 * dialled, when the person closes it, and after ten minutes without a key: a call made by hand must not stay up unseen.
 */
import type { Fault, Outcome, Terminal } from '../contract.ts';
import type { Clock, HandLine } from '../gateway-parts.ts';
import type { RawLine } from '../modem/raw-line.ts';
import type { ReadModel } from '../read-model.ts';
import { noTerminal, terminalTaken } from './faults.ts';
import { TerminalFilter } from './terminal-filter.ts';

const GATHER_MS = 50;
const UNATTENDED_MS = 600_000;

export interface TerminalOptions {
  model: ReadModel;
  clock: Clock;
  /** Somebody may be on that port who has called in; null: it is ours until `leavePort`. */
  takePort(path: string): Promise<Fault | null>;
  leavePort(path: string): void;
  openLine(path: string, rate: number): Promise<{ ok: true; line: RawLine } | { ok: false; fault: Fault }>;
  /** Ends the call whose login waits for a person. */
  hangUp(): Promise<void>;
}

type Done = Outcome<Record<string, never>>;
const done: Done = { ok: true, value: {} };
const encoder = new TextEncoder();

export class TerminalSide {
  readonly #options: TerminalOptions;
  #filter = new TerminalFilter();
  #gathered = '';
  #gathering = false;
  #line: RawLine | null = null;
  /** That of `#line`. */
  #port = '';
  #opening: Promise<Done> | null = null;
  #hand: HandLine | null = null;
  /** The port of the call whose login is shown. */
  #talker: string | null = null;
  #cancelUnattended: () => void = () => {};

  constructor(options: TerminalOptions) {
    this.#options = options;
  }

  async open(path: string, rate: number): Promise<Done> {
    if (this.#line !== null || this.#opening !== null || this.#options.model.state.terminal !== null)
      return { ok: false, fault: terminalTaken };
    this.#opening = this.#open(path, rate).finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #open(path: string, rate: number): Promise<Done> {
    const { takePort, leavePort, openLine } = this.#options;
    const taken = await takePort(path);
    if (taken !== null) return { ok: false, fault: taken };
    const opened = await openLine(path, rate);
    if (!opened.ok) {
      leavePort(path);
      return opened;
    }
    const { line } = opened;
    this.#line = line;
    this.#port = path;
    line.onData = (bytes) => this.#heard(bytes);
    line.onClose = (_cause, detail) => {
      if (this.#line !== line) return;
      this.#options.model.log('warning', 'terminal', `The port ${path} is gone: ${detail}`);
      void this.closeModem();
    };
    this.#begin({ to: 'modem', port: path, mayType: true });
    this.#attend();
    return done;
  }

  type(text: string): Done {
    const bytes = encoder.encode(text);
    if (this.#hand !== null) this.#hand.type(bytes);
    else if (this.#line !== null) {
      this.#line.write(bytes);
      this.#attend();
    } else return { ok: false, fault: noTerminal };
    return done;
  }

  startPpp(): Done {
    if (this.#hand === null) return { ok: false, fault: noTerminal };
    this.#hand.startPpp();
    return done;
  }

  async close(): Promise<Done> {
    if (this.#hand !== null) await this.#options.hangUp();
    await this.closeModem();
    return done;
  }

  /** The modem is wanted for a call, or the program ends. */
  async closeModem(): Promise<void> {
    await this.#opening;
    const line = this.#line;
    if (line === null) return;
    this.#line = null;
    this.#cancelUnattended();
    line.onData = null;
    line.onClose = null;
    await line.close();
    this.#options.leavePort(this.#port);
    this.#show(null);
  }

  /**
   * A call's text login begins, with a person at it or a script (null), or (undefined) is over. Of two calls that log in at
   * the same time the first has the terminal.
   */
  talk(port: string, hand: HandLine | null | undefined): void {
    if (this.#talker !== null && this.#talker !== port) return;
    this.#talker = hand === undefined ? null : port;
    this.#hand = hand ?? null;
    if (hand === undefined) this.#show(null);
    else this.#begin({ to: 'far-end', port, mayType: hand !== null });
  }

  /** Said by the far end of the call on that port. */
  said(port: string, bytes: Uint8Array): void {
    if (this.#talker === port) this.#heard(bytes);
  }

  #heard(bytes: Uint8Array): void {
    this.#gathered += this.#filter.push(bytes);
    if (this.#gathering) return;
    this.#gathering = true;
    this.#options.clock.after(GATHER_MS, () => this.#flush());
  }

  #begin(terminal: Terminal): void {
    if (this.#options.model.state.terminal === null) {
      this.#filter = new TerminalFilter();
      this.#gathered = '';
      this.#options.model.terminal('\f');
    }
    this.#show(terminal);
  }

  #show(terminal: Terminal | null): void {
    this.#flush();
    this.#options.model.set({ terminal });
  }

  #flush(): void {
    this.#gathering = false;
    const text = this.#gathered;
    this.#gathered = '';
    if (text !== '') this.#options.model.terminal(text);
  }

  #attend(): void {
    this.#cancelUnattended();
    this.#cancelUnattended = this.#options.clock.after(UNATTENDED_MS, () => {
      this.#options.model.log('info', 'terminal', 'Nobody typed for ten minutes: the terminal is closed.');
      void this.closeModem();
    });
  }
}
