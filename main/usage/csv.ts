/** Calls as CSV (RFC 4180) for a spreadsheet. Pure, and free of Node: the window makes the file itself. */
import { type CallRecord, MILLION } from './usage-schema.ts';

const HEAD = ['begun', 'provider', 'number', 'seconds', 'bytes_received', 'bytes_sent', 'cost', 'currency'];

/** One line a call, lines end in CR LF; times in UTC, an unknown cost empty. */
export function usageCsv(calls: readonly CallRecord[]): string {
  const rows = calls.map(({ at, provider, number, seconds, bytesDown, bytesUp, cost, currency }) => [
    new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'),
    provider,
    number,
    String(seconds),
    String(bytesDown),
    String(bytesUp),
    cost === null ? '' : (cost / MILLION).toFixed(4),
    currency,
  ]);
  return [HEAD, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** A spreadsheet takes text that begins so for a formula; the apostrophe says that it is text. */
function cell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
