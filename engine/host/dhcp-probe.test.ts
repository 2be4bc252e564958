import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildDiscover, readOffer } from './dhcp-probe.ts';

const MAC = Uint8Array.of(2, 0, 0, 0, 0, 7);

/** An offer made from our own discover, as a server at 10.0.0.1 would. */
function offer(change: (packet: Buffer, bootp: Buffer) => void = () => {}): Buffer {
  const packet = Buffer.from(buildDiscover(MAC, 0x12345678));
  packet.set([10, 0, 0, 1], 12);
  packet.writeUInt16BE(67, 20);
  packet.writeUInt16BE(68, 22);
  const bootp = packet.subarray(28);
  bootp.writeUInt8(2, 0);
  bootp.set([0, 53, 1, 2, 54, 4, 192, 168, 9, 9, 255], 240);
  change(packet, bootp);
  return packet;
}

describe('the DHCP probe', () => {
  it('asks with a valid IPv4 header, the card’s MAC and the broadcast flag', () => {
    const packet = Buffer.from(buildDiscover(MAC, 0xcafe));
    let sum = 0;
    for (let at = 0; at < 20; at += 2) sum += packet.readUInt16BE(at);
    expect((sum & 0xffff) + (sum >>> 16)).toBe(0xffff);
    expect(packet.readUInt16BE(2)).toBe(packet.length);
    expect(packet.subarray(28 + 28, 28 + 34)).toEqual(Buffer.from(MAC));
    expect(packet.readUInt16BE(28 + 10)).toBe(0x8000);
  });

  it('reads the server from option 54, else from the sender', () => {
    const whole = offer();
    expect(readOffer(whole, whole.length, 0x12345678)).toBe('192.168.9.9');
    const bare = offer((_, bootp) => bootp.set([53, 1, 2, 255, 0, 0, 0, 0, 0, 0, 0], 240));
    expect(readOffer(bare, bare.length, 0x12345678)).toBe('10.0.0.1');
  });

  it.each<[string, Parameters<typeof offer>[0]]>([
    ['another transaction', (_, bootp) => bootp.writeUInt32BE(1, 4)],
    ['an acknowledgement', (_, bootp) => bootp.set([53, 1, 5], 240)],
    ['a request', (_, bootp) => bootp.writeUInt8(1, 0)],
    ['a wrong cookie', (_, bootp) => bootp.writeUInt32BE(0, 236)],
    ['other ports', (packet) => packet.writeUInt16BE(53, 20)],
    ['TCP', (packet) => packet.writeUInt8(6, 9)],
  ])('passes over %s', (_name, change) => {
    const packet = offer(change);
    expect(readOffer(packet, packet.length, 0x12345678)).toBeNull();
  });

  it('survives anything cut short or made up', () => {
    const whole = offer();
    for (let length = 0; length < whole.length; length++) readOffer(whole, length, 0x12345678);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 60 }), fc.nat(300), (noise, at) => {
        const packet = offer();
        packet.set(noise.subarray(0, Math.max(0, packet.length - at)), Math.min(at, packet.length));
        const server = readOffer(packet, packet.length, 0x12345678);
        expect(server === null || /^\d+(\.\d+){3}$/.test(server)).toBe(true);
      }),
    );
  });
});
