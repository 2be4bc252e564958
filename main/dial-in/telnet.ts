/**
 * Telnet (RFC 854) tolerated on a caller's TCP connection: emulated modems send raw bytes, some first talk options.
 *
 * Told by the very first bytes: IAC and a negotiation. PPP begins with FF as well, but never with such a second octet. Every
 * option but binary transmission (RFC 856) and suppressed go-ahead (RFC 858) is refused; echo we do. Pure.
 */
const IAC = 255;
const DONT = 254;
const DO = 253;
const WONT = 252;
const WILL = 251;
const SB = 250;
const SE = 240;
const BINARY = 0;
const ECHO = 1;
const GO_AHEAD = 3;

const weDo = (option: number) => option === BINARY || option === ECHO || option === GO_AHEAD;
const theyMay = (option: number) => option === BINARY || option === GO_AHEAD;

export class Telnet {
  /** Null: not yet known. */
  #spoken: boolean | null = null;
  #state: 'data' | 'return' | 'iac' | 'option' | 'sub' | 'sub-iac' = 'data';
  #verb = 0;
  #first: number[] = [];
  /** Options answered, each way: an answer to an answer would go round for ever. */
  readonly #answered = new Set<number>();
  readonly #reply: (bytes: Uint8Array) => void;

  /** `reply`: octets for the other side, as they are. */
  constructor(reply: (bytes: Uint8Array) => void) {
    this.#reply = reply;
  }

  get spoken(): boolean {
    return this.#spoken === true;
  }

  /** The data in what came. */
  decode(bytes: Uint8Array): Uint8Array {
    if (this.#spoken === false) return bytes;
    let input = bytes;
    if (this.#spoken === null) {
      this.#first.push(...bytes.subarray(0, 2));
      const [first, second] = this.#first;
      if (first === undefined || (first === IAC && second === undefined)) return new Uint8Array(0);
      this.#spoken = first === IAC && second !== undefined && second >= SB && second < IAC;
      const held = this.#first.length - Math.min(2, bytes.length);
      input = held > 0 ? Uint8Array.of(...this.#first.slice(0, held), ...bytes) : bytes;
      if (!this.#spoken) return input;
    }
    const data: number[] = [];
    for (const octet of input) this.#take(octet, data);
    return Uint8Array.from(data);
  }

  /** What carries the data to the other side. */
  encode(bytes: Uint8Array): Uint8Array {
    if (!this.spoken || !bytes.includes(IAC)) return bytes;
    const out: number[] = [];
    for (const octet of bytes) out.push(...(octet === IAC ? [IAC, IAC] : [octet]));
    return Uint8Array.from(out);
  }

  #take(octet: number, data: number[]): void {
    switch (this.#state) {
      case 'data':
      case 'return':
        if (octet === IAC) this.#state = 'iac';
        else {
          // CR NUL is a bare Return, outside binary transmission.
          if (this.#state === 'data' || octet !== 0) data.push(octet);
          this.#state = octet === 13 && !this.#answered.has((WILL << 8) | BINARY) ? 'return' : 'data';
        }
        return;
      case 'iac':
        if (octet === IAC) data.push(octet);
        this.#verb = octet;
        this.#state = octet >= WILL && octet < IAC ? 'option' : octet === SB ? 'sub' : 'data';
        return;
      case 'option':
        this.#state = 'data';
        this.#negotiate(this.#verb, octet);
        return;
      case 'sub':
        if (octet === IAC) this.#state = 'sub-iac';
        return;
      case 'sub-iac':
        this.#state = octet === SE ? 'data' : 'sub';
    }
  }

  #negotiate(verb: number, option: number): void {
    const asked = verb === WILL || verb === WONT ? WILL : DO;
    const key = (asked << 8) | option;
    if (this.#answered.has(key)) return;
    this.#answered.add(key);
    if (verb === WILL) this.#reply(Uint8Array.of(IAC, theyMay(option) ? DO : DONT, option));
    else if (verb === DO) this.#reply(Uint8Array.of(IAC, weDo(option) ? WILL : WONT, option));
  }
}
