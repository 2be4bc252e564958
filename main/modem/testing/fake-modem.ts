/**
 * A Hayes modem behind a Line, for tests: command and data mode, echo, V0, guard times, DTR, DCD, and ways to be odd.
 *
 * It is not the practice line's modem: it has no telephone exchange, and every oddity is a switch.
 */
import type { Line, LineEnd, LineSignals } from '../line.ts';
import type { SimClock } from './sim-clock.ts';

export interface FakeModemTraits {
  /** Port speeds at which it understands; null: all. */
  rates: readonly number[] | null;
  echo: boolean;
  quiet: boolean;
  verbose: boolean;
  /** The port has modem lines. */
  lines: boolean;
  /** DTR can be moved on command. */
  dtr: boolean;
  /** &D2: DTR low hangs up. */
  obeysDtr: boolean;
  dcd: 'follows' | 'high' | 'low';
  /** ms from command to answer. */
  latency: number;
  /** Bytes a read may hold; the answer is cut into such pieces. */
  piece: number;
  /** Answers to commands without AT, upper case; others get OK. `null`: no answer. */
  answers: Record<string, string | null | (() => string)>;
  /** The answer to a command that no key of `answers` is; undefined: none of its own. */
  other: (command: string) => string | undefined;
  /** What ATD leads to: text sent after `dialTime`. */
  dialResult: string;
  dialTime: number;
  /** Sent in the same breath as dialResult, when it is a CONNECT. */
  firstData: Uint8Array;
  escapeWorks: boolean;
  /** ms after a result during which it hears nothing. */
  deaf: number;
}

export const PLAIN: FakeModemTraits = {
  rates: null,
  echo: true,
  quiet: false,
  verbose: true,
  lines: true,
  dtr: true,
  obeysDtr: true,
  dcd: 'follows',
  latency: 10,
  piece: 4096,
  answers: {},
  other: () => undefined,
  dialResult: '\r\nCONNECT 33600/ARQ/V34/LAPM\r\n',
  dialTime: 8000,
  firstData: new Uint8Array(0),
  escapeWorks: true,
  deaf: 0,
};

const NUMBERS: Record<string, string> = { OK: '0', ERROR: '4', 'NO CARRIER': '3', BUSY: '7', RING: '2' };
const GUARD = 1000;

export class FakeModem implements Line {
  readonly path = '/dev/ttyFAKE';
  readonly pendingBytes = 0;
  onData: ((bytes: Uint8Array) => void) | null = null;
  onClose: ((cause: LineEnd, detail: string) => void) | null = null;
  readonly traits: FakeModemTraits;
  /** Commands understood, without AT. */
  readonly commands: string[] = [];
  /** Bytes received in data mode. */
  dataReceived = '';
  /** What was sent to it while it was deaf. */
  deafTo = '';
  offHook = false;
  inData = false;
  closed = false;
  rate: number;
  private readonly clock: SimClock;
  private dtr = true;
  private buffer = '';
  private lastByteAt = Number.NEGATIVE_INFINITY;
  private stopDialling: (() => void) | null = null;
  private hearsAt = Number.NEGATIVE_INFINITY;

  constructor(clock: SimClock, traits: Partial<FakeModemTraits> = {}, rate = 115_200) {
    this.clock = clock;
    this.traits = { ...PLAIN, ...traits };
    this.rate = rate;
  }

  write(bytes: Uint8Array): void {
    if (this.closed) return;
    if (this.traits.rates && !this.traits.rates.includes(this.rate)) return;
    const text = String.fromCharCode(...bytes);
    if (this.clock.now() < this.hearsAt) this.deafTo += text;
    else if (this.inData) this.takeData(text);
    else for (const letter of text) this.takeCommandByte(letter);
    this.lastByteAt = this.clock.now();
  }

  signals(): Promise<LineSignals | null> {
    if (!this.traits.lines || this.closed) return Promise.resolve(null);
    const dcd = this.traits.dcd === 'follows' ? this.inData && this.offHook : this.traits.dcd === 'high';
    return Promise.resolve({ dcd, cts: true, dsr: true });
  }

  setDtr(on: boolean): Promise<boolean> {
    if (!this.traits.dtr || !this.traits.lines) return Promise.resolve(false);
    if (this.dtr && !on) this.loseDtr();
    this.dtr = on;
    return Promise.resolve(true);
  }

