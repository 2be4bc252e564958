// RTSP (RFC 2326): the helper for streams that come by UDP. Of a client's SETUP and the server's answer the Transport line is read:
//   Transport: <protocol>[;unicast][;client_port=a-b][;destination=address][;interleaved=..][;server_port=c-d][;source=address], ...
// RTP takes two adjacent ports, the even one first (RFC 3550 §11); RealNetworks' x-real-rdt and x-pn-tng take one. An inside client's
// ports are replaced in the request and put back in the answer, an inside server's in its answer. Binary data between the messages
// (interleaved: "$", channel, u16 length) and bodies are passed over. Not read: descriptions (SDP), RTSP within HTTP.
import { formatAddress } from '../packet/address.ts';
import {
  type Chunk,
  type Direction,
  FROM_INSIDE,
  FROM_OUTSIDE,
  type Helper,
  type HelperContext,
  HOLD_BYTES,
  type Span,
  type StreamDialogue,
} from './helper.ts';
import { beginsTls, bytesOf, dottedAddress, latin, lineBegins, portNumber } from './payload.ts';

const SECONDS = 180;
const LF = 10;
const DOLLAR = 36;
const UNANSWERED = 16;
/** Ports remembered for answers. */
const REMEMBERED = 64;

/** How far one end's messages have been read. */
class Side {
  /** Bytes of a body or of interleaved data still to come. */
  skip = 0;
  midLine = false;
  inHeaders = false;
  /** The message at hand is one whose Transport counts. */
  counts = false;
  length = 0;
}

interface Field {
  readonly name: string;
  readonly value: string;
  /** Where the value stands in the chunk. */
  readonly at: number;
}

class Session implements StreamDialogue {
  readonly kind = 'stream';
  readonly #client: Direction;
  readonly #sides = [new Side(), new Side()] as const;
  /** SETUPs not yet answered: only then does an answer count. */
  #asked = 0;
  /** Outside ports of this session and the inside ports behind them. */
  readonly #ports = new Map<number, number>();
  #over = false;

  constructor(insideIsServer: boolean) {
    this.#client = insideIsServer ? FROM_OUTSIDE : FROM_INSIDE;
  }

  read(direction: Direction, chunk: Chunk, context: HelperContext): number {
    const { bytes, start, end } = chunk;
    const side = this.#sides[direction];
    let at = start;
    while (at < end && !this.#over) {
      if (side.skip > 0) {
        const skipped = Math.min(side.skip, end - at);
        side.skip -= skipped;
        at += skipped;
        continue;
      }
      if (!side.midLine && !side.inHeaders) {
        if (bytes[at] === DOLLAR) {
          if (end - at < 4) return at - start;
          side.skip = 4 + (((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number));
          continue;
        }
        if (beginsTls(bytes, at, end)) this.#end(context);
      }
      const feed = bytes.subarray(0, end).indexOf(LF, at);
      if (feed < 0) {
        if (!side.midLine && end - at < HOLD_BYTES) return at - start;
        side.midLine = true;
        break;
      }
      if (!side.midLine && feed - at < HOLD_BYTES) this.#line(direction, at, feed, chunk, context);
      side.midLine = false;
      at = feed + 1;
    }
    return end - start;
  }

  lost(direction: Direction): void {
    this.#sides[direction].midLine = true;
  }

  #end(context: HelperContext): void {
    this.#over = true;
    context.stop();
  }

