import { describe, expect, it } from 'vitest';
import { MASQUERADE_DEFAULT } from '../contract.ts';
import { get16, put16 } from '../packet/bytes.ts';
import { ACK, RST, SYN } from '../packet/tcp.ts';
import {
  connect,
  DNS,
  HOST1,
  HOST2,
  icmp,
  ip,
  LAN,
  Lab,
  OTHER,
  OUTSIDE,
  PEER,
  SERVER,
  tcp,
  udp,
} from './lab.ts';
import { TUN_ADDRESS } from './state.ts';

const left = (lab: Lab, packet: Uint8Array) => lab.out(packet).filter((one) => one.link !== 0).length;

describe('who may', () => {
  it('everybody on the LAN and the gateway; nobody else', () => {
    const lab = new Lab().up();
    for (const source of [HOST1, TUN_ADDRESS, LAN]) expect(left(lab, udp(source, 5000, SERVER, 7))).toBe(1);
    for (const source of [
      '192.168.67.10',
      '10.0.0.1',
      OUTSIDE,
      SERVER,
      '192.168.66.255',
      '192.168.66.0',
      '0.0.0.0',
    ])
      expect(left(lab, udp(source, 5000, SERVER, 7))).toBe(0);
    expect(lab.counter('spoofed')).toBe(7);
  });
  it('only the chosen; a paused one never, not even what it had open', () => {
    const lab = new Lab({ access: { mode: 'chosen', chosen: [HOST1], paused: [] } }).up();
    expect(left(lab, udp(HOST2, 5000, SERVER, 7))).toBe(0);
    expect(left(lab, udp(HOST1, 5000, SERVER, 7))).toBe(1);
    expect(left(lab, udp(TUN_ADDRESS, 5000, SERVER, 7))).toBe(1);
    lab.configure({ access: { mode: 'chosen', chosen: [HOST1], paused: [HOST1] } });
    expect(left(lab, udp(HOST1, 5000, SERVER, 7))).toBe(0);
    expect(lab.in(udp(SERVER, 7, OUTSIDE, 5000))).toHaveLength(0);
    expect(lab.router.clients.list(lab.now).find((client) => client.address === HOST1)?.paused).toBe(true);
  });
  it('cutting a client resets its TCP and forgets the rest', () => {
    const lab = new Lab().up();
    connect(lab);
    lab.out(udp(HOST1, 5000, SERVER, 7));
    lab.out(udp(HOST2, 5000, SERVER, 7));
    lab.drain();
    lab.router.cut(HOST1, lab.now);
    expect(lab.drain()).toMatchObject([{ link: 0, destination: HOST1, flags: RST | ACK, sequence: 901 }]);
    expect(lab.router.sessions(9, lab.now).map((session) => session.client)).toEqual([HOST2]);
  });
});

describe('what may leave', () => {
  it('private, special and group destinations stay', () => {
    const lab = new Lab().up();
    for (const to of [
      '10.1.2.3',
      '172.16.0.1',
      '192.168.1.1',
      '169.254.1.1',
      '100.64.0.1',
      '127.0.0.1',
      '224.0.0.1',
      '239.255.255.250',
      '255.255.255.255',
      '192.0.0.77',
      HOST2,
    ])
      expect(left(lab, udp(HOST1, 5000, to, 7))).toBe(0);
  });
  it('but the provider’s own DNS, the peer and the listed may', () => {
    const masquerade = { ...MASQUERADE_DEFAULT, privateExceptions: ['10.9.0.0/16'] };
    const lab = new Lab({ masquerade }).up('10.64.64.64', { peer: '10.0.2.2', dns: ['10.0.2.3'] });
    for (const to of ['10.0.2.2', '10.0.2.3', '10.9.1.1']) expect(lab.router && leftPrivate(lab, to)).toBe(1);
    expect(leftPrivate(lab, '10.8.1.1')).toBe(0);
  });
  it('a private address of our own can still be turned round to', () => {
    const lab = new Lab().up('10.64.64.64');
    const [reply] = lab.out(icmp(HOST1, '10.64.64.64', 8, 0, 7, 1));
    expect(reply).toMatchObject({ link: 0, source: '10.64.64.64', destination: HOST1 });
  });
  it('from outside nothing comes with a source of ours', () => {
    const masquerade = { ...MASQUERADE_DEFAULT, udpFiltering: 'endpoint-independent' as const };
    const lab = new Lab({ masquerade }).up();
    lab.out(udp(HOST1, 5000, SERVER, 7));
    for (const source of [HOST2, LAN, OUTSIDE, TUN_ADDRESS, '127.0.0.1', '224.0.0.1'])
      expect(lab.in(udp(source, 9, OUTSIDE, 5000))).toHaveLength(0);
    expect(lab.counter('spoofed')).toBe(6);
  });
  it('an unknown protocol is answered with 3/2', () => {
    const lab = new Lab().up();
    const [error] = lab.out(ip(132, HOST1, SERVER, new Uint8Array(20)));
    expect([...(error?.bytes.subarray(20, 22) ?? [])]).toEqual([3, 2]);
  });
});

