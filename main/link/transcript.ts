/**
 * A login conversation as lines of the log: what the line said and what was typed, with the password masked wherever it
 * stands, an echo of it included. Pure; the split of the octets into reads changes nothing.
 */
import { HeardText } from './heard-text.ts';

const MASK = '••••';
/** A shorter password is masked only where it was typed: masked everywhere it would black out half of the words. */
const SHORTEST_ECHO = 3;
const LONGEST_LINE = 300;

export class Transcript {
  readonly #password: string;
  readonly #line: (text: string) => void;
  readonly #heard = new HeardText();

  constructor(password: string, line: (text: string) => void) {
    this.#password = password;
    this.#line = line;
  }

  heard(bytes: Uint8Array): void {
    this.#heard.append(bytes);
    const { text } = this.#heard;
    const end = Math.max(text.lastIndexOf('\r'), text.lastIndexOf('\n')) + 1;
    this.#say(end);
  }

  /** Said first what stands before it, a prompt above all. */
  typed(bytes: Uint8Array): void {
    this.end();
    const text = new TextDecoder().decode(bytes).replace(/[\r\n]+$/, '');
    const masked = this.#password === '' ? text : text.replaceAll(this.#password, MASK);
    this.#line(`Typed: ${printable(masked) || 'Return'}`);
  }

  end(): void {
    this.#say(this.#heard.length);
  }

  /** What the line said, for a person. */
  masked(text: string): string {
    return this.#password.length < SHORTEST_ECHO ? text : text.replaceAll(this.#password, MASK);
  }

  #say(octets: number): void {
    if (octets === 0) return;
    const text = this.#heard.text.slice(0, octets);
    this.#heard.forget(octets);
    for (const line of this.masked(text).split(/[\r\n]+/)) {
      const shown = printable(line);
      if (shown !== '') this.#line(`The line: ${shown}`);
    }
  }
}

/** PPP's first frames among it are no words. */
function printable(text: string): string {
  return text
    .replace(/[^\x20-\x7e•]+/g, ' ')
    .trim()
    .slice(0, LONGEST_LINE);
}
