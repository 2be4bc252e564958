/**
 * A modem with a terminal on one side and a subscriber's line of the exchange on the other: joins the Hayes modem, which
 * knows no flow control, to both, and keeps each within what the next one holds.
 */
import { HayesModem, type HayesSink, type Tone } from './hayes.ts';
import type { HayesSettings } from './hayes-settings.ts';
import type { End, LineModel } from './line-model.ts';

/** What is behind a modem's serial plug: a pty with somebody's program on it, or an access server. */
export interface Terminal {
  /** Bytes it can take now. */
  room(): number;
  /** The view is good during the call only. */
  fromModem(bytes: Uint8Array): void;
  /** The modem takes as many bytes as `whenRoom` had asked for. */
  ready(): void;
  carrierDetect(on: boolean): void;
  /** bit/s of the port. */
  portRate(): number;
}

/** What a station asks of its exchange. */
export interface Switchboard {
  tone(number: string): Tone;
  call(from: Station, number: string, maxRate: number): void;
  answer(station: Station, maxRate: number): void;
  release(station: Station): void;
  /** Something happened: let everything that is due happen. */
  settle(): void;
  now(): number;
}

/** What a modem takes at once while it is not passing data. */
const COMMAND_ROOM = 4096;

export class Station {
  readonly modem: HayesModem;
  /** Without dashes; null for a line that can only call. */
  readonly number: string | null;
  readonly #terminal: Terminal;
  readonly #board: Switchboard;
  #line: { model: LineModel; end: End } | null = null;
  #wanted = 0;

  constructor(terminal: Terminal, number: string | null, settings: HayesSettings, board: Switchboard) {
    this.#terminal = terminal;
    this.#board = board;
    this.number = number;
    const sink: HayesSink = {
      toTerminal: (bytes) => terminal.fromModem(bytes),
      carrierDetect: (on) => terminal.carrierDetect(on),
      tone: (dialled) => board.tone(dialled),
      call: (dialled, maxRate) => board.call(this, dialled, maxRate),
      answer: (maxRate) => board.answer(this, maxRate),
      release: () => board.release(this),
      toLine: (bytes, now) => this.#line?.model.send(this.#line.end, bytes, now),
      portRate: () => terminal.portRate(),
    };
    this.modem = new HayesModem(sink, settings);
  }

  /** Bytes the modem takes from its terminal now; RTS/CTS in a real one. */
  room(): number {
    if (this.modem.state !== 'data') return COMMAND_ROOM;
    return this.#line ? this.#line.model.room(this.#line.end) : 0;
  }

  /** Bytes waiting in the modem's send buffer. */
  queued(): number {
    return this.#line ? this.#line.model.queued(this.#line.end) : 0;
  }

  /** Has the terminal told (`ready`) once `room()` is at least `bytes`. */
  whenRoom(bytes: number): void {
    this.#wanted = bytes;
    this.#board.settle();
  }

  /** The terminal sends; never more than `room()`. */
  send(bytes: Uint8Array): void {
    this.modem.fromTerminal(bytes, this.#board.now());
    this.#board.settle();
  }

  /** The terminal has room again. */
  drained(): void {
    this.#board.settle();
  }

  /** The terminal's DTR wire: on while its port is open. */
  dtr(on: boolean): void {
    this.modem.dtr(on, this.#board.now());
    this.#board.settle();
  }

  /** The exchange joins the modem to a line, or takes it away. */
  join(line: { model: LineModel; end: End } | null): void {
    this.#line = line;
  }

  /** Bytes that may be handed to the terminal: none while the modem is escaped, so that they wait in the line. */
  terminalRoom(): number {
    return this.modem.state === 'data' ? this.#terminal.room() : 0;
  }

  /** Lets what is due happen; true if the terminal was told to go on. */
  advance(now: number): boolean {
    this.modem.advance(now);
    if (this.#wanted === 0 || this.room() < this.#wanted) return false;
    this.#wanted = 0;
    this.#terminal.ready();
    return true;
  }
}
