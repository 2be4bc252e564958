import { describe, expect, it } from 'vitest';
import {
  forward,
  HOST1,
  HOST2,
  Lab,
  OTHER,
  OUTSIDE,
  type Packet,
  SERVER,
  tcp,
  udp,
} from '../masquerade/lab.ts';
import { ACK, FIN, PSH, SYN } from '../packet/tcp.ts';
import { Conversation, standsTrials, survivesAnything } from './conversation.ts';

const PORT = 40_000;

/** A control connection with the true sequence numbers of both ends as each of them counts. */
class Ftp {
  readonly lab: Lab;
  client = 101;
  server = 901;
  constructor(lab = new Lab().up(), port = 21) {
    this.lab = lab;
    lab.out(tcp(HOST1, PORT, SERVER, port, { flags: SYN, sequence: 100 }));
    lab.in(tcp(SERVER, port, OUTSIDE, PORT, { flags: SYN | ACK, sequence: 900, acknowledgement: 101 }));
    lab.out(tcp(HOST1, PORT, SERVER, port, { sequence: 101, acknowledgement: 901 }));
    this.reply('220 ready\r\n');
    this.command('USER guest\r\n');
  }
  command(payload: string, sequence = this.client): Packet[] {
    this.client = Math.max(this.client, sequence + payload.length);
    return this.lab.out(
      tcp(HOST1, PORT, SERVER, 21, { flags: ACK | PSH, sequence, acknowledgement: this.server, payload }),
    );
  }
  reply(payload: string, acknowledgement = this.client): Packet[] {
    const sequence = this.server;
    this.server += payload.length;
    return this.lab.in(
      tcp(SERVER, 21, OUTSIDE, PORT, { flags: ACK | PSH, sequence, acknowledgement, payload }),
    );
  }
  get #state() {
    return this.lab.router.helperStates().find((state) => state.name === 'ftp');
  }
  get expectations(): number {
    return this.#state?.expectations ?? -1;
  }
  get refusals(): string[] {
    return this.#state?.refusals.map((refusal) => refusal.reason) ?? [];
  }
}

const text = (packets: Packet[]) => packets.map((packet) => packet.payload).join('');
const PORT_COMMAND = 'PORT 192,168,66,10,156,64\r\n'; // 40000
const REWRITTEN = 'PORT 203,0,113,70,156,64\r\n';

