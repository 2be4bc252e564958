// Two uplinks at once: who leaves by which, and what becomes of it when one goes and comes back, in any order of events.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MASQUERADE_DEFAULT } from '../contract.ts';
import { ACK, RST, SYN } from '../packet/tcp.ts';
import { PATIENCE_MS, times } from './fuzz.ts';
import {
  DNS,
  DNS2,
  forward,
  HOST1,
  HOST2,
  icmp,
  ip,
  Lab,
  OTHER,
  OUTSIDE,
  type Packet,
  SERVER,
  tcp,
  udp,
} from './lab.ts';
import { DNS_ALIAS, TUN_ADDRESS } from './state.ts';

const SECOND = '203.0.113.200';
const ADDRESS: Record<number, string> = { 1: OUTSIDE, 2: SECOND };
const two = (rates: [number, number] = [33_600, 33_600]): Lab =>
  new Lab().up(OUTSIDE, { rate: rates[0] }).up(SECOND, { link: 2, rate: rates[1] });
const linkOf = (packets: Packet[]) => packets[0]?.link ?? 0;
const host = (n: number) => `192.168.66.${20 + n}`;
const server = (n: number) => `198.51.100.${n}`;
const syn = (from: string, port: number, to: string, toPort = 80) =>
  tcp(from, port, to, toPort, { flags: SYN, sequence: 100 });
const tally = (links: number[]) => [1, 2].map((link) => links.filter((one) => one === link).length);

/** Opens a connection to the end of its handshake; its link and outside port. */
function connect(lab: Lab, from: string, port: number, to: string, toPort = 80) {
  const [out] = lab.out(syn(from, port, to, toPort));
  const { link = 0, sourcePort: mapped = 0 } = out ?? {};
  lab.in(
    tcp(to, toPort, ADDRESS[link] ?? '', mapped, { flags: SYN | ACK, sequence: 900, acknowledgement: 101 }),
    link,
  );
  lab.out(tcp(from, port, to, toPort, { sequence: 101, acknowledgement: 901 }));
  return { link, mapped };
}

