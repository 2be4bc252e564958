import { describe, expect, it } from 'vitest';
import { HOST1, HOST2, OTHER, OUTSIDE, SERVER, udp } from '../masquerade/lab.ts';
import { Datagrams, survivesAnyDatagram } from './datagrams.ts';

function control(opcode: number, ...body: number[]): Uint8Array {
  return Uint8Array.of(0x80, 0, 0, 5 + body.length, opcode, ...body);
}
const CONNECT = control(1, ...[...'QUAKE\0'].map((char) => char.charCodeAt(0)), 3);
const accept = (port: number, ...more: number[]) =>
  control(0x81, port & 255, (port >>> 8) & 255, (port >>> 16) & 255, 0, ...more);
const meeting = { helper: 'quake', port: 26_000 };

describe('Quake, player inside', () => {
  it('the port the server names is let in, from that server, once', () => {
    const ends = new Datagrams(meeting);
    ends.say(CONNECT);
    expect(ends.hear(accept(40_123))).toEqual(accept(40_123));
    expect(ends.expectations).toBe(1);
    expect(ends.sendIn(ends.outsidePort, OTHER, 40_123)).toBeNull();
    expect(ends.sendIn(ends.outsidePort, SERVER, 40_124)).toBeNull();
    expect(ends.sendIn(ends.outsidePort, SERVER, 40_123)).toBe(2000);
    expect(ends.expectations).toBe(0);
    expect(ends.lab.out(udp(HOST1, 2000, SERVER, 40_123))[0]).toMatchObject({ sourcePort: ends.outsidePort });
    expect(ends.hits).toBe(1);
  });
  it('off: the server’s new port is refused', () => {
    const ends = new Datagrams({ ...meeting, on: false });
    ends.say(CONNECT);
    ends.hear(accept(40_123));
    expect(ends.sendIn(ends.outsidePort, SERVER, 40_123)).toBeNull();
  });
  it('two players on one server each get their game', () => {
    const first = new Datagrams(meeting);
    const second = new Datagrams({ ...meeting, lab: first.lab, inside: HOST2 });
    for (const ends of [first, second]) ends.say(CONNECT);
    first.hear(accept(40_123));
    second.hear(accept(40_124));
    expect(first.sendIn(first.outsidePort, SERVER, 40_123)).toBe(2000);
    expect(second.sendIn(second.outsidePort, SERVER, 40_124)).toBe(2000);
  });
});

describe('Quake, server inside behind a forward', () => {
  const inside = { ...meeting, insideIsServer: true };
  it('the named port is rewritten when it is taken, and lets that player in', () => {
    const ends = new Datagrams(inside);
    ends.lab.out(udp(HOST2, 40_123, OTHER, 9));
    ends.hear(CONNECT);
    const sent = ends.say(accept(40_123, 7, 8));
    const port = (sent?.[5] ?? 0) | ((sent?.[6] ?? 0) << 8);
    expect(port).not.toBe(40_123);
    expect(sent).toEqual(accept(port, 7, 8));
    expect(ends.sendIn(port, OTHER, 2000)).toBeNull();
    expect(ends.sendIn(port, SERVER, 2000)).toBe(40_123);
    expect(ends.lab.out(udp(HOST1, 40_123, SERVER, 2000))[0]).toMatchObject({
      source: OUTSIDE,
      sourcePort: port,
    });
  });
  it('a server that stays on its port has the forwarded one named', () => {
    const ends = new Datagrams(inside);
    ends.hear(CONNECT);
    expect(ends.say(accept(26_000))).toEqual(accept(26_000));
    expect(ends.expectations).toBe(0);
  });
  it('off: nothing is rewritten and the player stays out', () => {
    const ends = new Datagrams({ ...inside, on: false });
    ends.lab.out(udp(HOST2, 40_123, OTHER, 9));
    ends.hear(CONNECT);
    expect(ends.say(accept(40_123))).toEqual(accept(40_123));
    expect(ends.sendIn(40_123, SERVER, 2000)).toBeNull();
  });
});

describe('QuakeWorld, Quake II and III', () => {
  it.each([
    ['QuakeWorld', 27_500, 27_001],
    ['Quake II', 27_910, 27_901],
    ['Quake III', 27_960, 27_960],
  ])('%s needs no helper: two players with one port of their own talk to one server', (_name, port, own) => {
    const meeting = { helper: 'quake', port, clientPort: own };
    const first = new Datagrams(meeting);
    const second = new Datagrams({ ...meeting, lab: first.lab, inside: HOST2 });
    for (const ends of [first, second]) {
      expect(ends.say('\xff\xff\xff\xffgetchallenge\n')).not.toBeNull();
      expect(ends.hear('\xff\xff\xff\xffchallengeResponse 1')).not.toBeNull();
    }
    expect([first.outsidePort, second.outsidePort === own]).toEqual([own, false]);
    for (const ends of [second, first]) expect(ends.hear('\x01\0\0\0game')).not.toBeNull();
    expect(first.hits).toBe(0);
  });
});

describe('Quake, attacks', () => {
  const inside = { ...meeting, insideIsServer: true };
  it.each([
    ['port 0', accept(0), 'an answer could not be read'],
    ['a port above 65535', accept(70_000), 'an answer could not be read'],
    ['a low port', accept(22), 'a port below 1024 was asked for'],
    ['a closed port', accept(2049), 'a port that stays closed was asked for'],
    ['too few bytes', control(0x81, 1), 'an answer could not be read'],
  ])('%s opens nothing and is counted', (_name, answer, reason) => {
    const ends = new Datagrams(inside);
    ends.hear(CONNECT);
    expect(ends.say(answer)).toEqual(answer);
    expect(ends.expectations).toBe(0);
    expect(ends.refusals).toEqual([reason]);
  });
  it('an answer nobody had asked for, or of a false length, opens nothing', () => {
    const ends = new Datagrams(meeting);
    ends.say('x');
    ends.hear(accept(40_123));
    expect(ends.refusals).toEqual(['a server answered that nobody had asked']);
    ends.say(CONNECT);
    ends.hear(Uint8Array.of(...accept(40_123), 1));
    ends.hear(CONNECT);
    ends.say(accept(40_123));
    expect(ends.expectations).toBe(0);
  });
  it('expectations are bounded', () => {
    const ends = new Datagrams(inside);
    ends.hear(CONNECT);
    for (let i = 0; i < 40; i++) ends.say(accept(30_000 + i));
    expect(ends.expectations).toBe(16);
    expect(ends.refusals).toEqual(['too many sessions were awaited at once']);
  });
  survivesAnyDatagram(meeting, [CONNECT, accept(40_123)]);
  survivesAnyDatagram(inside, [CONNECT, accept(40_123)]);
});
