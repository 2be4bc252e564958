/**
 * The last of what came down a line that speaks text: for matching prompts, and for handing on where PPP begins.
 *
 * Matching looks at seven bits, because some providers' prompts carry parity; what is handed on is untouched.
 */

const KEPT = 4096;
const FRAME_START = [0x7e, 0xff, 0x7d, 0x23];

/** What of these octets stands before PPP's first frame; all of them where none begins among them. */
export function beforeFrame(bytes: Uint8Array): Uint8Array {
  const at = bytes.findIndex((octet, index) => octet === 0x7e && bytes[index + 1] === 0xff);
  return at < 0 ? bytes : bytes.subarray(0, at);
}

export class HeardText {
  readonly #bytes = new Uint8Array(KEPT);
  #length = 0;

  /** Forgets the oldest when there is too much. */
  append(bytes: Uint8Array): void {
    const part = bytes.subarray(Math.max(0, bytes.length - KEPT));
    const over = Math.max(0, this.#length + part.length - KEPT);
    if (over > 0) this.forget(over);
    this.#bytes.set(part, this.#length);
    this.#length += part.length;
  }

  get length(): number {
    return this.#length;
  }

  /** One character an octet, so that its indices are the octets'. */
  get text(): string {
    let text = '';
    for (let i = 0; i < this.#length; i++) text += String.fromCharCode((this.#bytes[i] as number) & 0x7f);
    return text;
  }

  /** The end of it for a person: one line, printable. */
  get shown(): string {
    return this.text
      .replace(/[^\x20-\x7e]+/g, ' ')
      .trim()
      .slice(-300);
  }

  /** Where the first LCP frame begins (RFC 1662: flag, FF, escaped 03), or -1. */
  get frameAt(): number {
    for (let i = 0; i + FRAME_START.length <= this.#length; i++) {
      if (FRAME_START.every((octet, j) => this.#bytes[i + j] === octet)) return i;
    }
    return -1;
  }

  forget(octets: number): void {
    this.#bytes.copyWithin(0, octets, this.#length);
    this.#length -= octets;
  }

  /** A copy of all from an octet on. */
  from(octet: number): Uint8Array {
    return this.#bytes.slice(octet, this.#length);
  }
}
