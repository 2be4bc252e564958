// RealAudio's PNA (players 1.0 to 5.0, as traced on the wire by their contemporaries): the helper for sound that comes by UDP.
//   client, once at the beginning: "PNA", version u16 (below 256), then options: id u16, length u16, value; id 0 ends them
//   option 1 (length 2): the client's port for sound; option 7 (length 2): its port for error correction. All numbers big-endian.
// Two bytes are replaced in place. Not read: anything after the options, and servers inside (they need nothing).
import {
  type Chunk,
  type Direction,
  FROM_INSIDE,
  type Helper,
  type HelperContext,
  type Span,
  type StreamDialogue,
} from './helper.ts';
import { hasAt, unread } from './payload.ts';

const SECONDS = 180;
const HELLO = 5;
const SIGNATURE = [0x50, 0x4e, 0x41];
const DATA = 1;
const CORRECTION = 7;
/** Options beyond this many bytes are no player's. */
const LONGEST = 4096;

class Hello implements StreamDialogue {
  readonly kind = 'stream';
  #greeted = false;
  /** Bytes of an option's value still to come. */
  #skip = 0;
  #seen = 0;

  read(direction: Direction, chunk: Chunk, context: HelperContext): number {
    const { bytes, start, end } = chunk;
    if (direction !== FROM_INSIDE) return end - start;
    let at = start;
    if (!this.#greeted) {
      for (let i = 0; i < SIGNATURE.length && start + i < end; i++)
        if (bytes[start + i] !== SIGNATURE[i]) return this.#end(chunk, context);
      if (end - start < HELLO) return 0;
      if (bytes[start + 3] !== 0) return this.#end(chunk, context);
      this.#greeted = true;
      at += HELLO;
    }
    while (at < end) {
      const skipped = Math.min(this.#skip, end - at);
      this.#skip -= skipped;
      at += skipped;
      if (at === end) break;
      if (end - at < 2) return at - start;
      const id = get(bytes, at);
      if (id === 0 || this.#seen > LONGEST) return this.#end(chunk, context);
      if (end - at < 4) return at - start;
      const length = get(bytes, at + 2);
      if (length === 2 && (id === DATA || id === CORRECTION)) {
        if (end - at < 6) return at - start;
        this.#port(at + 4, chunk, context);
      }
      this.#skip = length;
      this.#seen += 4 + length;
      at += 4;
    }
    return end - start;
  }

  lost(): void {
    this.#seen = LONGEST + 1;
  }

  #end(chunk: Chunk, context: HelperContext): number {
    if (!this.#greeted) context.refuse('the client does not speak PNA');
    context.stop();
    return chunk.end - chunk.start;
  }

  #port(at: number, chunk: Chunk, context: HelperContext): void {
    const port = get(chunk.bytes, at);
    if (port === 0) return;
    const outside = context.expect({
      protocol: 'udp',
      insidePort: port,
      remote: context.remote,
      remotePort: 0,
      seconds: SECONDS,
      count: 1,
    });
    if (outside === null) return;
    context.used();
    if (outside !== port) chunk.replace(at, at + 2, Uint8Array.of(outside >>> 8, outside & 255));
  }
}

function get(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function begins(fromClient: boolean, span: Span): boolean | null {
  return fromClient && hasAt(span, 0, [...SIGNATURE, 0]);
}

export const realaudio: Helper = {
  name: 'realaudio',
  title: 'RealAudio',
  opens: 'For sound from a RealAudio server, the one or two ports the player has named, to that server only.',
  on: false,
  transports: [
    {
      protocol: 'tcp',
      ports: [7070],
      begins,
      open: (context) => (context.insideIsServer ? unread : new Hello()),
    },
  ],
};
