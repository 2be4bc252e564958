// What callers may do, and what they may not: each right withheld, both ways; forged sources; access; rights that change.
import { describe, expect, it } from 'vitest';
import type { CallerRights } from '../contract.ts';
import { HOST1, icmp, LAN, Lab, OUTSIDE, type Packet, SERVER, udp } from './lab.ts';
import { DNS_ALIAS, TUN_ADDRESS } from './state.ts';

const ONE = '192.168.66.50';
const TWO = '192.168.66.51';
/** Outside the LAN: routed. */
const FAR = '10.64.0.9';

function lab(rights: Partial<CallerRights> = {}, others: Partial<CallerRights> = {}): Lab {
  const made = new Lab().up();
  made.caller(16, ONE, { rights });
  made.caller(17, TWO, { rights: others });
  return made;
}
/** ICMP type and code, for what is an error. */
const error = (packets: Packet[]) => packets.map(({ link, bytes }) => [link, bytes[20], bytes[21]]);
const PROHIBITED = (link: number) => [[link, 3, 13]];

describe('a caller’s rights', () => {
  it('without “internet” it is refused at the uplink, and reaches LAN, gateway and callers all the same', () => {
    const net = lab({ internet: false });
    expect(error(net.in(udp(ONE, 5000, SERVER, 7), 16))).toEqual(PROHIBITED(16));
    expect(error(net.in(icmp(ONE, SERVER, 8, 0, 1, 1), 16))).toEqual(PROHIBITED(16));
    expect(error(net.in(udp(ONE, 5000, DNS_ALIAS, 53), 16))).toEqual(PROHIBITED(16));
    expect(net.counter('not-allowed')).toBe(3);
    expect(net.router.refusals()[0]?.text).toBe('The caller 192.168.66.50 may not use the link.');
    for (const to of [HOST1, LAN, TUN_ADDRESS])
      expect(net.in(udp(ONE, 5000, to, 53), 16)).toMatchObject([{ link: 0, source: ONE, destination: to }]);
    expect(net.in(udp(ONE, 5000, TWO, 7), 16)).toMatchObject([{ link: 17, source: ONE }]);
  });

  it('without “lan” neither reaches the other, but the gateway answers it', () => {
    const net = lab({ lan: false });
    expect(error(net.in(udp(ONE, 5000, HOST1, 7), 16))).toEqual(PROHIBITED(16));
    expect(error(net.out(udp(HOST1, 7, ONE, 5000)))).toEqual(PROHIBITED(0));
    expect(net.counter('caller-refused')).toBe(2);
    expect(net.router.refusals()[0]?.text).toBe(
      'The caller 192.168.66.50 may not talk to the LAN (192.168.66.50 to 192.168.66.10).',
    );
    expect(net.in(udp(ONE, 5000, LAN, 53), 16)).toMatchObject([{ link: 0, destination: LAN }]);
    expect(net.out(udp(LAN, 53, ONE, 5000))).toMatchObject([{ link: 16, source: LAN }]);
    expect(net.out(udp(TUN_ADDRESS, 53, ONE, 5000))).toMatchObject([{ link: 16 }]);
    expect(net.in(udp(ONE, 5000, SERVER, 7), 16)).toMatchObject([{ link: 1, source: OUTSIDE }]);
  });

  it.each([
    [{ callers: false }, {}],
    [{}, { callers: false }],
  ])('two callers talk only if both may: %o %o', (one, two) => {
    const net = lab(one, two);
    expect(error(net.in(udp(ONE, 5000, TWO, 7), 16))).toEqual(PROHIBITED(16));
    expect(error(net.in(udp(TWO, 5000, ONE, 7), 17))).toEqual(PROHIBITED(17));
    expect(net.in(udp(ONE, 5000, HOST1, 7), 16)).toHaveLength(1);
  });

  it('an address outside the LAN is as good', () => {
    const net = new Lab().up();
    net.caller(16, FAR, { local: '10.64.0.1' });
    expect(net.in(udp(FAR, 5000, HOST1, 7), 16)).toMatchObject([{ link: 0, source: FAR }]);
    expect(net.out(udp(HOST1, 7, FAR, 5000))).toMatchObject([{ link: 16, source: HOST1 }]);
    expect(net.in(udp(FAR, 5000, '10.64.0.1', 7), 16)).toMatchObject([{ link: 0 }]);
    expect(net.in(udp(FAR, 5000, SERVER, 7), 16)).toMatchObject([{ link: 1, source: OUTSIDE }]);
    // Another of the gateway's nets is no LAN of ours.
    expect(error(net.in(udp(FAR, 5000, '10.9.9.2', 7), 16))).toEqual(PROHIBITED(16));
  });

  it('the LAN’s broadcast address is nobody’s', () => {
    const net = lab();
    expect(net.in(udp(ONE, 5000, '192.168.66.255', 137), 16)).toEqual([]);
    expect(net.in(udp(ONE, 5000, '255.255.255.255', 137), 16)).toEqual([]);
  });
});

