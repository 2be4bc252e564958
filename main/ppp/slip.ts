/**
 * SLIP (RFC 1055) and CSLIP (SLIP with RFC 1144): IP packets between END octets, and nothing else.
 *
 * No negotiation, no check sequence, no close: addresses come from elsewhere and only the carrier tells up from down.
 * What noise does to a packet is left to its checksums: the IP header's always, TCP's where a header was compressed.
 * CSLIP marks a packet's kind in its first octet; which of the two the peer speaks is told by its first such packet.
 */
import { PROTOCOL_IP, PROTOCOL_VJ_COMPRESSED, PROTOCOL_VJ_UNCOMPRESSED, u8, u16 } from './packet.ts';
import { VjCompressor } from './vj-compressor.ts';
import { VjDecompressor } from './vj-decompressor.ts';

const END = 0xc0;
const ESC = 0xdb;
const ESC_END = 0xdc;
const ESC_ESC = 0xdd;
/** RFC 1144 appendix: type of packet in the top bits of its first octet, where plain IP has its version. */
const UNCOMPRESSED_TCP = 0x70;
const COMPRESSED_TCP = 0x80;
const SLOTS = 16;
/**
 * Every compressed packet names its slot, for one octet: after noise the far end then goes on by itself, and slirp 1.0.17
 * drops all packets over CSLIP that name none.
 */
const NAMELESS = false;

export interface SlipConfig {
  /** Largest packet to be received, bytes; RFC 1055 has no more than 1006, most have 1500. */
  mtu: number;
  /** `on`: compress from the start. `auto`: once the peer does. `off`: plain SLIP. */
  compression: 'on' | 'auto' | 'off';
}

export class SlipLink {
  readonly counters = { framesIn: 0, framesOut: 0, broken: 0, overruns: 0, bytesIn: 0, bytesOut: 0 };
  private readonly config: SlipConfig;
  private readonly deliver: (packet: Uint8Array, offset: number, length: number) => void;
  private readonly buffer: Uint8Array;
  private out: Uint8Array;
  private at = 0;
  private length = 0;
  private escaped = false;
  private overrun = false;
  /** The line has shown an END. */
  private synchronised = false;
  private compressing: boolean;
  private compressor = new VjCompressor(SLOTS, NAMELESS);
  private decompressor = new VjDecompressor(SLOTS, true);

  /** `deliver` gets whole IPv4 packets in a buffer that holds only during the call. */
  constructor(config: SlipConfig, deliver: (packet: Uint8Array, offset: number, length: number) => void) {
    this.config = config;
    this.deliver = deliver;
    this.buffer = new Uint8Array(config.mtu + 128);
    this.out = new Uint8Array(2 * (config.mtu + 8));
    this.compressing = config.compression === 'on';
  }

  /** Whether the peer, or the configuration, has made this CSLIP. */
  get compressed(): boolean {
    return this.compressing;
  }

  /** A new call: nothing is remembered of the old. */
  reset(): void {
    this.length = 0;
    this.escaped = false;
    this.overrun = false;
    this.synchronised = false;
    this.compressing = this.config.compression === 'on';
    this.compressor = new VjCompressor(SLOTS, NAMELESS);
    this.decompressor = new VjDecompressor(SLOTS, true);
  }

  /**
   * An IPv4 packet as octets for the line; a view that holds until the next call. `open`: an END also before it, to part
   * it from noise; else the one that ended the last packet serves.
   */
  encode(packet: Uint8Array, offset: number, length: number, open = true): Uint8Array {
    const protocol = this.compressing ? this.compressor.compress(packet, offset, length) : PROTOCOL_IP;
    const plain = protocol === PROTOCOL_IP;
    const bytes = plain ? packet : this.compressor.out;
    const start = plain ? offset : 0;
    const size = plain ? length : this.compressor.outLength;
    if (protocol === PROTOCOL_VJ_UNCOMPRESSED) bytes[0] = u8(bytes, 0) | UNCOMPRESSED_TCP;
    else if (protocol === PROTOCOL_VJ_COMPRESSED) bytes[0] = u8(bytes, 0) | COMPRESSED_TCP;
    if (2 * size + 2 > this.out.length) this.out = new Uint8Array(2 * size + 2);
    this.at = 0;
    if (open) this.out[this.at++] = END;
    for (let i = start; i < start + size; i++) this.put(bytes[i] as number);
    this.out[this.at++] = END;
    this.counters.framesOut++;
    this.counters.bytesOut += this.at;
    return this.out.subarray(0, this.at);
  }