describe('FTP, client inside', () => {
  it('PORT is rewritten; the server alone may come, once', () => {
    const ftp = new Ftp();
    ftp.lab.out(udp(HOST1, 1, SERVER, 2));
    // 40000 is the control connection's own port, so the data port is another one.
    const sent = text(ftp.command('PORT 192,168,66,10,195,80\r\n'));
    expect(sent).toBe('PORT 203,0,113,70,195,80\r\n');
    expect(ftp.expectations).toBe(1);
    expect(ftp.lab.in(tcp(OTHER, 20, OUTSIDE, 50_000, { flags: SYN }))).toHaveLength(0);
    expect(ftp.lab.in(tcp(SERVER, 20, OUTSIDE, 50_000, { flags: SYN }))).toMatchObject([
      { destination: HOST1, destinationPort: 50_000 },
    ]);
    expect(ftp.expectations).toBe(0);
  });
  it('numbers of both ways follow the change, for data, acknowledgements and selective ones', () => {
    const ftp = new Ftp();
    const before = ftp.client;
    const [port] = ftp.command(PORT_COMMAND);
    expect(port).toMatchObject({ payload: REWRITTEN, sequence: before });
    const shift = REWRITTEN.length - PORT_COMMAND.length;
    expect(shift).toBe(-1);
    const [next] = ftp.command('LIST\r\n');
    expect(next).toMatchObject({ sequence: before + REWRITTEN.length, payload: 'LIST\r\n' });
    const [acked] = ftp.reply('200 ok\r\n', before + REWRITTEN.length + 6);
    expect(acked).toMatchObject({ acknowledgement: ftp.client });
    const left = before + REWRITTEN.length;
    const options = [1, 1, 5, 10, ...word(left), ...word(left + 6)];
    const [selective] = ftp.lab.in(
      tcp(SERVER, 21, OUTSIDE, PORT, { sequence: ftp.server, acknowledgement: before, options }),
    );
    expect([...(selective?.bytes.subarray(44, 52) ?? [])]).toEqual([...word(left + 1), ...word(left + 7)]);
    expect(ftp.lab.router.sessions(9, ftp.lab.now)[0]).toMatchObject({
      helper: 'ftp',
      delta: -1,
      previousDelta: 0,
    });
  });
  it('a retransmission is rewritten alike, also after later changes, also when cut otherwise', () => {
    const ftp = new Ftp();
    const first = ftp.client;
    ftp.command(PORT_COMMAND);
    ftp.command('PORT 192,168,66,10,195,80\r\n');
    expect(text(ftp.command(PORT_COMMAND, first))).toBe(REWRITTEN);
    const both = text(ftp.command(`${PORT_COMMAND}PORT 192,168,66,10,195,80\r\n`, first));
    expect(both).toBe(`${REWRITTEN}PORT 203,0,113,70,195,80\r\n`);
    const half = ftp.command(PORT_COMMAND.slice(0, 9), first);
    const rest = ftp.command(PORT_COMMAND.slice(9), first + 9);
    expect(text(half) + text(rest)).toBe(REWRITTEN);
    expect((rest[0]?.sequence ?? 0) - (half[0]?.sequence ?? 0)).toBe(text(half).length);
  });
  it('EPRT is rewritten with its own mark; IPv6 is left', () => {
    const ftp = new Ftp();
    expect(text(ftp.command(`EPRT |1|${HOST1}|50000|\r\n`))).toBe(`EPRT |1|${OUTSIDE}|50000|\r\n`);
    expect(text(ftp.command(`EPRT !1!${HOST1}!50001!\r\n`))).toBe(`EPRT !1!${OUTSIDE}!50001!\r\n`);
    const six = 'EPRT |2|1080::8:800:200C:417A|5282|\r\n';
    expect(text(ftp.command(six))).toBe(six);
    expect(ftp.expectations).toBe(2);
  });
  it('several commands in one segment are each rewritten', () => {
    const ftp = new Ftp();
    expect(text(ftp.command(`NOOP\r\n${PORT_COMMAND}LIST\r\n`))).toBe(`NOOP\r\n${REWRITTEN}LIST\r\n`);
  });
  it('a command in pieces is held until it is whole', () => {
    const ftp = new Ftp();
    const before = ftp.client;
    expect(text(ftp.command('PORT 192,168'))).toBe('');
    expect(text(ftp.command(',66,10,195'))).toBe('');
    const [sent] = ftp.command(',80\r\nNOOP\r\n');
    expect(sent).toMatchObject({ payload: 'PORT 203,0,113,70,195,80\r\nNOOP\r\n', sequence: before });
    expect(ftp.expectations).toBe(1);
  });
  it('a piece repeated without end is let go unread', () => {
    const ftp = new Ftp();
    const before = ftp.client;
    ftp.command('PORT 192,168');
    for (let i = 0; i < 2; i++) expect(text(ftp.command('PORT 192,168', before))).toBe('');
    expect(text(ftp.command('PORT 192,168', before))).toBe('PORT 192,168');
    expect(ftp.refusals).toContain('a command came in pieces and was passed on unread');
  });
  it('segments out of order are not taken', () => {
    const ftp = new Ftp();
    const before = ftp.client;
    expect(ftp.command('LIST\r\n', before + PORT_COMMAND.length)).toHaveLength(0);
    expect(text(ftp.command(PORT_COMMAND, before))).toBe(REWRITTEN);
  });
  it('FIN with a held piece lets everything go', () => {
    const ftp = new Ftp();
    const before = ftp.client;
    ftp.command('PORT 1');
    const sent = ftp.lab.out(
      tcp(HOST1, PORT, SERVER, 21, { flags: ACK | FIN, sequence: before + 6, acknowledgement: ftp.server }),
    );
    expect(sent.map((packet) => [packet.payload, packet.flags & FIN])).toEqual([['PORT 1', FIN]]);
  });
  it('passive: nothing is rewritten, and the data connection keeps the control connection alive', () => {
    const ftp = new Ftp();
    ftp.command('PASV\r\n');
    const answer = '227 Entering passive mode (198,51,100,80,195,80).\r\n';
    expect(text(ftp.reply(answer))).toBe(answer);
    ftp.lab.out(tcp(HOST1, 41_000, SERVER, 50_000, { flags: SYN, sequence: 1 }));
    ftp.lab.in(tcp(SERVER, 50_000, OUTSIDE, 41_000, { flags: SYN | ACK, sequence: 1, acknowledgement: 2 }));
    ftp.lab.out(tcp(HOST1, 41_000, SERVER, 50_000, { sequence: 2, acknowledgement: 2 }));
    for (let i = 0; i < 2; i++) {
      ftp.lab.pass(7_000_000);
      ftp.lab.out(tcp(HOST1, 41_000, SERVER, 50_000, { sequence: 2, acknowledgement: 2 }));
      ftp.lab.in(tcp(SERVER, 50_000, OUTSIDE, 41_000, { sequence: 2, acknowledgement: 2 }));
    }
    expect(ftp.lab.router.sessions(9, ftp.lab.now).map((session) => session.remotePort)).toEqual([
      21, 50_000,
    ]);
  });
  it('an expectation ends with its time and with its session', () => {
    const ftp = new Ftp();
    ftp.command('PORT 192,168,66,10,195,80\r\n');
    ftp.lab.pass(121_000);
    expect(ftp.expectations).toBe(0);
    expect(ftp.lab.in(tcp(SERVER, 20, OUTSIDE, 50_000, { flags: SYN }))).toHaveLength(0);
    ftp.command('PORT 192,168,66,10,195,81\r\n');
    ftp.lab.router.cut(HOST1, ftp.lab.now);
    expect(ftp.lab.counter('mappings')).toBe(0);
  });
  it('can be switched off while it runs: the shift stays, the reading ends', () => {
    const ftp = new Ftp();
    ftp.command(PORT_COMMAND);
    ftp.lab.configure({ helpers: { ftp: { on: false, ports: [] } } });
    const before = ftp.client;
    const [sent] = ftp.command('PORT 192,168,66,10,195,80\r\n');
    expect(sent).toMatchObject({ payload: 'PORT 192,168,66,10,195,80\r\n', sequence: before - 1 });
  });
  it('survives sequence numbers that wrap and a hundred changes', () => {
    const lab = new Lab().up();
    const start = 0xffff_ff00 | 0;
    lab.out(tcp(HOST1, PORT, SERVER, 21, { flags: SYN, sequence: start }));
    lab.in(
      tcp(SERVER, 21, OUTSIDE, PORT, { flags: SYN | ACK, sequence: 900, acknowledgement: (start + 1) | 0 }),
    );
    let sequence = (start + 1) | 0;
    let expected = sequence;
    for (let i = 0; i < 100; i++) {
      const payload = `PORT 192,168,66,10,200,${i % 10}\r\n`;
      const [sent] = lab.out(tcp(HOST1, PORT, SERVER, 21, { sequence, acknowledgement: 901, payload }));
      expect(sent?.sequence).toBe(expected);
      sequence = (sequence + payload.length) | 0;
      expected = (expected + (sent?.payload.length ?? 0)) | 0;
      const [acked] = lab.in(tcp(SERVER, 21, OUTSIDE, PORT, { sequence: 901, acknowledgement: expected }));
      expect(acked?.acknowledgement).toBe(sequence);
    }
  });
});

