// Reads the small part of the shell that firewall scripts of the 2.0 and 2.2 days use: comments, quotes, line
// continuations, `name=value` and `$name`, `a && b`, redirections of echo. Nothing is ever run. Loops, tests and command
// substitution are not followed: a line that needs them is handed on with its words as they stand.

export interface ScriptLine {
  /** First line of the command in the file, from 1. */
  number: number;
  /** As written, joined over continuations. */
  text: string;
  /** Words after quotes and variables; a `>` stands as a word of its own. */
  words: string[];
  /** A variable or a `$(…)` whose value the script alone cannot tell. */
  unknown: string | null;
}

const MAX_LINES = 20_000;
const MAX_LINE = 4_000;

/** Splits one logical line into words; an unclosed quote runs to the end of the line. */
export function words(
  text: string,
  variables: ReadonlyMap<string, string>,
): { words: string[]; unknown: string | null } {
  const out: string[] = [];
  let word = '';
  let started = false;
  let quote = '';
  let unknown: string | null = null;
  const end = () => {
    if (started) out.push(word);
    word = '';
    started = false;
  };
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (quote === "'") {
      if (c === "'") quote = '';
      else word += c;
    } else if (c === '\\' && i + 1 < text.length) {
      word += text.charAt(++i);
      started = true;
    } else if (c === '$') {
      const name = /^\$(?:\{(\w+)\}|(\w+))/.exec(text.slice(i, i + 80));
      const key = name?.[1] ?? name?.[2];
      if (name === null || key === undefined) {
        unknown ??= text.slice(i, i + 20);
        word += c;
      } else {
        const value = variables.get(key);
        if (value === undefined) unknown ??= `$${key}`;
        word += value ?? name[0];
        i += name[0].length - 1;
      }
      started = true;
    } else if (c === '`') {
      unknown ??= 'a command in back quotes';
      word += c;
      started = true;
    } else if (quote === '"') {
      if (c === '"') quote = '';
      else word += c;
    } else if (c === '"' || c === "'") {
      quote = c;
      started = true;
    } else if (c === '#' && !started) {
      break;
    } else if (c === '>' || c === '<') {
      end();
      out.push(c);
    } else if (/\s/.test(c)) {
      end();
    } else {
      word += c;
      started = true;
    }
  }
  end();
  return { words: out, unknown };
}

/** Cuts at `;`, `&&`, `||` and `|` outside quotes. */
function commandsOf(text: string): string[] {
  const parts: string[] = [];
  let quote = '';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (quote !== '') {
      if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (c === '#' && (i === 0 || /\s/.test(text.charAt(i - 1)))) break;
    else if (c === ';' || c === '|' || (c === '&' && text.charAt(i + 1) === '&')) {
      parts.push(text.slice(from, i));
      if (text.charAt(i + 1) === c) i++;
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** Every command of a script in order, variables put in. Never throws; an overlong file is cut at 20,000 lines. */
export function readScript(source: string): ScriptLine[] {
  const variables = new Map<string, string>();
  const result: ScriptLine[] = [];
  const lines = source.split(/\r?\n/, MAX_LINES);
  for (let i = 0; i < lines.length; i++) {
    const number = i + 1;
    let text = (lines[i] ?? '').slice(0, MAX_LINE);
    while (/(^|[^\\])\\$/.test(text) && i + 1 < lines.length)
      text = `${text.slice(0, -1)} ${(lines[++i] ?? '').trim()}`.slice(0, MAX_LINE);
    for (const command of commandsOf(text)) {
      const read = words(command, variables);
      const assignment = /^(?:export\s+)?([A-Za-z_]\w*)=/.exec(command);
      if (assignment !== null && read.words.length <= 2) {
        const name = assignment[1] as string;
        const value = (read.words.at(-1) ?? '').slice(name.length + 1);
        if (read.unknown === null) variables.set(name, value);
        else variables.delete(name);
        continue;
      }
      if (read.words.length > 0)
        result.push({ number, text: command, words: read.words, unknown: read.unknown });
    }
  }
  return result;
}
