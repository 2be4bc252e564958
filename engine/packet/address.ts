// IPv4 addresses as signed 32-bit integers, prefixes, and the special-purpose networks of RFC 6890 that never leave by a link.

/** The integer of a dotted address; the text must already have passed the contract's schema. */
export function parseAddress(text: string): number {
  let value = 0;
  for (const part of text.split('.')) value = (value << 8) | (Number(part) & 0xff);
  return value;
}

export function formatAddress(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}`;
}

export function maskOf(prefix: number): number {
  return prefix <= 0 ? 0 : -1 << (32 - Math.min(prefix, 32));
}

/** A list of networks, for `contains` only. Texts that are no network are left out. */
export class Networks {
  readonly #networks: Int32Array;
  readonly #masks: Int32Array;

  constructor(texts: readonly string[]) {
    const parsed = texts
      .map((text) => /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(text))
      .filter((match) => match !== null && Number(match[2]) <= 32) as RegExpExecArray[];
    this.#masks = Int32Array.from(parsed, (match) => maskOf(Number(match[2])));
    this.#networks = Int32Array.from(
      parsed,
      (match) => parseAddress(match[1] as string) & maskOf(Number(match[2])),
    );
  }

  get size(): number {
    return this.#networks.length;
  }

  contains(address: number): boolean {
    for (let i = 0; i < this.#networks.length; i++)
      if ((address & (this.#masks[i] as number)) === this.#networks[i]) return true;
    return false;
  }
}

/**
 * Destinations that lead nowhere beyond a provider (RFC 6890, RFC 1918, RFC 6598). The three TEST-NETs are not among
 * them: the practice line's Internet lives there. 192.0.0.0/24 is, and masq0 itself lives in it.
 */
export const SPECIAL = new Networks([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);

/** Sources no packet can honestly have: this host, loopback, multicast and reserved. */
export const IMPOSSIBLE_SOURCES = new Networks(['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4']);
