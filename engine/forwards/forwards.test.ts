import { describe, expect, it } from 'vitest';
import {
  connect,
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
} from '../masquerade/lab.ts';
import { ACK, RST, SYN } from '../packet/tcp.ts';
import { Forwards } from './forwards.ts';

const syn = (from: string, port: number, to: number) =>
  tcp(from, port, OUTSIDE, to, { flags: SYN, sequence: 50 });

describe('forwards', () => {
  it('one port: the server sees the real remote, its answer leaves by the forwarded port', () => {
    const lab = new Lab({ forwards: [forward({ insideFirst: 8080 })] }).up();
    expect(lab.in(syn(SERVER, 5555, 80))).toMatchObject([
      { source: SERVER, sourcePort: 5555, destination: HOST1, destinationPort: 8080 },
    ]);
    const answer = tcp(HOST1, 8080, SERVER, 5555, { flags: SYN | ACK, sequence: 7, acknowledgement: 51 });
    expect(lab.out(answer)).toMatchObject([
      { source: OUTSIDE, sourcePort: 80, destination: SERVER, destinationPort: 5555 },
    ]);
    expect(lab.router.sessions(9, lab.now)).toMatchObject([
      { client: HOST1, clientPort: 8080, mappedPort: 80, state: 'SYN_RECV' },
    ]);
    lab.in(tcp(SERVER, 5555, OUTSIDE, 80, { sequence: 51, acknowledgement: 8 }));
    expect(lab.router.sessions(9, lab.now)[0]?.state).toBe('ESTABLISHED');
  });
  it('a range, shifted, for both protocols', () => {
    const lab = new Lab({
      forwards: [forward({ protocol: 'both', first: 6000, last: 6010, insideFirst: 7000 })],
    }).up();
    expect(lab.in(udp(SERVER, 1, OUTSIDE, 6005))).toMatchObject([{ destinationPort: 7005 }]);
    expect(lab.in(syn(SERVER, 1, 6010))).toMatchObject([{ destinationPort: 7010 }]);
    expect(lab.in(syn(SERVER, 1, 6011))).toHaveLength(0);
    expect(lab.in(syn(SERVER, 1, 5999))).toHaveLength(0);
  });
  it('only a SYN opens, only for the allowed sources, only while it is on', () => {
    const lab = new Lab({ forwards: [forward({ sources: ['198.51.100.80/32'] })] }).up();
    expect(lab.in(tcp(SERVER, 1, OUTSIDE, 80, { flags: ACK }))).toHaveLength(0);
    expect(lab.in(syn(OTHER, 1, 80))).toHaveLength(0);
    expect(lab.router.refusals().at(-1)?.text).toContain(OTHER);
    expect(lab.in(syn(SERVER, 1, 80))).toHaveLength(1);
    lab.configure({ forwards: [forward({ on: false })] });
    expect(lab.counter('sessions')).toBe(0);
    expect(lab.in(syn(SERVER, 2, 80))).toHaveLength(0);
  });
  it('what the server sends first leaves by its forwarded port', () => {
    const lab = new Lab({
      forwards: [forward({ protocol: 'udp', first: 27_015, last: 27_015, insideFirst: 5000 })],
    }).up();
    expect(lab.out(udp(HOST1, 5000, SERVER, 9))).toMatchObject([{ sourcePort: 27_015 }]);
    expect(lab.in(udp(SERVER, 9, OUTSIDE, 27_015))).toMatchObject([{ destinationPort: 5000 }]);
    expect(lab.in(udp(OTHER, 9, OUTSIDE, 27_015))).toMatchObject([{ destinationPort: 5000 }]);
  });
  it('the pool gives a forwarded port to nobody', () => {
    const lab = new Lab({
      forwards: [forward({ protocol: 'udp', first: 5000, last: 5000, insideFirst: 5000 })],
    }).up();
    expect(lab.out(udp(HOST2, 5000, SERVER, 9))[0]?.sourcePort).not.toBe(5000);
  });
  it('hairpin: a LAN client reaches the forwarded server by the outside address', () => {
    const lab = new Lab({ forwards: [forward()] }).up();
    const [there] = lab.out(tcp(HOST2, 4000, OUTSIDE, 80, { flags: SYN, sequence: 5 }));
    expect(there).toMatchObject({
      link: 0,
      source: OUTSIDE,
      sourcePort: 4000,
      destination: HOST1,
      destinationPort: 80,
    });
    const [back] = lab.out(
      tcp(HOST1, 80, OUTSIDE, 4000, { flags: SYN | ACK, sequence: 8, acknowledgement: 6 }),
    );
    expect(back).toMatchObject({
      link: 0,
      source: OUTSIDE,
      sourcePort: 80,
      destination: HOST2,
      destinationPort: 4000,
    });
  });
  it('an ICMP error about a forwarded server’s packet reaches it', () => {
    const lab = new Lab({ forwards: [forward()] }).up();
    lab.in(syn(SERVER, 5555, 80));
    const [sent] = lab.out(
      tcp(HOST1, 80, SERVER, 5555, { flags: SYN | ACK, sequence: 7, acknowledgement: 51 }),
    );
    expect(lab.in(icmp(OTHER, OUTSIDE, 3, 4, 0, 576, sent?.bytes))).toMatchObject([{ destination: HOST1 }]);
  });
  it('a mapping that owned the port before keeps what it had open', () => {
    const lab = new Lab().up();
    connect(lab, HOST2, 8888);
    lab.configure({ forwards: [forward({ first: 8888, last: 8888 })] });
    expect(
      lab.in(tcp(SERVER, 80, OUTSIDE, 8888, { sequence: 901, acknowledgement: 101, payload: 'x' })),
    ).toMatchObject([{ destination: HOST2 }]);
    expect(lab.in(syn(OTHER, 1, 8888))).toMatchObject([{ destination: HOST1 }]);
  });
});

