/**
 * What the scheduler reads of an IPv4 packet (RFC 791, 9293, 768): whose flow it is, and where the TCP fields stand.
 *
 * One view is read into again and again, so that nothing is allocated a packet. It checks lengths, not checksums; what is
 * damaged or not IPv4 reads as protocol 0 without ports and is queued as any other octets.
 */

export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const ACK = 0x10;
export const URG = 0x20;
export const ECE = 0x40;
/** Flags that a pure acknowledgement may carry besides ACK: ECE. */
const NOT_PURE = FIN | SYN | RST | URG | 0x80 | 0x08;

function u8(buffer: Uint8Array, at: number): number {
  return buffer[at] as number;
}

export function u16(buffer: Uint8Array, at: number): number {
  return (u8(buffer, at) << 8) | u8(buffer, at + 1);
}

export function u32(buffer: Uint8Array, at: number): number {
  return ((u16(buffer, at) << 16) | u16(buffer, at + 2)) >>> 0;
}

/** Sequence arithmetic modulo 2^32 (RFC 9293 §3.4): how far `a` is ahead of `b`, negative if behind. */
export function ahead(a: number, b: number): number {
  return (a - b) | 0;
}

function mix(hash: number, value: number): number {
  let h = Math.imul(hash ^ value, 0x9e3779b1);
  h ^= h >>> 15;
  return h;
}

export class PacketView {
  protocol = 0;
  /** From the IP header, not the buffer. */
  length = 0;
  source = 0;
  destination = 0;
  /** 0 where there are none: later fragments, other protocols. */
  sourcePort = 0;
  destinationPort = 0;
  /** Where the transport header begins in the buffer. */
  transport = 0;
  flags = 0;
  seq = 0;
  ack = 0;
  /** As written, not scaled. */
  window = 0;
  tcpHeaderLength = 0;
  /** TCP octets after the header. */
  payload = 0;
  /** Two low bits of the traffic class (RFC 3168): 0 not capable, 3 congestion experienced. */
  ecn = 0;

  read(buffer: Uint8Array, offset: number, length: number): void {
    this.protocol = 0;
    this.length = length;
    this.sourcePort = 0;
    this.destinationPort = 0;
    this.source = 0;
    this.destination = 0;
    this.flags = 0;
    this.payload = 0;
    this.ecn = 0;
    this.tcpHeaderLength = 0;
    if (length < 20 || u8(buffer, offset) >> 4 !== 4) return;
    const headerLength = (u8(buffer, offset) & 0x0f) * 4;
    const total = u16(buffer, offset + 2);
    if (headerLength < 20 || total < headerLength || total > length) return;
    this.source = u32(buffer, offset + 12);
    this.destination = u32(buffer, offset + 16);
    this.ecn = u8(buffer, offset + 1) & 3;
    const protocol = u8(buffer, offset + 9);
    this.protocol = protocol;
    this.transport = offset + headerLength;
    const left = total - headerLength;
    const fragment = (u16(buffer, offset + 6) & 0x3fff) !== 0;
    if (fragment || left < 8) return;
    if (protocol === TCP || protocol === UDP) {
      this.sourcePort = u16(buffer, this.transport);
      this.destinationPort = u16(buffer, this.transport + 2);
    }
    if (protocol === TCP && left >= 20) this.#readTcp(buffer, left);
  }

  /** A whole TCP header was there. */
  get isTcp(): boolean {
    return this.tcpHeaderLength !== 0;
  }

  /** Carries an acknowledgement and nothing else. */
  get isPureAck(): boolean {
    return this.isTcp && this.payload === 0 && (this.flags & ACK) !== 0 && (this.flags & NOT_PURE) === 0;
  }

  /** One past the last octet of sequence space it takes; SYN and FIN take one each. */
  get endSeq(): number {
    const marks = ((this.flags & SYN) !== 0 ? 1 : 0) + ((this.flags & FIN) !== 0 ? 1 : 0);
    return (this.seq + this.payload + marks) >>> 0;
  }

