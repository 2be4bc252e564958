import { describe, expect, it } from 'vitest';
import { forward, HOST1, HOST2, OTHER, OUTSIDE, SERVER, tcp, udp } from '../masquerade/lab.ts';
import { parseAddress } from '../packet/address.ts';
import { get16, get32, put16, put32 } from '../packet/bytes.ts';
import { SYN } from '../packet/tcp.ts';
import { Datagrams, strictLab, survivesAnyDatagram } from './datagrams.ts';

const LEAVE_INVITE = 0;
const LOOK_UP = 1;
const ANNOUNCE = 3;
type End = [string, number];

interface Dialect {
  name: string;
  port: number;
  length: number;
  type: number;
  address: number;
  control: number;
}
const NTALK: Dialect = { name: 'ntalk', port: 518, length: 84, type: 1, address: 8, control: 24 };
const TALK: Dialect = { name: 'talk', port: 517, length: 76, type: 0, address: 44, control: 60 };
const YTALK: Dialect = { ...NTALK, name: 'ytalk', length: 84 + 30 };

function putEnd(b: Uint8Array, at: number, [address, port]: End, family = 2): void {
  put16(b, at, family);
  put16(b, at + 2, port);
  put32(b, at + 4, parseAddress(address));
}
function request(dialect: Dialect, type: number, address: End, control: End, family = 2): Uint8Array {
  const b = new Uint8Array(dialect.length);
  if (dialect !== TALK) b[0] = 1;
  b[dialect.type] = type;
  putEnd(b, dialect.address, address, family);
  putEnd(b, dialect.control, control, family);
  return b;
}
function answer(dialect: Dialect, type: number, address: End, result = 0): Uint8Array {
  const b = new Uint8Array(24);
  b[dialect.type] = type;
  b[dialect.type + 1] = result;
  putEnd(b, 8, address);
  return b;
}
function meeting(dialect: Dialect, changes: Partial<ConstructorParameters<typeof Datagrams>[0]> = {}) {
  return { helper: 'talk', port: dialect.port, clientPort: 3000, ...changes };
}
const LISTENS: End = [HOST1, 4000];
const ASKS: End = [HOST1, 3000];

