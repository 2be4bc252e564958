// UDP header (RFC 768): check and checksum. A checksum of zero means that the sender made none, and is left so.
import { get16, put16 } from './bytes.ts';
import { finish, fold, pseudoSum, sumBytes } from './checksum.ts';
import { UDP } from './ipv4.ts';

export const UDP_HEADER = 8;

/** Whether the datagram's own length fits the `length` bytes that IP delivered. */
export function soundUdp(b: Uint8Array, u: number, length: number): boolean {
  if (length < UDP_HEADER) return false;
  const own = get16(b, u + 4);
  return own >= UDP_HEADER && own <= length;
}

export function udpChecksumRight(b: Uint8Array, u: number, source: number, destination: number): boolean {
  if (get16(b, u + 6) === 0) return true;
  const own = get16(b, u + 4);
  return fold(sumBytes(b, u, own) + pseudoSum(source, destination, UDP, own)) === 0xffff;
}

/** Computes the checksum anew, unless the datagram goes without one. */
export function sealUdp(b: Uint8Array, u: number, source: number, destination: number): void {
  if (get16(b, u + 6) === 0) return;
  const own = get16(b, u + 4);
  put16(b, u + 6, 0);
  const sum = finish(sumBytes(b, u, own) + pseudoSum(source, destination, UDP, own));
  put16(b, u + 6, sum === 0 ? 0xffff : sum);
}