function leftPrivate(lab: Lab, to: string): number {
  let count = 0;
  try {
    count = left(lab, udp(HOST1, 5000, to, 7));
  } catch {
    count = 1; // the lab's own rule against private sources: this provider gave us one
  }
  return count;
}

describe('tunnels', () => {
  it.each([47, 50])('protocol %i: one client per remote, the next is told so', (protocol) => {
    const lab = new Lab().up();
    const body = new Uint8Array(24);
    expect(lab.out(ip(protocol, HOST1, SERVER, body))).toMatchObject([{ source: OUTSIDE }]);
    expect(lab.in(ip(protocol, SERVER, OUTSIDE, body))).toMatchObject([{ destination: HOST1 }]);
    const [error] = lab.out(ip(protocol, HOST2, SERVER, body));
    expect([...(error?.bytes.subarray(20, 22) ?? [])]).toEqual([3, 13]);
    expect(lab.out(ip(protocol, HOST2, OTHER, body))).toMatchObject([{ source: OUTSIDE }]);
    expect(lab.in(ip(protocol, PEER, OUTSIDE, body))).toHaveLength(0);
  });
  it('IKE keeps port 500 if it is free', () => {
    const lab = new Lab().up();
    expect(lab.out(udp(HOST1, 500, SERVER, 500))).toMatchObject([{ sourcePort: 500 }]);
    const second = lab.out(udp(HOST2, 500, SERVER, 500))[0]?.sourcePort ?? 0;
    expect(second).toBeLessThan(512);
  });
});

describe('callers', () => {
  const CALLER = '192.168.66.50';
  it('are masqueraded to the uplink, reach the LAN and each other plainly, and count as clients', () => {
    const lab = new Lab().up();
    lab.caller(5, CALLER);
    lab.caller(6, '192.168.66.51');
    expect(lab.in(udp(CALLER, 5000, SERVER, 7), 5)).toMatchObject([{ link: 1, source: OUTSIDE }]);
    const [back] = lab.in(udp(SERVER, 7, OUTSIDE, 5000));
    expect(back).toMatchObject({ link: 5, destination: CALLER });
    expect(back?.bytes[8]).toBe(63);
    expect(lab.in(udp(CALLER, 5000, HOST1, 7), 5)).toMatchObject([
      { link: 0, source: CALLER, destination: HOST1 },
    ]);
    expect(lab.in(udp(CALLER, 5000, '192.168.66.51', 7), 5)).toMatchObject([{ link: 6, source: CALLER }]);
    expect(lab.out(udp(HOST1, 7, CALLER, 5000))).toMatchObject([{ link: 5, source: HOST1 }]);
    expect(lab.router.clients.list(lab.now).find((client) => client.address === CALLER)).toMatchObject({
      kind: 'caller',
      name: 'guest',
    });
  });
  it('cannot speak with another’s address, nor a LAN host with theirs', () => {
    const lab = new Lab().up();
    lab.caller(5, CALLER);
    lab.in(udp(CALLER, 5000, SERVER, 7), 5);
    expect(lab.in(udp(HOST1, 5000, SERVER, 7), 5)).toHaveLength(0);
    expect(lab.out(udp(CALLER, 5000, SERVER, 7))).toHaveLength(0);
    expect(lab.counter('spoofed')).toBe(2);
  });
  it('a packet whose time is over is answered by our end of the line', () => {
    const lab = new Lab().up();
    lab.caller(5, CALLER);
    const probe = udp(CALLER, 5000, SERVER, 33_434);
    put16(probe, 10, (get16(probe, 10) + ((probe[8] as number) - 1) * 256) % 65_535);
    probe[8] = 1;
    const [error] = lab.in(probe, 5);
    expect(error).toMatchObject({ link: 5, source: '192.168.66.1', destination: CALLER });
    expect(error?.bytes[20]).toBe(11);
  });
  it('leave nothing behind when they hang up', () => {
    const lab = new Lab().up();
    lab.caller(5, CALLER);
    lab.in(udp(CALLER, 5000, SERVER, 7), 5);
    lab.down(5);
    expect(lab.counter('sessions')).toBe(0);
    expect(lab.in(udp(CALLER, 5000, SERVER, 7), 5)).toHaveLength(0);
  });
});