describe('spreading', () => {
  it('a client’s UDP, ICMP and helped TCP keep to one uplink; clients are spread', () => {
    const lab = two();
    const links = [0, 1, 2, 3].map((n) => {
      const own = [
        lab.out(udp(host(n), 5000, SERVER, 7000)),
        lab.out(udp(host(n), 5001, OTHER, 7000)),
        lab.out(icmp(host(n), SERVER, 8, 0, 7, 1)),
        lab.out(syn(host(n), 5002, server(n), 21)),
        lab.out(syn(host(n), 5003, OTHER, 21)),
      ].map(linkOf);
      expect(new Set(own).size).toBe(1);
      return own[0] ?? 0;
    });
    expect(tally(links)).toEqual([2, 2]);
  });

  it('by weight of rate', () => {
    const lab = two([33_600, 11_200]);
    const links = Array.from({ length: 20 }, (_, n) => linkOf(lab.out(udp(host(n), 5000, SERVER, 7000))));
    expect(tally(links)).toEqual([15, 5]);
    const flows = Array.from({ length: 20 }, (_, n) => linkOf(lab.out(syn(HOST1, 4000 + n, server(n)))));
    expect(tally(flows)).toEqual([15, 5]);
  });

  it('a client that was there before the second call came stays where it was', () => {
    const lab = new Lab().up();
    lab.out(udp(HOST1, 5000, SERVER, 7000));
    lab.out(udp(HOST2, 5000, SERVER, 7000));
    lab.up(SECOND, { link: 2 });
    expect([HOST1, HOST2].map((one) => linkOf(lab.out(udp(one, 5001, OTHER, 7000))))).toEqual([1, 1]);
    expect(linkOf(lab.out(udp(host(1), 5001, OTHER, 7000)))).toBe(2);
  });

  it('a client’s plain TCP is spread, but with one remote it keeps to one uplink', () => {
    const lab = two();
    const links = [1, 2, 3, 4].map((n) => linkOf(lab.out(syn(HOST1, 4000 + n, server(n)))));
    expect(tally(links)).toEqual([2, 2]);
    for (const n of [1, 2, 3, 4])
      expect(linkOf(lab.out(syn(HOST1, 4100 + n, server(n), 443)))).toBe(links[n - 1]);
    // FTP's control is a helper's; its data by PASV would be plain TCP.
    const control = connect(lab, HOST1, 4200, SERVER, 21);
    for (const n of [1, 2, 3])
      expect(linkOf(lab.out(syn(HOST1, 4300 + n, SERVER, 30_000 + n)))).toBe(control.link);
  });

  it('may be by client alone', () => {
    const lab = two();
    lab.configure({ spread: 'clients' });
    const links = [1, 2, 3, 4].map((n) => linkOf(lab.out(syn(HOST1, 4000 + n, server(n)))));
    expect(new Set(links).size).toBe(1);
    expect(linkOf(lab.out(syn(HOST2, 4000, SERVER)))).not.toBe(links[0]);
  });

  it('a client whose share is limited uses one uplink, or it would have twice its limit', () => {
    const lab = two();
    lab.configure({ together: [HOST1] });
    const linksOf = (from: string) =>
      [1, 2, 3, 4].map((n) => linkOf(lab.out(syn(from, 4000 + n, server(n)))));
    expect(new Set(linksOf(HOST2)).size).toBe(2);
    expect(new Set(linksOf(HOST1)).size).toBe(1);
  });

  it('what is a provider’s own goes by that provider’s link', () => {
    const lab = new Lab()
      .up(OUTSIDE, { dns: [DNS] })
      .up(SECOND, { link: 2, dns: [DNS2], peer: '203.0.113.9' });
    for (const one of [HOST1, HOST2, host(1)]) {
      expect(linkOf(lab.out(udp(one, 5000, DNS, 53)))).toBe(1);
      expect(linkOf(lab.out(udp(one, 5001, DNS2, 53)))).toBe(2);
      expect(linkOf(lab.out(icmp(one, '203.0.113.9', 8, 0, 9, 1)))).toBe(2);
    }
  });

  it('of GRE each client’s goes by its own uplink', () => {
    const lab = two();
    const homes = [HOST1, HOST2].map((one) => linkOf(lab.out(udp(one, 5000, OTHER, 7000))));
    const gre = (from: string) => lab.out(ip(47, from, SERVER, new Uint8Array(24)));
    expect([HOST1, HOST2].map((one) => linkOf(gre(one)))).toEqual(homes);
    lab.down(2);
    // Only one of them may have the one remote now.
    const after = [HOST1, HOST2].map(gre);
    expect(after.map(linkOf).sort()).toEqual([0, 1]);
  });
});