  private put(byte: number): void {
    if (byte === END || byte === ESC) {
      this.out[this.at++] = ESC;
      this.out[this.at++] = byte === END ? ESC_END : ESC_ESC;
    } else this.out[this.at++] = byte;
  }

  /** Octets off the line, split anywhere. */
  receive(bytes: Uint8Array): void {
    this.counters.bytesIn += bytes.length;
    for (let i = 0; i < bytes.length; i++) {
      let byte = bytes[i] as number;
      if (byte === END) {
        this.finish();
        continue;
      }
      if (byte === ESC) {
        this.escaped = true;
        continue;
      }
      if (this.escaped) {
        this.escaped = false;
        // Any other octet breaks the protocol; RFC 1055 says to take it as it is.
        if (byte === ESC_END) byte = END;
        else if (byte === ESC_ESC) byte = ESC;
      }
      if (this.length < this.buffer.length) this.buffer[this.length++] = byte;
      else this.overrun = true;
    }
  }

  private finish(): void {
    const { length, overrun, synchronised } = this;
    this.length = 0;
    this.overrun = false;
    this.escaped = false;
    this.synchronised = true;
    if (!synchronised && this.afterText(length)) this.counters.framesIn++;
    else if (overrun) {
      this.counters.overruns++;
      this.decompressor.lost();
    } else if (length > 0) {
      if (this.unpack(length)) this.counters.framesIn++;
      else {
        this.counters.broken++;
        this.decompressor.lost();
      }
    }
  }

  private unpack(length: number): boolean {
    const { buffer } = this;
    const kind = u8(buffer, 0);
    if (kind >>> 4 === 4) return this.checked(buffer, length);
    if (this.config.compression === 'off') return false;
    let protocol = PROTOCOL_VJ_COMPRESSED;
    if ((kind & COMPRESSED_TCP) !== 0) buffer[0] = kind & ~COMPRESSED_TCP;
    else if ((kind & 0xf0) === UNCOMPRESSED_TCP) {
      buffer[0] = (kind & 0x0f) | 0x40;
      protocol = PROTOCOL_VJ_UNCOMPRESSED;
    } else return false;
    if (!this.decompressor.decompress(protocol, buffer, 0, length)) return false;
    this.compressing = true;
    return this.checked(this.decompressor.out, this.decompressor.outLength);
  }

  /** slirp sends no END before its first packet, so that this comes glued to the words of its greeting. */
  private afterText(length: number): boolean {
    const { buffer } = this;
    for (let at = 1; at + 20 <= length; at++) {
      if (u8(buffer, at) === 0x45 && u16(buffer, at + 2) === length - at)
        return this.checked(buffer.subarray(at, length), length - at);
    }
    return false;
  }

  /** There is no check sequence: the header's own checksum must at least hold. */
  private checked(bytes: Uint8Array, length: number): boolean {
    const header = (u8(bytes, 0) & 15) * 4;
    if (length < 20 || header < 20 || header > length) return false;
    const total = u16(bytes, 2);
    if (total < header || total > length) return false;
    let sum = 0;
    for (let i = 0; i < header; i += 2) sum += u16(bytes, i);
    sum = (sum & 0xffff) + (sum >>> 16);
    if (((sum + (sum >>> 16)) & 0xffff) !== 0xffff) return false;
    this.deliver(bytes, 0, total);
    return true;
  }
}
