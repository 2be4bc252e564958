// The one change a masquerade makes to a packet: an address and a port, with the checksums that cover them updated (RFC 1624,
// RFC 3022 §4.1), never computed anew, so that a wrong one stays wrong for the receiver to see.
import { get16, get32, put16, put32 } from '../packet/bytes.ts';
import { fold } from '../packet/checksum.ts';
import { TCP, UDP } from '../packet/ipv4.ts';

/** Where the address stands in the IP header, and the port in the transport header. */
export const SOURCE = 12;
export const DESTINATION = 16;

/** Replaces one end of a TCP or UDP packet. `t`: its transport header. `end`: SOURCE or DESTINATION. */
export function rewriteEnd(
  b: Uint8Array,
  o: number,
  t: number,
  protocol: number,
  end: number,
  address: number,
  port: number,
): void {
  const oldAddress = get32(b, o + end);
  const portAt = t + (end === SOURCE ? 0 : 2);
  const oldPort = get16(b, portAt);
  const change =
    ((~oldAddress >>> 16) & 0xffff) + (~oldAddress & 0xffff) + (address >>> 16) + (address & 0xffff);
  put16(b, o + 10, ~fold((~get16(b, o + 10) & 0xffff) + change) & 0xffff);
  put32(b, o + end, address);
  put16(b, portAt, port);
  const sumAt = t + (protocol === TCP ? 16 : 6);
  const sum = get16(b, sumAt);
  if (protocol === UDP && sum === 0) return;
  const updated = ~fold((~sum & 0xffff) + change + (~oldPort & 0xffff) + port) & 0xffff;
  put16(b, sumAt, protocol === UDP && updated === 0 ? 0xffff : updated);
}

/** Replaces an address in an IP header only. */
export function rewriteAddress(b: Uint8Array, o: number, end: number, address: number): void {
  const old = get32(b, o + end);
  const change = ((~old >>> 16) & 0xffff) + (~old & 0xffff) + (address >>> 16) + (address & 0xffff);
  put16(b, o + 10, ~fold((~get16(b, o + 10) & 0xffff) + change) & 0xffff);
  put32(b, o + end, address);
}
