import { describe, expect, it } from 'vitest';
import { HOST1, HOST2, OTHER, OUTSIDE, SERVER, udp } from '../masquerade/lab.ts';
import { Datagrams, survivesAnyDatagram } from './datagrams.ts';

const READ = '\0\u0001boot.img\0octet\0';
const WRITE = '\0\u0002core\0NetASCII\0blksize\0' + '1024\0';
const meeting = { helper: 'tftp', port: 69 };

describe('TFTP, client inside', () => {
  it.each([
    ['a read', READ],
    ['a write with options', WRITE],
  ])('%s lets the server answer from any port, once', (_name, request) => {
    const ends = new Datagrams(meeting);
    expect(ends.say(request)).not.toBeNull();
    expect(ends.expectations).toBe(1);
    expect(ends.sendIn(ends.outsidePort, OTHER, 1069)).toBeNull();
    expect(ends.sendIn(ends.outsidePort, SERVER, 1069)).toBe(2000);
    expect(ends.expectations).toBe(0);
    // The session that came goes on; another is not let in.
    expect(ends.sendIn(ends.outsidePort, SERVER, 1069)).toBe(2000);
    expect(ends.sendIn(ends.outsidePort, SERVER, 1070)).toBeNull();
    const [sent] = ends.lab.out(udp(HOST1, 2000, SERVER, 1069, '\0\u0004\0\u0001'));
    expect(sent).toMatchObject({ source: OUTSIDE, sourcePort: ends.outsidePort, destinationPort: 1069 });
    expect(ends.hits).toBe(1);
  });
  it('off: the answer from another port does not come in', () => {
    const ends = new Datagrams({ ...meeting, on: false });
    ends.say(READ);
    expect(ends.sendIn(ends.outsidePort, SERVER, 1069)).toBeNull();
    expect(ends.hits).toBe(0);
  });
  it('two clients with the same port are each answered', () => {
    const first = new Datagrams(meeting);
    const second = new Datagrams({ ...meeting, lab: first.lab, inside: HOST2 });
    first.say(READ);
    second.say(READ);
    expect(second.outsidePort).not.toBe(first.outsidePort);
    expect(first.sendIn(first.outsidePort, SERVER, 1069)).toBe(2000);
    expect(second.sendIn(second.outsidePort, SERVER, 1069)).toBe(2000);
  });
  it('a repeated request awaits one answer only, for two minutes', () => {
    const ends = new Datagrams(meeting);
    for (let i = 0; i < 5; i++) ends.say(READ);
    expect(ends.expectations).toBe(1);
    ends.lab.pass(121_000);
    expect(ends.expectations).toBe(0);
    expect(ends.sendIn(ends.outsidePort, SERVER, 1069)).toBeNull();
  });
});

describe('TFTP, server inside behind a forward', () => {
  it('answers from its own port and is answered there', () => {
    const ends = new Datagrams({ ...meeting, insideIsServer: true });
    expect(ends.hear(READ)).not.toBeNull();
    const [data] = ends.lab.out(udp(HOST1, 1069, SERVER, 2000, '\0\u0003\0\u0001x'));
    expect(data).toMatchObject({ source: OUTSIDE, destinationPort: 2000 });
    expect(ends.sendIn(data?.sourcePort ?? 0, SERVER, 2000)).toBe(1069);
    expect(ends.hits).toBe(1);
    expect(ends.lab.router.sessions(9, ends.lab.now).map((one) => one.helper)).toEqual(['tftp', 'tftp']);
  });
});

describe('TFTP, attacks', () => {
  it.each([
    ['no name', '\0\u0001\0octet\0'],
    ['no mode', '\0\u0001boot.img\0'],
    ['an unknown mode', '\0\u0001boot.img\0shell\0'],
    ['no end', '\0\u0001boot.img\0octet'],
    ['a name without end', `\0\u0001${'x'.repeat(600)}\0octet\0`],
  ])('%s opens nothing and is counted', (_name, request) => {
    const ends = new Datagrams(meeting);
    expect(ends.say(request)).not.toBeNull();
    expect(ends.expectations).toBe(0);
    expect(ends.refusals).toEqual(['a request could not be read']);
  });
  it('a request from outside, or any other packet, opens nothing', () => {
    const ends = new Datagrams(meeting);
    ends.say('\0\u0003\0\u0001data');
    ends.hear(READ);
    expect(ends.expectations).toBe(0);
    expect(ends.sendIn(ends.outsidePort, SERVER, 1069)).toBeNull();
  });
  it('a client that asks from a port below 1024 is not answered elsewhere', () => {
    const ends = new Datagrams({ ...meeting, clientPort: 900 });
    ends.say(READ);
    expect(ends.expectations).toBe(0);
    expect(ends.refusals).toEqual(['a port below 1024 was asked for']);
  });
  survivesAnyDatagram(meeting, [READ, WRITE]);
  survivesAnyDatagram({ ...meeting, insideIsServer: true }, [READ, WRITE]);
});