describe('FTP, attacks', () => {
  const cases: [string, string, string][] = [
    ['a third party', 'PORT 192,168,66,11,195,80\r\n', 'the command names a third party'],
    ['the outside world', 'PORT 198,51,100,81,195,80\r\n', 'the command names a third party'],
    ['a low port', 'PORT 192,168,66,10,0,22\r\n', 'a port below 1024 was asked for'],
    ['a closed port', 'PORT 192,168,66,10,23,112\r\n', 'a port that stays closed was asked for'],
    ['octets above 255', 'PORT 192,168,66,266,195,80\r\n', 'a PORT command could not be read'],
    ['too few numbers', 'PORT 192,168,66,10,195\r\n', 'a PORT command could not be read'],
    ['EPRT to a third party', `EPRT |1|${HOST2}|50000|\r\n`, 'the command names a third party'],
    ['EPRT above 65535', `EPRT |1|${HOST1}|70000|\r\n`, 'an EPRT command could not be read'],
  ];
  it.each(cases)('%s opens nothing and is counted', (_name, command, reason) => {
    const ftp = new Ftp();
    expect(text(ftp.command(command))).toBe(command);
    expect(ftp.expectations).toBe(0);
    expect(ftp.refusals).toContain(reason);
  });
  it('a command inside a line, or in the server’s answer, is none', () => {
    const ftp = new Ftp();
    for (const line of [`SITE ${PORT_COMMAND}`, `x${PORT_COMMAND}`])
      expect(text(ftp.command(line))).toBe(line);
    expect(text(ftp.reply(`500 what?\r\n${PORT_COMMAND}`))).toBe(`500 what?\r\n${PORT_COMMAND}`);
    expect(ftp.expectations).toBe(0);
  });
  it('a 227 that nobody asked for opens nothing', () => {
    const ftp = new Ftp();
    ftp.reply('227 Entering passive mode (198,51,100,80,0,22)\r\n');
    expect(ftp.refusals).toContain('an answer came that nobody had asked for');
  });
  it('a web request to port 21 is not FTP', () => {
    const lab = new Lab().up();
    lab.out(tcp(HOST1, PORT, SERVER, 21, { flags: SYN, sequence: 100 }));
    lab.in(tcp(SERVER, 21, OUTSIDE, PORT, { flags: SYN | ACK, sequence: 900, acknowledgement: 101 }));
    const payload = `POST / HTTP/1.1\r\nHost: x\r\n\r\n${PORT_COMMAND}`;
    expect(
      text(lab.out(tcp(HOST1, PORT, SERVER, 21, { sequence: 101, acknowledgement: 901, payload }))),
    ).toBe(payload);
    const more = lab.out(
      tcp(HOST1, PORT, SERVER, 21, {
        sequence: 101 + payload.length,
        acknowledgement: 901,
        payload: PORT_COMMAND,
      }),
    );
    expect(text(more)).toBe(PORT_COMMAND);
  });
  it.each([
    ['a long web request', `POST /${'x'.repeat(600)} HTTP/1.1\r\nHost: x\r\n\r\n`],
    ['a greeting of another protocol', 'OPTIONS sip:x SIP/2.0\r\n\r\n'],
    ['bytes', '\x16\x03\x01\x02\0\n'],
  ])('%s at first is not FTP, whatever comes after it', (_name, first) => {
    const browser = new Conversation({ helper: 'ftp', port: 21 });
    browser.hear('220 ready\r\n');
    expect(browser.say(first + PORT_COMMAND)).toBe(first + PORT_COMMAND);
    expect(browser.say(PORT_COMMAND)).toBe(PORT_COMMAND);
    expect(browser.refusals).toEqual(['the client does not speak FTP']);
    expect(browser.expectations).toBe(0);
  });
  it('after AUTH is granted nothing is read', () => {
    const ftp = new Ftp();
    ftp.command('AUTH TLS\r\n');
    ftp.reply('234 go on\r\n');
    expect(text(ftp.command(PORT_COMMAND))).toBe(PORT_COMMAND);
  });
  it('a server that says more with its 234 is not read on', () => {
    const ftp = new Ftp();
    ftp.command('PASV\r\nAUTH TLS\r\n');
    ftp.reply('234 go on\r\n227 Entering passive mode (198,51,100,80,9,9)\r\n');
    expect(text(ftp.command(`${record(22, 40)}${PORT_COMMAND}`))).toBe(record(22, 40) + PORT_COMMAND);
    expect(ftp.expectations).toBe(0);
  });
  it('a line end within TLS is none', () => {
    const ftp = new Ftp();
    ftp.command('AUTH TLS\r\n');
    ftp.reply('234 go on\r\n');
    const hidden = record(23, `\r\n${PORT_COMMAND}`);
    expect(text(ftp.command(hidden))).toBe(hidden);
    ftp.command(PORT_COMMAND.slice(0, 9));
    expect(text(ftp.command(PORT_COMMAND.slice(9)))).toBe(REWRITTEN);
    expect(ftp.expectations).toBe(1);
  });
  it('expectations are bounded', () => {
    const ftp = new Ftp();
    for (let i = 0; i < 40; i++) ftp.command(`PORT 192,168,66,10,195,${i}\r\n`);
    expect(ftp.expectations).toBe(16);
    expect(ftp.refusals).toContain('too many sessions were awaited at once');
  });
});

