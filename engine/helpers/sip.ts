// SIP (RFC 3261) with SDP, by UDP and by TCP: the helper for telephones. Of what an inside end says its own address is replaced in Via
// (unless rport, RFC 3581, makes that needless), Contact and SDP, and put back in what it is told; its media ports are awaited from
// the other end's media address once that is known, from the signalling peer until then; after a REGISTER the Contact is kept
// reachable from the registrar. Compact header names too. An end that names another address than its own, or gathers candidates,
// finds its way by itself: its descriptions are left alone. Not read: TLS, multipart bodies, From and To.
import {
  type Chunk,
  type DatagramDialogue,
  type Direction,
  type Helper,
  type HelperContext,
  HOLD_BYTES,
  type Span,
  type StreamDialogue,
} from './helper.ts';
import { beginsTls, bytesOf, latin, lineBegins } from './payload.ts';
import type { Edit } from './sdp.ts';
import { Dealings, Message, SIP } from './sip-dealings.ts';

const LF = 10;

/** Writes the edits that were collected, in their order; what they change in a length. */
function apply(edits: Edit[], chunk: Chunk): void {
  edits.sort((a, b) => a.from - b.from);
  for (const { from, to, text } of edits) chunk.replace(from, to, bytesOf(text));
}

function growth(edits: readonly Edit[]): number {
  return edits.reduce((sum, { from, to, text }) => sum + text.length - (to - from), 0);
}

/** Content-Length: its number and where that stands, or null. */
function contentLength(line: string, at: number): { length: number; from: number; to: number } | null {
  const match = /^(?:content-length|l)\s*:\s*(\d{1,6})\s*$/i.exec(line);
  if (!match) return null;
  const digits = match[1] as string;
  const from = at + line.lastIndexOf(digits);
  return { length: Number(digits), from, to: from + digits.length };
}

class Datagrams implements DatagramDialogue {
  readonly kind = 'datagram';
  readonly #dealings = new Dealings('udp', () => new Datagrams());

  read(direction: Direction, chunk: Chunk, context: HelperContext): boolean {
    const text = latin(chunk.bytes, chunk.start, chunk.end);
    const blank = /\r?\n\r?\n/.exec(text);
    const headEnd = blank ? blank.index : text.length;
    const bodyAt = blank ? blank.index + blank[0].length : text.length;
    const message = new Message(direction);
    const edits: Edit[] = [];
    let length: ReturnType<typeof contentLength> = null;
    let at = 0;
    for (const whole of text.slice(0, headEnd).split('\n')) {
      const line = whole.trimEnd();
      const place = chunk.start + at;
      if (at === 0) {
        if (!this.#dealings.begin(message, line, place, edits, context)) return true;
      } else {
        this.#dealings.header(message, line, place, edits, context);
        length = contentLength(line, place) ?? length;
      }
      at += whole.length + 1;
    }
    const size = length?.length ?? text.length - bodyAt;
    if (size > 0 && bodyAt + size <= text.length) {
      const inBody: Edit[] = [];
      const body = text.slice(bodyAt, bodyAt + size);
      this.#dealings.body(message, body, chunk.start + bodyAt, inBody, context);
      edits.push(...inBody);
      if (length && growth(inBody) !== 0)
        edits.push({ from: length.from, to: length.to, text: String(size + growth(inBody)) });
    }
    this.#dealings.finish(message, context);
    apply(edits, chunk);
    return true;
  }
}

/** How far one end's messages have been read. */
class Side {
  message: Message | null = null;
  /** Bytes of a body still to come that are passed on unread. */
  skip = 0;
  midLine = false;
  /** The body's length, once it has been said and passed on. */
  length = 0;
}

class Messages implements StreamDialogue {
  readonly kind = 'stream';
  readonly #dealings = new Dealings('tcp', () => new Messages());
  readonly #sides = [new Side(), new Side()] as const;
  #over = false;

