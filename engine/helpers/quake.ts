// Quake's own protocol (NetQuake, UDP 26000): the helper for the answer that moves a game to another port of the server. Layout as in
// net_dgrm.c of id Software's published source. QuakeWorld, II and III stay on one port and name no address: nothing to read there.
//
//   0 u32 big-endian: 0x8000 << 16 | length of the datagram   4 u8 opcode
//   opcode 0x01 connect: "QUAKE", NUL, u8 version 3           opcode 0x81 accept: u32 little-endian, the new port
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
const CONTROL = 0x8000;
const CONNECT = 0x01;
const ACCEPT = 0x81;
const ACCEPT_LENGTH = 9;
const GREETING = [...'QUAKE\0'].map((char) => char.charCodeAt(0));

/** The opcode of a sound control datagram, or -1. */
function opcodeOf({ bytes, start, end }: Span): number {
  const length = end - start;
  if (length < 5 || get16(bytes, start) !== CONTROL || get16(bytes, start + 2) !== length) return -1;
  return bytes[start + 4] as number;
}

class Game implements DatagramDialogue {
  readonly kind = 'datagram';
  /** A connect has been sent and not been answered; it is repeated until it is. */
  #asked = false;

  read(direction: Direction, chunk: Chunk, context: HelperContext): boolean {
    const opcode = opcodeOf(chunk);
    const client = context.insideIsServer ? FROM_OUTSIDE : FROM_INSIDE;
    if (opcode === CONNECT && direction === client) this.#asked ||= isGreeting(chunk);
    else if (opcode === ACCEPT && direction !== client) this.#accept(chunk, context);
    return true;
  }

  #accept({ bytes, start, end, replace }: Chunk, context: HelperContext): void {
    if (!this.#asked) {
      context.refuse('a server answered that nobody had asked');
      return;
    }
    // Later servers put words of their own after the port.
    if (end - start < ACCEPT_LENGTH) {
      context.refuse('an answer could not be read');
      return;
    }
    const at = start + 5;
    const port = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    if (((bytes[at + 2] as number) | (bytes[at + 3] as number)) !== 0 || port === 0) {
      context.refuse('an answer could not be read');
      return;
    }
    if (!context.insideIsServer) {
      // The server may speak first, from a port the client has not yet sent to.
      if (port === context.remotePort) return;
      context.expectOutbound('udp', context.remote, port, SECONDS);
      const outside = context.expect({
        protocol: 'udp',
        insidePort: context.insidePort,
        remote: context.remote,
        remotePort: port,
        seconds: SECONDS,
        count: 1,
      });
      if (outside !== null) context.used();
      return;
    }
    const outside = port === context.insidePort ? context.outsidePort : this.#served(port, context);
    if (outside === null || outside === port) return;
    replace(at, at + 2, Uint8Array.of(outside & 0xff, outside >>> 8));
  }

  #served(port: number, context: HelperContext): number | null {
    const outside = context.expect({
      protocol: 'udp',
      insidePort: port,
      remote: context.remote,
      remotePort: 0,
      seconds: SECONDS,
      count: 1,
    });
    if (outside !== null) context.used();
    return outside;
  }
}

function isGreeting({ bytes, start, end }: Chunk): boolean {
  return end - start >= 5 + GREETING.length && GREETING.every((byte, i) => bytes[start + 5 + i] === byte);
}

function begins(_fromClient: boolean, span: Span): boolean {
  return opcodeOf(span) >= 0;
}

export const quake: Helper = {
  name: 'quake',
  title: 'Quake',
  opens:
    'For a game of the first Quake, the one port the server has just named, between that server and that player. ' +
    'QuakeWorld (27500), Quake II (27910) and Quake III (27960) need no helper.',
  on: false,
  transports: [{ protocol: 'udp', ports: [26_000], begins, open: () => new Game() }],
};
