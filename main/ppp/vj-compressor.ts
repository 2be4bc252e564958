/**
 * The sending half of Van Jacobson compression (RFC 1144 §3.2.2-3.2.3, appendix A.2); the format is in vj.ts.
 */
import { PROTOCOL_IP, PROTOCOL_VJ_COMPRESSED, PROTOCOL_VJ_UNCOMPRESSED, u8, u16, u32 } from './packet.ts';
import {
  ACK,
  LARGEST_COMPRESSED_HEADER,
  makeSlots,
  NEW_ACK,
  NEW_ID,
  NEW_SEQ,
  NEW_SLOT,
  NEW_URGENT,
  NEW_WINDOW,
  PSH,
  PUSH_BIT,
  type Slot,
  SPECIAL_DATA,
  SPECIAL_INTERACTIVE,
  SYN_FIN_RST_ACK,
  TCP,
  URG,
} from './vj.ts';

export class VjCompressor {
  /** What to send after `compress` returned something but 0x0021: `out[outOffset..outOffset+outLength)`. */
  out: Uint8Array = new Uint8Array(2048);
  readonly outOffset = 0;
  outLength = 0;
  private readonly slots: Slot[];
  private readonly slotIds: boolean;
  private lastSlot = -1;
  private clock = 0;
  private readonly deltas = new Uint8Array(LARGEST_COMPRESSED_HEADER);
  private deltaLength = 0;

  /** `slots` 1 to 256 as the peer said; `slotIds`: the peer allows the slot number to be left out when unchanged. */
  constructor(slots: number, slotIds: boolean) {
    this.slots = makeSlots(Math.max(1, Math.min(256, slots)));
    this.slotIds = slotIds;
  }

  /** The PPP protocol to send it under. 0x0021: send `packet` as it stands. */
  compress(packet: Uint8Array, offset: number, length: number): number {
    if (length < 40 || u8(packet, offset) >>> 4 !== 4 || u8(packet, offset + 9) !== TCP) return PROTOCOL_IP;
    const ipLength = (u8(packet, offset) & 15) * 4;
    const total = u16(packet, offset + 2);
    if (ipLength < 20 || total > length || (u16(packet, offset + 6) & 0x3fff) !== 0) return PROTOCOL_IP;
    if (ipLength + 20 > total) return PROTOCOL_IP;
    const tcp = offset + ipLength;
    if ((u8(packet, tcp + 13) & SYN_FIN_RST_ACK) !== ACK) return PROTOCOL_IP;
    const tcpLength = (u8(packet, tcp + 12) >>> 4) * 4;
    const headerLength = ipLength + tcpLength;
    if (tcpLength < 20 || headerLength > total) return PROTOCOL_IP;
    if (total + LARGEST_COMPRESSED_HEADER > this.out.length) this.out = new Uint8Array(total + 64);

    const index = this.find(packet, offset, tcp);
    const known = index >= 0;
    const number = known ? index : this.oldest();
    const slot = this.slots[number] as Slot;
    slot.lastUsed = ++this.clock;
    const changes = known ? this.changes(slot, packet, offset, ipLength, headerLength) : -1;
    for (let i = 0; i < headerLength; i++) slot.header[i] = u8(packet, offset + i);
    slot.length = headerLength;
    slot.total = total;
    if (changes < 0) return this.emitWhole(packet, offset, total, number);
    return this.emitChanges(changes, packet, offset, headerLength, total, number);
  }

  private find(packet: Uint8Array, ip: number, tcp: number): number {
    for (let i = 0; i < this.slots.length; i++) {
      const { header, length } = this.slots[i] as Slot;
      if (length === 0) continue;
      // Header lengths may differ: then it goes whole, but it is the same conversation and keeps its slot.
      const oldTcp = (u8(header, 0) & 15) * 4;
      if (
        u32(header, 12) === u32(packet, ip + 12) &&
        u32(header, 16) === u32(packet, ip + 16) &&
        u32(header, oldTcp) === u32(packet, tcp)
      )
        return i;
    }
    return -1;
  }

  private oldest(): number {
    let oldest = 0;
    for (let i = 1; i < this.slots.length; i++)
      if ((this.slots[i] as Slot).lastUsed < (this.slots[oldest] as Slot).lastUsed) oldest = i;
    return oldest;
  }