describe('seeing', () => {
  it('rows, clients and counters agree', () => {
    const lab = new Lab().up();
    lab.out(udp(HOST1, 5000, SERVER, 7, 'x'.repeat(72)));
    lab.in(udp(SERVER, 7, OUTSIDE, 5000, 'y'.repeat(172)));
    lab.out(icmp(HOST2, SERVER, 8, 0, 7, 1));
    lab.out(udp(TUN_ADDRESS, 4000, DNS, 53));
    lab.pass(1000);
    expect(lab.router.sessions(9, lab.now)).toMatchObject([
      { protocol: 'udp', client: TUN_ADDRESS, remote: DNS, remotePort: 53 },
      {
        protocol: 'udp',
        client: HOST1,
        clientPort: 5000,
        mappedPort: 5000,
        bytesUp: 100,
        bytesDown: 200,
        packetsUp: 1,
        packetsDown: 1,
        expires: 299,
      },
      { protocol: 'icmp', client: HOST2, clientPort: 7 },
    ]);
    expect(lab.router.sessions(1, lab.now)).toHaveLength(1);
    const client = lab.router.clients.list(lab.now).find((one) => one.address === HOST1);
    expect(client).toMatchObject({
      id: 1,
      kind: 'lan',
      bytesUp: 100,
      bytesDown: 200,
      rateUp: 800,
      rateDown: 1600,
      sessions: 1,
    });
    expect(lab.router.counters()).toMatchObject({
      'packets-up': 3,
      'packets-down': 1,
      'bytes-down': 200,
      sessions: 3,
    });
  });
  it('refusals are written down with their reason, repeated ones once, and never without bound', () => {
    const lab = new Lab().up();
    for (let i = 0; i < 50; i++) lab.out(udp(HOST1, 5000, '10.1.2.3', 7));
    expect(lab.router.refusals()).toHaveLength(1);
    expect(lab.router.refusals()[0]?.text).toContain('10.1.2.3');
    for (let i = 0; i < 1000; i++) lab.out(udp(`10.7.${i >> 8}.${i & 255}`, 5000, SERVER, 7));
    expect(lab.router.refusals()).toHaveLength(200);
  });
  it('wrong checksums are dropped both ways', () => {
    const lab = new Lab().up();
    lab.out(udp(HOST1, 5000, SERVER, 7));
    const out = udp(HOST1, 5000, SERVER, 7);
    out[28] = (out[28] as number) ^ 1;
    const back = tcp(SERVER, 7, OUTSIDE, 5000, { flags: SYN });
    back[39] = (back[39] as number) ^ 1;
    expect(lab.out(out)).toHaveLength(0);
    expect(lab.in(back)).toHaveLength(0);
    expect(lab.counter('bad-checksum')).toBe(2);
  });
  it('a UDP checksum of zero stays zero', () => {
    const lab = new Lab().up();
    const packet = udp(HOST1, 5000, SERVER, 7);
    put16(packet, 26, 0);
    expect(get16(lab.out(packet)[0]?.bytes ?? packet, 26)).toBe(0);
  });
});
