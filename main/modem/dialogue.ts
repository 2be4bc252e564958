/**
 * The AT dialogue, one byte at a time: what a modem sends becomes lines, echoes, result codes and, after CONNECT, data.
 *
 * ITU-T V.250, 5.7, read tolerantly: lines end in CR, LF or both; the leading CR LF may be missing; results may be
 * numbers (ATV0); NULs, parity damage and noise may stand anywhere between. Pure: the split of the input into reads
 * changes nothing. It sends nothing and knows no time.
 */
import { noisyResultOf, numericResultOf, type ResultCode, resultOf } from './result-codes.ts';

export type DialogueEvent =
  | { type: 'echo' }
  /** Anything that is neither echo nor result: answers to ATI, caller ID, `CARRIER 33600`. */
  | { type: 'line'; text: string }
  | { type: 'result'; result: ResultCode }
  /** The far side of this port is in the middle of a PPP conversation. */
  | { type: 'ppp' };

export interface DialogueOutput {
  events: DialogueEvent[];
  /** Bytes after the line end of CONNECT; null while in command mode. */
  data: Uint8Array | null;
}

const CR = 0x0d;
const LF = 0x0a;
/** Longer than any line a modem sends; of a longer one (noise, a console) only the end is kept. */
const LINE_LIMIT = 512;

/** PPP in HDLC-like framing (RFC 1662): address and control, escaped or not, then LCP. */
const PPP_MARKS: readonly (readonly number[])[] = [
  [0x7e, 0xff, 0x7d, 0x23],
  [0xff, 0x03, 0xc0, 0x21],
];

export class Dialogue {
  private buffer: number[] = [];
  private commands: string[] = [];
  private dialling = false;
  private dataMode = false;
  private swallowLf = false;
  private numeric: 'perhaps' | 'no' = 'perhaps';
  private recent: number[] = [];

  /** Says that `command` (without its CR) is being sent, so that its echo is not taken for an answer. */
  sent(command: string): void {
    this.commands.push(normal(command));
    if (this.commands.length > 4) this.commands.shift();
    this.dialling = /^AT\s*[DA]/i.test(command);
    // These bring back a stored or factory profile, which may have ATV0.
    if (/^AT\s*(?:Z|&F)/i.test(command)) this.numeric = 'perhaps';
  }

  /** Back to command mode after a call, with nothing remembered of it. */
  reset(): void {
    this.buffer = [];
    this.commands = [];
    this.recent = [];
    this.dialling = false;
    this.dataMode = false;
    this.swallowLf = false;
  }

  push(bytes: Uint8Array): DialogueOutput {
    const events: DialogueEvent[] = [];
    for (let i = 0; i < bytes.length; i++) {
      if (this.dataMode) return { events, data: this.firstData(bytes.subarray(i)) };
      this.take(bytes[i] as number, events);
    }
    return { events, data: this.dataMode ? new Uint8Array(0) : null };
  }

  /** What stands in the buffer without a line end: a prompt such as `login: `, or the end of a cut-off read. */
  get unfinished(): string {
    return printable(this.buffer).trim();
  }

  private firstData(bytes: Uint8Array): Uint8Array {
    if (!this.swallowLf || bytes.length === 0) return bytes;
    this.swallowLf = false;
    return bytes[0] === LF ? bytes.subarray(1) : bytes;
  }

  private take(byte: number, events: DialogueEvent[]): void {
    this.watchForPpp(byte, events);
    if (byte !== CR && byte !== LF) {
      this.buffer.push(byte);
      if (this.buffer.length > LINE_LIMIT) this.buffer.shift();
      return;
    }
    const line = this.buffer;
    this.buffer = [];
    if (line.length === 0) return;
    const event = this.read(line);
    if (!event) return;
    events.push(event);
    if (event.type === 'result' && event.result.kind === 'connect') {
      this.dataMode = true;
      // CONNECT is told on its CR; the LF that may follow belongs to it, however late it comes.
      this.swallowLf = byte === CR;
    }
  }

  private read(line: number[]): DialogueEvent | null {
    const text = printable(line).trim();
    if (text === '') return null;
    const echo = this.commands.indexOf(normal(text));
    if (echo !== -1) {
      this.commands.splice(0, echo + 1);
      return { type: 'echo' };
    }
    const verbose =
      resultOf(text) ?? resultOf(afterNoise(line)) ?? (this.dialling ? noisyResultOf(text) : null);
    if (verbose) {
      this.numeric = 'no';
      return { type: 'result', result: verbose };
    }
    if (this.numeric === 'perhaps') {
      const result = numericResultOf(text);
      if (result) return { type: 'result', result };
    }
    return { type: 'line', text };
  }

  private watchForPpp(byte: number, events: DialogueEvent[]): void {
    this.recent.push(byte);
    if (this.recent.length > 4) this.recent.shift();
    for (const mark of PPP_MARKS)
      if (this.recent.length === 4 && mark.every((value, i) => this.recent[i] === value))
        events.push({ type: 'ppp' });
  }
}

/** Printable ASCII of a line; what is not (NUL, XON, parity damage) is left out. */
function printable(line: number[]): string {
  let text = '';
  for (const byte of line) if (byte >= 0x20 && byte <= 0x7e) text += String.fromCharCode(byte);
  return text;
}

/** The last printable run of a line: where a result code stands after a burst of noise. */
function afterNoise(line: number[]): string {
  let start = 0;
  line.forEach((byte, i) => {
    if (byte < 0x20 || byte > 0x7e) start = i + 1;
  });
  return printable(line.slice(start)).trim();
}

function normal(command: string): string {
  return command.trim().toUpperCase();
}