describe('FTP, server inside behind a forward', () => {
  const lab = () =>
    new Lab({ forwards: [forward({ id: 'ftp', first: 21, last: 21, insideFirst: 21 })] }).up();
  function session(): Lab {
    const one = lab();
    one.in(tcp(SERVER, 5555, OUTSIDE, 21, { flags: SYN, sequence: 100 }));
    one.out(tcp(HOST1, 21, SERVER, 5555, { flags: SYN | ACK, sequence: 900, acknowledgement: 101 }));
    one.in(tcp(SERVER, 5555, OUTSIDE, 21, { sequence: 101, acknowledgement: 901 }));
    return one;
  }
  it('227 is rewritten and lets that client in', () => {
    const one = session();
    one.in(tcp(SERVER, 5555, OUTSIDE, 21, { sequence: 101, acknowledgement: 901, payload: 'PASV\r\n' }));
    const answer = '227 Entering Passive Mode (192,168,66,10,195,80).\r\n';
    const sent = one.out(
      tcp(HOST1, 21, SERVER, 5555, { sequence: 901, acknowledgement: 107, payload: answer }),
    );
    expect(text(sent)).toBe('227 Entering Passive Mode (203,0,113,70,195,80).\r\n');
    expect(one.in(tcp(OTHER, 9, OUTSIDE, 50_000, { flags: SYN }))).toHaveLength(0);
    expect(one.in(tcp(SERVER, 9, OUTSIDE, 50_000, { flags: SYN }))).toMatchObject([
      { destination: HOST1, destinationPort: 50_000 },
    ]);
  });
  it('229 has its port rewritten when it is taken', () => {
    const one = session();
    one.out(tcp(HOST2, 50_000, OTHER, 80, { flags: SYN }));
    one.in(tcp(SERVER, 5555, OUTSIDE, 21, { sequence: 101, acknowledgement: 901, payload: 'EPSV\r\n' }));
    const answer = '229 Extended Passive (|||50000|)\r\n';
    const sent = text(
      one.out(tcp(HOST1, 21, SERVER, 5555, { sequence: 901, acknowledgement: 107, payload: answer })),
    );
    const port = Number(/\|\|\|(\d+)\|/.exec(sent)?.[1]);
    expect(port).not.toBe(50_000);
    expect(one.in(tcp(SERVER, 9, OUTSIDE, port, { flags: SYN }))).toMatchObject([
      { destination: HOST1, destinationPort: 50_000 },
    ]);
  });
  it('a 227 that names another host opens nothing', () => {
    const one = session();
    one.in(tcp(SERVER, 5555, OUTSIDE, 21, { sequence: 101, acknowledgement: 901, payload: 'PASV\r\n' }));
    const answer = '227 Entering Passive Mode (192,168,66,11,195,80).\r\n';
    expect(
      text(one.out(tcp(HOST1, 21, SERVER, 5555, { sequence: 901, acknowledgement: 107, payload: answer }))),
    ).toBe(answer);
    expect(one.in(tcp(SERVER, 9, OUTSIDE, 50_000, { flags: SYN }))).toHaveLength(0);
  });
  it('an active transfer leaves from port 20', () => {
    const one = session();
    one.in(
      tcp(SERVER, 5555, OUTSIDE, 21, {
        sequence: 101,
        acknowledgement: 901,
        payload: 'PORT 198,51,100,80,21,180\r\n',
      }),
    );
    expect(one.out(tcp(HOST1, 20, SERVER, 5556, { flags: SYN }))).toMatchObject([{ sourcePort: 20 }]);
  });
});

