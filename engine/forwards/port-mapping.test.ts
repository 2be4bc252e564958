// PCP and NAT-PMP over a whole router: packets laid out by hand after the figures of RFC 6887 §7, §11-13 and RFC 6886 §3.
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { MASQUERADE_DEFAULT } from '../contract.ts';
import { PATIENCE_MS, routerRuns, runs, tellInputs } from '../masquerade/fuzz.ts';
import { forward, HOST1, HOST2, LAN, Lab, OTHER, OUTSIDE, SERVER, tcp, udp } from '../masquerade/lab.ts';
import { formatAddress } from '../packet/address.ts';
import { get16, get32, put16, put32 } from '../packet/bytes.ts';
import { SYN } from '../packet/tcp.ts';
import { LEASES_A_HOST } from './leases.ts';

const BOTH = { pcp: true, natPmp: true };
const STRANGER = '198.51.100.99';
const NONCE = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
const [TCP, UDP] = [6, 17];

const mapped = (address: string) => [...Array(10).fill(0), 255, 255, ...address.split('.').map(Number)];

interface MapFacts {
  opcode?: number;
  seconds?: number;
  client?: string;
  nonce?: number[];
  protocol?: number;
  port?: number;
  outsidePort?: number;
  outside?: string;
  peer?: [string, number];
  options?: number[];
}
function pcp(facts: MapFacts = {}): Uint8Array {
  const { opcode = 1, seconds = 3600, client = HOST1, nonce = NONCE, protocol = UDP, port = 5000 } = facts;
  const b = new Uint8Array(60);
  b.set([2, opcode]);
  put32(b, 4, seconds);
  b.set(mapped(client), 8);
  b.set(nonce, 24);
  b[36] = protocol;
  put16(b, 40, port);
  put16(b, 42, facts.outsidePort ?? 0);
  b.set(mapped(facts.outside ?? '0.0.0.0'), 44);
  const [address, peerPort] = facts.peer ?? ['0.0.0.0', 0];
  const peer = opcode === 2 ? [peerPort >> 8, peerPort & 255, 0, 0, ...mapped(address)] : [];
  return Uint8Array.from([...b, ...peer, ...(facts.options ?? [])]);
}
const filter = (prefix: number, port: number, address: string) => [
  3,
  0,
  0,
  20,
  0,
  prefix,
  port >> 8,
  port & 255,
  ...mapped(address),
];

function pmp(op: number, port = 0, outsidePort = 0, seconds = 3600): Uint8Array {
  if (op === 0) return Uint8Array.of(0, 0);
  const b = new Uint8Array(12);
  b[1] = op;
  put16(b, 4, port);
  put16(b, 6, outsidePort);
  put32(b, 8, seconds);
  return b;
}

class PortLab extends Lab {
  ask(request: Uint8Array, source = HOST1): Uint8Array | null {
    return this.router.portMapping(request, source, this.now);
  }
  /** A MAP or PEER response, read. */
  pcp(facts: MapFacts = {}, source = facts.client ?? HOST1) {
    const answer = this.ask(pcp(facts), source);
    if (answer === null) return null;
    expect([answer[0], answer[1]]).toEqual([2, 0x80 | (facts.opcode ?? 1)]);
    expect(answer.length % 4).toBe(0);
    return {
      result: answer[3],
      seconds: get32(answer, 4),
      epoch: get32(answer, 8),
      port: get16(answer, 42),
      outside: formatAddress(get32(answer, 56)),
    };
  }
  pmp(op: number, port = 0, outsidePort = 0, seconds = 3600, source = HOST1) {
    const answer = this.ask(pmp(op, port, outsidePort, seconds), source);
    if (answer === null) return null;
    expect([answer[0], answer[1]]).toEqual([0, 128 | op]);
    return { result: get16(answer, 2), epoch: get32(answer, 4), answer };
  }
}
const up = (changes: ConstructorParameters<typeof Lab>[0] = {}) => {
  const lab = new PortLab({ portMapping: BOTH, ...changes });
  lab.up();
  return lab;
};
const knock = (port: number, from = STRANGER, fromPort = 9) => udp(from, fromPort, OUTSIDE, port);

afterAll(tellInputs);

