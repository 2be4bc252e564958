import { describe, expect, it } from 'vitest';
import { ACK, RST, SYN } from '../packet/tcp.ts';
import {
  connect,
  DNS,
  DNS2,
  forward,
  HOST1,
  HOST2,
  icmp,
  Lab,
  OTHER,
  OUTSIDE,
  SERVER,
  tcp,
  udp,
} from './lab.ts';
import { DNS_ALIAS, TUN_ADDRESS } from './state.ts';

const NEXT = '203.0.113.99';

describe('redial, same address', () => {
  it('loses nothing', () => {
    const lab = new Lab().up();
    connect(lab);
    lab.out(udp(HOST1, 5000, SERVER, 7000));
    lab.down();
    lab.pass(20_000);
    lab.up();
    expect(lab.readdressed).toEqual([{ from: OUTSIDE, to: OUTSIDE, moved: 0, reset: 0, held: 0 }]);
    expect(
      lab.in(tcp(SERVER, 80, OUTSIDE, 40_000, { sequence: 901, acknowledgement: 101, payload: 'on' })),
    ).toHaveLength(1);
    expect(lab.in(udp(SERVER, 7000, OUTSIDE, 5000))).toHaveLength(1);
  });
});

describe('redial, new address', () => {
  it('moves UDP, ICMP queries and unanswered TCP with their ports, and says so', () => {
    const lab = new Lab().up();
    lab.out(udp(HOST1, 5000, SERVER, 7000));
    lab.out(icmp(HOST1, SERVER, 8, 0, 7, 1));
    lab.out(tcp(HOST1, 4000, SERVER, 80, { flags: SYN, sequence: 100 }));
    lab.down();
    lab.up(NEXT);
    expect(lab.readdressed).toEqual([{ from: OUTSIDE, to: NEXT, moved: 3, reset: 0, held: 0 }]);
    expect(lab.out(udp(HOST1, 5000, SERVER, 7000))).toMatchObject([{ source: NEXT, sourcePort: 5000 }]);
    expect(lab.in(udp(SERVER, 7000, NEXT, 5000))).toMatchObject([{ destination: HOST1 }]);
    expect(lab.out(tcp(HOST1, 4000, SERVER, 80, { flags: SYN, sequence: 100 }))).toMatchObject([
      { source: NEXT, sourcePort: 4000 },
    ]);
    expect(lab.in(icmp(SERVER, NEXT, 0, 0, 7, 1))).toMatchObject([{ destination: HOST1 }]);
  });

  it('answered TCP gets a RST that its client must believe, at once and again whenever it speaks', () => {
    const lab = new Lab().up();
    connect(lab);
    lab.in(tcp(SERVER, 80, OUTSIDE, 40_000, { sequence: 901, acknowledgement: 101, payload: 'unseen' }));
    lab.down();
    lab.drain();
    lab.up(NEXT);
    expect(lab.readdressed).toMatchObject([{ reset: 1 }]);
    expect(lab.drain()).toMatchObject([
      {
        link: 0,
        source: SERVER,
        sourcePort: 80,
        destination: HOST1,
        destinationPort: 40_000,
        flags: RST | ACK,
        sequence: 901,
      },
      // Should it have been seen after all, and its ACK been lost on the LAN.
      { source: SERVER, destination: HOST1, flags: RST | ACK, sequence: 907 },
    ]);
    const again = lab.out(
      tcp(HOST1, 40_000, SERVER, 80, { sequence: 101, acknowledgement: 907, payload: 'hi' }),
    );
    expect(again).toMatchObject([{ link: 0, source: SERVER, flags: RST | ACK, sequence: 907 }]);
    // A new connection from the same port begins anew.
    expect(lab.out(tcp(HOST1, 40_000, SERVER, 80, { flags: SYN, sequence: 5 }))).toMatchObject([
      { source: NEXT, flags: SYN },
    ]);
  });

  it('the RST is believed by a client whose last ACK came when the line was down already', () => {
    const lab = new Lab().up();
    connect(lab);
    lab.in(tcp(SERVER, 80, OUTSIDE, 40_000, { sequence: 901, acknowledgement: 101, payload: 'delayed' }));
    lab.down();
    lab.out(tcp(HOST1, 40_000, SERVER, 80, { sequence: 101, acknowledgement: 908 }));
    lab.drain();
    lab.up(NEXT);
    expect(lab.drain()).toMatchObject([{ destination: HOST1, flags: RST | ACK, sequence: 908 }]);
  });

  it('a client that only listens is told again within a second, and no longer; one that dials anew is left alone', () => {
    const lab = new Lab().up();
    connect(lab);
    connect(lab, HOST2, 50_000);
    lab.down();
    lab.up(NEXT);
    lab.drain();
    lab.out(tcp(HOST2, 50_000, SERVER, 80, { flags: SYN, sequence: 5 }));
    lab.pass(1_000);
    const told = lab.drain();
    expect(told.length).toBeGreaterThanOrEqual(2);
    for (const packet of told)
      expect(packet).toMatchObject({ source: SERVER, destination: HOST1, flags: RST | ACK, sequence: 901 });
    lab.pass(10_000);
    expect(lab.drain()).toEqual([]);
  });

  it('lets no packet for the old address in', () => {
    const lab = new Lab().up();
    lab.out(udp(HOST1, 5000, SERVER, 7000));
    lab.down();
    lab.up(NEXT);
    expect(lab.in(udp(SERVER, 7000, OUTSIDE, 5000))).toHaveLength(0);
    expect(lab.counter('stray')).toBe(1);
  });

  it('takes forwards along', () => {
    const lab = new Lab({ forwards: [forward()] }).up();
    lab.down();
    lab.up(NEXT);
    expect(lab.in(tcp(SERVER, 5555, NEXT, 80, { flags: SYN }))).toMatchObject([
      { destination: HOST1, destinationPort: 80 },
    ]);
  });

  it('knows the uplink by its place when its number has changed', () => {
    const lab = new Lab().up();
    lab.out(udp(HOST1, 5000, SERVER, 7000));
    lab.down();
    lab.up(NEXT, { link: 9 });
    expect(lab.in(udp(SERVER, 7000, NEXT, 5000), 9)).toHaveLength(1);
  });

  it('survives twenty redials: a game keeps its port', () => {
    const lab = new Lab().up();
    lab.out(udp(HOST2, 6112, SERVER, 6112));
    const port = lab.out(udp(HOST1, 6112, SERVER, 6112))[0]?.sourcePort;
    for (let i = 0; i < 20; i++) {
      lab.down();
      lab.pass(30_000);
      lab.up(`203.0.113.${100 + i}`);
      expect(lab.out(udp(HOST1, 6112, SERVER, 6112))).toMatchObject([
        { source: `203.0.113.${100 + i}`, sourcePort: port },
      ]);
    }
  });
});

