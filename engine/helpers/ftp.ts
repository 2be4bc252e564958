// FTP (RFC 959, RFC 2428): the helper for the control connection. An inside client's PORT and EPRT, an inside server's 227 and 229
// answers are rewritten; a passive client's data connection is only tied to its control connection. Commands count at the beginning
// of a line only, from the client only; 227 and 229 only when asked for. Not read: TLS, from AUTH to CCC (RFC 4217).
import { parseAddress } from '../packet/address.ts';
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
import { lineBegins } from './payload.ts';
import { TlsRecords } from './tls-records.ts';

const DATA_SECONDS = 120;
const LONGEST_LINE = 512;
const LF = 10;
/** A command (RFC 959 §5.3), perhaps after Telnet's own; no web request. */
const FIRST_LINE = /^[\xf0-\xff]*[A-Z]{3,4}(?:\r?$| (?!.* HTTP\/))/i;
/** Lines whose tail is worth waiting for. */
const COMMANDS = ['PORT ', 'EPRT '];
const REPLIES = ['227 ', '229 ', '234 '];

const encoder = new TextEncoder();

function text(bytes: Uint8Array, from: number, to: number): string {
  let result = '';
  for (let i = from; i < to; i++) result += String.fromCharCode(bytes[i] as number);
  return result;
}

/** Six decimal numbers 0..255 and where they stand, or null. */
function sixNumbers(line: string): { address: string; port: number; from: number; to: number } | null {
  const match = /(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})(?!\d)/.exec(line);
  if (!match) return null;
  const numbers = match.slice(1).map(Number);
  if (numbers.some((number) => number > 255)) return null;
  const port = (numbers[4] as number) * 256 + (numbers[5] as number);
  return {
    address: numbers.slice(0, 4).join('.'),
    port,
    from: match.index,
    to: match.index + match[0].length,
  };
}

function sixOf(address: number, port: number): string {
  return `${address >>> 24},${(address >>> 16) & 255},${(address >>> 8) & 255},${address & 255},${port >>> 8},${port & 255}`;
}