describe.each([NTALK, TALK, YTALK])('$name, caller inside', (dialect) => {
  it('announces itself under its outside address; the one called finds it and connects', () => {
    const ends = new Datagrams(meeting(dialect));
    const sent = ends.say(request(dialect, ANNOUNCE, LISTENS, ASKS));
    expect(sent).toEqual(request(dialect, ANNOUNCE, [OUTSIDE, 4000], [OUTSIDE, 3000]));
    expect(ends.hear(answer(dialect, ANNOUNCE, ['0.0.0.0', 0]))).not.toBeNull();

    // The one who is called asks the caller's daemon, from a port of its own.
    const lookUp = request(dialect, LOOK_UP, [SERVER, 7000], [SERVER, 7001]);
    expect(ends.lab.in(udp(OTHER, 7001, OUTSIDE, dialect.port, lookUp))).toHaveLength(0);
    const [asked] = ends.lab.in(udp(SERVER, 7001, OUTSIDE, dialect.port, lookUp));
    expect(asked).toMatchObject({ destination: HOST1, destinationPort: dialect.port });
    const found = answer(dialect, LOOK_UP, LISTENS);
    const [told] = ends.lab.out(udp(HOST1, dialect.port, SERVER, 7001, found));
    expect(told).toMatchObject({ source: OUTSIDE, sourcePort: dialect.port });
    expect(told?.bytes.subarray(28)).toEqual(answer(dialect, LOOK_UP, [OUTSIDE, 4000]));
    expect(ends.callIn(4000, OTHER)).toBeNull();
    expect(ends.callIn(4000, SERVER)).toBe(4000);
  });
  it('answers a call: its look-up asks for the answer at the outside address, and counts', () => {
    const ends = new Datagrams(meeting(dialect));
    const sent = ends.say(request(dialect, LOOK_UP, ['0.0.0.0', 0], ASKS));
    expect(sent).toEqual(request(dialect, LOOK_UP, ['0.0.0.0', 0], [OUTSIDE, 3000]));
    expect([ends.hits, ends.expectations, ends.refusals]).toEqual([1, 0, []]);
  });
  it('off: nothing is rewritten, nobody comes in', () => {
    const ends = new Datagrams(meeting(dialect, { on: false }));
    const announce = request(dialect, ANNOUNCE, LISTENS, ASKS);
    expect(ends.say(announce)).toEqual(announce);
    expect(ends.sendIn(dialect.port)).toBeNull();
    expect(ends.callIn(4000)).toBeNull();
  });
  it('asks another’s daemon: only where the answer goes is rewritten, and nothing opened', () => {
    const ends = new Datagrams(meeting(dialect));
    expect(ends.say(request(dialect, LOOK_UP, LISTENS, ASKS))).toEqual(
      request(dialect, LOOK_UP, [OUTSIDE, 4000], [OUTSIDE, 3000]),
    );
    expect(ends.expectations).toBe(0);
    const found = answer(dialect, LOOK_UP, [SERVER, 7000]);
    expect(ends.hear(found)).toEqual(found);
    ends.lab.out(tcp(HOST1, 4001, SERVER, 7000, { flags: SYN }));
    const rows = ends.lab.router.sessions(9, ends.lab.now);
    expect(rows.find((row) => row.remotePort === 7000)?.helper).toBe('talk');
  });
  it('a second caller at the same ports gets others', () => {
    const first = new Datagrams(meeting(dialect));
    const second = new Datagrams(meeting(dialect, { lab: first.lab, inside: HOST2 }));
    first.say(request(dialect, ANNOUNCE, LISTENS, ASKS));
    const sent = second.say(request(dialect, ANNOUNCE, [HOST2, 4000], [HOST2, 3000])) ?? new Uint8Array();
    const listens = get16(sent, dialect.address + 2);
    expect(get16(sent, dialect.control + 2)).toBe(second.outsidePort);
    expect(get32(sent, dialect.address + 4)).toBe(parseAddress(OUTSIDE));
    expect(listens).not.toBe(4000);
    expect(second.callIn(listens)).toBe(4000);
    expect(second.refusals).toEqual(['the talk port leads to another computer']);
  });
  it('the daemon is open for the one called for five minutes', () => {
    const ends = new Datagrams(meeting(dialect));
    ends.say(request(dialect, ANNOUNCE, LISTENS, ASKS));
    ends.lab.pass(301_000);
    expect(ends.expectations).toBe(0);
    expect(ends.sendIn(dialect.port)).toBeNull();
  });
});

describe('talk, further', () => {
  it('a family in the sender’s own byte order is one too', () => {
    const ends = new Datagrams(meeting(NTALK));
    expect(ends.say(request(NTALK, ANNOUNCE, LISTENS, ASKS, 0x0200))).toEqual(
      request(NTALK, ANNOUNCE, [OUTSIDE, 4000], [OUTSIDE, 3000], 0x0200),
    );
  });
  it('a client with another socket for its answers gets them there', () => {
    const ends = new Datagrams(meeting(NTALK));
    ends.say(request(NTALK, LEAVE_INVITE, LISTENS, [HOST1, 3333]));
    expect(ends.sendIn(3333, SERVER, 518)).toBe(3333);
  });
  it('a daemon inside behind a forward: its answer lets the asker in', () => {
    const ends = new Datagrams(meeting(NTALK, { insideIsServer: true, clientPort: 7001 }));
    ends.hear(request(NTALK, LOOK_UP, [SERVER, 7000], [SERVER, 7001]));
    expect(ends.say(answer(NTALK, LOOK_UP, LISTENS))).toEqual(answer(NTALK, LOOK_UP, [OUTSIDE, 4000]));
    expect(ends.callIn(4000, OTHER)).toBeNull();
    expect(ends.callIn(4000)).toBe(4000);
    const unknown = answer(NTALK, LOOK_UP, LISTENS, 2);
    expect(ends.say(unknown)).toEqual(unknown);
  });
  it('a forward of the port to another computer is not taken over', () => {
    const lab = strictLab(meeting(NTALK));
    const forwards = [
      forward({
        id: 'talk',
        protocol: 'udp',
        first: 518,
        last: 518,
        insideFirst: 518,
        hosts: [{ address: HOST2, weight: 1 }],
      }),
    ];
    lab.configure({ helpers: { talk: { on: true, ports: [] } }, forwards });
    const ends = new Datagrams(meeting(NTALK, { lab }));
    ends.say(request(NTALK, ANNOUNCE, LISTENS, ASKS));
    expect(ends.refusals).toEqual(['the talk port leads to another computer']);
    expect(lab.in(udp(SERVER, 7001, OUTSIDE, 518))).toMatchObject([{ destination: HOST2 }]);
  });
});