describe('balanced forwards', () => {
  const hosts = [
    { address: HOST1, weight: 3 },
    { address: HOST2, weight: 1 },
  ];
  it('share by weight and keep each remote with its host', () => {
    const lab = new Lab({ forwards: [forward({ hosts })] }).up();
    const chosen = Array.from(
      { length: 40 },
      (_, i) => lab.in(syn(`198.51.101.${i + 1}`, 1, 80))[0]?.destination,
    );
    expect(chosen.filter((host) => host === HOST1)).toHaveLength(30);
    const again = Array.from(
      { length: 40 },
      (_, i) => lab.in(syn(`198.51.101.${i + 1}`, 2, 80))[0]?.destination,
    );
    expect(again).toEqual(chosen);
  });
  it('a host that does not answer is passed over for a while', () => {
    const lab = new Lab({ forwards: [forward({ hosts })] }).up();
    expect(lab.in(syn(SERVER, 1, 80))).toMatchObject([{ destination: HOST1 }]);
    lab.pass(1000);
    expect(lab.in(syn(SERVER, 1, 80))).toMatchObject([{ destination: HOST1 }]);
    lab.pass(2000);
    expect(lab.in(syn(SERVER, 1, 80))).toMatchObject([{ destination: HOST2 }]);
    expect(lab.in(syn(OTHER, 1, 80))).toMatchObject([{ destination: HOST2 }]);
  });
});

