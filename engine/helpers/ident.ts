// ident (RFC 1413, TCP 113): whose is the connection between this port of yours and that port of mine? The gateway itself answers from
// its table (ident-gateway.ts); behind a forward to an identd the helper here puts that computer's own ports into the questions and the
// outside ones back into the answers. Questions of inside hosts to others stand as they are.
//
//   question: lport , rport CRLF          lport is of the one that is asked, rport of the one that asks
//   answer:   lport , rport : USERID : UNIX : name CRLF    or    lport , rport : ERROR : INVALID-PORT | NO-USER CRLF
import {
  type Chunk,
  type Direction,
  FROM_INSIDE,
  FROM_OUTSIDE,
  type Helper,
  type HelperContext,
  type Span,
  type StreamDialogue,
} from './helper.ts';
import { bytesOf, latin, lineBegins, portNumber, unread } from './payload.ts';

/** RFC 1413 §4 lets a line have 1000 characters; a question has less than 20. */
export const LONGEST_LINE = 512;
const LF = 10;
/** Questions not yet answered. */
const WAITING = 16;

export interface Question {
  /** Port of the one that is asked. */
  readonly local: number;
  /** Port of the one that asks. */
  readonly remote: number;
}

/** The two numbers of a line, as they stand, or null. A line's end may be with it. */
export function twoNumbers(line: string): { first: string; second: string; at: number } | null {
  const match = /^([ \t]*)(\d{1,10})[ \t]*,[ \t]*(\d{1,10})[ \t]*\r?\n?$/.exec(line);
  const [, blanks, first, second] = match ?? [];
  if (blanks === undefined || first === undefined || second === undefined) return null;
  return { first, second, at: blanks.length };
}

/** The answer to a question, for the name it has been given: null when the connection is nobody's. */
export function answerTo(line: string, find: (question: Question) => string | null): string {
  const numbers = twoNumbers(line);
  const local = portNumber(numbers?.first ?? '');
  const remote = portNumber(numbers?.second ?? '');
  const pair = numbers ? `${numbers.first} , ${numbers.second}` : '0 , 0';
  if (local === 0 || remote === 0) return `${pair} : ERROR : INVALID-PORT\r\n`;
  const name = find({ local, remote });
  return name === null ? `${pair} : ERROR : NO-USER\r\n` : `${pair} : USERID : UNIX : ${name}\r\n`;
}

interface Asked {
  readonly outside: number;
  readonly inside: number;
  readonly remote: number;
}

/** An identd inside, behind a forward. */
class Translated implements StreamDialogue {
  readonly kind = 'stream';
  readonly #midLine: [boolean, boolean] = [false, false];
  readonly #asked: Asked[] = [];

  read(direction: Direction, chunk: Chunk, context: HelperContext): number {
    const { bytes, start, end } = chunk;
    let line = start;
    for (let i = start; i < end; i++) {
      if (bytes[i] !== LF) continue;
      if (this.#midLine[direction]) this.#midLine[direction] = false;
      else if (i - line <= LONGEST_LINE)
        this.#line(direction, latin(bytes, line, i + 1), line, chunk, context);
      line = i + 1;
    }
    if (line === end || this.#midLine[direction]) return end - start;
    if (end - line <= LONGEST_LINE) return line - start;
    this.#midLine[direction] = true;
    return end - start;
  }

  lost(direction: Direction): void {
    this.#midLine[direction] = true;
  }

  #line(direction: Direction, line: string, at: number, chunk: Chunk, context: HelperContext): void {
    if (direction === FROM_OUTSIDE) this.#question(line, at, chunk, context);
    else if (direction === FROM_INSIDE) this.#answer(line, at, chunk);
  }

  #question(line: string, at: number, chunk: Chunk, context: HelperContext): void {
    const numbers = twoNumbers(line);
    const outside = portNumber(numbers?.first ?? '');
    const remote = portNumber(numbers?.second ?? '');
    if (!numbers || outside === 0 || remote === 0) return;
    const inside = context.insidePortOf('tcp', outside);
    // Another computer's port, or one that a forward keeps as it is.
    if (inside === null || inside === outside) return;
    if (this.#asked.length >= WAITING) {
      context.refuse('too many questions at once');
      return;
    }
    this.#asked.push({ outside, inside, remote });
    context.used();
    const from = at + numbers.at;
    chunk.replace(from, from + numbers.first.length, bytesOf(String(inside)));
  }

  #answer(line: string, at: number, chunk: Chunk): void {
    const colon = line.indexOf(':');
    const numbers = colon < 0 ? null : twoNumbers(line.slice(0, colon));
    if (!numbers) return;
    const place = this.#asked.findIndex(
      (one) => one.inside === portNumber(numbers.first) && one.remote === portNumber(numbers.second),
    );
    const asked = this.#asked[place];
    if (!asked) return;
    this.#asked.splice(place, 1);
    const from = at + numbers.at;
    chunk.replace(from, from + numbers.first.length, bytesOf(String(asked.outside)));
  }
}

function begins(fromClient: boolean, span: Span): boolean | null {
  return fromClient && lineBegins(span, /^[ \t]*\d{1,5}[ \t]*,/, 32);
}

export const ident: Helper = {
  name: 'ident',
  title: 'ident',
  opens:
    'Nothing inside: servers that ask whose connection theirs is get the name of the computer it belongs to, and no other server gets one.',
  on: false,
  transports: [
    {
      protocol: 'tcp',
      ports: [113],
      begins,
      open: (context) => (context.insideIsServer ? new Translated() : unread),
    },
  ],
};