describe('PCP (RFC 6887)', () => {
  it('§11 MAP: a port, open to everybody, shared with what the host sends from there', () => {
    const lab = up();
    lab.pass(5000);
    expect(lab.pcp()).toEqual({ result: 0, seconds: 3600, epoch: 5, port: 5000, outside: OUTSIDE });
    expect(lab.in(knock(5000))).toMatchObject([{ destination: HOST1, destinationPort: 5000 }]);
    expect(lab.out(udp(HOST1, 5000, SERVER, 7))).toMatchObject([{ sourcePort: 5000 }]);
    expect(lab.pcp({ protocol: TCP, port: 8080 })).toMatchObject({ port: 8080 });
    expect(lab.in(tcp(STRANGER, 9, OUTSIDE, 8080, { flags: SYN }))).toMatchObject([{ destination: HOST1 }]);
    expect(lab.counter('leased')).toBe(2);
  });
  it('§11 MAP: a response has the request’s own fields, and nothing reserved set', () => {
    const request = pcp({ options: [2, 0, 0, 0, 200, 0, 0, 2, 1, 2, 0, 0] });
    const answer = up().ask(request);
    expect([...(answer ?? []).slice(0, 4)]).toEqual([2, 0x81, 0, 0]);
    expect([...(answer ?? []).slice(12, 24)]).toEqual(Array(12).fill(0));
    expect([...(answer ?? []).slice(24, 42)]).toEqual([...request.slice(24, 42)]);
    // PREFER_FAILURE was heeded and is there; the optional one was not known and is not.
    expect([...(answer ?? []).slice(60)]).toEqual([2, 0, 0, 0]);
  });
  it('§11.3: a mapping that traffic has made is the one that is leased', () => {
    const lab = up();
    lab.out(udp(HOST2, 5000, SERVER, 7));
    const port = lab.out(udp(HOST1, 5000, SERVER, 7))[0]?.sourcePort;
    expect(port).not.toBe(5000);
    expect(lab.pcp({ outsidePort: 6000 })).toMatchObject({ result: 0, port });
  });
  it('§11.3: the suggested port is given if it is free, else another', () => {
    const lab = up();
    expect(lab.pcp({ outsidePort: 6000 })).toMatchObject({ port: 6000 });
    const other = lab.pcp({ client: HOST2, outsidePort: 6000 });
    expect(other).toMatchObject({ result: 0 });
    expect(other?.port).not.toBe(6000);
  });
  it('§13.2 PREFER_FAILURE: exactly that or nothing', () => {
    const lab = up();
    const options = [2, 0, 0, 0];
    lab.pcp({ outsidePort: 6000 });
    expect(lab.pcp({ client: HOST2, outsidePort: 6000, options })).toMatchObject({ result: 11, seconds: 30 });
    expect(lab.pcp({ port: 5001, outside: OTHER, options })).toMatchObject({ result: 11 });
    expect(lab.pcp({ port: 5001, outsidePort: 6001, outside: OUTSIDE, options })).toMatchObject({
      port: 6001,
    });
    expect(lab.counter('mappings')).toBe(2);
  });
  it('§13.3 FILTER: only those remotes, whatever the filter mode; prefix 0 forgets them', () => {
    const masquerade = { ...MASQUERADE_DEFAULT, udpFiltering: 'endpoint-independent' as const };
    const lab = up({ masquerade });
    lab.pcp({ options: filter(120, 0, '198.51.100.0') });
    expect(lab.in(knock(5000, '198.51.101.1'))).toHaveLength(0);
    expect(lab.in(knock(5000, '198.51.100.1'))).toHaveLength(1);
    lab.pcp({ options: filter(128, 9, '198.51.101.1') });
    expect(lab.in(knock(5000, '198.51.101.1', 8))).toHaveLength(0);
    expect(lab.in(knock(5000, '198.51.101.1', 9))).toHaveLength(1);
    lab.pcp({ options: [...filter(128, 9, OTHER), ...filter(0, 0, '0.0.0.0')] });
    expect(lab.in(knock(5000, '198.51.102.1'))).toHaveLength(1);
    expect(lab.pcp({ options: filter(95, 0, OTHER) })).toMatchObject({ result: 6 });
    expect(
      lab.pcp({
        options: Array(9)
          .fill(filter(128, 1, OTHER))
          .flat(),
      }),
    ).toMatchObject({ result: 13 });
  });
  it('§12 PEER: one remote, that lives without traffic', () => {
    const lab = up();
    expect(lab.pcp({ opcode: 2, peer: [SERVER, 7000], seconds: 7200 })).toMatchObject({
      result: 0,
      port: 5000,
    });
    expect(lab.in(knock(5000, SERVER, 7001))).toHaveLength(0);
    expect(lab.in(knock(5000))).toHaveLength(0);
    lab.pass(1_000_000);
    expect(lab.in(knock(5000, SERVER, 7000))).toMatchObject([{ destination: HOST1 }]);
    expect(lab.pcp({ opcode: 2 })).toMatchObject({ result: 3 });
  });
  it('§15 lifetime: at least 120 s, at most a day, renewed, over, and ended by 0', () => {
    const lab = up();
    expect(lab.pcp({ seconds: 1 })).toMatchObject({ seconds: 120 });
    expect(lab.pcp({ port: 5001, seconds: 0xffff_ffff })).toMatchObject({ seconds: 86_400 });
    expect(lab.pcp({ port: 5001, seconds: 0 })).toMatchObject({ result: 0, seconds: 0 });
    lab.pass(100_000);
    expect(lab.pcp({ seconds: 200 })).toMatchObject({ seconds: 200, port: 5000 });
    lab.pass(150_000);
    expect(lab.router.portLeases(lab.now)).toMatchObject([
      { by: 'pcp', client: HOST1, protocol: 'udp', insidePort: 5000, outsidePort: 5000, remote: null },
    ]);
    lab.pass(60_000);
    expect(lab.router.portLeases(lab.now)).toEqual([]);
    expect(lab.in(knock(5000))).toHaveLength(0);
    expect(lab.counter('mappings')).toBe(0);
    expect(lab.pcp({ port: 4999, seconds: 0 })).toMatchObject({ result: 0, seconds: 0 });
  });
  it('§11.3: another nonce neither renews nor ends', () => {
    const lab = up();
    lab.pcp();
    const nonce = NONCE.map((n) => n + 1);
    expect(lab.pcp({ nonce })).toMatchObject({ result: 2, seconds: 1800 });
    expect(lab.pcp({ nonce, seconds: 0 })).toMatchObject({ result: 2 });
    lab.pcp({ nonce, seconds: 0, port: 0, protocol: 0 });
    expect(lab.in(knock(5000))).toHaveLength(1);
    expect(lab.pcp({ seconds: 0, port: 0, protocol: 0 })).toMatchObject({ result: 0 });
    expect(lab.router.portLeases(lab.now)).toEqual([]);
  });
  it('§8, §9: what is wrong is told in the response, by its code', () => {
    const lab = up({ portMapping: { pcp: true, natPmp: false } });
    const code = (request: Uint8Array) => lab.ask(request)?.[3];
    const other = pcp();
    other[0] = 1;
    expect([...(lab.ask(other) ?? []).slice(0, 4)]).toEqual([2, 0x81, 0, 1]);
    expect(code(Uint8Array.of(0, 0))).toBe(1);
    expect(lab.ask(other)).toHaveLength(24);
    expect(code(pcp({ opcode: 9 }))).toBe(4);
    expect(code(pcp().subarray(0, 58))).toBe(3);
    expect(code(pcp().subarray(0, 40))).toBe(3);
    expect(code(new Uint8Array(1104).fill(2, 0, 1))).toBe(3);
    expect(lab.pcp({ client: HOST2 }, HOST1)).toMatchObject({ result: 12 });
    expect(lab.pcp({ protocol: 132 })).toMatchObject({ result: 9 });
    expect(lab.pcp({ port: 0 })).toMatchObject({ result: 9 });
    expect(lab.pcp({ protocol: 0 })).toMatchObject({ result: 3 });
    expect(lab.pcp({ port: 1023 })).toMatchObject({ result: 2 });
    expect(lab.pcp({ port: 2049 })).toMatchObject({ result: 2 });
    expect(lab.pcp({ protocol: 6, port: 6000 })).toMatchObject({ result: 2 });
    expect(lab.pcp({ options: [5, 0, 0, 0] })).toMatchObject({ result: 5 });
    expect(lab.pcp({ options: [2, 0, 0, 9] })).toMatchObject({ result: 6 });
    expect(lab.pcp({ options: [2, 0, 0, 0, 2, 0, 0, 0] })).toMatchObject({ result: 6 });
    const response = pcp();
    response[1] = 0x81;
    expect(lab.ask(response)).toBeNull();
    expect(lab.ask(Uint8Array.of(2))).toBeNull();
    expect(lab.router.portLeases(lab.now)).toEqual([]);
  });
  it('§13.1 THIRD_PARTY is refused', () => {
    expect(up().pcp({ options: [1, 0, 0, 16, ...mapped(HOST2)] })).toMatchObject({ result: 5 });
  });
  it('§14.1 ANNOUNCE is answered with the epoch', () => {
    const lab = up();
    lab.pass(7000);
    const answer = lab.ask(pcp({ opcode: 0 }).subarray(0, 24));
    expect([...(answer ?? [])]).toEqual([2, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, ...Array(12).fill(0)]);
  });
  it('property: any bytes are answered within bounds or not at all, and open nothing for another host', () => {
    const lab = up();
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 1200 }),
      fc.tuple(fc.nat(83), fc.nat(255), fc.uint8Array({ maxLength: 40 })).map(([at, value, tail]) => {
        const b = Uint8Array.from([...pcp({ opcode: 1 + (at & 1) }), ...tail]);
        b[at % b.length] = value;
        return b;
      }),
    );
    fc.assert(
      fc.property(bytes, (request) => {
        const answer = lab.ask(request);
        if (answer) expect(answer.length).toBeLessThanOrEqual(1100);
        if (answer?.[0] === 2) expect([(answer[1] as number) >> 7, answer.length % 4]).toEqual([1, 0]);
        if (lab.router.portLeases(lab.now).some((lease) => lease.client !== HOST1))
          throw new Error('a port for another host');
      }),
      runs(3000),
    );
  });
});

