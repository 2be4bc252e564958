// Readings of payloads that several helpers share: bytes as Latin-1 both ways, dotted addresses and decimal ports read strictly (a
// number the protocol could not hold is no number), fixed bytes, and how a TLS session begins (RFC 8446 §5.1).
import { parseAddress } from '../packet/address.ts';
import type { Span, StreamDialogue } from './helper.ts';

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
/** Source of a regular expression for one dotted address. */
export const DOTTED = `${OCTET}(?:\\.${OCTET}){3}`;
const WHOLE = new RegExp(`^${DOTTED}$`);

export function latin(bytes: Uint8Array, from: number, to: number): string {
  let result = '';
  for (let i = from; i < to; i++) result += String.fromCharCode(bytes[i] as number);
  return result;
}

export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** A dotted address as a signed 32-bit integer, or null when the text is none. */
export function dottedAddress(text: string): number | null {
  return WHOLE.test(text) ? parseAddress(text) : null;
}

/** A port in decimal, or 0 when the text is none. */
export function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port <= 65_535 ? port : 0;
}

/** Whether a stream begins like a TLS handshake: what follows cannot be read. */
export function beginsTls(bytes: Uint8Array, at: number, end: number): boolean {
  return bytes[at] === 22 && (at + 1 >= end || bytes[at + 1] === 3);
}

/** Whether the bytes at `at`, as far as they have come, cannot become these. */
export function differs(span: Span, at: number, wanted: readonly number[]): boolean {
  for (let i = 0; i < wanted.length && at + i < span.end; i++)
    if (span.bytes[at + i] !== wanted[i]) return true;
  return false;
}

/** Whether a session has these bytes at this place from its beginning; null when too few have come to tell. */
export function hasAt(span: Span, place: number, wanted: readonly number[]): boolean | null {
  const at = span.start + place;
  if (differs(span, at, wanted)) return false;
  return span.end - at >= wanted.length ? true : null;
}

/**
 * Whether the first line of a session matches from its beginning; null while it may still come to. `pattern` takes printable
 * ASCII, an end of line at most at its own end, and nothing that more text could undo; it is looked for in the first `longest` bytes.
 */
export function lineBegins(span: Span, pattern: RegExp, longest: number): boolean | null {
  const text = latin(span.bytes, span.start, Math.min(span.end, span.start + longest));
  if (pattern.test(text)) return true;
  return text.length < longest && /^[\t\x20-\x7e]*$/.test(text) ? null : false;
}

/** A stream in which there is nothing to read, as with an inside server that sends everything outward by itself. */
export const unread: StreamDialogue = {
  kind: 'stream',
  read: (_direction, chunk) => chunk.end - chunk.start,
};
