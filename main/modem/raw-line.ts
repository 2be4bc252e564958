/** A port for a person at a terminal: octets as they are, and a hang-up at the end if a call may have been made by hand. */
import type { Fault } from '../contract.ts';
import { type Clock, realClock } from './clock.ts';
import { Conversation } from './conversation.ts';
import { hangUpLine } from './hang-up.ts';
import type { Line, LineEnd } from './line.ts';
import { openSerialLine } from './serial-line.ts';

export interface RawLine {
  write(bytes: Uint8Array): void;
  onData: ((bytes: Uint8Array) => void) | null;
  onClose: ((cause: LineEnd, detail: string) => void) | null;
  /** Leaves no call behind. Resolves always. */
  close(): Promise<void>;
}

/** ATD or ATA anywhere in what was typed. */
const CALLS = /AT[^\r]*[DA]/i;

export async function openRawLine(
  path: string,
  rate: number,
  open = openSerialLine,
  clock: Clock = realClock,
): Promise<{ ok: true; line: RawLine } | { ok: false; fault: Fault }> {
  const opened = await open(path, rate);
  return opened.ok ? { ok: true, line: new TypedLine(opened.line, clock) } : opened;
}

class TypedLine implements RawLine {
  readonly #line: Line;
  readonly #clock: Clock;
  #typed = '';
  #called = false;
  #closing: Promise<void> | null = null;

  constructor(line: Line, clock: Clock) {
    this.#line = line;
    this.#clock = clock;
  }

  get onData(): RawLine['onData'] {
    return this.#line.onData;
  }

  set onData(reader: RawLine['onData']) {
    this.#line.onData = reader;
  }

  get onClose(): RawLine['onClose'] {
    return this.#line.onClose;
  }

  set onClose(listener: RawLine['onClose']) {
    this.#line.onClose = listener;
  }

  write(bytes: Uint8Array): void {
    this.#typed = (this.#typed + String.fromCharCode(...bytes)).slice(-200);
    this.#called ||= CALLS.test(this.#typed);
    this.#line.write(bytes);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      if (this.#called) {
        const conversation = new Conversation(this.#line, this.#clock);
        await hangUpLine({ conversation, clock: this.#clock, reopen: null });
      }
    } finally {
      await this.#line.close();
    }
  }
}
