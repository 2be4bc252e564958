// TFTP (RFC 1350): the helper for requests. A request goes to UDP 69; the server answers from a port of its own choice (its TID, §4) to
// the client's port. Nothing is rewritten: a payload names no address. Options (RFC 2347) and the transfer itself are not read.
//
//   0 opcode u16: 1 RRQ, 2 WRQ   2 file name, NUL, mode, NUL
import { get16 } from '../packet/bytes.ts';
import {
  type Chunk,
  type DatagramDialogue,
  type Direction,
  FROM_INSIDE,
  FROM_OUTSIDE,
  type Helper,
  type HelperContext,
  type Span,
} from './helper.ts';

const SECONDS = 120;
const RRQ = 1;
const WRQ = 2;
const LONGEST_NAME = 512;
const MODES: ReadonlySet<string> = new Set(['netascii', 'octet', 'mail']);

/** Where the text beginning at `from` ends with a NUL, or -1. */
function terminated(bytes: Uint8Array, from: number, end: number, longest: number): number {
  const limit = Math.min(end, from + longest + 1);
  for (let i = from; i < limit; i++) if (bytes[i] === 0) return i;
  return -1;
}

function isRequest({ bytes, start, end }: Span): boolean {
  const name = terminated(bytes, start + 2, end, LONGEST_NAME);
  const mode = name <= start + 2 ? -1 : terminated(bytes, name + 1, end, 8);
  if (mode < 0) return false;
  return MODES.has(String.fromCharCode(...bytes.subarray(name + 1, mode)).toLowerCase());
}

class Request implements DatagramDialogue {
  readonly kind = 'datagram';

  read(direction: Direction, chunk: Chunk, context: HelperContext): boolean {
    const client = context.insideIsServer ? FROM_OUTSIDE : FROM_INSIDE;
    if (direction !== client || chunk.end - chunk.start < 2) return true;
    const opcode = get16(chunk.bytes, chunk.start);
    if (opcode !== RRQ && opcode !== WRQ) return true;
    if (!isRequest(chunk)) context.refuse('a request could not be read');
    else if (context.insideIsServer) {
      // The server's own port is any one; from which it goes out is the masquerade's to choose.
      context.expectOutbound('udp', context.remote, context.remotePort, SECONDS);
      context.used();
    } else if (
      context.expect({
        protocol: 'udp',
        insidePort: context.insidePort,
        remote: context.remote,
        remotePort: 0,
        seconds: SECONDS,
        count: 1,
      }) !== null
    )
      context.used();
    return true;
  }
}

function begins(fromClient: boolean, span: Span): boolean {
  return fromClient && span.end - span.start > 2 && get16(span.bytes, span.start) <= WRQ && isRequest(span);
}

export const tftp: Helper = {
  name: 'tftp',
  title: 'TFTP',
  opens:
    'For each file asked for, the port the request came from, to the server that was asked, once: it answers from another port.',
  on: false,
  transports: [{ protocol: 'udp', ports: [69], begins, open: () => new Request() }],
};