  /** The change octet, with the differences in `deltas`; -1 if only the whole header will do. */
  private changes(
    slot: Slot,
    packet: Uint8Array,
    ip: number,
    ipLength: number,
    headerLength: number,
  ): number {
    const old = slot.header;
    if (headerLength !== slot.length || !this.fixedFieldsMatch(old, packet, ip, ipLength, headerLength))
      return -1;
    const tcp = ip + ipLength;
    const flags = u8(packet, tcp + 13);
    this.deltaLength = 0;
    let changes = 0;
    if (flags & URG) {
      this.encode(u16(packet, tcp + 18));
      changes |= NEW_URGENT;
    } else if (u16(packet, tcp + 18) !== u16(old, ipLength + 18)) return -1;
    const window = (u16(packet, tcp + 14) - u16(old, ipLength + 14)) & 0xffff;
    if (window !== 0) {
      this.encode(window);
      changes |= NEW_WINDOW;
    }
    const ack = (u32(packet, tcp + 8) - u32(old, ipLength + 8)) >>> 0;
    if (ack > 0xffff) return -1;
    if (ack !== 0) {
      this.encode(ack);
      changes |= NEW_ACK;
    }
    const seq = (u32(packet, tcp + 4) - u32(old, ipLength + 4)) >>> 0;
    if (seq > 0xffff) return -1;
    if (seq !== 0) {
      this.encode(seq);
      changes |= NEW_SEQ;
    }
    const carried = slot.total - slot.length;
    if (changes === 0) {
      // Data right after a bare ACK is new; anything else unchanged is a retransmission or a probe: send it whole.
      if (u16(packet, ip + 2) === slot.total || carried !== 0) return -1;
    } else if (changes === SPECIAL_INTERACTIVE || changes === SPECIAL_DATA) return -1;
    else if (changes === (NEW_SEQ | NEW_ACK) && seq === ack && seq === carried) {
      changes = SPECIAL_INTERACTIVE;
      this.deltaLength = 0;
    } else if (changes === NEW_SEQ && seq === carried) {
      changes = SPECIAL_DATA;
      this.deltaLength = 0;
    }
    const id = (u16(packet, ip + 4) - u16(old, 4)) & 0xffff;
    if (id !== 1) {
      this.encode(id);
      changes |= NEW_ID;
    }
    return flags & PSH ? changes | PUSH_BIT : changes;
  }

  /** All that the scheme cannot express: version, TOS, DF, TTL, data offset, odd flags, options of both headers. */
  private fixedFieldsMatch(
    old: Uint8Array,
    packet: Uint8Array,
    ip: number,
    ipLength: number,
    headerLength: number,
  ): boolean {
    if (u16(packet, ip) !== u16(old, 0)) return false;
    if (u16(packet, ip + 6) !== u16(old, 6) || u16(packet, ip + 8) !== u16(old, 8)) return false;
    if (u8(packet, ip + ipLength + 12) !== u8(old, ipLength + 12)) return false;
    if (((u8(packet, ip + ipLength + 13) ^ u8(old, ipLength + 13)) & ~(PSH | URG)) !== 0) return false;
    for (let i = 20; i < ipLength; i++) if (u8(packet, ip + i) !== u8(old, i)) return false;
    for (let i = ipLength + 20; i < headerLength; i++) if (u8(packet, ip + i) !== u8(old, i)) return false;
    return true;
  }

  /** One octet for 1 to 255, else a zero octet and two more. */
  private encode(value: number): void {
    if (value === 0 || value > 0xff) {
      this.deltas[this.deltaLength++] = 0;
      this.deltas[this.deltaLength++] = value >>> 8;
    }
    this.deltas[this.deltaLength++] = value & 0xff;
  }

  private emitWhole(packet: Uint8Array, offset: number, total: number, slot: number): number {
    for (let i = 0; i < total; i++) this.out[i] = packet[offset + i] as number;
    this.out[9] = slot;
    this.outLength = total;
    this.lastSlot = slot;
    return PROTOCOL_VJ_UNCOMPRESSED;
  }

  private emitChanges(
    changes: number,
    packet: Uint8Array,
    offset: number,
    headerLength: number,
    total: number,
    slot: number,
  ): number {
    const { out } = this;
    let at = 1;
    if (this.slotIds && slot === this.lastSlot) out[0] = changes;
    else {
      out[0] = changes | NEW_SLOT;
      out[at++] = slot;
      this.lastSlot = slot;
    }
    const checksum = offset + (u8(packet, offset) & 15) * 4 + 16;
    out[at++] = u8(packet, checksum);
    out[at++] = u8(packet, checksum + 1);
    for (let i = 0; i < this.deltaLength; i++) out[at++] = u8(this.deltas, i);
    for (let i = headerLength; i < total; i++) out[at++] = packet[offset + i] as number;
    this.outLength = at;
    return PROTOCOL_VJ_COMPRESSED;
  }
}