  setRate(bitsPerSecond: number): Promise<boolean> {
    this.rate = bitsPerSecond;
    return Promise.resolve(true);
  }

  close(): Promise<void> {
    if (!this.closed) {
      this.closed = true;
      if (this.traits.lines) this.loseDtr();
      this.onClose?.('closed', '');
    }
    return Promise.resolve();
  }

  unplug(): void {
    this.closed = true;
    this.onClose?.('unplugged', 'Input/output error');
  }

  /** The same modem on a port opened anew. */
  reopened(): FakeModem {
    this.closed = false;
    this.dtr = true;
    return this;
  }

  /** The far end hangs up, or the line breaks. */
  dropCarrier(text = '\r\nNO CARRIER\r\n'): void {
    this.inData = false;
    this.offHook = false;
    this.say(text);
  }

  ring(lines: readonly string[] = []): void {
    this.sayResult('RING');
    for (const line of lines) this.say(`\r\n${line}\r\n`);
  }

  say(text: string | Uint8Array, delay = 0): void {
    const bytes = typeof text === 'string' ? Uint8Array.from(text, (letter) => letter.charCodeAt(0)) : text;
    this.clock.at(delay, () => {
      for (let i = 0; i < bytes.length; i += this.traits.piece)
        if (!this.closed) this.onData?.(bytes.slice(i, i + this.traits.piece));
    });
  }

  private sayResult(words: string): void {
    if (this.traits.quiet) return;
    this.hearsAt = this.clock.now() + this.traits.latency + this.traits.deaf;
    if (this.traits.verbose) this.say(`\r\n${words}\r\n`, this.traits.latency);
    else this.say(`${NUMBERS[words] ?? words}\r`, this.traits.latency);
  }

  private loseDtr(): void {
    if (!this.traits.obeysDtr) return;
    this.stopDialling?.();
    this.stopDialling = null;
    this.offHook = false;
    this.inData = false;
  }

  private takeData(text: string): void {
    this.dataReceived += text;
    if (text !== '+++' || !this.traits.escapeWorks) return;
    if (this.clock.now() - this.lastByteAt < GUARD) return;
    const at = this.dataReceived;
    this.clock.at(GUARD, () => {
      if (this.dataReceived !== at || !this.inData) return;
      this.inData = false;
      this.sayResult('OK');
    });
  }

  private takeCommandByte(letter: string): void {
    if (this.stopDialling) {
      // Any byte ends a call that is being set up.
      this.stopDialling();
      this.stopDialling = null;
      this.offHook = false;
      this.sayResult('NO CARRIER');
      return;
    }
    if (this.traits.echo) this.say(letter, 1);
    if (letter !== '\r') {
      this.buffer += letter;
      return;
    }
    const match = /AT(.*)$/.exec(this.buffer);
    this.buffer = '';
    if (match) this.obey((match[1] ?? '').toUpperCase());
  }

  private obey(command: string): void {
    this.commands.push(command);
    if (/Q0/.test(command)) this.traits.quiet = false;
    const answer = this.traits.answers[command];
    const scripted =
      typeof answer === 'function' ? answer() : answer === undefined ? this.traits.other(command) : answer;
    if (scripted === null) return;
    if (/V1/.test(command)) this.traits.verbose = true;
    if (/E0/.test(command)) this.traits.echo = false;
    if (scripted !== undefined) this.say(scripted, this.traits.latency);
    else if (/^[DA]/.test(command)) this.dial();
    else this.acknowledge(command);
  }

  private acknowledge(command: string): void {
    if (/^H0?$/.test(command)) this.offHook = false;
    this.sayResult('OK');
  }

  private dial(): void {
    this.offHook = true;
    this.stopDialling = this.clock.at(this.traits.dialTime, () => {
      this.stopDialling = null;
      const { dialResult, firstData } = this.traits;
      this.inData = /CONNECT|^1\r/.test(dialResult);
      this.offHook = this.inData;
      const bytes = Uint8Array.from([...dialResult].map((letter) => letter.charCodeAt(0)));
      this.say(Uint8Array.from([...bytes, ...firstData]));
    });
  }
}
