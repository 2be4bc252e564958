// RFC 5508: ICMP behaviour of a NAT; and what RFC 7857 and RFC 6888 ask beyond it.
import { describe, expect, it } from 'vitest';
import { MASQUERADE_DEFAULT } from '../contract.ts';
import { formatAddress } from '../packet/address.ts';
import { get16, get32, put16 } from '../packet/bytes.ts';
import { ACK, FIN, RST, SYN } from '../packet/tcp.ts';
import { connect, forward, HOST1, HOST2, icmp, Lab, OTHER, OUTSIDE, SERVER, tcp, udp } from './lab.ts';

const ROUTER_ON_THE_WAY = '198.51.100.1';
const none = new Uint8Array(99);
const quotedSource = (bytes: Uint8Array) => `${formatAddress(get32(bytes, 28 + 12))}:${get16(bytes, 48)}`;
const quotedDestination = (bytes: Uint8Array) =>
  `${formatAddress(get32(bytes, 28 + 16))}:${get16(bytes, 50)}`;

describe('RFC 5508', () => {
  it('RFC 5508 REQ-1: queries go out, one identifier for all remotes, answers come back', () => {
    const lab = new Lab().up();
    lab.out(icmp(HOST2, SERVER, 8, 0, 7, 1));
    const [first] = lab.out(icmp(HOST1, SERVER, 8, 0, 7, 1));
    const [second] = lab.out(icmp(HOST1, OTHER, 8, 0, 7, 2));
    const id = get16(first?.bytes ?? none, 24);
    expect(id).not.toBe(7);
    expect(get16(second?.bytes ?? none, 24)).toBe(id);
    const [reply] = lab.in(icmp(SERVER, OUTSIDE, 0, 0, id, 1));
    expect(reply).toMatchObject({ destination: HOST1, source: SERVER });
    expect(get16(reply?.bytes ?? none, 24)).toBe(7);
  });

  it('RFC 5508 REQ-2: a query lives 60 s', () => {
    const lab = new Lab().up();
    lab.out(icmp(HOST1, SERVER, 8, 0, 7, 1));
    lab.pass(59_000);
    expect(lab.in(icmp(SERVER, OUTSIDE, 0, 0, 7, 1))).toHaveLength(1);
    lab.pass(62_000);
    expect(lab.in(icmp(SERVER, OUTSIDE, 0, 0, 7, 1))).toHaveLength(0);
  });

  it('RFC 5508 REQ-3: a wrong ICMP checksum or a damaged quoted header is dropped, a wrong quoted TCP checksum is not', () => {
    const lab = new Lab().up();
    const sent = lab.out(tcp(HOST1, 4000, SERVER, 80, { flags: SYN }))[0]?.bytes ?? none;
    const wrong = icmp(ROUTER_ON_THE_WAY, OUTSIDE, 3, 1, 0, 0, sent);
    wrong[22] = (wrong[22] as number) ^ 1;
    expect(lab.in(wrong)).toHaveLength(0);
    const damaged = sent.slice();
    damaged[8] = (damaged[8] as number) ^ 1;
    expect(lab.in(icmp(ROUTER_ON_THE_WAY, OUTSIDE, 3, 1, 0, 0, damaged))).toHaveLength(0);
    const judged = sent.slice();
    put16(judged, 36, get16(judged, 36) ^ 0x5555);
    expect(lab.in(icmp(ROUTER_ON_THE_WAY, OUTSIDE, 3, 1, 0, 0, judged))).toHaveLength(1);
  });

  it('RFC 5508 REQ-4: an error from outside is turned back into the client’s own; without a mapping it is dropped', () => {
    const lab = new Lab().up();
    lab.out(udp(HOST2, 5000, SERVER, 7000));
    const sent = lab.out(udp(HOST1, 5000, SERVER, 7000))[0]?.bytes ?? none;
    for (const [type, code] of [
      [3, 1],
      [3, 4],
      [11, 0],
      [12, 0],
    ] as const) {
      const [error] = lab.in(icmp(ROUTER_ON_THE_WAY, OUTSIDE, type, code, 0, 1400, sent));
      expect(error).toMatchObject({ source: ROUTER_ON_THE_WAY, destination: HOST1 });
      expect([error?.bytes[20], error?.bytes[21]]).toEqual([type, code]);
      expect(quotedSource(error?.bytes ?? none)).toBe(`${HOST1}:5000`);
      expect(get16(error?.bytes ?? none, 26)).toBe(1400);
    }
    expect(
      lab.in(icmp(ROUTER_ON_THE_WAY, OUTSIDE, 3, 1, 0, 0, udp(OUTSIDE, 9999, SERVER, 7000))),
    ).toHaveLength(0);
  });

  it('RFC 5508 REQ-5: an error from inside leaves with the outside endpoint in it', () => {
    const lab = new Lab().up();
    lab.out(udp(HOST2, 5000, SERVER, 7000));
    const mapped = lab.out(udp(HOST1, 5000, SERVER, 7000))[0]?.sourcePort ?? 0;
    const delivered = lab.in(udp(SERVER, 7000, OUTSIDE, mapped))[0]?.bytes ?? none;
    const [error] = lab.out(icmp(HOST1, SERVER, 3, 3, 0, 0, delivered));
    expect(error).toMatchObject({ link: 1, source: OUTSIDE, destination: SERVER });
    expect(quotedDestination(error?.bytes ?? none)).toBe(`${OUTSIDE}:${mapped}`);
  });

  it('RFC 5508 REQ-6: errors neither refresh nor end a session', () => {
    const lab = new Lab().up();
    const sent = lab.out(icmp(HOST1, SERVER, 8, 0, 7, 1))[0]?.bytes ?? none;
    lab.pass(40_000);
    expect(lab.in(icmp(ROUTER_ON_THE_WAY, OUTSIDE, 11, 0, 0, 0, sent))).toHaveLength(1);
    lab.pass(15_000);
    expect(lab.in(icmp(ROUTER_ON_THE_WAY, OUTSIDE, 11, 0, 0, 0, sent))).toHaveLength(1);
    lab.pass(8_000);
    expect(lab.in(icmp(ROUTER_ON_THE_WAY, OUTSIDE, 11, 0, 0, 0, sent))).toHaveLength(0);
  });

  it('RFC 5508 REQ-7: an error about a hairpinned packet finds its sender', () => {
    const lab = new Lab().up();
    lab.out(udp(HOST1, 5000, SERVER, 7000));
    lab.out(udp(HOST2, 6000, SERVER, 7000));
    const delivered = lab.out(udp(HOST2, 6000, OUTSIDE, 5000))[0]?.bytes ?? none;
    const [error] = lab.out(icmp(HOST1, OUTSIDE, 3, 3, 0, 0, delivered));
    expect(error).toMatchObject({ link: 0, source: OUTSIDE, destination: HOST2 });
    expect(quotedSource(error?.bytes ?? none)).toBe(`${HOST2}:6000`);
    expect(quotedDestination(error?.bytes ?? none)).toBe(`${OUTSIDE}:5000`);
  });

  it('RFC 5508 REQ-8: what policy refuses is answered with ICMP 3/13, at a bounded rate', () => {
    const lab = new Lab({ access: { mode: 'everybody', chosen: [], paused: [HOST1] } }).up();
    const [error] = lab.out(udp(HOST1, 5000, SERVER, 7000));
    expect([...(error?.bytes.subarray(20, 22) ?? [])]).toEqual([3, 13]);
    let answers = 0;
    for (let i = 0; i < 200; i++) answers += lab.out(udp(HOST1, 5000 + i, SERVER, 7000)).length;
    expect(answers).toBeLessThan(30);
  });

  it('RFC 5508 REQ-9: policy refuses a query like anything else', () => {
    const lab = new Lab({ access: { mode: 'chosen', chosen: [HOST2], paused: [] } }).up();
    expect(lab.out(icmp(HOST1, SERVER, 8, 0, 7, 1)).every((packet) => packet.link === 0)).toBe(true);
    expect(lab.out(icmp(HOST2, SERVER, 8, 0, 7, 1))).toMatchObject([{ link: 1 }]);
  });

  it('RFC 5508 REQ-10: timestamp, information and mask queries pass too', () => {
    const lab = new Lab().up();
    for (const [query, reply] of [
      [13, 14],
      [15, 16],
      [17, 18],
    ] as const) {
      expect(lab.out(icmp(HOST1, SERVER, query, 0, 9, 1))).toHaveLength(1);
      expect(lab.in(icmp(SERVER, OUTSIDE, reply, 0, 9, 1))).toMatchObject([{ destination: HOST1 }]);
    }
  });

  it('RFC 5508 REQ-11: other types are dropped', () => {
    const lab = new Lab().up();
    expect(lab.out(icmp(HOST1, SERVER, 5, 0, 0, 0))).toHaveLength(0);
    expect(lab.in(icmp(SERVER, OUTSIDE, 9, 0, 0, 0))).toHaveLength(0);
  });

  it('traceroute: time exceeded about TCP, UDP and echo all find their client', () => {
    const lab = new Lab().up();
    for (const probe of [
      udp(HOST1, 33_000, SERVER, 33_434),
      tcp(HOST1, 33_001, SERVER, 80, { flags: SYN }),
      icmp(HOST1, SERVER, 8, 0, 5, 1),
    ]) {
      const sent = lab.out(probe)[0]?.bytes ?? none;
      expect(lab.in(icmp(ROUTER_ON_THE_WAY, OUTSIDE, 11, 0, 0, 0, sent.subarray(0, 28)))).toMatchObject([
        { destination: HOST1 },
      ]);
    }
  });
});

