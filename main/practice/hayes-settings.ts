/**
 * What a Hayes modem can be told to keep: the basic and extended settings and the S-registers, with their factory values
 * and ranges (V.250 §6, Rockwell's command manual). Commands that act (dial, answer, hang up) are not here.
 */
import { MODULATIONS } from './hayes-results.ts';

const S_DEFAULTS: readonly [number, number][] = [
  [2, 43], // escape character
  [3, 13],
  [4, 10],
  [5, 8],
  [6, 2], // s before dialling blindly
  [7, 50], // s to wait for a carrier
  [8, 2], // s of a comma
  [9, 6],
  [10, 14], // 0.1 s of lost carrier before hanging up
  [11, 95], // ms of a tone
  [12, 50], // 0.02 s of silence around the escape
  [25, 5],
  [36, 7],
  [38, 20],
];

/** Commands that are taken, kept to their range, and change nothing that can be seen here (speaker, synchronous modes...). */
const ACCEPTED: Readonly<Record<string, number>> = {
  B: 16,
  L: 3,
  M: 3,
  N: 5,
  Y: 1,
  '&A': 3,
  '&B': 1,
  '&G': 2,
  '&H': 3,
  '&I': 5,
  '&J': 1,
  '&L': 0,
  '&M': 4,
  '&N': 37,
  '&P': 3,
  '&Q': 6,
  '&R': 2,
  '&S': 2,
  '&U': 20,
  '&X': 2,
  '&Y': 1,
  '\\A': 3,
  '\\G': 1,
  '\\J': 1,
  '\\N': 7,
  '\\Q': 3,
  '\\V': 8,
  '%C': 3,
  '%E': 3,
};

/** Extended settings: highest value of each numeric field, and what `=?` answers. */
const EXTENDED: Readonly<Record<string, { fields: readonly number[]; range: string }>> = {
  '+IFC': { fields: [2, 2], range: '(0-2),(0-2)' },
  '+FCLASS': { fields: [0], range: '0' },
  '+MR': { fields: [1], range: '(0,1)' },
  '+ER': { fields: [1], range: '(0,1)' },
  '+DR': { fields: [1], range: '(0,1)' },
  '+DS': { fields: [3, 1, 65_535, 255], range: '(0-3),(0,1),(512-65535),(6-255)' },
  '+ES': { fields: [7, 7, 9], range: '(0-7),(0-7),(0-9)' },
  '+ICF': { fields: [6, 3], range: '(0-6),(0-3)' },
  '+IPR': { fields: [921_600], range: '(),(0-921600)' },
  '+VCID': { fields: [2], range: '(0-2)' },
  '#CID': { fields: [2], range: '(0-2)' },
};

export class HayesSettings {
  echo = true;
  verbose = true;
  quiet = false;
  pulse = false;
  /** X: 0 says CONNECT alone, 1 adds rates, 2 listens for dial tone, 3 for busy, 4 for both. */
  resultLevel = 4;
  /** W: 0 the port's rate, 1 the call in separate lines, 2 the line's rate. */
  connectReport = 0;
  /** &C: 0 carrier detect always on, 1 as the carrier is. */
  carrierDetect = 1;
  /** &D: what a falling DTR does: 0 nothing, 1 command state, 2 hang up, 3 hang up and reset. */
  onDtrDrop = 2;
  /** &K: 0 none, 3 RTS/CTS, 4 XON/XOFF. */
  flowControl = 3;
  /** Highest bit/s that +MS allows. */
  maxRate = Number.POSITIVE_INFINITY;
  #modulation = 'V34';
  readonly #s = new Uint8Array(256);
  readonly #extended = new Map<string, string>();

  constructor() {
    for (const [register, value] of S_DEFAULTS) this.#s[register] = value;
  }

