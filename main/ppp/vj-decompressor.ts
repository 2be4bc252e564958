/**
 * The receiving half of Van Jacobson compression (RFC 1144 §3.2.4-4.2, appendix A.3); the format is in vj.ts.
 *
 * Beyond the RFC: after an error every slot is in doubt, because the differences for it may be among what was lost. What
 * a doubtful slot gives must pass TCP's own checksum before it is let through, so that no wrong octet leaves here.
 */
import { PROTOCOL_VJ_UNCOMPRESSED, u8, u16, u32 } from './packet.ts';
import {
  LARGEST_HEADER,
  makeSlots,
  NEW_ACK,
  NEW_ID,
  NEW_SEQ,
  NEW_SLOT,
  NEW_URGENT,
  NEW_WINDOW,
  PSH,
  PUSH_BIT,
  put16,
  put32,
  type Slot,
  SPECIAL_DATA,
  SPECIAL_INTERACTIVE,
  SPECIALS,
  TCP,
  URG,
} from './vj.ts';

export class VjDecompressor {
  /** The packet after `decompress` returned true. */
  out: Uint8Array = new Uint8Array(2048);
  outLength = 0;
  private readonly slots: Slot[];
  private lastSlot = -1;
  /** Something was lost: the slot meant by a packet that names none is not known. */
  private toss = true;
  private cursor = 0;
  /** 1 for a slot whose header may be out of step with the sender's. */
  private readonly doubts: Uint8Array;
  private readonly noCheckSequence: boolean;

  /** `noCheckSequence`: the line below lets broken octets through (SLIP), so that nothing is beyond doubt. */
  constructor(slots: number, noCheckSequence = false) {
    const count = Math.max(1, Math.min(256, slots));
    this.slots = makeSlots(count);
    this.doubts = new Uint8Array(count);
    this.noCheckSequence = noCheckSequence;
  }

  /** A frame was broken, or came from a compressor below that lost its place. */
  lost(): void {
    this.toss = true;
    this.doubts.fill(1);
  }

  /** `protocol` 0x002d or 0x002f. `false`: not a packet we can restore, drop it. */
  decompress(protocol: number, bytes: Uint8Array, offset: number, length: number): boolean {
    if (length + LARGEST_HEADER > this.out.length) this.out = new Uint8Array(length + 256);
    const good =
      protocol === PROTOCOL_VJ_UNCOMPRESSED
        ? this.remember(bytes, offset, length)
        : this.restore(bytes, offset, offset + length);
    if (!good) this.toss = true;
    return good;
  }

  private remember(bytes: Uint8Array, offset: number, length: number): boolean {
    if (length < 40 || u8(bytes, offset) >>> 4 !== 4) return false;
    const slot = this.slots[u8(bytes, offset + 9)];
    const ipLength = (u8(bytes, offset) & 15) * 4;
    const total = u16(bytes, offset + 2);
    if (slot === undefined || ipLength < 20 || ipLength + 20 > total || total > length) return false;
    const tcpLength = (u8(bytes, offset + ipLength + 12) >>> 4) * 4;
    if (tcpLength < 20 || ipLength + tcpLength > total) return false;
    for (let i = 0; i < total; i++) this.out[i] = bytes[offset + i] as number;
    this.out[9] = TCP;
    this.outLength = total;
    slot.length = ipLength + tcpLength;
    slot.total = total;
    // A header broken on the way would be put right again in every packet made from it.
    if (this.noCheckSequence && !(this.headerHolds(ipLength) && this.checksumHolds(ipLength))) return false;
    for (let i = 0; i < slot.length; i++) slot.header[i] = u8(this.out, i);
    this.lastSlot = u8(bytes, offset + 9);
    this.doubts[this.lastSlot] = 0;
    this.toss = false;
    return true;
  }

