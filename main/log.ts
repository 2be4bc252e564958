/** The last lines of the log, held in memory for the faces; the oldest fall out. Nothing secret may be handed in. */
import type { LogLevel, LogLine } from './contract.ts';

export const LOG_LINES = 500;

export class LogRing {
  readonly #lines: LogLine[] = [];

  /** `at` in milliseconds since the epoch. Texts longer than the contract allows are cut. */
  add(at: number, level: LogLevel, part: string, text: string): LogLine {
    const line: LogLine = { at, level, part: part.slice(0, 24), text: shown(text).slice(0, 2000) };
    this.#lines.push(line);
    if (this.#lines.length > LOG_LINES) this.#lines.splice(0, this.#lines.length - LOG_LINES);
    return line;
  }

  lines(): LogLine[] {
    return [...this.#lines];
  }
}

/** Without controls: what a caller or a provider says stands in these lines, and must not move a terminal's cursor. */
function shown(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}

/** One line for a terminal: local time, level where it matters, part, text. */
export function formatLogLine(line: LogLine): string {
  const time = new Date(line.at).toTimeString().slice(0, 8);
  const level = line.level === 'info' ? '' : `${line.level}: `;
  return `${time} ${line.part.padEnd(8)} ${level}${line.text}`;
}
