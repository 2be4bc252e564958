// What must hold whatever happens: events and packets in any order. The lab itself throws when a packet leaves with a private source or
// when any checksum that comes out is wrong. `npm run fuzz` multiplies the runs for a long night.
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { MASQUERADE_DEFAULT, type Trigger } from '../contract.ts';
import { ACK, FIN, RST, SYN } from '../packet/tcp.ts';
import { count, PATIENCE_MS, routerRuns, tellInputs, times } from './fuzz.ts';
import {
  forward,
  HOST1,
  HOST2,
  icmp,
  ip,
  LAN,
  Lab,
  numbers,
  OTHER,
  OUTSIDE,
  PEER,
  room,
  SERVER,
  tcp,
  UPLINK,
  udp,
} from './lab.ts';
import { DNS_ALIAS, TUN_ADDRESS } from './state.ts';

const INSIDE = [HOST1, HOST2, '192.168.66.12', TUN_ADDRESS];
const REMOTES = [SERVER, OTHER, '198.51.100.82', PEER];
const ADDRESSES = [
  ...INSIDE,
  ...REMOTES,
  OUTSIDE,
  LAN,
  DNS_ALIAS,
  '10.0.0.1',
  '192.168.66.255',
  '203.0.113.99',
];

afterAll(tellInputs);