describe('an uplink that drops beside another', () => {
  it('UDP moves at once with its port, and the remote’s answer to the new address finds its client', () => {
    const lab = two();
    const link = linkOf(lab.out(udp(HOST1, 5000, SERVER, 7000)));
    const other = 3 - link;
    lab.in(udp(SERVER, 7000, ADDRESS[link] ?? '', 5000), link);
    lab.down(link);
    expect(lab.readdressed).toMatchObject([{ from: ADDRESS[link], to: ADDRESS[other], moved: 1, reset: 0 }]);
    expect(lab.out(udp(HOST1, 5000, SERVER, 7000))).toMatchObject([
      { link: other, source: ADDRESS[other], sourcePort: 5000 },
    ]);
    expect(lab.in(udp(SERVER, 7000, ADDRESS[other] ?? '', 5000), other)).toMatchObject([
      { link: 0, destination: HOST1, destinationPort: 5000 },
    ]);
    // Nothing of it is left on the old one.
    lab.up(ADDRESS[link], { link });
    expect(lab.in(udp(SERVER, 7000, ADDRESS[link] ?? '', 5000), link)).toEqual([]);
  });

  it('a port that is taken there is changed, and both clients are answered', () => {
    const lab = two();
    const links = [HOST1, HOST2].map((one) => linkOf(lab.out(udp(one, 5000, SERVER, 7000))));
    expect(new Set(links).size).toBe(2);
    lab.down(1);
    const ports = [HOST1, HOST2].map((one) => {
      const [out] = lab.out(udp(one, 5000, SERVER, 7000));
      expect(out).toMatchObject({ link: 2, source: SECOND });
      expect(lab.in(udp(SERVER, 7000, SECOND, out?.sourcePort ?? 0), 2)).toMatchObject([
        { destination: one },
      ]);
      return out?.sourcePort;
    });
    expect(new Set(ports).size).toBe(2);
    expect(ports).toContain(5000);
  });

  it('answered TCP is reset at once, and again when it speaks; what is unanswered follows', () => {
    const lab = two();
    const { link } = connect(lab, HOST1, 4000, SERVER);
    const far = [5, 6].map((n) => linkOf(lab.out(syn(HOST1, 4001 + n, server(n)))));
    const waiting = 4006 + far.indexOf(link);
    expect(far).toContain(link);
    lab.drain();
    lab.down(link);
    const other = 3 - link;
    expect(lab.drain()).toMatchObject([
      { link: 0, source: SERVER, destination: HOST1, flags: RST | ACK, sequence: 901 },
    ]);
    const segment = tcp(HOST1, 4000, SERVER, 80, { sequence: 101, acknowledgement: 901, payload: 'x' });
    expect(lab.out(segment)).toMatchObject([{ link: 0, flags: RST | ACK, sequence: 901 }]);
    const to = server(5 + far.indexOf(link));
    expect(lab.out(syn(HOST1, waiting, to))).toMatchObject([
      { link: other, sourcePort: waiting, flags: SYN },
    ]);
    const answer = { flags: SYN | ACK, sequence: 7, acknowledgement: 101 };
    expect(lab.in(tcp(to, 80, ADDRESS[other] ?? '', waiting, answer), other)).toMatchObject([
      { destination: HOST1 },
    ]);
    // The same port begins anew on the other.
    expect(lab.out(syn(HOST1, 4000, SERVER))).toMatchObject([{ link: other, flags: SYN }]);
  });

  it('comes back, and new flows are spread again', () => {
    const lab = two();
    for (const n of [0, 1, 2, 3]) lab.out(udp(host(n), 5000, SERVER, 7000));
    lab.down(1);
    for (const n of [0, 1, 2, 3]) expect(linkOf(lab.out(udp(host(n), 5001, OTHER, 7000)))).toBe(2);
    lab.up(OUTSIDE);
    const fresh = [4, 5, 6].map((n) => linkOf(lab.out(udp(host(n), 5000, SERVER, 7000))));
    expect(fresh).toEqual([1, 1, 1]);
    expect(linkOf(lab.out(udp(host(0), 5002, OTHER, 7000)))).toBe(2);
    const flows = [1, 2].map((n) => linkOf(lab.out(syn(host(0), 4000 + n, server(n)))));
    expect(tally(flows)).toEqual([1, 1]);
  });

  it('the last one keeps its flows for the redial, and gives them to whichever comes up first', () => {
    const lab = two();
    const link = linkOf(lab.out(udp(HOST1, 5000, SERVER, 7000)));
    lab.down(3 - link);
    lab.down(link);
    lab.up('203.0.113.222', { link: 3 - link });
    expect(lab.out(udp(HOST1, 5000, SERVER, 7000))).toMatchObject([
      { link: 3 - link, source: '203.0.113.222', sourcePort: 5000 },
    ]);
  });

  it('a lease keeps its port and follows, and the new address is announced', () => {
    const lab = two();
    const portMapping = { pcp: false, natPmp: true };
    lab.configure({ portMapping });
    lab.pass(700_000);
    const ask = Uint8Array.of(0, 1, 0, 0, 19, 136, 23, 112, 0, 0, 1, 44);
    lab.router.portMapping(ask, HOST1, lab.now);
    expect(lab.router.portLeases(lab.now)).toMatchObject([{ insidePort: 5000, outsidePort: 6000 }]);
    const link = lab.in(udp(SERVER, 9, OUTSIDE, 6000), 1).length > 0 ? 1 : 2;
    lab.down(link);
    expect(lab.router.portLeases(lab.now)).toMatchObject([{ insidePort: 5000, outsidePort: 6000 }]);
    expect(lab.in(udp(OTHER, 9, ADDRESS[3 - link] ?? '', 6000), 3 - link)).toMatchObject([
      { destination: HOST1 },
    ]);
    const [told] = lab.router.portMappingAnnouncements(lab.now);
    expect(told?.subarray(8).join('.')).toBe(ADDRESS[3 - link]);
  });

  it('forwards are let in by both, each answered by the one it came by; the other lives on when one drops', () => {
    const lab = two();
    lab.configure({ forwards: [forward()] });
    const came = [1, 2].map((link) =>
      lab.in(tcp(server(link), 999, ADDRESS[link] ?? '', 80, { flags: SYN, sequence: 5 }), link),
    );
    expect(came).toMatchObject([[{ destination: HOST1 }], [{ destination: HOST1 }]]);
    const answer = (to: string) =>
      lab.out(tcp(HOST1, 80, to, 999, { flags: SYN | ACK, sequence: 1, acknowledgement: 6 }));
    expect([answer(server(1)), answer(server(2))].map(linkOf)).toEqual([1, 2]);
    lab.down(1);
    expect(answer(server(2))).toMatchObject([{ link: 2, source: SECOND, sourcePort: 80 }]);
    expect(lab.in(tcp(server(7), 999, SECOND, 80, { flags: SYN, sequence: 5 }), 2)).toHaveLength(1);
    expect(linkOf(answer(server(7)))).toBe(2);
  });
});

