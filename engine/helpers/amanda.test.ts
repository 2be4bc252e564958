import { describe, expect, it } from 'vitest';
import { config, HOST1, HOST2, OTHER, SERVER, tcp, udp } from '../masquerade/lab.ts';
import { ACK, SYN } from '../packet/tcp.ts';
import { Datagrams, survivesAnyDatagram } from './datagrams.ts';

const HEAD = 'HANDLE 000-90F80608 SEQ 1000000001\n';
const REQUEST = `Amanda 2.4 REQ ${HEAD}SECURITY USER amanda\nSERVICE sendbackup\nDUMP sda1 0\n`;
const reply = (connect: string) => `Amanda 2.4 REP ${HEAD}${connect}\nOPTIONS features=fffffeff;\n`;
const REPLY = reply('CONNECT DATA 50000 MESG 50001 INDEX 50002');
const inside = { helper: 'amanda', port: 10_080, clientPort: 850, insideIsServer: true };
const text = (bytes: Uint8Array | null) => String.fromCharCode(...(bytes ?? []));

describe('Amanda, backed up computer inside behind a forward', () => {
  it('lets the backup server in at the ports named, once each, and nobody else', () => {
    const ends = new Datagrams(inside);
    ends.hear(REQUEST);
    expect(text(ends.say(REPLY))).toBe(REPLY);
    expect(ends.expectations).toBe(3);
    expect(ends.callIn(50_000, OTHER)).toBeNull();
    for (const port of [50_000, 50_001, 50_002]) expect(ends.callIn(port, SERVER, 700)).toBe(port);
    expect(ends.expectations).toBe(0);
    expect(ends.hits).toBe(1);
  });
  it('names other ports when they are taken, of whatever length', () => {
    const ends = new Datagrams(inside);
    for (const port of [5000, 5001]) ends.lab.out(tcp(HOST2, port, OTHER, 80, { flags: SYN }));
    ends.hear(REQUEST);
    const sent = text(ends.say(reply('CONNECT DATA 5000 MESG 5001 INDEX 5002')));
    const match = /^CONNECT DATA (\d+) MESG (\d+) INDEX 5002$/m.exec(sent);
    const [data, mesg] = [Number(match?.[1]), Number(match?.[2])];
    expect(data).not.toBe(5000);
    expect(sent).toBe(reply(`CONNECT DATA ${data} MESG ${mesg} INDEX 5002`));
    expect(ends.callIn(data)).toBe(5000);
    expect(ends.callIn(mesg)).toBe(5001);
    expect(ends.callIn(5002)).toBe(5002);
  });
  it('reads a fourth stream, and leaves out those that are not used', () => {
    const ends = new Datagrams(inside);
    ends.hear(REQUEST);
    ends.say(reply('CONNECT DATA 50000 MESG -1 INDEX 0 STATE 50003'));
    expect(ends.expectations).toBe(2);
    expect(ends.refusals).toEqual([]);
  });
  it('switched off while running: what it still awaited is closed', () => {
    const ends = new Datagrams(inside);
    ends.hear(REQUEST);
    ends.say(REPLY);
    expect(ends.expectations).toBe(3);
    ends.lab.router.configure(config({ helpers: { amanda: { on: false, ports: [] } } }), ends.lab.now);
    expect(ends.expectations).toBe(0);
    expect(ends.callIn(50_000, SERVER, 700)).toBeNull();
  });
  it('off: nothing is let in', () => {
    const ends = new Datagrams({ ...inside, on: false });
    ends.hear(REQUEST);
    expect(text(ends.say(REPLY))).toBe(REPLY);
    expect(ends.callIn(50_000)).toBeNull();
  });
});

describe('Amanda, backup server inside', () => {
  it('its connections count as part of the backup, which goes on while they do', () => {
    const ends = new Datagrams({ ...inside, insideIsServer: false });
    ends.say(REQUEST);
    expect(text(ends.hear(REPLY))).toBe(REPLY);
    expect(ends.expectations).toBe(0);
    ends.lab.out(tcp(HOST1, 45_000, SERVER, 50_000, { flags: SYN, sequence: 1 }));
    ends.lab.in(
      tcp(SERVER, 50_000, '203.0.113.70', 45_000, { flags: SYN | ACK, sequence: 1, acknowledgement: 2 }),
    );
    ends.lab.out(tcp(HOST1, 45_000, SERVER, 50_000, { sequence: 2, acknowledgement: 2 }));
    ends.lab.pass(1_000_000);
    const helpers = ends.lab.router.sessions(9, ends.lab.now).map((one) => [one.remotePort, one.helper]);
    expect(helpers).toEqual([
      [10_080, 'amanda'],
      [50_000, 'amanda'],
    ]);
  });
});

describe('Amanda, attacks', () => {
  it.each([
    ['a low port', reply('CONNECT DATA 22'), 'a port below 1024 was asked for'],
    ['a closed port', reply('CONNECT DATA 6000'), 'a port that stays closed was asked for'],
    ['a line without end', reply(`CONNECT DATA 50000 ${'x'.repeat(300)}`), 'an answer could not be read'],
  ])('%s opens nothing and is counted', (_name, answer, reason) => {
    const ends = new Datagrams(inside);
    ends.hear(REQUEST);
    expect(text(ends.say(answer))).toBe(answer);
    expect(ends.expectations).toBe(0);
    expect(ends.refusals).toEqual([reason]);
  });
  it('a reply nobody had asked for, or words elsewhere in a packet, open nothing', () => {
    const ends = new Datagrams(inside);
    ends.hear('x');
    ends.say(REPLY);
    expect(ends.refusals).toEqual(['an answer came that nobody had asked for']);
    ends.hear(REQUEST);
    ends.say(reply('X CONNECT DATA 50000'));
    ends.say(`Amanda 2.4 ACK ${HEAD}CONNECT DATA 50000\n`);
    ends.say('x'.repeat(70) + REPLY);
    ends.hear(REPLY);
    for (const bad of ['DATA 70000', 'DATA 500001', 'DATA 50000x', 'XDATA 50000'])
      ends.say(reply(`CONNECT ${bad}`));
    expect(ends.expectations).toBe(0);
  });
  it('a name given again and again counts once; expectations are bounded', () => {
    const ends = new Datagrams(inside);
    ends.hear(REQUEST);
    ends.say(reply(`CONNECT${' DATA 50000 DATA 50001'.repeat(5)}`));
    expect(ends.expectations).toBe(1);
    for (let i = 0; i < 20; i++) ends.say(reply(`CONNECT DATA ${30_000 + i} MESG ${31_000 + i}`));
    expect(ends.expectations).toBe(16);
    expect(ends.refusals).toEqual(['too many sessions were awaited at once']);
  });
  it('a datagram that would grow too large does not go out broken', () => {
    const ends = new Datagrams(inside);
    for (const port of [1024, 1025, 1026, 1027]) ends.lab.out(tcp(HOST2, port, OTHER, 80, { flags: SYN }));
    ends.hear(REQUEST);
    const large = reply('CONNECT DATA 1024 MESG 1025 INDEX 1026 STATE 1027') + 'x'.repeat(1300);
    const sent = text(ends.say(large));
    expect(sent.length).toBeGreaterThanOrEqual(large.length);
    expect(ends.lab.out(udp(HOST1, 10_080, SERVER, 850, 'x'))).toHaveLength(1);
  });
  survivesAnyDatagram(inside, [REQUEST, REPLY]);
  survivesAnyDatagram({ ...inside, insideIsServer: false }, [REQUEST, REPLY]);
});
