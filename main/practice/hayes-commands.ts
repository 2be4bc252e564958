/**
 * Reads one AT command line: basic (`E0`, `&C1`, `\N3`, `%C0`), S-register, dial and extended (`+MS=...`) commands, several
 * on a line. Source: ITU-T V.250 §5.2 to §5.4 and the usage of Rockwell and USR modems. Says what was asked; does nothing.
 */

export type Command =
  /** `name` with its prefix, such as `E`, `&C`, `\N`; a missing number is 0. */
  | { kind: 'basic'; name: string; value: number }
  | { kind: 'select-register'; register: number }
  | { kind: 'set-register'; value: number }
  | { kind: 'ask-register' }
  /** All the rest of the line. */
  | { kind: 'dial'; text: string }
  | { kind: 'extended'; name: string; operation: 'set' | 'ask' | 'range' | 'run'; argument: string }
  /** What cannot be read; nothing after it is. */
  | { kind: 'bad' };

const basic = /^([&\\%*]?[A-Z])(\d{0,3})/;
const extended = /^([+#][A-Z0-9]+)(=\?|=|\?)?/;

/** The commands in `line`, which stands after `AT` and before the carriage return. Spaces and letter case do not count. */
export function parseCommandLine(line: string): Command[] {
  const commands: Command[] = [];
  let rest = line.replace(/ /g, '').toUpperCase();
  while (rest.length > 0) {
    const [command, used] = nextCommand(rest);
    commands.push(command);
    if (command.kind === 'bad') break;
    rest = rest.slice(used);
  }
  return commands;
}

function nextCommand(rest: string): [Command, number] {
  if (rest.startsWith('D')) return [{ kind: 'dial', text: rest.slice(1) }, rest.length];
  if (rest.startsWith('?')) return [{ kind: 'ask-register' }, 1];
  const set = /^=(\d{0,3})/.exec(rest);
  if (set) return [{ kind: 'set-register', value: Number(set[1]) }, set[0].length];
  const register = /^S(\d{1,3})/.exec(rest);
  if (register) return [{ kind: 'select-register', register: Number(register[1]) }, register[0].length];
  const word = extended.exec(rest);
  if (word) return extendedCommand(rest, word);
  const letter = basic.exec(rest);
  if (!letter || letter[1] === 'S') return [{ kind: 'bad' }, rest.length];
  return [{ kind: 'basic', name: letter[1] as string, value: Number(letter[2]) }, letter[0].length];
}

/** An extended command runs to the next `;` outside quotes, which also parts it from what follows. */
function extendedCommand(rest: string, word: RegExpExecArray): [Command, number] {
  const name = word[1] as string;
  const sign = word[2];
  let end = word[0].length;
  if (sign === '=') {
    for (let quoted = false; end < rest.length && (quoted || rest[end] !== ';'); end += 1) {
      if (rest[end] === '"') quoted = !quoted;
    }
  }
  const argument = rest.slice(word[0].length, end);
  if (end < rest.length && rest[end] !== ';') return [{ kind: 'bad' }, rest.length];
  const operation = sign === '=' ? 'set' : sign === '?' ? 'ask' : sign === '=?' ? 'range' : 'run';
  return [{ kind: 'extended', name, operation, argument }, Math.min(end + 1, rest.length)];
}

export interface DialString {
  /** Digits and the marks that part them (`,` `W` `@` `!`), as the exchange hears them. */
  number: string;
  /** What sending it takes, in ms. */
  milliseconds: number;
  /** `W`: wait for dial tone even where the modem dials blindly. */
  waitForTone: boolean;
  /** `;`: stay in the command state. */
  stayInCommand: boolean;
}

/** Reads what follows `D`; null if it holds what no modem dials. Times come from S8 (s), S11 (ms) and ten pulses a second. */
export function parseDialString(
  text: string,
  pulse: boolean,
  pauseMs: number,
  toneMs: number,
): DialString | null {
  const dial: DialString = { number: '', milliseconds: 0, waitForTone: false, stayInCommand: false };
  let pulses = pulse;
  for (const [index, character] of [...text].entries()) {
    if (/[0-9*#A-D]/.test(character)) {
      dial.number += character;
      dial.milliseconds += pulses ? (Number(character) || 10) * 100 + 700 : 2 * toneMs;
    } else if (character === 'T') pulses = false;
    else if (character === 'P') pulses = true;
    else if (character === ';') {
      if (index !== text.length - 1) return null;
      dial.stayInCommand = true;
    } else if (',W@!'.includes(character)) {
      dial.number += character;
      dial.waitForTone ||= character === 'W';
      dial.milliseconds += character === ',' ? pauseMs : character === '!' ? 500 : 0;
    } else if (!'R()-.+'.includes(character)) return null;
  }
  return dial;
}