describe('names over two uplinks', () => {
  const other = '198.51.100.99';
  const both = () => new Lab().up(OUTSIDE, { dns: [DNS] }).up(SECOND, { link: 2, dns: [other] });
  const ask = (lab: Lab, port: number) => lab.out(udp(TUN_ADDRESS, port, DNS_ALIAS, 53));

  it('are asked of the server of the uplink the query leaves by', () => {
    const lab = both();
    expect(ask(lab, 3000)).toMatchObject([{ link: 1, source: OUTSIDE, destination: DNS }]);
    lab.down(1);
    expect(ask(lab, 3000)).toMatchObject([{ link: 2, source: SECOND, destination: other }]);
    expect(lab.in(udp(other, 53, SECOND, 3000), 2)).toMatchObject([{ source: DNS_ALIAS }]);
    lab.up(OUTSIDE, { dns: [DNS] });
    expect(ask(lab, 3000)).toMatchObject([{ link: 2, destination: other }]);
  });

  it('go to the other provider’s when one’s servers are silent', () => {
    const lab = both();
    ask(lab, 3000);
    lab.pass(3250);
    expect(ask(lab, 3001)).toMatchObject([{ link: 2, destination: other }]);
    lab.in(udp(other, 53, SECOND, 3001), 2);
    lab.pass(9_000);
    expect(ask(lab, 3002)).toMatchObject([{ link: 2, destination: other }]);
    expect(lab.counter('dns-fallback')).toBe(1);
  });
});