describe('demand dialling', () => {
  it('holds the packet that asks for the line and sends it when the line is up', () => {
    const lab = new Lab({ demand: true });
    expect(lab.out(tcp(HOST1, 4000, SERVER, 80, { flags: SYN, sequence: 9 }))).toHaveLength(0);
    expect(lab.wants).toEqual([{ client: HOST1, reason: `tcp to ${SERVER} port 80` }]);
    lab.pass(25_000);
    lab.out(tcp(HOST1, 4000, SERVER, 80, { flags: SYN, sequence: 9 }));
    lab.up();
    expect(lab.links).toMatchObject([{ source: OUTSIDE, sourcePort: 4000, flags: SYN, sequence: 9 }]);
    expect(lab.readdressed).toEqual([{ from: '0.0.0.0', to: OUTSIDE, moved: 0, reset: 0, held: 1 }]);
  });
  it('a DNS query of the gateway asks for the line, is held 10 s, and goes to the provider’s server', () => {
    const lab = new Lab({ demand: true });
    lab.out(udp(TUN_ADDRESS, 3000, DNS_ALIAS, 53, 'who?'));
    expect(lab.wants).toEqual([{ client: TUN_ADDRESS, reason: 'a name to look up' }]);
    lab.pass(4000);
    lab.up();
    expect(lab.links).toMatchObject([{ client: 0, source: OUTSIDE, destination: DNS, payload: 'who?' }]);
    const late = new Lab({ demand: true });
    late.out(udp(TUN_ADDRESS, 3000, DNS_ALIAS, 53, 'who?'));
    late.pass(12_000);
    late.up();
    expect(late.links).toHaveLength(0);
  });
  it('never dials for chatter, for the dead, for the forbidden or for the private', () => {
    const lab = new Lab({ demand: true, access: { mode: 'everybody', chosen: [], paused: [HOST2] } });
    lab.out(udp(HOST1, 137, SERVER, 137));
    lab.out(udp(HOST1, 5353, '224.0.0.251', 5353));
    lab.out(udp(HOST1, 5000, '255.255.255.255', 7000));
    lab.out(tcp(HOST1, 4000, SERVER, 80, { flags: ACK }));
    lab.out(tcp(HOST1, 4000, SERVER, 80, { flags: RST }));
    lab.out(tcp(HOST1, 4000, '10.1.2.3', 80, { flags: SYN }));
    lab.out(tcp(HOST2, 4000, SERVER, 80, { flags: SYN }));
    lab.out(icmp(HOST1, SERVER, 8, 0, 7, 1));
    expect(lab.wants).toEqual([]);
    expect(lab.counter('held')).toBe(0);
  });
  it('an established connection never dials again after a hangup', () => {
    const lab = new Lab({ demand: true }).up();
    connect(lab);
    lab.down();
    lab.out(tcp(HOST1, 40_000, SERVER, 80, { sequence: 101, acknowledgement: 901, payload: 'x' }));
    expect(lab.wants).toEqual([]);
  });
  it('holds few packets, of one client fewer', () => {
    const lab = new Lab({ demand: true });
    for (let i = 0; i < 100; i++) lab.out(udp(HOST1, 5000 + i, SERVER, 7000));
    for (let i = 0; i < 5; i++) lab.out(udp(HOST2, 5000 + i, SERVER, 7000));
    lab.up();
    expect(lab.links.length).toBe(13);
  });
  it('without demand the client is told that nothing is reachable, at a bounded rate', () => {
    const lab = new Lab();
    const [error] = lab.out(tcp(HOST1, 4000, SERVER, 80, { flags: SYN }));
    expect([...(error?.bytes.subarray(20, 22) ?? [])]).toEqual([3, 1]);
    let answers = 0;
    for (let i = 0; i < 100; i++) answers += lab.out(udp(HOST1, 5000, SERVER, 7000)).length;
    expect(answers).toBeLessThan(25);
  });
});