describe('RFC 7857', () => {
  it('RFC 7857 §2: opening and closing connections are kept 4 minutes', () => {
    const lab = new Lab().up();
    lab.out(tcp(HOST1, 4000, SERVER, 80, { flags: SYN }));
    lab.pass(239_000);
    expect(lab.counter('sessions')).toBe(1);
    lab.pass(3_000);
    expect(lab.counter('sessions')).toBe(0);
  });
  it('RFC 7857 §2: half a close keeps the connection like an open one', () => {
    const lab = new Lab().up();
    connect(lab);
    lab.out(tcp(HOST1, 40_000, SERVER, 80, { flags: FIN | ACK, sequence: 101, acknowledgement: 901 }));
    lab.pass(3_600_000);
    expect(
      lab.in(tcp(SERVER, 80, OUTSIDE, 40_000, { sequence: 901, acknowledgement: 102, payload: 'late' })),
    ).toHaveLength(1);
  });
  it('RFC 7857 §2: after a RST the state stays 4 minutes, and traffic revives it', () => {
    const lab = new Lab().up();
    connect(lab);
    lab.in(tcp(SERVER, 80, OUTSIDE, 40_000, { flags: RST, sequence: 901 }));
    lab.pass(100_000);
    lab.out(tcp(HOST1, 40_000, SERVER, 80, { sequence: 101, acknowledgement: 901 }));
    expect(lab.router.sessions(1, lab.now)[0]?.state).toBe('ESTABLISHED');
  });
  it('RFC 7857 §3: one outside port has one inside endpoint, so endpoint-independent clients are never affected by overlap', () => {
    const lab = new Lab().up();
    const a = lab.out(tcp(HOST1, 4000, SERVER, 80, { flags: SYN }))[0]?.sourcePort;
    const b = lab.out(tcp(HOST2, 4000, OTHER, 80, { flags: SYN }))[0]?.sourcePort;
    expect(a).not.toBe(b);
  });
  it('RFC 7857 §5: TCP and UDP of one endpoint are mapped apart', () => {
    const lab = new Lab().up();
    lab.out(udp(HOST2, 4000, SERVER, 80));
    expect(lab.out(tcp(HOST1, 4000, SERVER, 80, { flags: SYN }))[0]?.sourcePort).toBe(4000);
    expect(lab.out(udp(HOST1, 4000, SERVER, 80))[0]?.sourcePort).not.toBe(4000);
  });
  it('RFC 7857 §6: TCP and UDP are filtered alike unless a person says otherwise', () => {
    expect(MASQUERADE_DEFAULT.udpFiltering).toBe(MASQUERADE_DEFAULT.tcpFiltering);
    const lab = new Lab().up();
    connect(lab);
    lab.out(udp(HOST1, 5000, SERVER, 80));
    const strangers = [
      tcp(OTHER, 9, OUTSIDE, 40_000, { flags: SYN }),
      udp(OTHER, 9, OUTSIDE, 5000),
      tcp(SERVER, 9, OUTSIDE, 40_000, { flags: SYN }),
      udp(SERVER, 9, OUTSIDE, 5000),
    ];
    expect(strangers.map((packet) => lab.in(packet).length)).toEqual([0, 0, 1, 1]);
  });
  it('RFC 7857 §7: a dropped RST and an ICMP error do not refresh', () => {
    const lab = new Lab().up();
    lab.out(tcp(HOST1, 4000, SERVER, 80, { flags: SYN, sequence: 100 }));
    lab.pass(200_000);
    lab.in(tcp(SERVER, 80, OUTSIDE, 4000, { flags: RST | ACK, acknowledgement: 5 }));
    lab.pass(42_000);
    expect(lab.counter('sessions')).toBe(0);
  });
  it('RFC 7857 §7: with inbound refresh off, strangers cannot keep an endpoint-independent mapping', () => {
    const udpFiltering = 'endpoint-independent' as const;
    const lives = (inboundRefresh: boolean) => {
      const lab = new Lab({ masquerade: { ...MASQUERADE_DEFAULT, udpFiltering, inboundRefresh } }).up();
      lab.out(udp(HOST1, 5000, SERVER, 7000));
      for (let i = 0; i < 8; i++) {
        lab.pass(50_000);
        lab.in(udp(`198.51.100.${100 + i}`, 7000, OUTSIDE, 5000));
      }
      return lab.counter('mappings');
    };
    expect([lives(true), lives(false)]).toEqual([1, 0]);
    // An answer from inside is traffic from inside: it keeps the stranger's session.
    const lab = new Lab({ masquerade: { ...MASQUERADE_DEFAULT, udpFiltering, inboundRefresh: false } }).up();
    lab.out(udp(HOST1, 5000, SERVER, 7000));
    lab.pass(200_000);
    lab.in(udp(OTHER, 7000, OUTSIDE, 5000));
    lab.out(udp(HOST1, 5000, OTHER, 7000));
    lab.pass(250_000);
    expect(lab.router.sessions(9, lab.now)).toMatchObject([{ remote: OTHER }]);
  });
  it('RFC 7857 §7: a datagram that the filter keeps out does not refresh', () => {
    const lab = new Lab().up();
    lab.out(udp(HOST1, 5000, SERVER, 7000));
    lab.pass(200_000);
    lab.in(udp(OTHER, 7000, OUTSIDE, 5000));
    lab.pass(102_000);
    expect(lab.counter('mappings')).toBe(0);
  });
  it('RFC 7857 §7.1: an RST with which the client answers a stranger does not refresh', () => {
    const tcpFiltering = 'endpoint-independent' as const;
    const lab = new Lab({ masquerade: { ...MASQUERADE_DEFAULT, tcpFiltering } }).up();
    lab.out(tcp(HOST1, 4000, SERVER, 80, { flags: SYN, sequence: 100 }));
    lab.pass(1000);
    lab.in(tcp(OTHER, 80, OUTSIDE, 4000, { flags: SYN, sequence: 7 }));
    lab.pass(200_000);
    const refusal = tcp(HOST1, 4000, OTHER, 80, { flags: RST | ACK, acknowledgement: 8 });
    expect(lab.out(refusal.slice())).toHaveLength(1);
    lab.out(refusal.slice());
    lab.pass(42_000);
    expect(lab.counter('mappings')).toBe(0);
  });
  it('RFC 7857 §9: a chosen port is unpredictable', () => {
    const ports = [1, 2, 3, 4, 5].map((seed) => {
      const lab = new Lab({}, seed).up();
      lab.out(udp(HOST2, 4000, SERVER, 80));
      return lab.out(udp(HOST1, 4000, SERVER, 80))[0]?.sourcePort;
    });
    expect(new Set(ports).size).toBe(5);
  });
  it('RFC 7857 §10: packets we cut have identifications of our own, never equal for two clients', () => {
    const lab = new Lab().up(OUTSIDE, { mtu: 576 });
    const ids = [HOST1, HOST2].map((host) =>
      get16(lab.out(udp(host, 4000, SERVER, 80, 'x'.repeat(900)))[0]?.bytes ?? none, 4),
    );
    expect(ids[0]).not.toBe(ids[1]);
  });
  it('RFC 7857 §12: an echo to the outside address is answered to the inside', () => {
    const lab = new Lab().up();
    const [reply] = lab.out(icmp(HOST1, OUTSIDE, 8, 0, 7, 1));
    expect(reply).toMatchObject({ link: 0, source: OUTSIDE, destination: HOST1 });
    expect(reply?.bytes[20]).toBe(0);
  });
});

