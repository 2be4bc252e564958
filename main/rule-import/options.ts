// Reads the options of ipfwadm, ipchains, ipmasqadm and iptables from words: which flags take how many values is all
// that differs. Also reads their addresses, networks and port ranges.

export class Options {
  private readonly values = new Map<string, string[]>();
  readonly rest: string[] = [];
  readonly negated = new Set<string>();

  /** `arity` names the flags that take values and how many; all others take none. */
  constructor(words: readonly string[], arity: Readonly<Record<string, number>>) {
    let negate = false;
    for (let i = 0; i < words.length; i++) {
      const word = words[i] as string;
      if (word === '!') {
        negate = true;
        continue;
      }
      if (!/^-/.test(word)) {
        this.rest.push(word);
        continue;
      }
      const equals = word.startsWith('--') ? word.indexOf('=') : -1;
      const flag = equals > 0 ? word.slice(0, equals) : word;
      const taken: string[] = equals > 0 ? [word.slice(equals + 1)] : [];
      if (negate) this.negated.add(flag);
      negate = false;
      const wanted = arity[flag] ?? 0;
      while (taken.length < wanted && i + 1 < words.length) {
        const next = words[i + 1] as string;
        if (next === '!') {
          this.negated.add(flag);
          i++;
          continue;
        }
        if (/^-\D/.test(next)) break;
        taken.push(next);
        i++;
      }
      this.values.set(flag, taken);
    }
  }

  has(...flags: string[]): boolean {
    return flags.some((flag) => this.values.has(flag));
  }

  all(...flags: string[]): string[] {
    for (const flag of flags) {
      const found = this.values.get(flag);
      if (found !== undefined) return found;
    }
    return [];
  }

  one(...flags: string[]): string | undefined {
    return this.all(...flags)[0];
  }
}

const dotted = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

export function isAddress(text: string | undefined): text is string {
  const match = dotted.exec(text ?? '');
  return match?.slice(1).every((octet) => Number(octet) <= 255) === true;
}

/** `a.b.c.d`, `a.b.c.d/24` or `a.b.c.d/255.255.255.0`; null for a name, a gap in the mask or nonsense. */
export function network(text: string | undefined): { address: string; prefix: number } | null {
  const [address, mask = '32', ...more] = (text ?? '').split('/');
  if (more.length > 0 || address === undefined) return null;
  const full = address === '0' || address === 'any' ? '0.0.0.0' : address;
  if (!isAddress(full)) return null;
  if (/^\d{1,2}$/.test(mask) && Number(mask) <= 32) return { address: full, prefix: Number(mask) };
  if (!isAddress(mask)) return null;
  const bits = mask
    .split('.')
    .map((octet) => Number(octet).toString(2).padStart(8, '0'))
    .join('');
  return /^1*0*$/.test(bits) ? { address: full, prefix: bits.lastIndexOf('1') + 1 } : null;
}

export const isEverywhere = (text: string | undefined): boolean =>
  text === undefined || network(text)?.prefix === 0;

const wellKnown: Readonly<Record<string, number>> = {
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  domain: 53,
  http: 80,
  www: 80,
  'pop-3': 110,
  pop3: 110,
  auth: 113,
  nntp: 119,
  ntp: 123,
  imap2: 143,
  irc: 6667,
  https: 443,
};

export function port(text: string | undefined): number | null {
  const number = wellKnown[text ?? ''] ?? (/^\d{1,5}$/.test(text ?? '') ? Number(text) : Number.NaN);
  return number >= 1 && number <= 65535 ? number : null;
}

/** `80`, `5000:5010` or `5000-5010`. */
export function portRange(text: string | undefined): { first: number; last: number } | null {
  const [low, high, ...more] = (text ?? '').split(/[:-]/);
  const first = port(low);
  const last = high === undefined ? first : port(high);
  return more.length === 0 && first !== null && last !== null && first <= last ? { first, last } : null;
}

export function protocol(text: string | undefined): 'tcp' | 'udp' | null {
  const name = (text ?? '').toLowerCase();
  if (name === 'tcp' || name === '6') return 'tcp';
  return name === 'udp' || name === '17' ? 'udp' : null;
}
