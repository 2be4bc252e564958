import { describe, expect, it } from 'vitest';
import { ACK, FIN, PacketView, RST, SYN } from './packet-view.ts';
import { tcpPacket } from './simulated-packets.ts';
import { UserTraffic } from './user-traffic.ts';

const HOST = 3;
const tcp = (flags: number, payload = 0) =>
  tcpPacket({
    source: 1,
    destination: 2,
    sourcePort: 20_000,
    destinationPort: 80,
    seq: 1,
    ack: 1,
    flags,
    window: 500,
    payload,
  });
function datagram(protocol: number, port: number): Uint8Array {
  const bytes = new Uint8Array(28);
  bytes.set([0x45, 0, 0, 28, 0, 0, 0, 0, 64, protocol]);
  bytes.set([0x4e, 0x20, port >> 8, port & 0xff], 20);
  return bytes;
}
const view = new PacketView();
const seen = (bytes: Uint8Array) => {
  view.read(bytes, 0, bytes.length);
  return view;
};
/** Whether a packet sent ten minutes into silence ends it. */
function counts(bytes: Uint8Array, client = HOST, before?: (traffic: UserTraffic) => void): boolean {
  const traffic = new UserTraffic(0);
  before?.(traffic);
  traffic.outbound(client, seen(bytes), 600_000);
  return traffic.idleMs(600_000) === 0;
}

describe('use of the line', () => {
  it.each([
    ['a new connection', tcp(SYN)],
    ['data', tcp(ACK, 1)],
    ['a datagram', datagram(17, 27_960)],
    ['a host’s own look-up', datagram(17, 53)],
    ['GRE', datagram(47, 0)],
  ])('is %s', (_, bytes) => {
    expect(counts(bytes)).toBe(true);
  });

  it.each([
    ['a ping or an ICMP error', datagram(1, 0)],
    ['IGMP', datagram(2, 0)],
    ['a clock', datagram(17, 123)],
    ['a search for printers', datagram(17, 1900)],
    ['a reset', tcp(RST | ACK)],
    ['the end of an old connection', tcp(FIN | ACK)],
    ['an acknowledgement of nothing', tcp(ACK)],
    ['what is no IPv4 packet', Uint8Array.of(0x60, 1, 2)],
  ])('is not %s', (_, bytes) => {
    expect(counts(bytes)).toBe(false);
  });

  it('is not the gateway’s own look-up, but its other traffic', () => {
    expect(counts(datagram(17, 53), 0)).toBe(false);
    expect(counts(tcp(SYN), 0)).toBe(true);
  });

  it('is an acknowledgement of data that comes, not of a keep-alive nor long after', () => {
    const data = (payload: number, ago: number) => (traffic: UserTraffic) =>
      traffic.inbound(seen(tcp(ACK, payload)), 600_000 - ago);
    expect(counts(tcp(ACK), HOST, data(536, 300))).toBe(true);
    expect(counts(tcp(ACK), HOST, data(1, 300))).toBe(false);
    expect(counts(tcp(ACK), HOST, data(536, 3_000))).toBe(false);
  });

  it('is not what comes alone', () => {
    const traffic = new UserTraffic(0);
    traffic.inbound(seen(tcp(SYN)), 50_000);
    traffic.inbound(seen(tcp(ACK, 500)), 55_000);
    expect(traffic.idleMs(60_000)).toBe(60_000);
  });
});
