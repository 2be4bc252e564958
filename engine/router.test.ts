import { describe, expect, it } from 'vitest';
import { HOST1, Lab, OUTSIDE, SERVER, tcp, UPLINK, udp } from './masquerade/lab.ts';
import { ACK, SYN } from './packet/tcp.ts';

describe('router', () => {
  it('carries a datagram out and its answer back', () => {
    const lab = new Lab().up();
    const [out] = lab.out(udp(HOST1, 5000, SERVER, 7000, 'ping'));
    expect(out).toMatchObject({
      link: UPLINK,
      client: 1,
      source: OUTSIDE,
      sourcePort: 5000,
      payload: 'ping',
    });
    const [back] = lab.in(udp(SERVER, 7000, OUTSIDE, 5000, 'pong'));
    expect(back).toMatchObject({ link: 0, destination: HOST1, destinationPort: 5000, payload: 'pong' });
  });
  it('carries a TCP handshake', () => {
    const lab = new Lab().up();
    const [syn] = lab.out(tcp(HOST1, 40000, SERVER, 80, { flags: SYN, sequence: 100 }));
    expect(syn).toMatchObject({ source: OUTSIDE, sourcePort: 40000, flags: SYN });
    const [answer] = lab.in(
      tcp(SERVER, 80, OUTSIDE, 40000, { flags: SYN | ACK, sequence: 900, acknowledgement: 101 }),
    );
    expect(answer).toMatchObject({ destination: HOST1, destinationPort: 40000 });
    lab.out(tcp(HOST1, 40000, SERVER, 80, { sequence: 101, acknowledgement: 901 }));
    expect(lab.router.sessions(10, lab.now)).toMatchObject([
      { state: 'ESTABLISHED', client: HOST1, mappedPort: 40000 },
    ]);
  });
});