  /** 32 bits that stand for the flow as sent; `salt` keeps clients apart. */
  flowHash(salt: number): number {
    const ports = (this.sourcePort << 16) | this.destinationPort;
    return mix(mix(mix(mix(salt + 1, this.source), this.destination), ports), this.protocol);
  }

  #readTcp(buffer: Uint8Array, left: number): void {
    const at = this.transport;
    const headerLength = (u8(buffer, at + 12) >> 4) * 4;
    if (headerLength < 20 || headerLength > left) return;
    this.tcpHeaderLength = headerLength;
    this.seq = u32(buffer, at + 4);
    this.ack = u32(buffer, at + 8);
    this.flags = u8(buffer, at + 13);
    this.window = u16(buffer, at + 14);
    this.payload = left - headerLength;
  }

  /** The window scale option of a SYN (RFC 7323 §2), at most 14; -1: not offered. */
  windowScale(buffer: Uint8Array): number {
    const at = this.option(buffer, 3, 3);
    return at < 0 ? -1 : Math.min(14, u8(buffer, at + 2));
  }

  /** The MSS option of a SYN, bytes; 536 if absent (RFC 9293 §3.7.1). */
  maximumSegment(buffer: Uint8Array): number {
    const at = this.option(buffer, 2, 4);
    return at < 0 ? 536 : u16(buffer, at + 2);
  }

  /** No options but padding and timestamps: what RFC 7323 connections carry on every segment. */
  plainOptions(buffer: Uint8Array): boolean {
    let at = this.transport + 20;
    const end = this.transport + this.tcpHeaderLength;
    while (at < end) {
      const kind = u8(buffer, at);
      if (kind === 0) return true;
      if (kind === 1) at += 1;
      else if (kind === 8 && at + 10 <= end && u8(buffer, at + 1) === 10) at += 10;
      else return false;
    }
    return true;
  }

  /** Where an option of this kind and length begins, or -1. */
  option(buffer: Uint8Array, kind: number, length: number): number {
    let at = this.transport + 20;
    const end = this.transport + this.tcpHeaderLength;
    while (at < end) {
      const found = u8(buffer, at);
      if (found === 0) return -1;
      if (found === 1) {
        at += 1;
        continue;
      }
      if (at + 1 >= end) return -1;
      const size = u8(buffer, at + 1);
      if (size < 2 || at + size > end) return -1;
      if (found === kind) return size === length ? at : -1;
      at += size;
    }
    return -1;
  }
}

/** RFC 1624 eq. 3: the checksum after the 16-bit word `before` became `after`. */
export function adjustChecksum(checksum: number, before: number, after: number): number {
  let sum = (~checksum & 0xffff) + (~before & 0xffff) + after;
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Lowers the MSS option of the SYN that `view` has read, where there is one above `most`; the checksum stays true. */
export function lowerMaximumSegment(view: PacketView, buffer: Uint8Array, most: number): void {
  const at = view.option(buffer, 2, 4);
  if (at < 0 || u16(buffer, at + 2) <= most) return;
  const odd = (at - view.transport) & 1;
  const from = at + 2 - odd;
  const before = [u16(buffer, from), u16(buffer, from + 2)] as const;
  put16(buffer, at + 2, most);
  const sumAt = view.transport + 16;
  for (const [i, word] of before.entries())
    put16(buffer, sumAt, adjustChecksum(u16(buffer, sumAt), word, u16(buffer, from + 2 * i)));
}

/** The window of the segment that `view` has read, with the checksum kept true. */
export function rewriteWindow(view: PacketView, buffer: Uint8Array, window: number): void {
  const at = view.transport;
  put16(buffer, at + 14, window);
  put16(buffer, at + 16, adjustChecksum(u16(buffer, at + 16), view.window, window));
}

export function put16(buffer: Uint8Array, at: number, value: number): void {
  buffer[at] = value >>> 8;
  buffer[at + 1] = value & 0xff;
}
