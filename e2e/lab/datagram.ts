/** IPv4 packets made by hand, for tests that stand in for a whole host: UDP (RFC 768, without checksum) and ICMP echo (RFC 792). */

/** The ones' complement sum over `bytes` (RFC 1071), complemented. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export function ipv4(from: string, to: string, protocol: number, body: Uint8Array): Uint8Array {
  const packet = Buffer.alloc(20 + body.length);
  packet[0] = 0x45;
  packet.writeUInt16BE(packet.length, 2);
  packet[8] = 64;
  packet[9] = protocol;
  packet.set(from.split('.').map(Number), 12);
  packet.set(to.split('.').map(Number), 16);
  packet.writeUInt16BE(checksum(packet.subarray(0, 20)), 10);
  packet.set(body, 20);
  return packet;
}

export function udp(from: string, fromPort: number, to: string, toPort: number, text: string): Uint8Array {
  const body = Buffer.alloc(8 + text.length);
  body.writeUInt16BE(fromPort, 0);
  body.writeUInt16BE(toPort, 2);
  body.writeUInt16BE(body.length, 4);
  body.write(text, 8, 'latin1');
  return ipv4(from, to, 17, body);
}

export function echoRequest(from: string, to: string, sequence: number, length: number): Uint8Array {
  const body = Buffer.alloc(8 + length, 0x61);
  body[0] = 8;
  body[1] = 0;
  body.writeUInt32BE(0x4d51_0000 + sequence, 4);
  body.writeUInt16BE(0, 2);
  body.writeUInt16BE(checksum(body), 2);
  return ipv4(from, to, 1, body);
}

/** The reply to an ICMP echo request without IP options; null to anything else. */
export function echoReply(packet: Uint8Array): Uint8Array | null {
  if (packet[0] !== 0x45 || packet[9] !== 1 || packet[20] !== 8) return null;
  const reply = Uint8Array.from(packet);
  reply.copyWithin(12, 16, 20);
  reply.set(packet.subarray(12, 16), 16);
  reply.fill(0, 20, 24);
  new DataView(reply.buffer).setUint16(22, checksum(reply.subarray(20)));
  return reply;
}
