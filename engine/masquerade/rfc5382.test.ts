// RFC 5382: TCP behaviour of a NAT, requirement by requirement; window checks on RST in the spirit of RFC 5961.
import { describe, expect, it } from 'vitest';
import { MASQUERADE_DEFAULT } from '../contract.ts';
import { get16 } from '../packet/bytes.ts';
import { ACK, FIN, RST, SYN } from '../packet/tcp.ts';
import { connect, HOST1, HOST2, icmp, Lab, OTHER, OUTSIDE, SERVER, tcp } from './lab.ts';

const masquerade = MASQUERADE_DEFAULT;
const PORT = 40_000;

const state = (lab: Lab) => lab.router.sessions(10, lab.now).map((session) => session.state);

describe('RFC 5382', () => {
  it('RFC 5382 REQ-1: endpoint-independent mapping', () => {
    const lab = new Lab().up();
    lab.out(tcp(HOST2, PORT, SERVER, 80, { flags: SYN }));
    const first = lab.out(tcp(HOST1, PORT, SERVER, 80, { flags: SYN }))[0]?.sourcePort;
    expect(first).not.toBe(PORT);
    expect(lab.out(tcp(HOST1, PORT, OTHER, 81, { flags: SYN }))[0]?.sourcePort).toBe(first);
  });

  it('RFC 5382 REQ-2: a connection opens, is used, and closes from either side', () => {
    const lab = new Lab().up();
    connect(lab);
    expect(state(lab)).toEqual(['ESTABLISHED']);
    lab.out(tcp(HOST1, PORT, SERVER, 80, { flags: FIN | ACK, sequence: 101, acknowledgement: 901 }));
    expect(state(lab)).toEqual(['FIN_WAIT']);
    // Half closed: the server may go on sending.
    expect(
      lab.in(tcp(SERVER, 80, OUTSIDE, PORT, { sequence: 901, acknowledgement: 102, payload: 'more' })),
    ).toHaveLength(1);
    lab.in(tcp(SERVER, 80, OUTSIDE, PORT, { flags: FIN | ACK, sequence: 905, acknowledgement: 102 }));
    expect(state(lab)).toEqual(['TIME_WAIT']);
    expect(lab.out(tcp(HOST1, PORT, SERVER, 80, { sequence: 102, acknowledgement: 906 }))).toHaveLength(1);
  });

  it('RFC 5382 REQ-2: both ends open at once', () => {
    const lab = new Lab().up();
    lab.out(tcp(HOST1, PORT, SERVER, 80, { flags: SYN, sequence: 100 }));
    expect(lab.in(tcp(SERVER, 80, OUTSIDE, PORT, { flags: SYN, sequence: 900 }))).toHaveLength(1);
    lab.out(tcp(HOST1, PORT, SERVER, 80, { flags: SYN | ACK, sequence: 100, acknowledgement: 901 }));
    lab.in(tcp(SERVER, 80, OUTSIDE, PORT, { flags: SYN | ACK, sequence: 900, acknowledgement: 101 }));
    lab.out(tcp(HOST1, PORT, SERVER, 80, { sequence: 101, acknowledgement: 901 }));
    expect(state(lab)).toEqual(['ESTABLISHED']);
  });

  it('RFC 5382 REQ-2: a connection that was there before is picked up from its middle', () => {
    const lab = new Lab().up();
    expect(
      lab.out(tcp(HOST1, PORT, SERVER, 80, { sequence: 5, acknowledgement: 6, payload: 'on' })),
    ).toHaveLength(1);
    expect(state(lab)).toEqual(['ESTABLISHED']);
  });

  describe('RFC 5382 REQ-3: filtering, set apart from UDP', () => {
    const cases = [
      ['endpoint-independent', 1, 1],
      ['address-dependent', 1, 0],
      ['address-and-port-dependent', 0, 0],
    ] as const;
    it.each(cases)('%s', (tcpFiltering, samePeer, otherPeer) => {
      const lab = new Lab({ masquerade: { ...masquerade, tcpFiltering } }).up();
      connect(lab);
      expect(lab.in(tcp(SERVER, 5555, OUTSIDE, PORT, { flags: SYN }))).toHaveLength(samePeer);
      expect(lab.in(tcp(OTHER, 5555, OUTSIDE, PORT, { flags: SYN }))).toHaveLength(otherPeer);
    });
  });

  it('RFC 5382 REQ-4: an unasked SYN meets silence for 6 s, then ICMP 3/3', () => {
    const lab = new Lab().up();
    expect(lab.in(tcp(SERVER, 5555, OUTSIDE, 8080, { flags: SYN }))).toHaveLength(0);
    lab.pass(5750);
    expect(lab.drain()).toHaveLength(0);
    lab.pass(500);
    const [error] = lab.drain();
    expect(error).toMatchObject({ link: 1, protocol: 1, source: OUTSIDE, destination: SERVER });
    expect([...(error?.bytes.subarray(20, 22) ?? [])]).toEqual([3, 3]);
  });

  it('RFC 5382 REQ-4: no ICMP when our own SYN crossed it', () => {
    const lab = new Lab().up();
    lab.in(tcp(SERVER, 80, OUTSIDE, PORT, { flags: SYN }));
    lab.out(tcp(HOST1, PORT, SERVER, 80, { flags: SYN }));
    lab.pass(8000);
    expect(lab.drain()).toHaveLength(0);
  });

  it('RFC 5382 REQ-4: ident is refused by RST at once', () => {
    const lab = new Lab().up();
    const [reset] = lab.in(tcp(SERVER, 5555, OUTSIDE, 113, { flags: SYN, sequence: 77 }));
    expect(reset).toMatchObject({
      link: 1,
      source: OUTSIDE,
      sourcePort: 113,
      flags: RST | ACK,
      acknowledgement: 78,
    });
  });

  it('RFC 5382 REQ-5: established 7440 s, opening and closing 240 s', () => {
    const lab = new Lab().up();
    connect(lab);
    lab.pass(7_438_000);
    expect(state(lab)).toEqual(['ESTABLISHED']);
    lab.pass(4_000);
    expect(state(lab)).toEqual([]);
    lab.out(tcp(HOST1, 41_000, SERVER, 80, { flags: SYN }));
    lab.pass(238_000);
    expect(state(lab)).toEqual(['SYN_SENT']);
    lab.pass(4_000);
    expect(state(lab)).toEqual([]);
  });

  it('RFC 5382 REQ-5: a closed connection is forgotten after its closing time, not at once', () => {
    const lab = new Lab().up();
    connect(lab);
    lab.out(tcp(HOST1, PORT, SERVER, 80, { flags: FIN | ACK, sequence: 101, acknowledgement: 901 }));
    lab.in(tcp(SERVER, 80, OUTSIDE, PORT, { flags: FIN | ACK, sequence: 901, acknowledgement: 102 }));
    lab.pass(238_000);
    expect(state(lab)).toEqual(['TIME_WAIT']);
    lab.pass(4_000);
    expect(state(lab)).toEqual([]);
  });

  it('RFC 5382 REQ-6: of the TCP helpers only FTP is on by default', () => {
    const lab = new Lab();
    const on = lab.router.helperStates().filter((helper) => helper.on);
    expect(on.map((helper) => helper.name)).toEqual(['ftp']);
  });

  it('RFC 5382 REQ-7: no two inside endpoints share an outside port', () => {
    const lab = new Lab().up();
    const ports = new Set<number | undefined>();
    for (let i = 0; i < 100; i++)
      ports.add(lab.out(tcp(`192.168.66.${10 + i}`, PORT, SERVER, 80, { flags: SYN }))[0]?.sourcePort);
    expect(ports.size).toBe(100);
  });

  it('RFC 5382 REQ-8: hairpinning, with the outside endpoint as the source', () => {
    const lab = new Lab().up();
    const mapped = connect(lab);
    const [syn] = lab.out(tcp(HOST2, 50_000, OUTSIDE, mapped, { flags: SYN, sequence: 5 }));
    expect(syn).toMatchObject({
      link: 0,
      source: OUTSIDE,
      sourcePort: 50_000,
      destination: HOST1,
      destinationPort: PORT,
    });
    const [answer] = lab.out(
      tcp(HOST1, PORT, OUTSIDE, 50_000, { flags: SYN | ACK, sequence: 8, acknowledgement: 6 }),
    );
    expect(answer).toMatchObject({
      source: OUTSIDE,
      sourcePort: mapped,
      destination: HOST2,
      destinationPort: 50_000,
    });
  });

  it('RFC 5382 REQ-9: ICMP unreachable about a SYN reaches its client with its own ports', () => {
    const lab = new Lab().up();
    lab.out(tcp(HOST2, PORT, SERVER, 80, { flags: SYN }));
    const [syn] = lab.out(tcp(HOST1, PORT, SERVER, 80, { flags: SYN }));
    const [error] = lab.in(icmp(OTHER, OUTSIDE, 3, 1, 0, 0, syn?.bytes.subarray(0, 28)));
    expect(error).toMatchObject({ destination: HOST1, source: OTHER });
    expect(get16(error?.bytes ?? new Uint8Array(60), 48)).toBe(PORT);
  });

  it('RFC 5382 REQ-10: an ICMP error never ends a connection', () => {
    const lab = new Lab().up();
    connect(lab);
    const [sent] = lab.out(
      tcp(HOST1, PORT, SERVER, 80, { sequence: 101, acknowledgement: 901, payload: 'x' }),
    );
    lab.in(icmp(OTHER, OUTSIDE, 3, 3, 0, 0, sent?.bytes));
    expect(state(lab)).toEqual(['ESTABLISHED']);
    expect(lab.in(tcp(SERVER, 80, OUTSIDE, PORT, { sequence: 901, acknowledgement: 102 }))).toHaveLength(1);
  });
});

