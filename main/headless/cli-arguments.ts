/**
 * The command line's words and flags, told apart: `--ports 21,2121` and `--ports=21,2121` are one; `-` alone is a word.
 * Knows which flags take a value, not what they mean. Pure.
 */
export interface Arguments {
  words: string[];
  /** By name; true where the flag takes no value. A flag given twice has its values joined by a comma. */
  flags: Map<string, string | true>;
}

const WITH_VALUE: ReadonlySet<string> = new Set([
  '--ports',
  '--inside',
  '--from',
  '--name',
  '--opens',
  '--seconds',
  '--month',
  '--password-from',
  '--address',
  '--calls',
  '--hours',
  '--rings',
  '--flow',
  '--callers',
  '--rate',
  '--slip',
]);

/** The sentence says what is wrong. */
export function readArguments(
  argv: readonly string[],
): { ok: true; value: Arguments } | { ok: false; sentence: string } {
  const words: string[] = [];
  const flags: Arguments['flags'] = new Map();
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] as string;
    if (!argument.startsWith('-') || argument === '-') {
      words.push(argument);
      continue;
    }
    const equals = argument.startsWith('--') ? argument.indexOf('=') : -1;
    const name = equals > 0 ? argument.slice(0, equals) : argument;
    if (!WITH_VALUE.has(name)) {
      if (equals > 0) return { ok: false, sentence: `${name} takes no value.` };
      flags.set(name, true);
      continue;
    }
    const value = equals > 0 ? argument.slice(equals + 1) : argv[++index];
    if (value === undefined || value === '' || (equals < 0 && value.startsWith('-') && value !== '-'))
      return { ok: false, sentence: `${name} needs a value.` };
    const before = flags.get(name);
    flags.set(name, typeof before === 'string' ? `${before},${value}` : value);
  }
  return { ok: true, value: { words, flags } };
}

export function readPort(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}

/** `27000` or `27000-27015`; null when it is no range of ports. */
export function readRange(text: string): { first: number; last: number } | null {
  const [low = '', high = low, ...more] = text.split('-');
  const [first, last] = [readPort(low), readPort(high)];
  return more.length > 0 || first === null || last === null || last < first ? null : { first, last };
}