describe('RFC 6888', () => {
  it('RFC 6888 REQ-4: a client has a limit of mappings and of new ones a second, others are unharmed', () => {
    const masquerade = { ...MASQUERADE_DEFAULT, clientMappings: 100, clientMappingsPerSecond: 20 };
    const lab = new Lab({ masquerade }).up();
    let sent = 0;
    for (let i = 0; i < 60; i++)
      sent += lab.out(udp(HOST1, 10_000 + i, SERVER, 7)).filter((p) => p.link === 1).length;
    expect(sent).toBe(40);
    expect(lab.out(udp(HOST2, 5000, SERVER, 7))).toMatchObject([{ link: 1 }]);
    for (let s = 0; s < 10; s++) {
      lab.pass(1000);
      for (let i = 0; i < 30; i++) lab.out(udp(HOST1, 20_000 + s * 100 + i, SERVER, 7));
    }
    expect(lab.router.sessions(1000, lab.now).filter((session) => session.client === HOST1)).toHaveLength(
      100,
    );
    expect(lab.counter('client-limit')).toBeGreaterThan(100);
  });
  it('RFC 6888 REQ-11: without a port left the new flow is refused with ICMP 3/1', () => {
    const everything = forward({ protocol: 'udp', first: 1, last: 65_535, insideFirst: 1 });
    const lab = new Lab({ forwards: [{ ...everything, hosts: [{ address: HOST2, weight: 1 }] }] }).up();
    const [error] = lab.out(udp(HOST1, 5000, SERVER, 7000));
    expect(error).toMatchObject({ link: 0, destination: HOST1 });
    expect([...(error?.bytes.subarray(20, 22) ?? [])]).toEqual([3, 1]);
    expect(lab.counter('no-port')).toBe(1);
  });
  it('RFC 6888 REQ-8: a freed port rests 120 s, but its own endpoint may have it back', () => {
    const lab = new Lab().up();
    lab.out(udp(HOST1, 5000, SERVER, 7000));
    lab.pass(302_000);
    expect(lab.out(udp(HOST2, 5000, SERVER, 7000))[0]?.sourcePort).not.toBe(5000);
    expect(lab.out(udp(HOST1, 5000, SERVER, 7000))[0]?.sourcePort).toBe(5000);
    const later = new Lab().up();
    later.out(udp(HOST1, 5000, SERVER, 7000));
    later.pass(302_000 + 121_000);
    expect(later.out(udp(HOST2, 5000, SERVER, 7000))[0]?.sourcePort).toBe(5000);
  });
});