describe('the health check of balanced forwards', () => {
  const hosts = [
    { address: HOST1, weight: 1 },
    { address: HOST2, weight: 1 },
  ];
  const balanced = forward({ hosts, insideFirst: 8080 });
  /** Answers the probes that came out, as the hosts would. */
  const answer = (lab: Lab, flags: (host: string) => number | null) =>
    lab.drain().flatMap((probe) => {
      const how = flags(probe.destination);
      const { destination, destinationPort, source, sourcePort, sequence } = probe;
      const facts = { flags: how ?? 0, sequence: 77, acknowledgement: (sequence + 1) | 0 };
      return how === null ? [] : lab.out(tcp(destination, destinationPort, source, sourcePort, facts));
    });
  const chosen = (lab: Lab, from: number, port = 1) =>
    Array.from({ length: 10 }, (_, i) => lab.in(syn(`198.51.102.${from + i}`, port, 80))[0]?.destination);

  it('asks every host, and refuses the answer before a program sees it', () => {
    const lab = new Lab({ forwards: [balanced] }).up();
    lab.pass(250);
    expect(lab.host).toMatchObject(
      [HOST1, HOST2].map((destination) => ({ destination, destinationPort: 8080, flags: SYN })),
    );
    expect(lab.host.every((probe) => probe.source === '192.0.0.8')).toBe(true);
    expect(answer(lab, () => SYN | ACK)).toMatchObject([
      { destination: HOST1, flags: RST },
      { destination: HOST2, flags: RST },
    ]);
    expect(new Set(chosen(lab, 1)).size).toBe(2);
  });
  it('a host that is silent twice, or refuses, rests until it answers', () => {
    for (const illness of [null, RST | ACK]) {
      const lab = new Lab({ forwards: [balanced] }).up();
      const dead = (host: string) => (host === HOST1 ? illness : SYN | ACK);
      for (let i = 0; i < 4; i++) {
        lab.pass(10_000);
        answer(lab, dead);
      }
      expect(new Set(chosen(lab, 1))).toEqual(new Set([HOST2]));
      expect(lab.counter('forward-ill:web')).toBe(1);
      expect(lab.logs.filter((line) => line.level === 'warning')).toHaveLength(1);
      lab.drain();
      lab.pass(10_000);
      answer(lab, () => SYN | ACK);
      expect(new Set(chosen(lab, 20)).size).toBe(2);
      expect(lab.counter('forward-ill:web')).toBe(0);
    }
  });
  it('believes no answer to what it did not ask, and all ill hosts are better than none', () => {
    const lab = new Lab({ forwards: [balanced] }).up();
    lab.pass(10_000);
    for (const probe of lab.drain()) {
      const { destination, destinationPort, source, sourcePort } = probe;
      const forged = { flags: RST | ACK, acknowledgement: 5 };
      expect(lab.out(tcp(destination, destinationPort, source, sourcePort, forged))).toEqual([]);
    }
    expect(lab.counter('forward-ill:web')).toBe(0);
    lab.pass(60_000);
    expect(lab.counter('forward-ill:web')).toBe(2);
    const first = chosen(lab, 1);
    expect(first).not.toContain(undefined);
    lab.in(syn(OTHER, 1, 80));
    expect(chosen(lab, 1, 2)).toEqual(first);
  });
  it('sends nothing for a single host, for UDP, or for a rule that is off', () => {
    const single = forward({ id: 'a' });
    const datagrams = forward({ id: 'b', protocol: 'udp', hosts });
    const lab = new Lab({ forwards: [single, datagrams, { ...balanced, on: false }] }).up();
    lab.pass(30_000);
    expect(lab.host).toEqual([]);
  });
});

describe('Forwards', () => {
  it('the first of two rules has a port both claim; a shifted range never passes 65535', () => {
    const forwards = new Forwards();
    forwards.configure([
      forward({ id: 'a', first: 80, last: 90 }),
      forward({ id: 'b', first: 85, last: 95, insideFirst: 85 }),
      forward({ id: 'c', first: 100, last: 200, insideFirst: 65_500 }),
    ]);
    expect(forwards.idOf(forwards.ruleFor(6, 85))).toBe('a');
    expect(forwards.idOf(forwards.ruleFor(6, 95))).toBe('b');
    expect(forwards.insidePort(forwards.ruleFor(6, 135), 135)).toBe(65_535);
    expect(forwards.ruleFor(6, 136)).toBe(-1);
  });
});