describe('FTP after CCC', () => {
  const OFFER = 'PORT 192,168,66,10,195,80\r\n';
  const secured = `${record(22, 50)}${record(20, 1)}${record(23, 300)}${record(21, 2)}`;
  standsTrials('commands', {
    scene: { helper: 'ftp', port: 21 },
    before: (ends) => {
      ends.hear('220 ready\r\n');
      ends.say('AUTH TLS\r\n');
      ends.hear('234 go on\r\n');
    },
    from: 'inside',
    sent: `${secured}NOOP\r\n${OFFER}`,
    got: `${secured}NOOP\r\nPORT 203,0,113,70,195,80\r\n`,
    opens: 1,
  });
  standsTrials('answers of a server inside', {
    scene: { helper: 'ftp', port: 21, insideIsServer: true },
    before: (ends) => {
      ends.say('220 ready\r\n');
      ends.hear('AUTH TLS\r\n');
      ends.say('234 go on\r\n');
      ends.hear(`${secured}PASV\r\n`);
    },
    from: 'inside',
    sent: `${secured}227 Entering Passive Mode (192,168,66,10,195,80)\r\n`,
    got: `${secured}227 Entering Passive Mode (203,0,113,70,195,80)\r\n`,
    opens: 1,
  });
  survivesAnything({ helper: 'ftp', port: 21 }, [
    'AUTH TLS\r\n',
    '234 go on\r\n',
    secured,
    record(21, 2),
    OFFER,
    'PASV\r\n',
    '227 Entering Passive Mode (192,168,66,10,195,80)\r\n',
  ]);
});

/** A TLS record of this type with this in it. */
function record(type: number, content: string | number): string {
  const inner = typeof content === 'string' ? content : 'PORT 1\r\n'.repeat(content).slice(0, content);
  return String.fromCharCode(type, 3, 3, inner.length >>> 8, inner.length & 255) + inner;
}

function word(value: number): number[] {
  return [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}