describe('RFC 5961: resets', () => {
  it('a RST outside the window is dropped', () => {
    const lab = new Lab().up();
    connect(lab);
    expect(lab.in(tcp(SERVER, 80, OUTSIDE, PORT, { flags: RST, sequence: 500_000 }))).toHaveLength(0);
    expect(lab.in(tcp(SERVER, 80, OUTSIDE, PORT, { flags: RST, sequence: 900 }))).toHaveLength(0);
    expect(lab.counter('forged-reset')).toBe(2);
    expect(state(lab)).toEqual(['ESTABLISHED']);
  });
  it('a true RST passes, and the state is kept for the closing time', () => {
    const lab = new Lab().up();
    connect(lab);
    expect(lab.in(tcp(SERVER, 80, OUTSIDE, PORT, { flags: RST, sequence: 901 }))).toHaveLength(1);
    expect(state(lab)).toEqual(['CLOSE']);
    lab.pass(238_000);
    expect(state(lab)).toEqual(['CLOSE']);
    lab.pass(4000);
    expect(state(lab)).toEqual([]);
  });
  it('a RST to a SYN must acknowledge it', () => {
    const lab = new Lab().up();
    lab.out(tcp(HOST1, PORT, SERVER, 80, { flags: SYN, sequence: 100 }));
    expect(lab.in(tcp(SERVER, 80, OUTSIDE, PORT, { flags: RST | ACK, acknowledgement: 100 }))).toHaveLength(
      0,
    );
    expect(lab.in(tcp(SERVER, 80, OUTSIDE, PORT, { flags: RST | ACK, acknowledgement: 101 }))).toHaveLength(
      1,
    );
  });
  it('sequence numbers wrap', () => {
    const lab = new Lab().up();
    lab.out(tcp(HOST1, PORT, SERVER, 80, { flags: SYN, sequence: 0xffff_fffe | 0 }));
    lab.in(tcp(SERVER, 80, OUTSIDE, PORT, { flags: SYN | ACK, sequence: 0x7fff_ffff, acknowledgement: -1 }));
    lab.out(tcp(HOST1, PORT, SERVER, 80, { sequence: -1, acknowledgement: 0x8000_0000 | 0, payload: 'abc' }));
    expect(lab.in(tcp(SERVER, 80, OUTSIDE, PORT, { flags: RST, sequence: 0x7fff_fff0 }))).toHaveLength(0);
    expect(
      lab.in(tcp(SERVER, 80, OUTSIDE, PORT, { flags: RST, sequence: (0x8000_0000 + 100) | 0 })),
    ).toHaveLength(1);
  });
  it('the window scale of the handshake counts', () => {
    const lab = new Lab().up();
    const options = [3, 3, 7, 1];
    lab.out(tcp(HOST1, PORT, SERVER, 80, { flags: SYN, sequence: 100, options }));
    lab.in(
      tcp(SERVER, 80, OUTSIDE, PORT, { flags: SYN | ACK, sequence: 900, acknowledgement: 101, options }),
    );
    lab.out(tcp(HOST1, PORT, SERVER, 80, { sequence: 101, acknowledgement: 901, window: 1000 }));
    expect(lab.in(tcp(SERVER, 80, OUTSIDE, PORT, { flags: RST, sequence: 901 + 128_001 }))).toHaveLength(0);
    expect(lab.in(tcp(SERVER, 80, OUTSIDE, PORT, { flags: RST, sequence: 901 + 127_000 }))).toHaveLength(1);
  });
});

describe('TCP on a slow link', () => {
  it('lowers the MSS both ways to the link MTU', () => {
    const lab = new Lab().up(OUTSIDE, { mtu: 576 });
    const [syn] = lab.out(tcp(HOST1, PORT, SERVER, 80, { flags: SYN, options: [2, 4, 0x05, 0xb4] }));
    expect(get16(syn?.bytes ?? new Uint8Array(60), 42)).toBe(536);
    const answer = tcp(SERVER, 80, OUTSIDE, PORT, {
      flags: SYN | ACK,
      acknowledgement: 1,
      options: [1, 2, 4, 0x05, 0xb4],
    });
    const [back] = lab.in(answer);
    expect(get16(back?.bytes ?? new Uint8Array(60), 43)).toBe(536);
  });
});
