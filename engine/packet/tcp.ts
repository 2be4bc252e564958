// TCP header (RFC 9293 §3.1): checks, accessors over (buffer, offset of the TCP header), sequence arithmetic modulo 2^32,
// the options a translator touches (MSS, window scale, SACK), and a bare segment for answering on somebody's behalf.
import { get16, get32, put16, put32 } from './bytes.ts';
import { finish, fold, pseudoSum, sumBytes, update16 } from './checksum.ts';
import { TCP, writeIpv4 } from './ipv4.ts';

export const TCP_HEADER = 20;
export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;
export const URG = 32;

/** Whether a segment of `length` bytes is long enough for its own header. */
export function soundTcp(b: Uint8Array, t: number, length: number): boolean {
  if (length < TCP_HEADER) return false;
  const header = dataOffset(b, t);
  return header >= TCP_HEADER && header <= length;
}
/** Whether the checksum is right for these addresses. */
export function tcpChecksumRight(
  b: Uint8Array,
  t: number,
  length: number,
  source: number,
  destination: number,
): boolean {
  return fold(sumBytes(b, t, length) + pseudoSum(source, destination, TCP, length)) === 0xffff;
}

/** Length of the TCP header in bytes. */
export function dataOffset(b: Uint8Array, t: number): number {
  return ((b[t + 12] as number) >>> 4) << 2;
}
export function flagsOf(b: Uint8Array, t: number): number {
  return b[t + 13] as number;
}
export function sequenceOf(b: Uint8Array, t: number): number {
  return get32(b, t + 4);
}
export function acknowledgementOf(b: Uint8Array, t: number): number {
  return get32(b, t + 8);
}
export function windowOf(b: Uint8Array, t: number): number {
  return get16(b, t + 14);
}
export function checksumAt(t: number): number {
  return t + 16;
}

/** `a - b` modulo 2^32 as a signed number: positive when `a` is later. */
export function sequenceDistance(a: number, b: number): number {
  return (a - b) | 0;
}
export function later(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

/** Offset of an option's kind byte, or -1. Stops at a malformed option. */
export function findOption(b: Uint8Array, t: number, kind: number): number {
  const end = t + dataOffset(b, t);
  let at = t + TCP_HEADER;
  while (at < end) {
    const here = b[at] as number;
    if (here === 0) return -1;
    if (here === 1) {
      at++;
      continue;
    }
    if (at + 1 >= end) return -1;
    const size = b[at + 1] as number;
    if (size < 2 || at + size > end) return -1;
    if (here === kind) return at;
    at += size;
  }
  return -1;
}

/** The window scale a SYN offers (RFC 7323 §2.2), 0..14, or -1 when it offers none. */
export function windowScale(b: Uint8Array, t: number): number {
  const at = findOption(b, t, 3);
  return at < 0 || b[at + 1] !== 3 ? -1 : Math.min(b[at + 2] as number, 14);
}

/**
 * Lowers the MSS option of a SYN to `limit` bytes, keeping the checksum right. A SYN without the option is left alone: its
 * sender is then held to 536 (RFC 9293 §3.7.1).
 */
export function clampMss(b: Uint8Array, t: number, limit: number): void {
  const at = findOption(b, t, 2);
  if (at < 0 || b[at + 1] !== 4) return;
  const mss = get16(b, at + 2);
  if (mss <= limit) return;
  put16(b, at + 2, limit);
  const sum = checksumAt(t);
  // An option may begin at an odd offset; then its bytes are the wrong halves of two words, and so is their change.
  const odd = (at - t) & 1;
  const before = odd ? ((mss & 0xff) << 8) | (mss >>> 8) : mss;
  const after = odd ? ((limit & 0xff) << 8) | (limit >>> 8) : limit;
  put16(b, sum, update16(get16(b, sum), before, after));
}

/** Computes the TCP checksum anew. */
export function sealTcp(b: Uint8Array, t: number, length: number, source: number, destination: number): void {
  put16(b, t + 16, 0);
  put16(b, t + 16, finish(sumBytes(b, t, length) + pseudoSum(source, destination, TCP, length)));
}

/** A whole 40-byte IPv4 packet with a bare TCP header; returns its length. Ports and addresses as they are to be read. */
export function writeSegment(
  b: Uint8Array,
  o: number,
  source: number,
  sourcePort: number,
  destination: number,
  destinationPort: number,
  sequence: number,
  acknowledgement: number,
  flags: number,
): number {
  writeIpv4(b, o, 40, TCP, source, destination);
  const t = o + 20;
  put16(b, t, sourcePort);
  put16(b, t + 2, destinationPort);
  put32(b, t + 4, sequence);
  put32(b, t + 8, acknowledgement);
  b[t + 12] = 0x50;
  b[t + 13] = flags;
  put16(b, t + 14, 0);
  put16(b, t + 18, 0);
  sealTcp(b, t, 20, source, destination);
  return 40;
}
