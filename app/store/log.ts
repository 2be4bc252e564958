// Which lines of the log are shown, and how they are copied. Pure.
import type { LogLevel } from '../../main/contract.ts';
import type { Line } from './model.ts';

export const levels: readonly LogLevel[] = ['debug', 'info', 'warning', 'error'];

/** Lines of at least this level whose part or text holds every word of the filter, whatever its case. */
export function filterLog(lines: readonly Line[], lowest: LogLevel, text: string): Line[] {
  const least = levels.indexOf(lowest);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return lines.filter((line) => {
    if (levels.indexOf(line.level) < least) return false;
    const whole = `${line.part} ${line.text}`.toLowerCase();
    return words.every((word) => whole.includes(word));
  });
}

/** One line of text a log line, with the full time in UTC, fit to be sent to somebody. */
export const logAsText = (lines: readonly Line[]) =>
  lines.map((l) => `${new Date(l.at).toISOString()} ${l.level} ${l.part}: ${l.text}`).join('\n');