  /** The same settings again, for a stored profile. */
  copy(): HayesSettings {
    const twin = Object.assign(new HayesSettings(), this);
    twin.#modulation = this.#modulation;
    twin.#s.set(this.#s);
    for (const [name, value] of this.#extended) twin.#extended.set(name, value);
    return twin;
  }

  register(number: number): number {
    return this.#s[number] ?? 0;
  }

  /** False if there is no such register or value. */
  setRegister(number: number, value: number): boolean {
    if (number > 255 || value > 255) return false;
    this.#s[number] = value;
    return true;
  }

  get reportModulation(): boolean {
    return this.#extended.get('+MR') === '1';
  }
  get reportProtocol(): boolean {
    return this.#extended.get('+ER') === '1';
  }
  get reportCompression(): boolean {
    return this.#extended.get('+DR') === '1';
  }
  get callerId(): boolean {
    return (this.#extended.get('+VCID') ?? '0') !== '0' || (this.#extended.get('#CID') ?? '0') !== '0';
  }

  /** Takes a basic setting such as `E0` or `&C1`; false if it is unknown or out of range. */
  set(name: string, value: number): boolean {
    if (name === 'E' && value <= 1) this.echo = value === 1;
    else if (name === 'V' && value <= 1) this.verbose = value === 1;
    else if (name === 'Q' && value <= 2) this.quiet = value === 1;
    else if (name === 'X' && value <= 4) this.resultLevel = value;
    else if (name === 'W' && value <= 2) this.connectReport = value;
    else if (name === '&C' && value <= 1) this.carrierDetect = value;
    else if (name === '&D' && value <= 3) this.onDtrDrop = value;
    else if (name === '&K' && value <= 6) this.flowControl = value;
    else if (name === 'P' || name === 'T') this.pulse = name === 'P';
    else return value <= (ACCEPTED[name] ?? -1);
    return true;
  }

  /** Takes `name=argument`; false if it is unknown or out of range. */
  setExtended(name: string, argument: string): boolean {
    if (name === '+MS') return this.#setModulation(argument);
    const limits = EXTENDED[name]?.fields;
    const fields = argument.split(',');
    if (!limits || fields.length > limits.length) return false;
    if (!fields.every((field, i) => /^\d{0,6}$/.test(field) && Number(field) <= (limits[i] ?? 0)))
      return false;
    this.#extended.set(name, argument);
    if (name === '+IFC') this.flowControl = fields[0] === '2' ? 3 : fields[0] === '1' ? 4 : 0;
    return true;
  }

  /** What `name?` answers; null if there is no such setting. */
  askExtended(name: string): string | null {
    if (name === '+MS') return `+MS: ${this.#modulation}`;
    if (!EXTENDED[name]) return null;
    return `${name}: ${this.#extended.get(name) ?? '0'}`;
  }

  /** What `name=?` answers; null if there is no such setting. */
  rangeExtended(name: string): string | null {
    if (name === '+MS') return `+MS: (${Object.keys(MODULATIONS).join(',')}),(0,1),(300-56000),(300-56000)`;
    const range = EXTENDED[name]?.range;
    if (range === undefined) return null;
    return name === '+FCLASS' ? range : `${name}: ${range}`;
  }

  /** `+MS=carrier[,automode[,lowest,highest]]`, rates in bit/s. */
  #setModulation(argument: string): boolean {
    const [carrier, automode, lowest, highest] = argument.split(',');
    const limit = MODULATIONS[carrier ?? ''];
    const numbers = [automode, lowest, highest].every((field) => /^\d{0,6}$/.test(field ?? ''));
    if (limit === undefined || !numbers) return false;
    this.#modulation = argument;
    this.maxRate = Math.min(limit, Number(highest) || limit);
    return true;
  }
}

/** A modem that answers by itself and says nothing to its terminal but data. */
export function answering(): HayesSettings {
  const settings = new HayesSettings();
  settings.set('E', 0);
  settings.set('Q', 1);
  settings.setRegister(0, 1); // answer the first ring
  settings.setRegister(2, 255); // no escape: the data is not its terminal's alone
  return settings;
}
