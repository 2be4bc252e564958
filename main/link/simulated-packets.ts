/** For tests: IPv4 packets with true checksums, made from their fields. */
import { TCP } from './packet-view.ts';

export interface Segment {
  source: number;
  destination: number;
  sourcePort: number;
  destinationPort: number;
  seq: number;
  ack: number;
  flags: number;
  window: number;
  payload: number;
  id?: number;
  options?: number[];
}

export function ipPacket(protocol: number, source: number, destination: number, length: number): Uint8Array {
  const packet = new Uint8Array(length);
  const fields = new DataView(packet.buffer);
  packet[0] = 0x45;
  fields.setUint16(2, length);
  packet[8] = 64;
  packet[9] = protocol;
  fields.setUint32(12, source);
  fields.setUint32(16, destination);
  sealHeader(packet);
  return packet;
}

/** RFC 1071 over `length` octets from `from`, beginning with `sum`; not yet complemented. */
export function onesSum(bytes: Uint8Array, from: number, length: number, sum = 0): number {
  let total = sum;
  for (let i = 0; i < length; i++) total += (bytes[from + i] as number) << (i % 2 === 0 ? 8 : 0);
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return total;
}

/** The IP header checksum, put right. */
export function sealHeader(packet: Uint8Array): void {
  const fields = new DataView(packet.buffer, packet.byteOffset);
  fields.setUint16(10, 0);
  fields.setUint16(10, ~onesSum(packet, 0, 20) & 0xffff);
}

/** The sum that a TCP segment's checksum makes 0xffff (RFC 9293 §3.1, with the pseudo-header). */
export function tcpSum(packet: Uint8Array): number {
  return onesSum(packet, 20, packet.length - 20, onesSum(packet, 12, 8, TCP + packet.length - 20));
}

export function tcpPacket(segment: Segment): Uint8Array {
  const options = segment.options ?? [];
  const header = 20 + options.length;
  const packet = ipPacket(TCP, segment.source, segment.destination, 20 + header + segment.payload);
  const fields = new DataView(packet.buffer);
  fields.setUint16(4, segment.id ?? 0);
  fields.setUint16(20, segment.sourcePort);
  fields.setUint16(22, segment.destinationPort);
  fields.setUint32(24, segment.seq >>> 0);
  fields.setUint32(28, segment.ack >>> 0);
  packet[32] = (header / 4) << 4;
  packet[33] = segment.flags;
  fields.setUint16(34, segment.window);
  packet.set(options, 40);
  sealHeader(packet);
  fields.setUint16(36, ~tcpSum(packet) & 0xffff);
  return packet;
}
