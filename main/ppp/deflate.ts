/**
 * PPP Deflate (RFC 1979): packets as one endless deflate stream, cut at packet borders.
 *
 * zlib's synchronous calls keep nothing between packets, but every packet ends in a sync flush, on an octet border and
 * with its last four octets (00 00 FF FF) left out. So all that carries over is the history, and that is given to zlib
 * as a preset dictionary: the same bits on the line as from one long stream, 0.1 ms a packet, in order, no timers.
 */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';

const FLUSH_TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff);
const LARGEST_WINDOW = 15;
export const SMALLEST_WINDOW = 9;

/** The last `2^bits` octets that went by. */
class History {
  private readonly bytes: Uint8Array;
  private readonly size: number;
  private end = 0;

  constructor(bits: number) {
    this.size = 1 << bits;
    this.bytes = new Uint8Array(2 * this.size);
  }

  clear(): void {
    this.end = 0;
  }

  append(data: Uint8Array): void {
    const tail = data.length > this.size ? data.subarray(data.length - this.size) : data;
    if (this.end + tail.length > this.bytes.length) {
      this.bytes.copyWithin(0, this.end - this.size, this.end);
      this.end = this.size;
    }
    this.bytes.set(tail, this.end);
    this.end += tail.length;
  }

  /** For zlib's options; an empty dictionary must be left out. */
  get dictionary(): { dictionary?: Uint8Array } {
    if (this.end === 0) return {};
    return { dictionary: this.bytes.subarray(Math.max(0, this.end - this.size), this.end) };
  }
}

/** A packet as the compressor sees it: its protocol (one octet if it fits) and its content. */
function withProtocol(protocol: number, packet: Uint8Array, offset: number, length: number): Uint8Array {
  const head = protocol > 0xff ? 2 : 1;
  const plain = new Uint8Array(head + length);
  if (head === 2) plain[0] = protocol >>> 8;
  plain[head - 1] = protocol & 0xff;
  plain.set(packet.subarray(offset, offset + length), head);
  return plain;
}

export class DeflateCompressor {
  private readonly windowBits: number;
  private readonly history: History;
  private sequence = 0;

  /** `windowBits` 9 to 15, as the peer can receive. */
  constructor(windowBits: number) {
    this.windowBits = Math.max(SMALLEST_WINDOW, Math.min(LARGEST_WINDOW, windowBits));
    this.history = new History(this.windowBits);
  }

  reset(): void {
    this.history.clear();
    this.sequence = 0;
  }

  /** Sequence number and compressed data, to be sent under 0x00fd; `null` if that is no shorter: send it as it is. */
  compress(protocol: number, packet: Uint8Array, offset: number, length: number): Uint8Array | null {
    const plain = withProtocol(protocol, packet, offset, length);
    const data = deflateRawSync(plain, {
      windowBits: this.windowBits,
      finishFlush: constants.Z_SYNC_FLUSH,
      ...this.history.dictionary,
    });
    this.history.append(plain);
    const sequence = this.sequence;
    this.sequence = (sequence + 1) & 0xffff;
    const size = data.length - FLUSH_TAIL.length;
    if (2 + size >= length) return null;
    const out = new Uint8Array(2 + size);
    out[0] = sequence >>> 8;
    out[1] = sequence & 0xff;
    out.set(data.subarray(0, size), 2);
    return out;
  }
}

export class DeflateDecompressor {
  private readonly history = new History(LARGEST_WINDOW);
  private readonly largest: number;
  private sequence = 0;

  /** `largest`: octets a packet may grow to. */
  constructor(largest: number) {
    this.largest = largest;
  }

  reset(): void {
    this.history.clear();
    this.sequence = 0;
  }

  /** The protocol octets and the packet, or `null` if the stream is broken and must be reset. */
  decompress(bytes: Uint8Array, offset: number, length: number): Uint8Array | null {
    if (length < 3) return null;
    const sequence = ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
    if (sequence !== this.sequence) return null;
    const data = new Uint8Array(length - 2 + FLUSH_TAIL.length);
    data.set(bytes.subarray(offset + 2, offset + length));
    data.set(FLUSH_TAIL, length - 2);
    let plain: Uint8Array;
    try {
      plain = inflateRawSync(data, {
        windowBits: LARGEST_WINDOW,
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: this.largest + 2,
        ...this.history.dictionary,
      });
    } catch {
      return null;
    }
    if (plain.length === 0) return null;
    // A Buffer's `slice` shares where an Uint8Array's copies: hand out what callers expect.
    plain = new Uint8Array(plain.buffer, plain.byteOffset, plain.length);
    this.sequence = (sequence + 1) & 0xffff;
    this.history.append(plain);
    return plain;
  }

  /** A packet the peer sent uncompressed: it went through the peer's compressor all the same. */
  passedBy(protocol: number, packet: Uint8Array, offset: number, length: number): void {
    this.sequence = (this.sequence + 1) & 0xffff;
    this.history.append(withProtocol(protocol, packet, offset, length));
  }
}
