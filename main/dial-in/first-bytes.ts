/**
 * What a caller speaks, told from the first bytes heard: PPP, the Windows direct-cable handshake, or SLIP. Text is none of
 * them. Pure; goes on looking while a login is typed, so that PPP is taken at whatever moment it begins.
 *
 * PPP (RFC 1662): `7E FF 7D 23`, `7E FF 03`, `FF 03 C0 21`, and LCP with address and control left out. Direct cable: the guest
 * says `CLIENT`. SLIP (RFC 1055): END, then what begins an IPv4 header or RFC 1144's uncompressed TCP.
 */
export type Opening = 'ppp' | 'cable' | 'slip';

const KEPT = 2048;
const END = 0xc0;
/** A hexadecimal octet, or what an octet must be. */
type Octet = number | ((octet: number) => boolean);
const anything = () => true;
/** A code of LCP (RFC 1661 §5): 1 to 11, or one escaped. */
const lcpCode = (octet: number) => (octet >= 1 && octet <= 11) || octet === 0x7d;

const PPP: readonly (readonly Octet[])[] = [
  [0x7e, 0xff, 0x7d, 0x23],
  [0x7e, 0xff, 0x03],
  [0xff, 0x03, 0xc0, 0x21],
  [0xff, 0x7d, 0x23, 0xc0, 0x21],
  [0x7e, 0xc0, 0x21, lcpCode],
];
const CLIENT = [...'CLIENT'].map((letter) => letter.charCodeAt(0));
/** Version and header length, any service, and a length that a frame can have. */
const SLIP: readonly Octet[] = [
  END,
  (octet) => (octet & 0x0f) >= 5 && (octet >>> 4 === 4 || octet >>> 4 === 7),
  anything,
  (octet) => octet <= 0x05,
];

export class FirstBytes {
  readonly #slip: boolean;
  readonly #bytes = new Uint8Array(KEPT);
  #length = 0;
  #looked = 0;
  #begin = 0;

  constructor(options: { slip: boolean }) {
    this.#slip = options.slip;
  }

  /** Null: nothing that is known, yet. */
  push(bytes: Uint8Array): Opening | null {
    for (let at = 0; at < bytes.length; at += KEPT / 2) {
      this.#append(bytes.subarray(at, at + KEPT / 2));
      const opening = this.#look();
      if (opening === null) continue;
      // What came in one piece with the opening belongs to it.
      this.#rest = joined(this.#bytes.subarray(this.#begin, this.#length), bytes.subarray(at + KEPT / 2));
      return opening;
    }
    return null;
  }

  #rest: Uint8Array = new Uint8Array(0);

  /** From where the protocol begins; for the direct cable, what came after `CLIENT`. */
  get rest(): Uint8Array {
    return this.#rest;
  }

  #append(part: Uint8Array): void {
    const over = Math.max(0, this.#length + part.length - KEPT);
    this.#bytes.copyWithin(0, over, this.#length);
    this.#length -= over;
    this.#looked = Math.max(0, this.#looked - over);
    this.#bytes.set(part, this.#length);
    this.#length += part.length;
  }

  #look(): Opening | null {
    for (let at = this.#looked; at < this.#length; at++) {
      for (const pattern of PPP)
        if (this.#is(pattern, at, 0xff)) {
          this.#begin = at;
          return 'ppp';
        }
      if (this.#is(CLIENT, at, 0x7f)) {
        this.#begin = at + CLIENT.length;
        return 'cable';
      }
      if (this.#slip && this.#is(SLIP, at, 0xff)) {
        this.#begin = at;
        return 'slip';
      }
    }
    // The longest pattern may still stand half at the end.
    this.#looked = Math.max(0, this.#length - CLIENT.length);
    return null;
  }

  #is(pattern: readonly Octet[], at: number, mask: number): boolean {
    if (at + pattern.length > this.#length) return false;
    return pattern.every((wanted, i) => {
      const octet = (this.#bytes[at + i] as number) & mask;
      return typeof wanted === 'number' ? octet === wanted : wanted(octet);
    });
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
