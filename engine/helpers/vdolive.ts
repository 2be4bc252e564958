// VDOLive (VDOnet's player 1.0 to 3.0, as traced on the wire by its contemporaries): the helper for pictures that come by UDP.
//   first message of the client: u32 ?, u32 6, 16 bytes, "VDO Live", u32 port      36 bytes or more
//   a later one:                 u32 ?, u32 1, "VDO Live", u32 port                20 bytes or more, the same port
// All numbers big-endian, the port in the low 16 bits. Both are rewritten in place. How long a message is beyond that nobody has
// written down, so the second is looked for in what follows the first, and only with the first one's port. Not read: anything later.
import {
  type Chunk,
  type Direction,
  FROM_INSIDE,
  type Helper,
  type HelperContext,
  type Span,
  type StreamDialogue,
} from './helper.ts';
import { differs, hasAt, unread } from './payload.ts';

const SECONDS = 180;
const FIRST_TAG = [0, 0, 0, 6];
const NAME = Array.from('VDO Live', (char) => char.charCodeAt(0));
const FIRST_NAME = 24;
const FIRST_LENGTH = 36;
/** Tag 1, name, and the port as it stands in the client's own message. */
const SECOND_LENGTH = 16;
const SECOND_PORT = 14;
/** The second message begins within so many bytes of the first. */
const SEARCHED = 4096;

class Hello implements StreamDialogue {
  readonly kind = 'stream';
  #inside = 0;
  #outside = 0;
  #second: number[] = [];
  #searched = 0;

  read(direction: Direction, chunk: Chunk, context: HelperContext): number {
    const { start, end } = chunk;
    if (direction !== FROM_INSIDE) return end - start;
    if (this.#inside !== 0) return this.#search(start, chunk, context);
    const wrong = differs(chunk, start + 4, FIRST_TAG) || differs(chunk, start + FIRST_NAME, NAME);
    if (!wrong && end - start < FIRST_LENGTH) return 0;
    const at = start + FIRST_NAME + NAME.length;
    if (wrong || chunk.bytes[at] !== 0 || chunk.bytes[at + 1] !== 0) {
      context.refuse('the client does not speak VDOLive');
      context.stop();
      return end - start;
    }
    this.#inside = ((chunk.bytes[at + 2] as number) << 8) | (chunk.bytes[at + 3] as number);
    const outside = context.expect({
      protocol: 'udp',
      insidePort: this.#inside,
      remote: context.remote,
      remotePort: 0,
      seconds: SECONDS,
      count: 1,
    });
    if (outside === null) {
      context.stop();
      return end - start;
    }
    context.used();
    this.#outside = outside;
    this.#second = [0, 0, 0, 1, ...NAME, 0, 0, this.#inside >>> 8, this.#inside & 255];
    this.#rewrite(at + 2, chunk);
    return this.#search(start + FIRST_LENGTH, chunk, context);
  }

  lost(): void {
    this.#searched = SEARCHED;
  }

  #rewrite(at: number, chunk: Chunk): void {
    if (this.#outside !== this.#inside)
      chunk.replace(at, at + 2, Uint8Array.of(this.#outside >>> 8, this.#outside & 255));
  }

  /** Looks for the second message from `at` on; returns what `read` is to return. */
  #search(at: number, chunk: Chunk, context: HelperContext): number {
    let i = at;
    for (; i < chunk.end && this.#searched < SEARCHED; i++, this.#searched++) {
      if (differs(chunk, i, this.#second)) continue;
      if (chunk.end - i < SECOND_LENGTH) return i - chunk.start;
      this.#rewrite(i + SECOND_PORT, chunk);
      context.stop();
      return chunk.end - chunk.start;
    }
    if (this.#searched >= SEARCHED) context.stop();
    return chunk.end - chunk.start;
  }
}

function begins(fromClient: boolean, span: Span): boolean | null {
  if (!fromClient) return false;
  return hasAt(span, 4, FIRST_TAG) && hasAt(span, FIRST_NAME, NAME);
}

export const vdolive: Helper = {
  name: 'vdolive',
  title: 'VDOLive',
  opens: 'For pictures from a VDOLive server, the one port the player has named, to that server only.',
  on: false,
  transports: [
    {
      protocol: 'tcp',
      ports: [7000],
      begins,
      open: (context) => (context.insideIsServer ? unread : new Hello()),
    },
  ],
};
