// MMS, Windows Media's own streaming (MS-MMSP §2.2): the helper for sound and pictures that come by UDP. All numbers little-endian:
//   0 u8 1, 3 x u8 0; 4 u32 0xB00BFACE; 8 u32 length of what follows byte 16; 12 "MMS "; 16 u32 the same in 8-byte units; 20 ...
//   32 u32 length from here in 8-byte units; 36 u32 message; 0x00030002 (LinkViewerToMacConnectFunnel): 60 UTF-16
//   "\\address\UDP\port" ended by a zero; a message is filled up to 8 bytes.
// Not read: \TCP\ (nothing to open), other messages, the server's.
import {
  type Chunk,
  type Direction,
  FROM_INSIDE,
  type Helper,
  type HelperContext,
  HOLD_BYTES,
  type Span,
  type StreamDialogue,
} from './helper.ts';
import { bytesOf, DOTTED, differs, dottedAddress, hasAt, portNumber, unread } from './payload.ts';

const SECONDS = 180;
const PREFIX = 16;
const SIGNATURE = [1, 0, 0, 0, 0xce, 0xfa, 0x0b, 0xb0];
const SEAL = [0x4d, 0x4d, 0x53, 0x20];
const FUNNEL = 0x0003_0002;
const NAME = 60;
/** No message of a player is as long. */
const LONGEST = 65_536;
const FUNNEL_NAME = new RegExp(`^\\\\\\\\(${DOTTED})\\\\UDP\\\\(\\d{1,5})$`, 'i');

class Control implements StreamDialogue {
  readonly kind = 'stream';
  /** Bytes of the message at hand that are of no interest. */
  #skip = 0;
  #lost = false;

  read(direction: Direction, chunk: Chunk, context: HelperContext): number {
    const { bytes, start, end } = chunk;
    if (direction !== FROM_INSIDE) return end - start;
    let at = start;
    while (at < end) {
      const skipped = Math.min(this.#skip, end - at);
      this.#skip -= skipped;
      at += skipped;
      if (at === end) break;
      const foreign = this.#lost || differs(chunk, at, SIGNATURE) || differs(chunk, at + 12, SEAL);
      const size = end - at < PREFIX || foreign ? 0 : PREFIX + get32(bytes, at + 8);
      if (foreign || size > LONGEST) {
        context.refuse('the client does not speak MMS');
        context.stop();
        return end - start;
      }
      if (end - at < Math.min(40, Math.max(size, PREFIX))) return at - start;
      if (size < NAME || size > HOLD_BYTES || get32(bytes, at + 36) !== FUNNEL) {
        this.#skip = size;
        continue;
      }
      if (end - at < size) return at - start;
      this.#funnel(at, size, chunk, context);
      at += size;
    }
    return end - start;
  }

  lost(direction: Direction): void {
    if (direction === FROM_INSIDE) this.#lost = true;
  }

  #funnel(at: number, size: number, chunk: Chunk, context: HelperContext): void {
    const { bytes } = chunk;
    let name = '';
    for (let i = at + NAME; i + 1 < at + size; i += 2) {
      const unit = (bytes[i] as number) | ((bytes[i + 1] as number) << 8);
      if (unit === 0) break;
      name += String.fromCharCode(unit);
    }
    if (/^\\\\[^\\]*\\TCP\\/i.test(name)) return;
    const match = FUNNEL_NAME.exec(name);
    if (!match || size % 8 !== 0) {
      context.refuse('the place for the stream could not be read');
      return;
    }
    if (dottedAddress(match[1] as string) !== context.inside) {
      context.refuse('the place for the stream is a third party');
      return;
    }
    const outside = context.expect({
      protocol: 'udp',
      insidePort: portNumber(match[2] as string),
      remote: context.remote,
      remotePort: 0,
      seconds: SECONDS,
      count: 1,
    });
    if (outside === null) return;
    context.used();
    const address = context.outside;
    const dotted = `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
    const text = `\\\\${dotted}\\UDP\\${outside}`;
    const units = (size - PREFIX) >>> 3;
    const chunks = Math.max(units, Math.ceil((NAME + text.length * 2 + 2 - PREFIX) / 8));
    const written = new Uint8Array(chunks * 8 + PREFIX - NAME);
    bytesOf(text).forEach((byte, i) => {
      written[i * 2] = byte;
    });
    if (chunks !== units) {
      chunk.replace(at + 8, at + 12, word(chunks * 8));
      chunk.replace(at + 16, at + 20, word(chunks));
      chunk.replace(at + 32, at + 36, word(chunks - 2));
    }
    chunk.replace(at + NAME, at + size, written);
  }
}

function get32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}

function word(value: number): Uint8Array {
  return Uint8Array.of(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
}

function begins(fromClient: boolean, span: Span): boolean | null {
  return fromClient && hasAt(span, 0, SIGNATURE);
}

export const mms: Helper = {
  name: 'mms',
  title: 'Windows Media (MMS)',
  opens: 'For a Windows Media stream, the one port the player has named, to that server only.',
  on: false,
  transports: [
    {
      protocol: 'tcp',
      ports: [1755],
      begins,
      open: (context) => (context.insideIsServer ? unread : new Control()),
    },
  ],
};
