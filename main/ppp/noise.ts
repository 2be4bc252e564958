/**
 * What came down the line where PPP should have: login text, an echo of our own frames, a line that loses the top bit.
 */
import { ESCAPE, FLAG } from './hdlc.ts';

const KEPT = 4096;

export class LineNoise {
  private readonly bytes = new Uint8Array(KEPT);
  private length = 0;

  clear(): void {
    this.length = 0;
  }

  append(bytes: Uint8Array): void {
    const part = bytes.subarray(0, KEPT - this.length);
    this.bytes.set(part, this.length);
    this.length += part.length;
  }

  private get segments(): Uint8Array[] {
    const segments: Uint8Array[] = [];
    let start = 0;
    for (let i = 0; i <= this.length; i++) {
      if (i < this.length && this.bytes[i] !== FLAG) continue;
      if (i > start) segments.push(this.bytes.subarray(start, i));
      start = i + 1;
    }
    return segments;
  }

  /** The readable text beside frames, in one line; empty if there is none worth showing. */
  get text(): string {
    const outside = this.segments.filter(
      (segment) => !startsFrame(segment, 0xff) && !startsFrame(segment, 0x7f),
    );
    const octets = outside.flatMap((segment) => Array.from(segment, (byte) => byte & 0x7f));
    const printable = octets.filter((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 9 && byte <= 13));
    const text = String.fromCharCode(...printable)
      .replace(/\s+/g, ' ')
      .trim();
    return printable.length >= 0.7 * octets.length && /[A-Za-z]{3}/.test(text) ? text : '';
  }

  /** Whether the text ends by asking who we are. */
  get asksForLogin(): boolean {
    return /(?:login|user ?name|user|password)\s*[:>]$/i.test(this.text);
  }

  get sevenBit(): boolean {
    return this.segments.some((segment) => startsFrame(segment, 0x7f));
  }

  /** What to tell a person who wonders why there is no PPP. */
  get detail(): string {
    if (this.length === 0) return 'Nothing at all was received.';
    const { text } = this;
    if (text !== '') return `The line said: ${text.slice(-500)}`;
    if (this.sevenBit)
      return 'Frames came with their eighth bit cleared: the line is set to 7 bits, it must be 8N1.';
    return `${this.length} bytes were received, none of them readable.`;
  }
}

/** `FF 7D 23`, how every first LCP frame begins; `7F 7D 23` if the top bit was lost. */
function startsFrame(segment: Uint8Array, address: number): boolean {
  return segment[0] === address && segment[1] === ESCAPE && segment[2] === 0x23;
}
