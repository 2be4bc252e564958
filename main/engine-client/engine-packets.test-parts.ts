/** IPv4 packets that the tests of the real engine send and read as the far end of a link: echo, UDP, a name looked up. */
const octets = (address: string) => address.split('.').map(Number);

/** What the remote answers to an echo request; null to anything else. */
export function echoReply(packet: Buffer): Buffer | null {
  if (packet[9] !== 1 || packet[20] !== 8 || (packet.readUInt16BE(6) & 0x3fff) !== 0) return null;
  const answer = Buffer.from(packet);
  packet.copy(answer, 12, 16, 20);
  packet.copy(answer, 16, 12, 16);
  answer[20] = 0;
  answer.writeUInt16BE(0, 22);
  answer.writeUInt16BE(checksum(answer.subarray(20)), 22);
  return answer;
}

export function datagram(
  source: string,
  sourcePort: number,
  to: string,
  port: number,
  data: string | Uint8Array,
): Buffer {
  const payload = Buffer.from(data as Uint8Array);
  const b = Buffer.alloc(28 + payload.length);
  b.set([0x45, 0, 0, b.length, 0, 0, 0x40, 0, 64, 17]);
  b.set(source.split('.').map(Number), 12);
  b.set(to.split('.').map(Number), 16);
  b.writeUInt16BE(checksum(b.subarray(0, 20)), 10);
  b.writeUInt16BE(sourcePort, 20);
  b.writeUInt16BE(port, 22);
  b.writeUInt16BE(b.length - 20, 24);
  payload.copy(b, 28);
  return b;
}

function checksum(b: Buffer): number {
  let sum = 0;
  for (let i = 0; i < b.length; i += 2) sum += ((b[i] as number) << 8) | (b[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** An echo request; its reply has the same identifier. */
export function echoRequest(source: string, to: string, identifier: number): Buffer {
  const b = Buffer.alloc(28);
  b.set([0x45, 0, 0, b.length, 0, 0, 0x40, 0, 64, 1]);
  b.set(octets(source), 12);
  b.set(octets(to), 16);
  b.writeUInt16BE(checksum(b.subarray(0, 20)), 10);
  b[20] = 8;
  b.writeUInt16BE(identifier, 24);
  b.writeUInt16BE(checksum(b.subarray(20)), 22);
  return b;
}

/** A query for the A record of a name (RFC 1035 §4.1). */
export function dnsQuery(id: number, name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]));
  const head = Buffer.of(id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0);
  return Buffer.concat([head, ...labels, Buffer.of(0, 0, 1, 0, 1)]);
}

/** The answer of a server to a UDP packet with such a query: this one address. */
export function dnsAnswer(query: Buffer, address: string): Buffer {
  const asked = query.subarray(28);
  const end = asked.indexOf(0, 12) + 5;
  const body = Buffer.concat([
    asked.subarray(0, end),
    Buffer.of(0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...octets(address)),
  ]);
  body.set([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0], 2);
  const [from, to] = [query.subarray(16, 20).join('.'), query.subarray(12, 16).join('.')];
  return datagram(from, query.readUInt16BE(22), to, query.readUInt16BE(20), body);
}

/** Who a packet is from and to, and what it is, for comparing. */
export const ends = (packet: Buffer) =>
  `${packet.subarray(12, 16).join('.')} > ${packet.subarray(16, 20).join('.')}`;