  read(direction: Direction, chunk: Chunk, context: HelperContext): number {
    const { bytes, start, end } = chunk;
    const side = this.#sides[direction];
    const edits: Edit[] = [];
    let at = start;
    let held = false;
    while (at < end && !held && !this.#over) {
      if (side.skip > 0) {
        const skipped = Math.min(side.skip, end - at);
        side.skip -= skipped;
        at += skipped;
        continue;
      }
      if (!side.message && !side.midLine && beginsTls(bytes, at, end)) this.#end(context);
      const feed = bytes.subarray(0, end).indexOf(LF, at);
      if (feed < 0) {
        held = !side.midLine && end - at < HOLD_BYTES;
        side.midLine = !held;
        if (!held) at = end;
        continue;
      }
      const line = latin(bytes, at, feed).trimEnd();
      const next =
        side.midLine || feed - at >= HOLD_BYTES
          ? feed + 1
          : this.#line(side, direction, line, at, feed + 1, chunk, edits, context);
      side.midLine = false;
      held = next < 0;
      if (!held) at = next;
    }
    apply(edits, chunk);
    return this.#over ? end - start : at - start;
  }

  lost(direction: Direction): void {
    const side = this.#sides[direction];
    side.midLine = true;
    side.message = null;
    side.skip = 0;
  }

  #end(context: HelperContext): void {
    this.#over = true;
    context.stop();
  }

  /** Deals with one line; where to go on, or -1 to wait for more. */
  #line(
    side: Side,
    direction: Direction,
    line: string,
    at: number,
    next: number,
    chunk: Chunk,
    edits: Edit[],
    context: HelperContext,
  ): number {
    if (!side.message) {
      if (line === '') return next;
      const message = new Message(direction);
      if (!this.#dealings.begin(message, line, at, edits, context)) {
        context.refuse('one end does not speak SIP');
        this.#end(context);
        return next;
      }
      side.message = message;
      side.length = 0;
      return next;
    }
    if (line === '') {
      this.#dealings.finish(side.message, context);
      side.message = null;
      side.skip = side.length;
      return next;
    }
    const length = contentLength(line, at);
    if (length && length.length > 0)
      return this.#rest(side, side.message, length, at, next, chunk, edits, context);
    this.#dealings.header(side.message, line, at, edits, context);
    return next;
  }

  /** From Content-Length on a message must be whole, for its body decides what is said there. */
  #rest(
    side: Side,
    message: Message,
    length: { length: number; from: number; to: number },
    at: number,
    next: number,
    chunk: Chunk,
    edits: Edit[],
    context: HelperContext,
  ): number {
    const { bytes, end } = chunk;
    const blank = /(?:^|\n)\r?\n/.exec(latin(bytes, next, Math.min(end, next + HOLD_BYTES)));
    const bodyAt = blank ? next + blank.index + blank[0].length : -1;
    if (bodyAt < 0 || bodyAt + length.length > end) {
      if (end - at <= HOLD_BYTES && length.length < 65_536) return -1;
      context.refuse('a description was too long to be held back');
      side.length = length.length;
      return next;
    }
    let place = next;
    for (const whole of latin(bytes, next, bodyAt).split('\n')) {
      this.#dealings.header(message, whole.trimEnd(), place, edits, context);
      place += whole.length + 1;
    }
    const inBody: Edit[] = [];
    const body = latin(bytes, bodyAt, bodyAt + length.length);
    this.#dealings.body(message, body, bodyAt, inBody, context);
    if (growth(inBody) !== 0)
      edits.push({ from: length.from, to: length.to, text: String(length.length + growth(inBody)) });
    edits.push(...inBody);
    this.#dealings.finish(message, context);
    side.message = null;
    return bodyAt + length.length;
  }
}

/** Line ends and zeros keep a way open, and say nothing (RFC 5626 §4.4.1). */
function begins(_fromClient: boolean, { bytes, start, end }: Span): boolean | null {
  let at = start;
  while (at < end && at - start < 8 && (bytes[at] === 13 || bytes[at] === LF || bytes[at] === 0)) at++;
  return at === end ? null : lineBegins({ bytes, start: at, end }, FIRST_LINE, 24);
}

const FIRST_LINE = /^(?:SIP\/2\.0 |[A-Z]{2,12} (?:sips?|tel):)/i;

export const sip: Helper = {
  name: 'sip',
  title: 'SIP',
  opens:
    'For each call, the ports a telephone names for sound and pictures, to the other end’s media address only; for a registered telephone, its own port to its registrar.',
  on: false,
  transports: [
    { protocol: 'udp', ports: [SIP], begins, open: () => new Datagrams() },
    { protocol: 'tcp', ports: [SIP], begins, open: () => new Messages() },
  ],
};