describe('properties', () => {
  it('every reply finds its client, and two mappings never collide', () => {
    const flow = fc.record({
      inside: fc.constantFrom(...INSIDE),
      port: fc.integer({ min: 1, max: 40 }).map((n) => n * 100),
      remote: fc.constantFrom(...REMOTES),
      remotePort: fc.integer({ min: 1, max: 5 }),
      tcp: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(flow, { maxLength: 120 }), fc.integer({ min: 1 }), (flows, seed) => {
        const lab = new Lab({}, seed).up();
        const owner = new Map<string, string>();
        for (const { inside, port, remote, remotePort, tcp: isTcp } of flows) {
          const packet = isTcp
            ? tcp(inside, port, remote, remotePort, { flags: SYN, sequence: 1 })
            : udp(inside, port, remote, remotePort);
          const mapped = lab.out(packet)[0]?.sourcePort ?? 0;
          const key = `${isTcp} ${mapped}`;
          expect(owner.get(key) ?? `${inside}:${port}`).toBe(`${inside}:${port}`);
          owner.set(key, `${inside}:${port}`);
          const reply = isTcp
            ? tcp(remote, remotePort, OUTSIDE, mapped, { flags: SYN | ACK, sequence: 9, acknowledgement: 2 })
            : udp(remote, remotePort, OUTSIDE, mapped);
          expect(lab.in(reply)).toMatchObject([{ link: 0, destination: inside, destinationPort: port }]);
        }
      }),
      routerRuns(40),
    );
  });

  it('rewriting twice is rewriting once: the same packet leaves the same way each time', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 600 }),
        fc.integer({ min: 1, max: 65_535 }),
        fc.boolean(),
        (payload, port, isTcp) => {
          const lab = new Lab().up();
          const packet = isTcp
            ? tcp(HOST1, port, SERVER, 7000, { sequence: 5, acknowledgement: 6, payload })
            : udp(HOST1, port, SERVER, 7000, payload);
          const first = lab.out(packet.slice());
          expect(lab.out(packet.slice())).toEqual(first);
          expect(first).toHaveLength(1);
        },
      ),
      routerRuns(60),
    );
  });

  const address = fc.constantFrom(...ADDRESSES);
  const port = fc.constantFrom(1, 20, 21, 53, 80, 113, 5000, 5001, 50_000);
  const flags = fc.constantFrom(SYN, SYN | ACK, ACK, FIN | ACK, RST, RST | ACK, 0, 63);
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(
      'PORT 192,168,66,10,19,136\r\n',
      'PASV\r\n',
      '227 x (198,51,100,80,19,137)\r\n',
      'PORT 192,',
    ),
  );
  const packet = fc.oneof(
    fc.tuple(address, port, address, port, payload).map(([a, p, b, q, data]) => udp(a, p, b, q, data)),
    fc
      .tuple(address, port, address, port, flags, fc.nat(60), fc.nat(60), payload)
      .map(([a, p, b, q, f, sequence, acknowledgement, data]) =>
        tcp(a, p, b, q, { flags: f, sequence, acknowledgement, payload: data }),
      ),
    fc
      .tuple(address, address, fc.nat(18), fc.nat(4), fc.nat(3))
      .map(([a, b, type, code, id]) => icmp(a, b, type, code, id, 1)),
    fc
      .tuple(address, address, fc.constantFrom(3, 11), address, port, address, port)
      .map(([a, b, type, c, p, d, q]) => icmp(a, b, type, 1, 0, 0, udp(c, p, d, q))),
    fc
      .tuple(fc.constantFrom(47, 50, 132), address, address, fc.uint8Array({ maxLength: 30 }))
      .map(([n, a, b, data]) => ip(n, a, b, data)),
    fc.uint8Array({ maxLength: 80 }),
  );
  const event = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.tuple(fc.constantFrom('out', 'in', 'caller'), packet, fc.nat(3), fc.nat(0xffff)),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(
        fc.constantFrom(
          'pass',
          'up',
          'new',
          'down',
          'cut',
          'forward',
          'trigger',
          'ask',
          'second',
          'pause',
          'rights',
        ),
        packet,
        fc.nat(400),
        fc.nat(0xffff),
      ),
    },
  );

  it(
    'any events in any order: nothing throws, nothing private leaves, all checksums are right, all is freed in the end',
    () => {
      fc.assert(
        fc.property(
          fc.array(event, { maxLength: 150 }),
          fc.boolean(),
          fc.integer({ min: 1 }),
          (events, demand, seed) => {
            const masquerade = {
              ...MASQUERADE_DEFAULT,
              udpFiltering: 'endpoint-independent' as const,
              inboundRefresh: (seed & 1) === 0,
            };
            const lab = new Lab({ demand, masquerade }, seed).up();
            lab.caller(5, '192.168.66.12');
            lab.configure({ demand, masquerade, portMapping });
            for (const [kind, bytes, amount, spice] of events)
              act(lab, kind, bytes, amount, spice, masquerade, demand);
            lab.configure({ demand, masquerade });
            lab.up();
            for (let i = 0; i < 3; i++) lab.pass(7_600_000);
            expect(lab.router.sessions(99, lab.now)).toEqual([]);
            expect(lab.counter('mappings')).toBe(0);
            for (const client of lab.router.clients.list(lab.now)) expect(client.sessions).toBe(0);
          },
        ),
        { numRuns: times(15) },
      );
    },
    PATIENCE_MS,
  );

  const portMapping = { pcp: true, natPmp: true };
  const triggers = (amount: number): Trigger[] => [
    {
      id: 'game',
      on: (amount & 2) === 0,
      protocol: 'both',
      first: 21,
      last: 80,
      opens: [{ protocol: 'both', first: 5000, last: 5001 }],
      seconds: 1 + amount,
      secure: (amount & 1) === 0,
    },
  ];

  /** A request for a port, sound or with one byte changed. */
  function ask(lab: Lab, data: Uint8Array, amount: number, spice: number): void {
    const pcp = new Uint8Array(60 + (data.length & 60));
    pcp.set([
      2,
      1 + (amount & 1),
      0,
      0,
      0,
      0,
      amount & 4 ? 0 : 14,
      16,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      255,
      255,
    ]);
    pcp.set([192, 168, 66, 10], 20);
    pcp[36] = amount & 2 ? 6 : 17;
    pcp.set([5000 >> 8, 5000 & 255, spice & 8 ? 0x13 : 0, spice & 8 ? 0x89 : 0], 40);
    pcp.set([255, 255], 54);
    const pmp = Uint8Array.of(0, amount % 3, 0, 0, 5001 >> 8, 5001 & 255, 0, 0, 0, 0, spice & 16 ? 0 : 9, 0);
    const request = spice & 32 ? pcp : pmp;
    if (amount % 5 === 0) request[spice % request.length] = amount;
    lab.router.portMapping(request, spice & 64 ? HOST2 : HOST1, lab.now);
    lab.router.portMapping(data, HOST2, lab.now);
    count(2);
  }

  function act(
    lab: Lab,
    kind: string,
    bytes: Uint8Array,
    amount: number,
    spice: number,
    masquerade: typeof MASQUERADE_DEFAULT,
    demand: boolean,
  ): void {
    const data = bytes.slice();
    // One packet in four is damaged somewhere, or cut short.
    if (amount === 0 && data.length > 0)
      data[spice % data.length] = (data[spice % data.length] as number) ^ (1 + (spice & 127));
    if (kind === 'out') lab.out(data);
    else if (kind === 'in') lab.in(data);
    else if (kind === 'caller') lab.in(data, 5);
    else if (kind === 'pass') lab.pass(amount * 500);
    else if (kind === 'up') lab.up();
    else if (kind === 'new') lab.up(`203.0.113.${100 + (amount & 63)}`);
    else if (kind === 'down') lab.down(1 + (amount & 1));
    else if (kind === 'second') lab.up(`203.0.113.${170 + (amount & 3)}`, { link: 2 });
    else if (kind === 'rights')
      lab.caller(5 + ((amount >> 4) & 1), (amount & 8) === 0 ? '192.168.66.12' : '10.64.0.9', {
        rights: { internet: (amount & 1) === 0, lan: (amount & 2) === 0, callers: (amount & 4) === 0 },
      });
    else if (kind === 'ask') ask(lab, data, amount, spice);
    else if (kind === 'trigger')
      lab.configure({ demand, masquerade, portMapping, triggers: triggers(amount) });
    else if (kind === 'cut') lab.router.cut(HOST1, lab.now);
    else if (kind === 'pause')
      lab.configure({
        demand,
        masquerade,
        portMapping,
        access: { mode: 'everybody', chosen: [], paused: (amount & 1) === 0 ? [HOST1] : [] },
      });
    else
      lab.configure({
        demand,
        masquerade,
        portMapping,
        forwards:
          (amount & 1) === 0 ? [] : [forward({ protocol: 'both', first: 80, last: 5000, insideFirst: 80 })],
      });
  }

  it('arbitrary bytes never throw and never leave', () => {
    const lab = new Lab().up();
    lab.caller(5, '192.168.66.12');
    const random = numbers(3);
    count(3 * times(20_000));
    for (let i = 0; i < times(20_000); i++) {
      const size = random(90);
      const b = room(new Uint8Array(size));
      for (let k = 0; k < size; k++) b[k] = random(256);
      b[0] = 0x45 + (random(4) === 0 ? random(11) : 0);
      if (size >= 20) {
        b[2] = 0;
        b[3] = size;
        b[9] = [1, 6, 17, 47, 50, random(256)][random(6)] as number;
        b.set(random(2) === 0 ? [192, 168, 66, 10] : [198, 51, 100, 80], 12);
        b.set(random(2) === 0 ? [203, 0, 113, 70] : [198, 51, 100, 80], 16);
        seal(b, Math.min(size, ((b[0] as number) & 15) * 4));
      }
      lab.router.fromHost(b.slice(), 0, size, lab.now);
      lab.router.fromLink(UPLINK, b.slice(), 0, size, lab.now);
      lab.router.fromLink(5, b, 0, size, lab.now);
      if (i % 500 === 0) lab.pass(1000);
    }
    expect(lab.links.every((one) => one.source === OUTSIDE || one.link === 5)).toBe(true);
  });
});