describe('the DNS alias', () => {
  it('stands for the provider’s server, both ways', () => {
    const lab = new Lab().up();
    expect(lab.out(udp(TUN_ADDRESS, 3000, DNS_ALIAS, 53))).toMatchObject([
      { destination: DNS, source: OUTSIDE },
    ]);
    expect(lab.in(udp(DNS, 53, OUTSIDE, 3000, 'here'))).toMatchObject([
      { source: DNS_ALIAS, destination: TUN_ADDRESS, payload: 'here' },
    ]);
  });
  it('goes to the next server when one is silent for 3 s', () => {
    const lab = new Lab().up();
    lab.out(udp(TUN_ADDRESS, 3000, DNS_ALIAS, 53));
    lab.pass(3250);
    expect(lab.out(udp(TUN_ADDRESS, 3000, DNS_ALIAS, 53))).toMatchObject([{ destination: DNS2 }]);
    expect(lab.in(udp(DNS2, 53, OUTSIDE, 3000))).toMatchObject([{ source: DNS_ALIAS }]);
    lab.pass(10_000);
    expect(lab.out(udp(TUN_ADDRESS, 3001, DNS_ALIAS, 53))).toMatchObject([{ destination: DNS2 }]);
  });
  it('follows a redial to another provider', () => {
    const lab = new Lab().up();
    lab.out(udp(TUN_ADDRESS, 3000, DNS_ALIAS, 53));
    lab.down();
    lab.up(NEXT, { dns: [OTHER] });
    expect(lab.out(udp(TUN_ADDRESS, 3000, DNS_ALIAS, 53))).toMatchObject([
      { destination: OTHER, source: NEXT },
    ]);
    expect(lab.in(udp(OTHER, 53, NEXT, 3000))).toMatchObject([{ source: DNS_ALIAS }]);
  });
});