function dotted(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

class Control implements StreamDialogue {
  readonly kind = 'stream';
  readonly #client: Direction;
  /** By direction: inside a line whose beginning has been passed on. */
  readonly #midLine: [boolean, boolean] = [false, false];
  #greeted = false;
  /** PASV and EPSV not yet answered: only then is an answer one. */
  #passiveAsked = 0;
  #authAsked = 0;
  /** After AUTH: what each end says in TLS. */
  #secured: readonly [TlsRecords, TlsRecords] | null = null;
  #over = false;

  constructor(insideIsServer: boolean) {
    this.#client = insideIsServer ? FROM_OUTSIDE : FROM_INSIDE;
  }

  read(direction: Direction, chunk: Chunk, context: HelperContext): number {
    const { bytes, start, end } = chunk;
    const from = this.#plainFrom(direction, chunk, context);
    let line = from;
    for (let i = from; i < end; i++) {
      if (bytes[i] !== LF) continue;
      if (this.#midLine[direction]) this.#midLine[direction] = false;
      else if (i - line <= LONGEST_LINE) this.#line(direction, text(bytes, line, i), line, chunk, context);
      else this.#tooLong(direction, context);
      line = i + 1;
    }
    if (line === end || this.#midLine[direction]) return end - start;
    if (end - line > LONGEST_LINE) this.#tooLong(direction, context);
    const wanted = direction === this.#client ? COMMANDS : REPLIES;
    const begun = text(bytes, line, Math.min(end, line + 5)).toUpperCase();
    if (end - line <= LONGEST_LINE && wanted.some((word) => word.startsWith(begun) || begun.startsWith(word)))
      return line - start;
    this.#midLine[direction] = true;
    return end - start;
  }

  /** Where this end speaks plainly: at once, or after TLS that CCC has ended (RFC 4217 §12.3). */
  #plainFrom(direction: Direction, { bytes, start, end }: Chunk, context: HelperContext): number {
    const records = this.#secured?.[direction];
    if (!records) return start;
    const from = records.skip(bytes, start, end);
    if (!records.isForeign) return from;
    this.#end(context);
    return end;
  }

  lost(direction: Direction): void {
    this.#over ||= this.#secured !== null;
    this.#midLine[direction] = true;
    // What a client says first decides whether it is one.
    this.#over ||= direction === this.#client && !this.#greeted;
  }

  /** A client's first line is a short command, or this is no FTP. */
  #tooLong(direction: Direction, context: HelperContext): void {
    if (direction === this.#client && !this.#greeted) this.#foreign(context);
  }

  #line(direction: Direction, line: string, at: number, chunk: Chunk, context: HelperContext): void {
    if (this.#over || (this.#secured !== null && !this.#secured[direction].ended)) return;
    if (direction === this.#client) this.#command(line, at, chunk, context);
    else this.#reply(line, at, chunk, context);
  }

  #foreign(context: HelperContext): void {
    context.refuse('the client does not speak FTP');
    this.#end(context);
  }

  #end(context: HelperContext): void {
    this.#over = true;
    context.stop();
  }

  #command(line: string, at: number, chunk: Chunk, context: HelperContext): void {
    const verb = line.slice(0, 5).trimEnd().toUpperCase();
    if (!this.#greeted) {
      this.#greeted = true;
      // A browser led to a server's port sends a web request first; its body must not open ports.
      if (!FIRST_LINE.test(line)) {
        this.#foreign(context);
        return;
      }
    }
    if (verb === 'PASV' || verb === 'EPSV') this.#passiveAsked = Math.min(this.#passiveAsked + 1, 16);
    else if (verb === 'AUTH') this.#authAsked++;
    else if (verb === 'PORT') this.#port(line, at, chunk, context);
    else if (verb === 'EPRT') this.#eprt(line, at, chunk, context);
  }

  #port(line: string, at: number, chunk: Chunk, context: HelperContext): void {
    const six = sixNumbers(line);
    if (six?.from !== 5) {
      context.refuse('a PORT command could not be read');
      return;
    }
    const outside = this.#offered(parseAddress(six.address), six.port, context);
    if (outside === null) return;
    chunk.replace(at + six.from, at + six.to, encoder.encode(sixOf(context.outside, outside)));
  }

  #eprt(line: string, at: number, chunk: Chunk, context: HelperContext): void {
    const match = /^EPRT ([!-/:-~])(\d)\1([^\s]*?)\1(\d{1,5})\1\r?$/i.exec(line);
    if (!match) {
      context.refuse('an EPRT command could not be read');
      return;
    }
    const [, mark, family, address, portText] = match as unknown as [string, string, string, string, string];
    if (family !== '1') return;
    const port = Number(portText);
    if (
      !/^\d{1,3}(\.\d{1,3}){3}$/.test(address) ||
      address.split('.').some((part) => Number(part) > 255) ||
      port > 65_535
    ) {
      context.refuse('an EPRT command could not be read');
      return;
    }
    const outside = this.#offered(parseAddress(address), port, context);
    if (outside === null) return;
    const rewritten = `${mark}1${mark}${dotted(context.outside)}${mark}${outside}${mark}`;
    chunk.replace(at + 5, at + line.trimEnd().length, encoder.encode(rewritten));
  }

  /** The client offers a port for data: the outside port for it, or null when the line stays as it is. */
  #offered(address: number, port: number, context: HelperContext): number | null {
    if (context.insideIsServer) {
      // A client outside tells our server where to connect: nothing of ours to rewrite.
      if (address === context.remote) context.expectOutbound('tcp', address, port, DATA_SECONDS);
      else context.refuse('the command names a third party');
      return null;
    }
    if (address !== context.inside) {
      context.refuse('the command names a third party');
      return null;
    }
    return this.#await(port, context);
  }

  #await(port: number, context: HelperContext): number | null {
    const outside = context.expect({
      protocol: 'tcp',
      insidePort: port,
      remote: context.remote,
      remotePort: 0,
      seconds: DATA_SECONDS,
      count: 1,
    });
    if (outside !== null) context.used();
    return outside;
  }

  #reply(line: string, at: number, chunk: Chunk, context: HelperContext): void {
    const code = line.slice(0, 4);
    if (code === '234 ' && this.#authAsked > 0) {
      this.#authAsked = 0;
      // TLS begins with the client: a server that says more at once does not mean it.
      if (at + line.length + 1 < chunk.end) this.#end(context);
      this.#secured = [new TlsRecords(), new TlsRecords()];
      return;
    }
    if (code !== '227 ' && code !== '229 ') return;
    if (this.#passiveAsked === 0) {
      context.refuse('an answer came that nobody had asked for');
      return;
    }
    this.#passiveAsked--;
    if (code === '227 ') this.#passive(line, at, chunk, context);
    else this.#extendedPassive(line, at, chunk, context);
  }

  #passive(line: string, at: number, chunk: Chunk, context: HelperContext): void {
    const six = sixNumbers(line.slice(4));
    if (!six) {
      context.refuse('a 227 answer could not be read');
      return;
    }
    const address = parseAddress(six.address);
    if (!context.insideIsServer) {
      // Only for the tie; a server may name another host, which is between it and the client.
      context.expectOutbound('tcp', address, six.port, DATA_SECONDS);
      context.used();
      return;
    }
    if (address !== context.inside) {
      context.refuse('the answer names a third party');
      return;
    }
    const outside = this.#await(six.port, context);
    if (outside === null) return;
    chunk.replace(at + 4 + six.from, at + 4 + six.to, encoder.encode(sixOf(context.outside, outside)));
  }

  #extendedPassive(line: string, at: number, chunk: Chunk, context: HelperContext): void {
    const match = /\(([!-/:-~])\1\1(\d{1,5})\1\)/.exec(line);
    const port = Number(match?.[2] ?? 0);
    if (!match || port === 0 || port > 65_535) {
      context.refuse('a 229 answer could not be read');
      return;
    }
    if (!context.insideIsServer) {
      context.expectOutbound('tcp', context.remote, port, DATA_SECONDS);
      context.used();
      return;
    }
    const outside = this.#await(port, context);
    if (outside === null) return;
    const from = at + match.index + 4;
    chunk.replace(from, from + (match[2] as string).length, encoder.encode(String(outside)));
  }
}

/** The server speaks first: it is ready, or soon (RFC 959 §5.4). */
function begins(fromClient: boolean, span: Span): boolean | null {
  return fromClient ? false : lineBegins(span, /^(?:120|220|421)[ -]/, 4);
}

export const ftp: Helper = {
  name: 'ftp',
  title: 'FTP',
  opens:
    'For a file transfer, the one port that the client (or a forwarded server) has just named, to the other end only.',
  on: true,
  transports: [
    { protocol: 'tcp', ports: [21], begins, open: (context) => new Control(context.insideIsServer) },
  ],
};
