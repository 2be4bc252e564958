/**
 * The way of an IPv4 packet through an open link: VJ (RFC 1144), then Deflate (RFC 1979), and back.
 * Knows nothing of phases; frames go out through the session's encoder. Allocates nothing per packet without Deflate.
 */
import type { CcpRules } from './ccp.ts';
import type { VjTerms } from './ipcp.ts';
import {
  addressBytes,
  PROTOCOL_COMPRESSED,
  PROTOCOL_IP,
  PROTOCOL_VJ_COMPRESSED,
  PROTOCOL_VJ_UNCOMPRESSED,
  u8,
  u16,
  u32,
} from './packet.ts';
import { VjCompressor } from './vj-compressor.ts';
import { VjDecompressor } from './vj-decompressor.ts';

export class DataPath {
  /** What to frame after `outbound`. */
  protocol = PROTOCOL_IP;
  bytes: Uint8Array = new Uint8Array(0);
  offset = 0;
  length = 0;
  private compressor: VjCompressor | null = null;
  private decompressor: VjDecompressor | null = null;
  private onlySource: number | null = null;
  private readonly ccp: CcpRules;
  private readonly deliver: (packet: Uint8Array, offset: number, length: number) => void;

  constructor(ccp: CcpRules, deliver: (packet: Uint8Array, offset: number, length: number) => void) {
    this.ccp = ccp;
    this.deliver = deliver;
  }

  /** `onlySource`: packets from any other address are dropped (a caller may use its own only); `null`: any. */
  open(send: VjTerms | null, receive: VjTerms | null, onlySource: string | null): void {
    this.compressor = send && new VjCompressor(send.slots, send.slotIds);
    this.decompressor = receive && new VjDecompressor(receive.slots);
    this.onlySource = onlySource === null ? null : u32(addressBytes(onlySource), 0);
  }

  /** The peer's Protocol-Reject: it does not do VJ after all. */
  stopVj(): void {
    this.compressor = null;
  }

  /** A frame was broken: some packet is missing from both streams. */
  lost(): void {
    this.decompressor?.lost();
  }

  outbound(packet: Uint8Array, offset: number, length: number): void {
    this.protocol = PROTOCOL_IP;
    this.bytes = packet;
    this.offset = offset;
    this.length = length;
    if (this.compressor !== null) {
      const protocol = this.compressor.compress(packet, offset, length);
      if (protocol !== PROTOCOL_IP) {
        this.protocol = protocol;
        this.bytes = this.compressor.out;
        this.offset = 0;
        this.length = this.compressor.outLength;
      }
    }
    const deflated =
      this.ccp.compressor?.compress(this.protocol, this.bytes, this.offset, this.length) ?? null;
    if (deflated === null) return;
    this.protocol = PROTOCOL_COMPRESSED;
    this.bytes = deflated;
    this.offset = 0;
    this.length = deflated.length;
  }

  /** A frame's content; `false` if its protocol is not one of data. */
  inbound(protocol: number, frame: Uint8Array, offset: number, length: number, now: number): boolean {
    if (protocol === PROTOCOL_COMPRESSED) {
      const { decompressor, resetting } = this.ccp;
      if (decompressor === null) return false;
      if (resetting) {
        // Packets sent uncompressed still come through meanwhile: each dropped one puts VJ in doubt anew.
        this.lost();
        return true;
      }
      const plain = decompressor.decompress(frame, offset, length);
      if (plain === null) {
        this.lost();
        this.ccp.requestReset(now);
        return true;
      }
      const head = u8(plain, 0) & 1 ? 1 : 2;
      if (plain.length > head)
        this.restore(head === 1 ? u8(plain, 0) : u16(plain, 0), plain, head, plain.length - head);
      return true;
    }
    if (
      protocol !== PROTOCOL_IP &&
      protocol !== PROTOCOL_VJ_COMPRESSED &&
      protocol !== PROTOCOL_VJ_UNCOMPRESSED
    )
      return false;
    if (!this.ccp.resetting) this.ccp.decompressor?.passedBy(protocol, frame, offset, length);
    return this.restore(protocol, frame, offset, length);
  }

  private restore(protocol: number, bytes: Uint8Array, offset: number, length: number): boolean {
    if (protocol === PROTOCOL_IP) this.checked(bytes, offset, length);
    else if (this.decompressor === null) return false;
    else if (protocol !== PROTOCOL_VJ_COMPRESSED && protocol !== PROTOCOL_VJ_UNCOMPRESSED) return true;
    else if (this.decompressor.decompress(protocol, bytes, offset, length))
      this.checked(this.decompressor.out, 0, this.decompressor.outLength);
    return true;
  }

  /** Only whole IPv4 packets, without padding, from an address the peer may use. */
  private checked(bytes: Uint8Array, offset: number, length: number): void {
    if (length < 20 || u8(bytes, offset) >>> 4 !== 4 || (u8(bytes, offset) & 15) < 5) return;
    const total = u16(bytes, offset + 2);
    if (total < (u8(bytes, offset) & 15) * 4 || total > length) return;
    if (this.onlySource !== null && u32(bytes, offset + 12) !== this.onlySource) return;
    this.deliver(bytes, offset, total);
  }
}
