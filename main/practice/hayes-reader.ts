/**
 * What a Hayes modem watches for in the bytes of its terminal: the AT line being typed (V.250 §5.2), and in data the guarded
 * escape (three S2 characters with S12 x 20 ms of silence around them).
 */
import type { HayesSettings } from './hayes-settings.ts';

/** Characters after `AT`; a longer line is an error, as in many real modems. */
export const COMMAND_LIMIT = 59;

export class CommandReader {
  #line = '';
  #last = '';
  #prefix: 'none' | 'a' | 'at' = 'none';

  /** Takes one byte; returns the finished line (without `AT`), the last one again for `A/`, else null. */
  push(byte: number, settings: HayesSettings): string | null {
    const character = String.fromCharCode(byte);
    if (this.#prefix !== 'at') {
      const capital = character.toUpperCase();
      if (this.#prefix === 'a' && capital === '/') {
        this.clear();
        return this.#last;
      }
      this.#prefix = this.#prefix === 'a' && capital === 'T' ? 'at' : capital === 'A' ? 'a' : 'none';
      return null;
    }
    if (byte === settings.register(3)) {
      this.#last = this.#line;
      this.clear();
      return this.#last;
    }
    if (byte === settings.register(5)) this.#line = this.#line.slice(0, -1);
    else if (byte >= 32 && byte < 127 && this.#line.length <= COMMAND_LIMIT) this.#line += character;
    return null;
  }

  clear(): void {
    this.#line = '';
    this.#prefix = 'none';
  }
}

export class EscapeGuard {
  #marks = 0;
  #lastAt = 0;
  /** When the silence after the third mark is over, ms; null if nothing is under way. */
  deadline: number | null = null;

  get lastAt(): number {
    return this.#lastAt;
  }

  /** Data passed; in either direction it counts for S30, only the terminal's for the escape. */
  sent(bytes: Uint8Array, settings: HayesSettings, now: number): void {
    const guard = settings.register(12) * 20;
    const mark = settings.register(2);
    const silence = now - this.#lastAt;
    const inTime = this.#marks === 0 ? silence >= guard : silence < guard;
    const marks = this.#marks + bytes.length;
    const escaping = marks <= 3 && mark < 128 && inTime && bytes.every((byte) => byte === mark);
    this.#marks = escaping ? marks : 0;
    this.deadline = escaping && marks === 3 ? now + guard : null;
    this.#lastAt = now;
  }

  reset(now: number): void {
    this.#marks = 0;
    this.#lastAt = now;
    this.deadline = null;
  }
}
