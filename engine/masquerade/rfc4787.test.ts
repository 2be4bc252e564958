// RFC 4787: UDP behaviour of a NAT, requirement by requirement.
import { describe, expect, it } from 'vitest';
import { MASQUERADE_DEFAULT } from '../contract.ts';
import { get16, put16 } from '../packet/bytes.ts';
import { HOST1, HOST2, icmp, Lab, OTHER, OUTSIDE, SERVER, udp } from './lab.ts';

const masquerade = MASQUERADE_DEFAULT;

describe('RFC 4787', () => {
  it('RFC 4787 REQ-1: one inside endpoint has one outside endpoint, whatever the remote', () => {
    const lab = new Lab().up();
    lab.out(udp(HOST2, 5000, SERVER, 7000));
    const ports = [
      udp(HOST1, 5000, SERVER, 7000),
      udp(HOST1, 5000, SERVER, 7001),
      udp(HOST1, 5000, OTHER, 9),
    ].map((packet) => lab.out(packet)[0]?.sourcePort);
    expect(new Set(ports).size).toBe(1);
    expect(ports[0]).not.toBe(5000);
  });

  it('RFC 4787 REQ-2: all sessions of a client leave with one address', () => {
    const lab = new Lab().up();
    const sources = [1, 2, 3].map(
      (i) => lab.out(udp(HOST1, 5000 + i, i === 2 ? OTHER : SERVER, 7000))[0]?.source,
    );
    expect(sources).toEqual([OUTSIDE, OUTSIDE, OUTSIDE]);
  });

  it('RFC 4787 REQ-3: two inside endpoints never share an outside port', () => {
    const lab = new Lab().up();
    const ports = new Set<number | undefined>();
    for (let i = 0; i < 100; i++)
      ports.add(lab.out(udp(`192.168.66.${10 + i}`, 6112, SERVER, 7000))[0]?.sourcePort);
    expect(ports.size).toBe(100);
    expect(ports.has(6112)).toBe(true);
  });

  it('RFC 4787 REQ-3a: a port keeps its class, below 1024 or not', () => {
    const lab = new Lab().up();
    for (let i = 0; i < 20; i++) {
      const low = lab.out(udp(`192.168.66.${10 + i}`, 700, SERVER, 7000))[0]?.sourcePort ?? 0;
      expect(low).toBeGreaterThanOrEqual(512);
      expect(low).toBeLessThan(1024);
      expect(lab.out(udp(`192.168.66.${10 + i}`, 5000, SERVER, 7000))[0]?.sourcePort).toBeGreaterThanOrEqual(
        1024,
      );
    }
  });

  it('RFC 4787 REQ-4: parity is kept', () => {
    const lab = new Lab().up();
    for (let i = 0; i < 30; i++) {
      expect((lab.out(udp(`192.168.66.${10 + i}`, 5000, SERVER, 7000))[0]?.sourcePort ?? 1) % 2).toBe(0);
      expect((lab.out(udp(`192.168.66.${10 + i}`, 5001, SERVER, 7000))[0]?.sourcePort ?? 0) % 2).toBe(1);
    }
  });

  it('RFC 4787 REQ-5: a mapping lives its configured time, 300 s by default and never under 120 s', () => {
    const lab = new Lab().up();
    lab.out(udp(HOST1, 5000, SERVER, 7000));
    lab.pass(299_000);
    expect(lab.in(udp(SERVER, 7000, OUTSIDE, 5000))).toHaveLength(1);
    lab.pass(302_000);
    expect(lab.in(udp(SERVER, 7000, OUTSIDE, 5000))).toHaveLength(0);
    expect(lab.counter('mappings')).toBe(0);
    const short = new Lab({ masquerade: { ...masquerade, timers: { ...masquerade.timers, udp: 160 } } }).up();
    short.out(udp(HOST1, 5000, SERVER, 7000));
    short.pass(162_000);
    expect(short.in(udp(SERVER, 7000, OUTSIDE, 5000))).toHaveLength(0);
  });

  it('RFC 4787 REQ-5a: a DNS exchange may have a shorter time', () => {
    const lab = new Lab().up();
    lab.out(udp(HOST1, 5000, SERVER, 53));
    lab.pass(62_000);
    expect(lab.in(udp(SERVER, 53, OUTSIDE, 5000))).toHaveLength(0);
  });

  it('RFC 4787 REQ-6: packets from inside refresh the mapping', () => {
    const lab = new Lab().up();
    for (let i = 0; i < 4; i++) {
      expect(lab.out(udp(HOST1, 5000, SERVER, 7000))[0]?.sourcePort).toBe(5000);
      lab.pass(250_000);
    }
    expect(lab.in(udp(SERVER, 7000, OUTSIDE, 5000))).toHaveLength(1);
  });

  it('RFC 4787 REQ-6: packets from outside refresh it too, unless switched off', () => {
    const lives = (inboundRefresh: boolean) => {
      const lab = new Lab({ masquerade: { ...masquerade, inboundRefresh } }).up();
      lab.out(udp(HOST1, 5000, SERVER, 7000));
      for (let i = 0; i < 4; i++) {
        lab.pass(100_000);
        lab.in(udp(SERVER, 7000, OUTSIDE, 5000));
      }
      return lab.counter('mappings');
    };
    expect([lives(true), lives(false)]).toEqual([1, 0]);
  });

  it('RFC 4787 REQ-7: an outside address inside the LAN does not confuse the two', () => {
    const lab = new Lab().up('192.168.66.200');
    lab.out(udp(HOST1, 5000, HOST2, 7000));
    expect(lab.counter('private-destination')).toBe(1);
  });

  describe('RFC 4787 REQ-8: filtering', () => {
    const cases = [
      ['endpoint-independent', true, true],
      ['address-dependent', true, false],
      ['address-and-port-dependent', false, false],
    ] as const;
    it.each(cases)('%s', (udpFiltering, samePeerOtherPort, otherPeer) => {
      const lab = new Lab({ masquerade: { ...masquerade, udpFiltering } }).up();
      lab.out(udp(HOST1, 5000, SERVER, 7000));
      expect(lab.in(udp(SERVER, 7000, OUTSIDE, 5000))).toHaveLength(1);
      expect(lab.in(udp(SERVER, 7001, OUTSIDE, 5000))).toHaveLength(samePeerOtherPort ? 1 : 0);
      expect(lab.in(udp(OTHER, 7000, OUTSIDE, 5000))).toHaveLength(otherPeer ? 1 : 0);
    });
  });

  it('RFC 4787 REQ-9: hairpinning, with the outside endpoint as the source', () => {
    const lab = new Lab().up();
    lab.out(udp(HOST1, 5000, SERVER, 7000));
    lab.out(udp(HOST2, 6000, SERVER, 7000));
    const [there] = lab.out(udp(HOST2, 6000, OUTSIDE, 5000, 'hello'));
    expect(there).toMatchObject({
      link: 0,
      source: OUTSIDE,
      sourcePort: 6000,
      destination: HOST1,
      destinationPort: 5000,
    });
    const [back] = lab.out(udp(HOST1, 5000, OUTSIDE, 6000, 'you'));
    expect(back).toMatchObject({
      source: OUTSIDE,
      sourcePort: 5000,
      destination: HOST2,
      destinationPort: 6000,
    });
    lab.configure({ masquerade: { ...masquerade, hairpin: false } });
    expect(lab.out(udp(HOST2, 6000, OUTSIDE, 5000))).toHaveLength(0);
  });

  it('RFC 4787 REQ-10: helpers are off by default but FTP, and each can be switched', () => {
    const lab = new Lab();
    const states = () => lab.router.helperStates();
    expect(
      states()
        .filter((state) => state.on)
        .map((state) => state.name),
    ).toEqual(['ftp']);
    lab.configure({ helpers: { ftp: { on: false, ports: [] } } });
    expect(states().filter((state) => state.on)).toEqual([]);
  });

  it('RFC 4787 REQ-11: a conflict does not change how others are mapped', () => {
    const lab = new Lab().up();
    lab.out(udp(HOST1, 5000, SERVER, 7000));
    const other = lab.out(udp(HOST2, 5000, SERVER, 7000))[0]?.sourcePort;
    for (let i = 0; i < 50; i++) {
      expect(lab.out(udp(HOST1, 5000, OTHER, 7000 + i))[0]?.sourcePort).toBe(5000);
      expect(lab.out(udp(HOST2, 5000, OTHER, 7000 + i))[0]?.sourcePort).toBe(other);
    }
  });

  it('RFC 4787 REQ-12: an ICMP error reaches the client from any router and ends nothing', () => {
    const lab = new Lab().up();
    const [sent] = lab.out(udp(HOST1, 5000, SERVER, 7000));
    const quoted = sent?.bytes ?? new Uint8Array();
    const [error] = lab.in(icmp('198.51.100.1', OUTSIDE, 3, 3, 0, 0, quoted));
    expect(error).toMatchObject({ source: '198.51.100.1', destination: HOST1 });
    expect(get16(error?.bytes ?? new Uint8Array(99), 20 + 8 + 20)).toBe(5000);
    expect(lab.in(udp(SERVER, 7000, OUTSIDE, 5000))).toHaveLength(1);
  });

  it('RFC 4787 REQ-13: too big and DF: ICMP 3/4 with the MTU; too big without DF: fragments in order', () => {
    const lab = new Lab().up(OUTSIDE, { mtu: 576 });
    const [error] = lab.out(udp(HOST1, 5000, SERVER, 7000, 'y'.repeat(1000), true));
    expect(error).toMatchObject({ link: 0, protocol: 1, destination: HOST1 });
    expect([...(error?.bytes.subarray(20, 22) ?? [])]).toEqual([3, 4]);
    expect(get16(error?.bytes ?? new Uint8Array(30), 26)).toBe(576);
    const pieces = lab.out(udp(HOST1, 5000, SERVER, 7000, 'y'.repeat(1000)));
    expect(pieces.map((piece) => (get16(piece.bytes, 6) & 0x1fff) * 8)).toEqual([0, 552]);
    expect(pieces.every((piece) => piece.bytes.length <= 576 && piece.source === OUTSIDE)).toBe(true);
  });

  it('RFC 4787 REQ-14: fragments in any order become one datagram for its client, cut no larger than it came', () => {
    const lab = new Lab().up();
    lab.out(udp(HOST1, 5000, SERVER, 7000));
    const text = Array.from({ length: 1000 }, (_, i) => String.fromCharCode(65 + (i % 26))).join('');
    const whole = udp(SERVER, 7000, OUTSIDE, 5000, text);
    const piece = (from: number, to: number, more: boolean) => {
      const body = whole.subarray(20 + from, 20 + to);
      const b = whole.slice(0, 20 + body.length);
      b.set(body, 20);
      put16(b, 2, b.length);
      return refragment(b, from, more);
    };
    expect(lab.in(piece(552, 1008, false))).toHaveLength(0);
    const parts = lab.in(piece(0, 552, true));
    expect(parts.map((part) => part.bytes.length)).toEqual([572, 476]);
    expect(parts.every((part) => part.destination === HOST1)).toBe(true);
    const joined = parts.map((part) => String.fromCharCode(...part.bytes.subarray(20))).join('');
    expect(joined.slice(8)).toBe(text);
    expect(lab.counter('reassembled')).toBe(1);
  });
});

function refragment(b: Uint8Array, from: number, more: boolean): Uint8Array {
  b[4] = 0x12;
  b[5] = 0x34;
  b[6] = ((from >>> 3) >>> 8) | (more ? 0x20 : 0);
  b[7] = (from >>> 3) & 0xff;
  b[10] = 0;
  b[11] = 0;
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += get16(b, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  b[10] = (~sum >>> 8) & 0xff;
  b[11] = ~sum & 0xff;
  return b;
}
