// ICMP (RFC 792, 950, 1191): which messages are queries, answers or errors, and an error message written about a packet.
import { get16, put16, put32 } from './bytes.ts';
import { finish, sumBytes } from './checksum.ts';
import { headerLength, ICMP, isFragment, writeIpv4 } from './ipv4.ts';

export const ICMP_HEADER = 8;
export const ECHO_REPLY = 0;
export const UNREACHABLE = 3;
export const QUENCH = 4;
export const ECHO = 8;
export const TIME_EXCEEDED = 11;
export const PARAMETER_PROBLEM = 12;

export const NET_UNREACHABLE = 0;
export const HOST_UNREACHABLE = 1;
export const PROTOCOL_UNREACHABLE = 2;
export const PORT_UNREACHABLE = 3;
export const FRAGMENTATION_NEEDED = 4;
export const PROHIBITED = 13;

/** Echo, timestamp, information and address mask requests. */
export function isQuery(type: number): boolean {
  return type === ECHO || type === 13 || type === 15 || type === 17;
}
/** The request type an answer belongs to, or -1. */
export function queryOfReply(type: number): number {
  if (type === ECHO_REPLY) return ECHO;
  return type === 14 || type === 16 || type === 18 ? type - 1 : -1;
}
export function isError(type: number): boolean {
  return type === UNREACHABLE || type === QUENCH || type === TIME_EXCEEDED || type === PARAMETER_PROBLEM;
}

export function icmpChecksumRight(b: Uint8Array, i: number, length: number): boolean {
  return sumBytes(b, i, length) === 0xffff;
}
export function sealIcmp(b: Uint8Array, i: number, length: number): void {
  put16(b, i + 2, 0);
  put16(b, i + 2, finish(sumBytes(b, i, length)));
}

/**
 * Whether an error may be sent about this packet (RFC 1122 §3.2.2): not about an ICMP error, a later fragment, or anything
 * from or to a group.
 */
export function deservesError(b: Uint8Array, o: number): boolean {
  if ((get16(b, o + 6) & 0x1fff) !== 0) return false;
  const source = b[o + 12] as number;
  if (source === 0 || source === 127 || source >= 224 || (b[o + 16] as number) >= 224) return false;
  if (b[o + 9] !== ICMP) return true;
  const type = b[o + headerLength(b, o)] as number;
  return isQuery(type) || (queryOfReply(type) >= 0 && !isFragment(b, o));
}

/**
 * A whole packet with an ICMP error about the packet at (b, o), written at the start of `out`; returns its length.
 * Quotes at most 548 bytes (RFC 1812 §4.3.2.3). `rest` is the second word: for 3/4 the next-hop MTU.
 */
export function writeError(
  out: Uint8Array,
  source: number,
  destination: number,
  type: number,
  code: number,
  rest: number,
  b: Uint8Array,
  o: number,
  length: number,
): number {
  const quoted = Math.min(length, 548);
  for (let i = 0; i < quoted; i++) out[28 + i] = b[o + i] as number;
  out[20] = type;
  out[21] = code;
  put32(out, 24, rest);
  sealIcmp(out, 20, ICMP_HEADER + quoted);
  writeIpv4(out, 0, 28 + quoted, ICMP, source, destination);
  return 28 + quoted;
}
