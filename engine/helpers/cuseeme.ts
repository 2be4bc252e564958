// CU-SeeMe (UDP 7648, 7649; Cornell): the helper that puts the right addresses into a conference's packets. No RFC; the layout, 26 bytes,
// big-endian, is the one later systems agree on. It opens nothing: everything runs between two ports. Pictures and sound are not read.
//
//   0 dest family u16   2 dest port u16   4 dest address u32   8 family i16   10 port u16   12 address u32
//   16 sequence u32     20 message u16    22 data type u16     24 packet length u16
//   data type 101, open-continue: 26 clients u16, 28 sequence u32, 32 name 20 bytes, 52 flags 4 bytes, then from 56 on
//   a record of 12 bytes a client: address u32, 8 bytes of flags
import { get16, get32, put16, put32 } from '../packet/bytes.ts';
import {
  type Chunk,
  type DatagramDialogue,
  type Direction,
  FROM_INSIDE,
  type Helper,
  type HelperContext,
  type Span,
} from './helper.ts';

const HEADER = 26;
const TO = 2;
const FROM = 10;
const OPEN_CONTINUE = 101;
const RECORDS = 56;
const RECORD = 12;

function portAndAddress(port: number, address: number): Uint8Array {
  const bytes = new Uint8Array(6);
  put16(bytes, 0, port);
  put32(bytes, 2, address);
  return bytes;
}

class Conference implements DatagramDialogue {
  readonly kind = 'datagram';
  /** A use is a conference, not each of its pictures. */
  #counted = false;

  read(direction: Direction, chunk: Chunk, context: HelperContext): boolean {
    if (chunk.end - chunk.start < HEADER) return true;
    const changed =
      direction === FROM_INSIDE ? this.#outgoing(chunk, context) : this.#incoming(chunk, context);
    if (changed && !this.#counted) {
      this.#counted = true;
      context.used();
    }
    return true;
  }

  #outgoing({ bytes, start, replace }: Chunk, context: HelperContext): boolean {
    const at = start + FROM;
    const port = get16(bytes, at);
    const address = get32(bytes, at + 2);
    if (address === 0 || address === context.outside) return false;
    if (address !== context.inside) {
      context.refuse('the packet names a third party as its sender');
      return false;
    }
    const told = port === context.insidePort ? context.outsidePort : port;
    replace(at, at + 6, portAndAddress(told, context.outside));
    return true;
  }

  #incoming({ bytes, start, end, replace }: Chunk, context: HelperContext): boolean {
    const at = start + TO;
    let changed = false;
    if (get32(bytes, at + 2) === context.outside) {
      const port = get16(bytes, at);
      replace(
        at,
        at + 6,
        portAndAddress(port === context.outsidePort ? context.insidePort : port, context.inside),
      );
      changed = true;
    }
    if (get16(bytes, start + 22) !== OPEN_CONTINUE || end - start < RECORDS) return changed;
    // A client finds itself in the list by its address.
    const own = new Uint8Array(4);
    put32(own, 0, context.inside);
    const clients = get16(bytes, start + HEADER);
    let record = start + RECORDS;
    for (let i = 0; i < clients && record + RECORD <= end; i++, record += RECORD)
      if (get32(bytes, record) === context.outside) {
        replace(record, record + 4, own);
        changed = true;
      }
    return changed;
  }
}

/** Families: 0 a reflector's group, 1 a client, 2 many. */
function begins(_fromClient: boolean, { bytes, start, end }: Span): boolean {
  return end - start >= HEADER && get16(bytes, start) <= 2 && get16(bytes, start + 8) <= 2;
}

export const cuseeme: Helper = {
  name: 'cuseeme',
  title: 'CU-SeeMe',
  opens:
    'Nothing: it only writes the address the other end sees into the packets of a video conference, and the computer’s own into those that come back.',
  on: false,
  transports: [{ protocol: 'udp', ports: [7648, 7649], begins, open: () => new Conference() }],
};