describe('NAT-PMP (RFC 6886)', () => {
  it('§3.2: the outside address, or that the line is down', () => {
    const lab = up();
    lab.pass(3000);
    const { answer } = lab.pmp(0) ?? {};
    expect([...(answer ?? [])]).toEqual([0, 128, 0, 0, 0, 0, 0, 3, 203, 0, 113, 70]);
    lab.down();
    expect(lab.pmp(0)?.result).toBe(3);
    expect(lab.pmp(1, 5000)?.result).toBe(3);
  });
  it('§3.3: a mapping is made, renewed, and lets everybody in', () => {
    const lab = up();
    const { answer } = lab.pmp(1, 5000, 6000, 7200) ?? {};
    expect([...(answer ?? []).slice(8)]).toEqual([
      5000 >> 8,
      5000 & 255,
      6000 >> 8,
      6000 & 255,
      0,
      0,
      28,
      32,
    ]);
    expect(lab.in(knock(6000))).toMatchObject([{ destination: HOST1, destinationPort: 5000 }]);
    expect(lab.pmp(2, 5000, 6000)?.result).toBe(0);
    expect(lab.in(tcp(STRANGER, 9, OUTSIDE, 6000, { flags: SYN }))).toMatchObject([
      { destinationPort: 5000 },
    ]);
  });
  it('§3.3: the same port of the other protocol is no other host’s', () => {
    const lab = up();
    lab.pmp(1, 5000, 6000);
    const port = get16(lab.pmp(2, 5000, 6000, 3600, HOST2)?.answer ?? new Uint8Array(16), 10);
    expect(port).not.toBe(6000);
    expect(port).toBeGreaterThanOrEqual(1024);
  });
  it('§3.4: lifetime 0 ends one, or with port 0 all of the protocol', () => {
    const lab = up();
    lab.pmp(1, 5000);
    lab.pmp(1, 5001);
    lab.pmp(2, 5002);
    const ended = lab.pmp(1, 5000, 6000, 0);
    expect([...(ended?.answer ?? []).slice(8)]).toEqual([5000 >> 8, 5000 & 255, 0, 0, 0, 0, 0, 0]);
    expect(lab.router.portLeases(lab.now)).toHaveLength(2);
    expect(lab.pmp(1, 0, 0, 0)?.result).toBe(0);
    expect(lab.router.portLeases(lab.now)).toMatchObject([
      { by: 'nat-pmp', protocol: 'tcp', insidePort: 5002 },
    ]);
    expect(lab.pmp(2, 0, 0, 10)?.result).toBe(2);
    expect(lab.pmp(2, 4999, 0, 0)?.result).toBe(0);
  });
  it('§3.5: other versions, operations and hosts', () => {
    const lab = up({ portMapping: { pcp: false, natPmp: true } });
    expect([...(lab.ask(pcp()) ?? [])]).toEqual([0, 129, 0, 1, 0, 0, 0, 0]);
    expect([...(lab.ask(Uint8Array.of(0, 7)) ?? []).slice(0, 4)]).toEqual([0, 135, 0, 5]);
    expect(lab.ask(Uint8Array.of(0, 129))).toBeNull();
    expect(lab.ask(Uint8Array.of(0, 1))).toBeNull();
    expect(lab.ask(pmp(0), '203.0.113.5')).toBeNull();
    expect(lab.ask(pmp(0), LAN)).toBeNull();
    expect(lab.ask(pmp(0), '192.168.66.255')).toBeNull();
    expect(lab.pmp(1, 80)?.result).toBe(2);
  });
});

