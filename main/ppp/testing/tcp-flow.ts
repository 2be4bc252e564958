/**
 * TCP/IPv4 packets for tests of compression: a conversation whose header fields move as real ones do.
 */
export interface Flow {
  source: number;
  seq: number;
  ack: number;
  id: number;
  window: number;
}

export interface Segment {
  payload: Uint8Array;
  /** TCP flags; ACK if left out. */
  flags?: number;
  options?: Uint8Array;
  urgent?: number;
  tos?: number;
  ttl?: number;
}

function checksum(bytes: Uint8Array, start: number, end: number, before = 0): number {
  let sum = before;
  for (let i = start; i < end; i += 2) sum += ((bytes[i] as number) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** A packet of `flow` as it stands, both checksums right. */
export function segment(
  flow: Flow,
  { payload, flags = 0x10, options, urgent = 0, tos = 0, ttl = 64 }: Segment,
): Uint8Array {
  const extra = options ?? new Uint8Array(0);
  const header = 40 + extra.length;
  const packet = new Uint8Array(header + payload.length);
  const view = new DataView(packet.buffer);
  packet.set([0x45, tos]);
  view.setUint16(2, packet.length);
  view.setUint16(4, flow.id);
  view.setUint16(6, 0x4000);
  packet.set([ttl, 6], 8);
  packet.set([10, 1, 2, 3, 198, 51, 100, 80], 12);
  view.setUint16(10, checksum(packet, 0, 20));
  view.setUint16(20, flow.source);
  view.setUint16(22, 80);
  view.setUint32(24, flow.seq);
  view.setUint32(28, flow.ack);
  packet.set([((20 + extra.length) / 4) << 4, flags], 32);
  view.setUint16(34, flow.window);
  view.setUint16(38, urgent);
  packet.set(extra, 40);
  packet.set(payload, header);
  const pseudo = [12, 14, 16, 18].reduce((sum, at) => sum + view.getUint16(at), 6 + packet.length - 20);
  view.setUint16(36, checksum(packet, 20, packet.length, pseudo));
  return packet;
}
