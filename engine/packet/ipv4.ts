// IPv4 header (RFC 791): a check that makes the accessors safe, and the accessors, over (buffer, offset).
// Options are carried, never interpreted.
import { get16, get32, put16, put32 } from './bytes.ts';
import { finish, sumHeader, update16, update32 } from './checksum.ts';

export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;
export const GRE = 47;
export const ESP = 50;

export const IPV4_HEADER = 20;
/** Bits of the fragment field. */
export const DONT_FRAGMENT = 0x4000;
export const MORE_FRAGMENTS = 0x2000;

/**
 * The packet's own total length in bytes, or 0 when the bytes are no sound IPv4 packet: wrong version, lengths that
 * contradict each other, or a wrong header checksum. Link padding after the packet is allowed.
 */
export function soundIpv4(b: Uint8Array, o: number, length: number): number {
  if (length < IPV4_HEADER) return 0;
  const first = b[o] as number;
  if (first >>> 4 !== 4) return 0;
  const header = (first & 15) << 2;
  const total = get16(b, o + 2);
  if (header < IPV4_HEADER || total < header || total > length) return 0;
  return sumHeader(b, o, header) === 0xffff ? total : 0;
}

export function headerLength(b: Uint8Array, o: number): number {
  return ((b[o] as number) & 15) << 2;
}
export function identification(b: Uint8Array, o: number): number {
  return get16(b, o + 4);
}
/** Flags and offset together; see `isFragment`. */
export function fragmentField(b: Uint8Array, o: number): number {
  return get16(b, o + 6);
}
export function isFragment(b: Uint8Array, o: number): boolean {
  return (get16(b, o + 6) & 0x3fff) !== 0;
}
export function dontFragment(b: Uint8Array, o: number): boolean {
  return ((b[o + 6] as number) & 0x40) !== 0;
}
export function timeToLive(b: Uint8Array, o: number): number {
  return b[o + 8] as number;
}
export function protocolOf(b: Uint8Array, o: number): number {
  return b[o + 9] as number;
}
export function sourceOf(b: Uint8Array, o: number): number {
  return get32(b, o + 12);
}
export function destinationOf(b: Uint8Array, o: number): number {
  return get32(b, o + 16);
}

export function setSource(b: Uint8Array, o: number, address: number): void {
  put16(b, o + 10, update32(get16(b, o + 10), get32(b, o + 12), address));
  put32(b, o + 12, address);
}
export function setDestination(b: Uint8Array, o: number, address: number): void {
  put16(b, o + 10, update32(get16(b, o + 10), get32(b, o + 16), address));
  put32(b, o + 16, address);
}
export function setIdentification(b: Uint8Array, o: number, id: number): void {
  put16(b, o + 10, update16(get16(b, o + 10), get16(b, o + 4), id));
  put16(b, o + 4, id);
}
export function setTotalLength(b: Uint8Array, o: number, total: number): void {
  put16(b, o + 10, update16(get16(b, o + 10), get16(b, o + 2), total));
  put16(b, o + 2, total);
}
/** One hop less; the caller has seen that more than one is left. */
export function decrementTtl(b: Uint8Array, o: number): void {
  const before = get16(b, o + 8);
  b[o + 8] = (b[o + 8] as number) - 1;
  put16(b, o + 10, update16(get16(b, o + 10), before, get16(b, o + 8)));
}
/** Computes the header checksum anew, over the header as it stands. */
export function sealHeader(b: Uint8Array, o: number): void {
  put16(b, o + 10, 0);
  put16(b, o + 10, finish(sumHeader(b, o, headerLength(b, o))));
}

/** Writes a plain 20-byte header; `total` in bytes, TTL 64, no fragmenting allowed or needed. */
export function writeIpv4(
  b: Uint8Array,
  o: number,
  total: number,
  protocol: number,
  source: number,
  destination: number,
): void {
  b[o] = 0x45;
  b[o + 1] = 0;
  put16(b, o + 2, total);
  put16(b, o + 4, 0);
  put16(b, o + 6, DONT_FRAGMENT);
  b[o + 8] = 64;
  b[o + 9] = protocol;
  put32(b, o + 12, source);
  put32(b, o + 16, destination);
  sealHeader(b, o);
}