  #line(direction: Direction, at: number, to: number, chunk: Chunk, context: HelperContext): void {
    const side = this.#sides[direction];
    const line = latin(chunk.bytes, at, to).trimEnd();
    if (!side.inHeaders) {
      if (line !== '') this.#begin(direction, line, context);
      return;
    }
    if (line === '') {
      side.inHeaders = false;
      side.skip = side.length;
      return;
    }
    const header = /^([\w-]+)\s*:\s*/.exec(line);
    const name = header?.[1]?.toLowerCase();
    if (!header || !name) return;
    const value = line.slice(header[0].length);
    if (name === 'content-length') side.length = /^\d{1,9}$/.test(value) ? Number(value) : 0;
    if (name !== 'transport' || !side.counts) return;
    const specs = alternatives(value, at + header[0].length);
    if (direction === this.#client) {
      if (direction === FROM_INSIDE) this.#offer(specs, chunk, context);
    } else {
      this.#asked--;
      side.counts = false;
      if (direction === FROM_INSIDE) this.#serve(specs, chunk, context);
      else this.#answer(specs, chunk, context);
    }
  }

  #begin(direction: Direction, line: string, context: HelperContext): void {
    const side = this.#sides[direction];
    const request = /^([A-Z_]+) \S+ RTSP\/1\.\d$/.exec(line);
    const answer = /^RTSP\/1\.\d (\d)\d\d(?: |$)/.exec(line);
    if (!request && !answer) {
      context.refuse('one end does not speak RTSP');
      this.#end(context);
      return;
    }
    side.inHeaders = true;
    side.length = 0;
    side.counts = false;
    if (answer) side.counts = direction !== this.#client && answer[1] === '2' && this.#asked > 0;
    else if (direction === this.#client && request?.[1] === 'SETUP') {
      side.counts = true;
      this.#asked = Math.min(this.#asked + 1, UNANSWERED);
    } else if (direction === this.#client && request?.[1] === 'TEARDOWN')
      for (const inside of this.#ports.values()) context.withdraw('udp', inside);
  }

  /** An inside client says where it would have its stream. */
  #offer(specs: readonly Field[][], chunk: Chunk, context: HelperContext): void {
    const wanted = specs.filter((spec) => this.#isOurs(spec, context));
    const outside = new Map<number, number>();
    const ranges = wanted.flatMap((spec) =>
      spec.filter((field) => field.name === 'client_port').map(rangeOf),
    );
    // Pairs first: a single port that belongs to one must not be given away alone.
    for (const { first, last } of ranges)
      if (last === first + 1 && !outside.has(first)) this.#awaitPair(first, outside, context);
    for (const { first, last, good } of ranges) {
      if (!good) context.refuse('ports of a stream could not be read');
      else if (last === first && !outside.has(first)) {
        const port = context.expect(this.#expected(first, context));
        if (port !== null) this.#note(first, port, outside, context);
      }
    }
    for (const field of wanted.flat()) {
      if (field.name === 'client_port') rewriteRange(field, outside, chunk);
      else if (field.name === 'destination' && dottedAddress(field.value) === context.inside)
        rewrite(field, formatAddress(context.outside), chunk);
    }
  }

  #isOurs(spec: readonly Field[], context: HelperContext): boolean {
    if (spec.some((field) => field.name === 'interleaved' || field.name === 'multicast')) return false;
    const destination = spec.find((field) => field.name === 'destination');
    if (!destination) return true;
    const address = dottedAddress(destination.value);
    if (address === context.inside || address === context.outside) return true;
    context.refuse('a stream was asked for a third party');
    return false;
  }

  #expected(insidePort: number, context: HelperContext) {
    const { remote } = context;
    return { protocol: 'udp', insidePort, remote, remotePort: 0, seconds: SECONDS, count: 1 } as const;
  }

  #awaitPair(first: number, outside: Map<number, number>, context: HelperContext): void {
    const port = context.expectPair(this.#expected(first, context));
    if (port === null) return;
    this.#note(first, port, outside, context);
    outside.set(first + 1, port + 1);
    this.#ports.set(port + 1, first + 1);
  }

  #note(inside: number, port: number, outside: Map<number, number>, context: HelperContext): void {
    context.used();
    outside.set(inside, port);
    if (this.#ports.size >= REMEMBERED) this.#ports.clear();
    this.#ports.set(port, inside);
  }

  /** The server outside repeats the ports it was told. */
  #answer(specs: readonly Field[][], chunk: Chunk, context: HelperContext): void {
    for (const field of specs.flat()) {
      if (field.name === 'client_port') rewriteRange(field, this.#ports, chunk);
      else if (field.name === 'destination' && dottedAddress(field.value) === context.outside)
        rewrite(field, formatAddress(context.inside), chunk);
      else if (field.name === 'source') {
        const source = dottedAddress(field.value);
        if (source !== null && source !== context.remote)
          context.refuse('the stream comes from a third party');
      }
    }
  }

  /** An inside server names its own ports, to which the client sends its reports. */
  #serve(specs: readonly Field[][], chunk: Chunk, context: HelperContext): void {
    for (const spec of specs) {
      const outside = new Map<number, number>();
      const source = spec.find((field) => field.name === 'source');
      const from = dottedAddress(source?.value ?? '');
      if (from !== null && from !== context.inside) {
        context.refuse('the stream comes from a third party');
        continue;
      }
      for (const field of spec) {
        if (field === source && from !== null) rewrite(field, formatAddress(context.outside), chunk);
        if (field.name !== 'server_port' || spec.some((one) => one.name === 'multicast')) continue;
        const { first, last, good } = rangeOf(field);
        if (!good) context.refuse('ports of a stream could not be read');
        else if (last > first) this.#awaitPair(first, outside, context);
        else {
          const port = context.expect(this.#expected(first, context));
          if (port !== null) this.#note(first, port, outside, context);
        }
        rewriteRange(field, outside, chunk);
      }
    }
  }
}