describe('leases', () => {
  it('are off unless asked for, and end when switched off', () => {
    const off = new PortLab();
    off.up();
    expect(off.ask(pmp(0))).toBeNull();
    const lab = up();
    lab.pmp(1, 5000);
    lab.pcp({ port: 5001 });
    lab.configure({ portMapping: { pcp: true, natPmp: false } });
    expect(lab.router.portLeases(lab.now)).toMatchObject([{ by: 'pcp' }]);
    lab.configure({});
    expect(lab.router.portLeases(lab.now)).toEqual([]);
    expect(lab.counter('mappings')).toBe(0);
    expect(lab.in(knock(5001))).toHaveLength(0);
  });
  it('follow a redial: same port, new address, a new epoch, and ten announcements of it', () => {
    const lab = up();
    lab.pcp();
    lab.pass(300_000);
    const sent: { at: number; messages: Uint8Array[] }[] = [];
    lab.down();
    lab.pass(10_000);
    lab.up('203.0.113.99');
    const began = lab.now;
    for (let i = 0; i < 1000; i++) {
      const messages = lab.router.portMappingAnnouncements(lab.now);
      if (messages.length > 0) sent.push({ at: lab.now - began, messages });
      lab.pass(250);
    }
    expect(sent.map(({ at }) => at / 250)).toEqual([0, 1, 3, 7, 15, 31, 63, 127, 255, 511]);
    expect(sent[3]?.messages.map((message) => [...message])).toEqual([
      [2, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, ...Array(12).fill(0)],
      [0, 128, 0, 0, 0, 0, 0, 1, 203, 0, 113, 99],
    ]);
    expect(lab.in(udp(STRANGER, 9, '203.0.113.99', 5000))).toMatchObject([{ destination: HOST1 }]);
    expect(lab.pcp()).toMatchObject({ result: 0, epoch: 250, port: 5000, outside: '203.0.113.99' });
  });
  it('under the same address keep the epoch', () => {
    const lab = up();
    lab.pass(300_000);
    while (lab.router.portMappingAnnouncements(lab.now).length > 0) lab.pass(300_000);
    lab.down();
    lab.up();
    expect(lab.router.portMappingAnnouncements(lab.now)).toEqual([]);
    expect(lab.pcp()?.epoch).toBeGreaterThanOrEqual(300);
  });
  it('belong to the host that asked: NAT-PMP cannot touch PCP’s, a cut or paused host has none', () => {
    const lab = up();
    lab.pcp();
    expect(lab.pmp(1, 5000)?.result).toBe(2);
    expect(lab.pmp(1, 5000, 0, 0)?.result).toBe(2);
    lab.router.cut(HOST1, lab.now);
    expect(lab.router.portLeases(lab.now)).toEqual([]);
    lab.configure({ portMapping: BOTH, access: { mode: 'everybody', chosen: [], paused: [HOST1] } });
    expect(lab.pcp()).toMatchObject({ result: 2 });
  });
  it('are bounded for each host, and one host’s greed is not another’s', () => {
    const lab = up();
    const results = Array.from({ length: LEASES_A_HOST + 5 }, (_, i) => {
      if (i % 50 === 0) lab.pass(1000);
      return lab.pcp({ port: 20_000 + i })?.result;
    });
    expect(results.filter((result) => result === 0)).toHaveLength(LEASES_A_HOST);
    expect(results.at(-1)).toBe(10);
    expect(lab.pcp({ client: HOST2 })).toMatchObject({ result: 0 });
  });
  it('of a forwarded server have its forward’s port, and end with the forward', () => {
    const forwards = [forward({ protocol: 'udp', first: 7000, last: 7000, insideFirst: 5000 })];
    const lab = up({ forwards });
    expect(lab.pcp()).toMatchObject({ result: 0, port: 7000 });
    lab.configure({ portMapping: BOTH });
    expect(lab.router.portLeases(lab.now)).toEqual([]);
    expect(lab.pcp()).toMatchObject({ result: 0, port: 5000 });
  });
  it('never give a forwarded port away', () => {
    const lab = up({ forwards: [forward({ protocol: 'udp', first: 7000, last: 7000, insideFirst: 80 })] });
    expect(lab.pcp({ client: HOST2, outsidePort: 7000 })?.port).not.toBe(7000);
  });
  it('of an uplink that goes while another stays are lost, and a new epoch says so', () => {
    const lab = up();
    lab.up('203.0.113.71', { link: 2 });
    lab.pass(200_000);
    lab.pcp();
    expect(lab.pcp({ client: HOST2 })?.epoch).toBe(200);
    lab.down(1);
    const left = lab.router.portLeases(lab.now);
    expect(left).toHaveLength(1);
    expect(lab.pcp({ client: left[0]?.client ?? '' })?.epoch).toBe(0);
    const lost = left[0]?.client === HOST1 ? HOST2 : HOST1;
    expect(lab.pcp({ client: lost })?.outside).toBe('203.0.113.71');
    lab.down(2);
    expect(lab.router.portLeases(lab.now)).toHaveLength(2);
  });
  it('do not ask for the line', () => {
    const lab = new PortLab({ portMapping: BOTH, demand: true });
    expect(lab.pcp()).toMatchObject({ result: 7, seconds: 30 });
    expect(lab.wants).toEqual([]);
  });
  it(
    'property: whatever is asked, ports never collide, and all is freed in the end',
    () => {
      const step = fc.record({
        host: fc.constantFrom(HOST1, HOST2),
        kind: fc.constantFrom('map', 'peer', 'pmp', 'send', 'pass', 'redial', 'end'),
        port: fc.integer({ min: 5000, max: 5004 }),
        outsidePort: fc.integer({ min: 5000, max: 5004 }),
        tcp: fc.boolean(),
      });
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
          const lab = up();
          let redials = 0;
          for (const { host, kind, port, outsidePort, tcp: isTcp } of steps) {
            const protocol = isTcp ? TCP : UDP;
            const seconds = kind === 'end' ? 0 : 600;
            if (kind === 'map' || kind === 'end')
              lab.pcp({ client: host, port, outsidePort, protocol, seconds });
            else if (kind === 'peer') lab.pcp({ opcode: 2, client: host, port, peer: [SERVER, 7], protocol });
            else if (kind === 'pmp') lab.pmp(isTcp ? 2 : 1, port, outsidePort, 600, host);
            else if (kind === 'send') lab.out(udp(host, port, SERVER, 7));
            else if (kind === 'pass') lab.pass(50_000);
            else lab.up(`203.0.113.${100 + (redials++ % 50)}`);
            const owners = new Map<string, string>();
            for (const lease of lab.router.portLeases(lab.now)) {
              const key = `${lease.protocol} ${lease.outsidePort}`;
              expect(owners.get(key) ?? lease.client).toBe(lease.client);
              owners.set(key, lease.client);
            }
          }
          lab.pass(90_000_000);
          expect(lab.router.portLeases(lab.now)).toEqual([]);
          expect(lab.counter('mappings')).toBe(0);
        }),
        routerRuns(25),
      );
    },
    PATIENCE_MS,
  );
});