describe('a caller’s address', () => {
  it('is believed from its own line only: not from another caller, nor from the LAN, to whomever', () => {
    const net = lab();
    for (const to of [SERVER, HOST1, LAN, TWO]) expect(net.in(udp(TWO, 5000, to, 7), 16)).toEqual([]);
    expect(net.in(udp(HOST1, 5000, TWO, 7), 16)).toEqual([]);
    expect(net.in(udp(LAN, 5000, TWO, 7), 16)).toEqual([]);
    expect(net.out(udp(ONE, 5000, TWO, 7))).toEqual([]);
    expect(net.out(udp(ONE, 5000, SERVER, 7))).toEqual([]);
    expect(net.counter('spoofed')).toBe(8);
  });

  it('that moves to another line leaves the old line with nothing', () => {
    const net = lab();
    net.in(udp(ONE, 5000, SERVER, 7), 16);
    net.caller(18, ONE);
    expect(net.counter('sessions')).toBe(0);
    expect(net.in(udp(ONE, 5000, SERVER, 7), 16)).toEqual([]);
    expect(net.in(udp(ONE, 5000, SERVER, 7), 18)).toHaveLength(1);
    net.down(16);
    expect(net.in(udp(ONE, 5000, SERVER, 7), 18)).toHaveLength(1);
  });

  it('is a LAN host’s again after the call', () => {
    const net = lab({ internet: false });
    net.down(16);
    expect(net.out(udp(ONE, 5000, SERVER, 7))).toMatchObject([{ link: 1 }]);
    const list = net.router.clients.list(net.now);
    expect(list.find(({ address }) => address === ONE)).toMatchObject({ kind: 'lan' });
  });
});

describe('who may use the link', () => {
  it('paused, a caller may not; nor where others were chosen', () => {
    const net = lab();
    net.configure({ access: { mode: 'everybody', chosen: [], paused: [ONE] } });
    expect(error(net.in(udp(ONE, 5000, SERVER, 7), 16))).toEqual(PROHIBITED(16));
    expect(net.in(udp(TWO, 5000, SERVER, 7), 17)).toMatchObject([{ link: 1 }]);
    net.configure({ access: { mode: 'chosen', chosen: [ONE], paused: [] } });
    expect(net.in(udp(ONE, 5000, SERVER, 8), 16)).toMatchObject([{ link: 1 }]);
    expect(error(net.in(udp(TWO, 5000, SERVER, 8), 17))).toEqual(PROHIBITED(17));
    // It was chosen before it called.
    net.caller(19, FAR);
    expect(error(net.in(udp(FAR, 5000, SERVER, 8), 19))).toEqual(PROHIBITED(19));
  });

  it('a right that is withdrawn ends what is open, and nothing comes in any more', () => {
    const net = lab();
    net.in(udp(ONE, 5000, SERVER, 7), 16);
    expect(net.in(udp(SERVER, 7, OUTSIDE, 5000))).toMatchObject([{ link: 16 }]);
    net.caller(16, ONE, { rights: { internet: false } });
    expect(net.counter('sessions')).toBe(0);
    expect(net.in(udp(SERVER, 7, OUTSIDE, 5000))).toEqual([]);
    net.caller(16, ONE);
    expect(net.in(udp(ONE, 5000, SERVER, 7), 16)).toMatchObject([{ link: 1 }]);
  });
});