describe('talk, attacks', () => {
  it.each([
    [
      'a third party listens',
      request(NTALK, LEAVE_INVITE, [HOST2, 4000], ['0.0.0.0', 0]),
      'the message names a third party',
    ],
    [
      'a third party is to be answered',
      request(NTALK, LEAVE_INVITE, ['0.0.0.0', 0], [OTHER, 3000]),
      'the message names a third party',
    ],
    [
      'a low port',
      request(NTALK, LEAVE_INVITE, [HOST1, 23], ['0.0.0.0', 0]),
      'a port below 1024 was asked for',
    ],
    [
      'a low port for answers',
      request(NTALK, LEAVE_INVITE, ['0.0.0.0', 0], [HOST1, 514]),
      'a port below 1024 was asked for',
    ],
    [
      'a closed port',
      request(NTALK, LEAVE_INVITE, [HOST1, 6000], ['0.0.0.0', 0]),
      'a port that stays closed was asked for',
    ],
  ])('%s: nothing is rewritten or opened', (_name, message, reason) => {
    const ends = new Datagrams(meeting(NTALK));
    expect(ends.say(message)).toEqual(message);
    expect(ends.expectations).toBe(0);
    expect(ends.refusals).toEqual([reason]);
  });
  it('a request from outside that leads the daemon to a third party is dropped', () => {
    const ends = new Datagrams(meeting(NTALK, { insideIsServer: true }));
    expect(ends.hear(request(NTALK, LOOK_UP, [SERVER, 7000], [OTHER, 7001]))).toBeNull();
    expect(ends.hear(request(NTALK, LOOK_UP, [SERVER, 7000], [HOST2, 7001]))).toBeNull();
    expect(ends.refusals).toEqual(['a request asks for its answer to go to a third party']);
  });
  it('requests from the wrong side, and answers to nothing, open nothing', () => {
    const ends = new Datagrams(meeting(NTALK));
    ends.say('x');
    ends.hear(request(NTALK, ANNOUNCE, LISTENS, ASKS));
    ends.hear(answer(NTALK, LOOK_UP, LISTENS));
    expect(ends.expectations).toBe(0);
  });
  it('expectations are bounded', () => {
    const ends = new Datagrams(meeting(NTALK));
    for (let i = 0; i < 40; i++) ends.say(request(NTALK, LEAVE_INVITE, [HOST1, 4000 + i], ASKS));
    expect(ends.expectations).toBe(16);
  });
  const seeds = [
    request(NTALK, ANNOUNCE, LISTENS, ASKS),
    request(TALK, ANNOUNCE, LISTENS, ASKS),
    request(NTALK, LOOK_UP, LISTENS, [SERVER, 3000]),
    answer(NTALK, LOOK_UP, LISTENS),
    answer(TALK, LOOK_UP, LISTENS),
  ];
  survivesAnyDatagram(meeting(NTALK), seeds);
  survivesAnyDatagram(meeting(NTALK, { insideIsServer: true }), seeds);
});