function seal(b: Uint8Array, header: number): void {
  b[10] = 0;
  b[11] = 0;
  let sum = 0;
  for (let i = 0; i < header; i += 2) sum += ((b[i] as number) << 8) | (b[i + 1] as number);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  b[10] = (~sum >>> 8) & 255;
  b[11] = ~sum & 255;
}

describe('floods', () => {
  it('a SYN flood at a forward, a UDP scan from inside and a fragment flood leave other clients unharmed', () => {
    const masquerade = { ...MASQUERADE_DEFAULT, clientMappings: 1000 };
    const lab = new Lab({ masquerade, forwards: [forward()] }).up();
    expect(lab.out(udp(HOST2, 5000, SERVER, 7000))).toHaveLength(1);
    for (let i = 0; i < 6000; i++) {
      lab.in(tcp(`198.18.${i >> 8}.${i & 255}`, 1024 + i, OUTSIDE, 80, { flags: SYN }));
      lab.out(udp(HOST1, 4000, `198.51.${i >> 8}.${i & 255}`, 1 + (i % 60_000)));
      const piece = udp(HOST1, 4000, SERVER, 9, 'x'.repeat(64));
      piece[4] = i >> 8;
      piece[5] = i;
      piece[6] = 0x20;
      seal(piece, 20);
      lab.out(piece);
    }
    expect(lab.in(udp(SERVER, 7000, OUTSIDE, 5000))).toMatchObject([{ destination: HOST2 }]);
    expect(lab.out(udp(HOST2, 5001, OTHER, 7000))).toHaveLength(1);
    const held = lab.router.sessions(100_000, lab.now).filter((session) => session.client === HOST1);
    expect(held.length).toBeLessThanOrEqual(4000);
  });
});