describe('any events in any order', () => {
  const hosts = [HOST1, HOST2, host(1)];
  const event = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constantFrom('udp', 'tcp', 'syn'),
        from: fc.nat(2),
        port: fc.integer({ min: 4000, max: 4004 }),
        to: fc.integer({ min: 80, max: 83 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom('up', 'down', 'new', 'pass'),
        from: fc.nat(2),
        port: fc.integer({ min: 1, max: 2 }),
        to: fc.nat(60),
      }),
    },
  );

  it(
    'every flow leaves by a link that is up with that link’s address, its answer finds it, no outside port is two’s, a client’s UDP keeps to one link',
    () => {
      fc.assert(
        fc.property(fc.array(event, { maxLength: 120 }), fc.integer({ min: 1 }), (events, seed) => {
          const lab = new Lab({ masquerade: MASQUERADE_DEFAULT }, seed);
          const up = new Map<number, string>();
          const raise = (link: number, address: string) => {
            up.set(link, address);
            lab.up(address, { link });
          };
          for (const { kind, from, port, to } of events) {
            if (kind === 'up') raise(port, ADDRESS[port] ?? '');
            else if (kind === 'new') raise(port, `203.0.113.${port * 64 + to}`);
            else if (kind === 'down') {
              up.delete(port);
              lab.down(port);
            } else if (kind === 'pass') lab.pass(to * 1000);
            else if (kind === 'tcp' && up.size > 0)
              connectSomehow(lab, hosts[from] ?? HOST1, port, server(to), up);
            else flow(lab, kind, hosts[from] ?? HOST1, port, server(to), up);
            check(lab, up);
          }
          for (const link of [1, 2]) raise(link, ADDRESS[link] ?? '');
          for (let i = 0; i < 3; i++) lab.pass(7_600_000);
          expect(lab.counter('sessions')).toBe(0);
          expect(lab.counter('mappings')).toBe(0);
        }),
        { numRuns: times(60) },
      );
    },
    PATIENCE_MS,
  );

  function flow(
    lab: Lab,
    kind: string,
    from: string,
    port: number,
    to: string,
    up: Map<number, string>,
  ): void {
    const isTcp = kind !== 'udp';
    const [out] = lab.out(isTcp ? syn(from, port, to) : udp(from, port, to, 7));
    if (up.size === 0) {
      expect(out?.link ?? 0).toBe(0);
      return;
    }
    expect(up.get(out?.link ?? 0)).toBe(out?.source);
    const mapped = out?.sourcePort ?? 0;
    const answer = isTcp
      ? tcp(to, 80, out?.source ?? '', mapped, { flags: SYN | ACK, sequence: 900, acknowledgement: 101 })
      : udp(to, 7, out?.source ?? '', mapped);
    if (!isTcp)
      expect(lab.in(answer, out?.link)).toMatchObject([{ destination: from, destinationPort: port }]);
  }

  function connectSomehow(lab: Lab, from: string, port: number, to: string, up: Map<number, string>): void {
    const [out] = lab.out(syn(from, port, to));
    if (!out || !up.has(out.link)) return;
    const answer = { flags: SYN | ACK, sequence: 900, acknowledgement: 101 };
    const back = lab.in(tcp(to, 80, out.source, out.sourcePort, answer), out.link);
    if (back.length > 0) expect(back).toMatchObject([{ destination: from, destinationPort: port }]);
  }

  /** What the table shows: no two inside endpoints share one outside port on one link, and each client's UDP is on one link. */
  function check(lab: Lab, up: Map<number, string>): void {
    const owner = new Map<string, string>();
    const homes = new Map<string, Set<number>>();
    for (const { protocol, client, clientPort, mappedPort, link } of lab.router.sessions(500, lab.now)) {
      const key = `${protocol} ${link} ${mappedPort}`;
      expect(owner.get(key) ?? `${client}:${clientPort}`).toBe(`${client}:${clientPort}`);
      owner.set(key, `${client}:${clientPort}`);
      if (up.size > 0) expect(up.has(link ?? 0)).toBe(true);
      if (protocol === 'udp') homes.set(client, (homes.get(client) ?? new Set()).add(link ?? 0));
    }
    for (const links of homes.values()) expect(links.size).toBe(1);
  }
});