  private restore(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < 3) return false;
    const changes = u8(bytes, start);
    this.cursor = start + 1;
    if (changes & NEW_SLOT) {
      this.lastSlot = u8(bytes, this.cursor++);
      this.toss = false;
    } else if (this.toss) return false;
    const slot = this.slots[this.lastSlot];
    if (slot === undefined || slot.length === 0 || this.cursor + 2 > end) return false;
    const { header } = slot;
    const tcp = (u8(header, 0) & 15) * 4;
    put16(header, tcp + 16, u16(bytes, this.cursor));
    this.cursor += 2;
    const flags = u8(header, tcp + 13) & ~(PSH | URG);
    header[tcp + 13] = flags | (changes & PUSH_BIT ? PSH : 0);
    const carried = slot.total - slot.length;
    const special = changes & SPECIALS;
    if (special === SPECIAL_INTERACTIVE) {
      put32(header, tcp + 8, (u32(header, tcp + 8) + carried) >>> 0);
      put32(header, tcp + 4, (u32(header, tcp + 4) + carried) >>> 0);
    } else if (special === SPECIAL_DATA) put32(header, tcp + 4, (u32(header, tcp + 4) + carried) >>> 0);
    else {
      if (changes & NEW_URGENT) {
        header[tcp + 13] = u8(header, tcp + 13) | URG;
        put16(header, tcp + 18, this.decode(bytes, end));
      }
      if (changes & NEW_WINDOW)
        put16(header, tcp + 14, (u16(header, tcp + 14) + this.decode(bytes, end)) & 0xffff);
      if (changes & NEW_ACK) put32(header, tcp + 8, (u32(header, tcp + 8) + this.decode(bytes, end)) >>> 0);
      if (changes & NEW_SEQ) put32(header, tcp + 4, (u32(header, tcp + 4) + this.decode(bytes, end)) >>> 0);
    }
    const id = changes & NEW_ID ? this.decode(bytes, end) : 1;
    put16(header, 4, (u16(header, 4) + id) & 0xffff);
    if (this.cursor > end) return false;
    slot.total = slot.length + (end - this.cursor);
    if (slot.total > 0xffff) return false;
    this.emit(slot, bytes, end, tcp);
    if (this.noCheckSequence || this.doubts[this.lastSlot] === 1) {
      if (!this.checksumHolds(tcp)) return false;
      this.doubts[this.lastSlot] = 0;
    }
    return true;
  }

  /** The IP header's own checksum (RFC 791 §3.1). */
  private headerHolds(ipLength: number): boolean {
    let sum = 0;
    for (let i = 0; i < ipLength; i += 2) sum += u16(this.out, i);
    sum = (sum & 0xffff) + (sum >>> 16);
    return ((sum + (sum >>> 16)) & 0xffff) === 0xffff;
  }

  /** Of the TCP segment in `out` (RFC 793 §3.1: pseudo-header, header and data). */
  private checksumHolds(ipLength: number): boolean {
    const { out, outLength } = this;
    let sum = TCP + outLength - ipLength;
    for (let i = 12; i < 20; i += 2) sum += u16(out, i);
    const even = ipLength + ((outLength - ipLength) & ~1);
    for (let i = ipLength; i < even; i += 2) sum += u16(out, i);
    if (even < outLength) sum += u8(out, even) << 8;
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    return sum === 0xffff;
  }

  private decode(bytes: Uint8Array, end: number): number {
    const short = this.cursor < end ? u8(bytes, this.cursor) : 0;
    if (short !== 0) {
      this.cursor++;
      return short;
    }
    const value = this.cursor + 3 <= end ? u16(bytes, this.cursor + 1) : 0;
    this.cursor += 3;
    return value;
  }

  private emit(slot: Slot, bytes: Uint8Array, end: number, ipLength: number): void {
    const { header } = slot;
    put16(header, 2, slot.total);
    put16(header, 10, 0);
    let sum = 0;
    for (let i = 0; i < ipLength; i += 2) sum += u16(header, i);
    sum = (sum & 0xffff) + (sum >>> 16);
    put16(header, 10, ~(sum + (sum >>> 16)) & 0xffff);
    for (let i = 0; i < slot.length; i++) this.out[i] = u8(header, i);
    for (let i = slot.length, from = this.cursor; from < end; i++, from++)
      this.out[i] = bytes[from] as number;
    this.outLength = slot.total;
  }
}