/** The alternatives of a Transport line and their parameters, names in small letters. */
function alternatives(value: string, at: number): Field[][] {
  const all: Field[][] = [];
  let begin = 0;
  for (const spec of value.split(',')) {
    const fields: Field[] = [];
    let place = begin;
    for (const part of spec.split(';')) {
      const match = /^\s*([\w/.-]+)\s*(?:=\s*"?)?/.exec(part);
      if (match) {
        const field = part.slice(match[0].length).trimEnd().replace(/"$/, '');
        fields.push({
          name: (match[1] as string).toLowerCase(),
          value: field,
          at: at + place + match[0].length,
        });
      }
      place += part.length + 1;
    }
    all.push(fields);
    begin += spec.length + 1;
  }
  return all;
}

interface Range {
  readonly first: number;
  readonly last: number;
  /** One port, or two adjacent ones. */
  readonly good: boolean;
}

function rangeOf(field: Field): Range {
  const match = /^(\d{1,5})(?:[-/](\d{1,5}))?$/.exec(field.value);
  const first = portNumber(match?.[1] ?? '');
  const last = match?.[2] === undefined ? first : portNumber(match[2]);
  return { first, last, good: first !== 0 && (last === first || last === first + 1) };
}

/** Puts what the map says in place of one port or two; leaves them when it does not know the first. */
function rewriteRange(field: Field, map: ReadonlyMap<number, number>, chunk: Chunk): void {
  const { first, last, good } = rangeOf(field);
  const port = map.get(first);
  if (!good || port === undefined) return;
  const other = map.get(last);
  if (other === undefined) return;
  const mark = /[-/]/.exec(field.value)?.[0];
  rewrite(field, mark === undefined ? String(port) : `${port}${mark}${other}`, chunk);
}

function rewrite(field: Field, value: string, chunk: Chunk): void {
  if (value !== field.value) chunk.replace(field.at, field.at + field.value.length, bytesOf(value));
}

const REQUEST =
  /^(?:OPTIONS|DESCRIBE|ANNOUNCE|SETUP|PLAY|PAUSE|RECORD|TEARDOWN|[GS]ET_PARAMETER) (?:rtsp[tu]?:|\* RTSP\/)/;

function begins(fromClient: boolean, span: Span): boolean | null {
  return fromClient && lineBegins(span, REQUEST, 32);
}

export const rtsp: Helper = {
  name: 'rtsp',
  title: 'RTSP',
  opens: 'For each stream a player has asked for, the one or two ports it has named, to that server only.',
  on: false,
  transports: [
    {
      protocol: 'tcp',
      ports: [554, 7070, 8554],
      begins,
      open: (context) => new Session(context.insideIsServer),
    },
  ],
};
