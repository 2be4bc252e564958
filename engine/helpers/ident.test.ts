import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connect, HOST1, HOST2, Lab, OTHER, OUTSIDE, type Packet, SERVER, tcp } from '../masquerade/lab.ts';
import { ACK, FIN, PSH, RST, SYN } from '../packet/tcp.ts';
import { Conversation, labFor, payloads, survivesAnything } from './conversation.ts';

const ON = { helpers: { ident: { on: true, ports: [] } } };

/** A server outside that asks the gateway, with its own numbers. */
class Asker {
  readonly lab: Lab;
  readonly from: string;
  readonly port: number;
  next = 5001;
  first = 0;
  constructor(lab: Lab, port = 33_000, from = SERVER) {
    this.lab = lab;
    this.port = port;
    this.from = from;
    const [packet] = this.send({ flags: SYN, sequence: 5000 });
    if (packet?.flags === (SYN | ACK)) this.first = (packet.sequence + 1) | 0;
  }
  send(facts: Parameters<typeof tcp>[4]): Packet[] {
    return this.lab.in(tcp(this.from, this.port, OUTSIDE, 113, facts));
  }
  ready(): this {
    expect(this.send({ sequence: this.next, acknowledgement: this.first })).toEqual([]);
    return this;
  }
  say(payload: string, sequence = this.next): Packet[] {
    this.next = Math.max(this.next, sequence + payload.length);
    return this.send({ flags: ACK | PSH, sequence, acknowledgement: this.first, payload });
  }
}
const ask = (lab: Lab, question: string, from = SERVER) =>
  new Asker(lab, 33_000, from).ready().say(question)[0]?.payload;

describe('ident, answered by the gateway', () => {
  it('off: refused at once', () => {
    const lab = new Lab().up();
    connect(lab);
    const [packet] = lab.in(tcp(SERVER, 33_000, OUTSIDE, 113, { flags: SYN, sequence: 1 }));
    expect(packet).toMatchObject({ flags: RST | ACK, acknowledgement: 2 });
  });
  it('names the computer whose connection it is, and closes', () => {
    const lab = new Lab(ON).up();
    const port = connect(lab, HOST1, 40_000, SERVER, 6667);
    lab.router.clients.describe(HOST1, { name: 'emil' }, lab.now);
    const asker = new Asker(lab).ready();
    const [answer] = asker.say(`${port}, 6667\r\n`);
    expect(answer).toMatchObject({
      source: OUTSIDE,
      sourcePort: 113,
      destination: SERVER,
      destinationPort: 33_000,
      flags: PSH | ACK | FIN,
      sequence: asker.first,
      acknowledgement: asker.next,
      payload: `${port} , 6667 : USERID : UNIX : emil\r\n`,
    });
    const end = asker.first + (answer?.payload.length ?? 0) + 1;
    const [last] = asker.send({ flags: ACK | FIN, sequence: asker.next, acknowledgement: end });
    expect(last).toMatchObject({ flags: ACK, sequence: end, acknowledgement: asker.next + 1, payload: '' });
    expect(lab.router.helperStates().find((one) => one.name === 'ident')).toMatchObject({ hits: 1 });
  });
  it('each of two computers with the same port by its own name, in letters and digits, one without a name by its number', () => {
    const lab = new Lab(ON).up();
    const one = connect(lab, HOST1, 40_000, SERVER, 6667);
    const two = connect(lab, HOST2, 40_000, SERVER, 6667);
    lab.router.clients.describe(HOST2, { name: 'anna-b.: the\r\nfirst' }, lab.now);
    expect(ask(lab, `${one},6667\n`)).toMatch(/^\d+ , 6667 : USERID : UNIX : client\d+\r\n$/);
    expect(ask(lab, ` ${two} , 6667 \r\n`)).toBe(`${two} , 6667 : USERID : UNIX : annabthefirst\r\n`);
  });
  it('cut anywhere and repeated, it is answered once and alike', () => {
    const lab = new Lab(ON).up();
    const question = `${connect(lab)} , 80\r\n`;
    const wanted = ask(lab, question);
    expect(wanted).toContain('USERID');
    for (let cut = 1; cut < question.length; cut++) {
      const asker = new Asker(lab, 33_000 + cut).ready();
      const start = asker.next;
      expect(asker.say(question.slice(cut), start + cut)).toMatchObject([
        { flags: ACK, acknowledgement: start },
      ]);
      expect(asker.say(question.slice(0, cut), start)).toMatchObject([
        { flags: ACK, acknowledgement: start + cut },
      ]);
      for (let i = 0; i < 3; i++)
        expect(asker.say(question.slice(cut), start + cut)).toMatchObject([
          { payload: wanted, sequence: asker.first, acknowledgement: start + question.length },
        ]);
      expect(asker.say(question, start)[0]?.payload).toBe(wanted);
    }
    const state = lab.router.helperStates().find((one) => one.name === 'ident');
    expect(state?.hits).toBe(question.length);
  });
  it('a question with the SYN’s acknowledgement, and a new connection from the same port, are served', () => {
    const lab = new Lab(ON).up();
    const question = `${connect(lab)} , 80\r\n`;
    for (let i = 0; i < 3; i++) expect(new Asker(lab).say(question)[0]?.payload).toContain('USERID');
  });
  it.each([
    ['nobody’s connection', '50000 , 80\r\n', '50000 , 80 : ERROR : NO-USER\r\n'],
    ['port 0', '0 , 80\r\n', '0 , 80 : ERROR : INVALID-PORT\r\n'],
    ['a port above 65535', '40000 , 65536\r\n', '40000 , 65536 : ERROR : INVALID-PORT\r\n'],
    ['one number', '40000\r\n', '0 , 0 : ERROR : INVALID-PORT\r\n'],
    ['a negative one', '-1 , 80\r\n', '0 , 0 : ERROR : INVALID-PORT\r\n'],
    ['words', 'who, me\r\n', '0 , 0 : ERROR : INVALID-PORT\r\n'],
    ['nothing', '\n', '0 , 0 : ERROR : INVALID-PORT\r\n'],
  ])('%s is an error', (_name, question, wanted) => {
    const lab = new Lab(ON).up();
    connect(lab);
    expect(ask(lab, question)).toBe(wanted);
  });
  it('only the server of a connection is told whose it is, only while it stands', () => {
    const lab = new Lab(ON).up();
    const question = `${connect(lab)} , 80\r\n`;
    expect(ask(lab, question, OTHER)).toContain('NO-USER');
    expect(ask(lab, question)).toContain('USERID');
    lab.router.cut(HOST1, lab.now);
    expect(ask(lab, question)).toContain('NO-USER');
    expect(lab.router.helperStates().find((one) => one.name === 'ident')?.refusals).toEqual([
      { reason: 'asked about a connection that is not there', count: 2 },
    ]);
  });
  it('switched off while it runs, refuses again', () => {
    const lab = new Lab(ON).up();
    const asker = new Asker(lab).ready();
    lab.configure({});
    expect(asker.say('1 , 2\r\n')).toMatchObject([{ flags: RST | ACK, payload: '' }]);
  });
});

describe('ident, attacks', () => {
  it('a guessed number gets a RST, no answer; RSTs and strays get nothing', () => {
    const lab = new Lab(ON).up();
    const question = `${connect(lab)} , 80\r\n`;
    const asker = new Asker(lab);
    for (const guess of [0, 1, asker.first + 1, asker.first - 1])
      expect(asker.send({ sequence: 5001, acknowledgement: guess, payload: question })).toMatchObject([
        { flags: RST | ACK, payload: '' },
      ]);
    const other = new Asker(lab, 33_001);
    expect(other.first).not.toBe(asker.first);
    expect(asker.send({ flags: RST })).toEqual([]);
    expect(asker.send({ flags: 0, payload: question })).toEqual([]);
    expect(asker.send({ flags: SYN | ACK })).toMatchObject([{ flags: RST | ACK }]);
  });
  it('a flood of SYNs costs nothing, one of connections few places, and others are still served', () => {
    const lab = new Lab(ON).up();
    const question = `${connect(lab)} , 80\r\n`;
    for (let i = 0; i < 2000; i++) new Asker(lab, 1024 + i, OTHER).ready().say('1');
    expect(ask(lab, question)).toContain('USERID');
    expect(lab.counter('sessions')).toBe(1);
  });
  it('a line without end, and one broken off, are reset', () => {
    const lab = new Lab(ON).up();
    const asker = new Asker(lab).ready();
    for (let i = 0; i < 5; i++) expect(asker.say('1'.repeat(100))[0]?.flags).toBe(ACK);
    expect(asker.say('1'.repeat(100))[0]?.flags).toBe(RST | ACK);
    const other = new Asker(lab, 33_001).ready();
    const half = { flags: ACK | FIN, sequence: 5001, acknowledgement: other.first, payload: '40000 ,' };
    expect(other.send(half)[0]?.flags).toBe(RST | ACK);
  });
  it('any segments in any order: never an exception, never an unsound packet', () => {
    const lab = new Lab(ON).up();
    const port = connect(lab);
    let from = 1024;
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            flags: fc.nat(63),
            sequence: fc.integer({ min: -20, max: 30 }),
            acknowledgement: fc.integer({ min: -2, max: 60 }),
            payload: payloads([`${port} , 80\r\n`, '\r\n']),
          }),
          { maxLength: 8 },
        ),
        (segments) => {
          const asker = new Asker(lab, from++);
          for (const one of segments)
            asker.send({
              ...one,
              sequence: 5001 + one.sequence,
              acknowledgement: (asker.first + one.acknowledgement) | 0,
            });
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('ident, answered by an identd inside behind a forward', () => {
  const scene = { helper: 'ident', port: 113, insideIsServer: true };
  function scenery(on = true): { lab: Lab; outside: number } {
    const lab = labFor({ ...scene, on });
    connect(lab, HOST2, 40_000, SERVER, 6667);
    return { lab, outside: connect(lab, HOST1, 40_000, SERVER, 6667) };
  }
  it('is asked with its own port and answers with the outside one, cut anywhere', () => {
    const { lab, outside } = scenery();
    const question = `${outside} , 6667\r\n`;
    const answer = '40000 , 6667 : USERID : UNIX : emil\r\n';
    for (let cut = 0; cut < answer.length; cut++) {
      const ends = new Conversation({ ...scene, lab, clientPort: 33_000 + cut });
      const split = cut % question.length;
      ends.hear(question.slice(0, split));
      ends.hear(question.slice(split));
      expect(ends.toInside.text).toBe('40000 , 6667\r\n');
      ends.say(answer.slice(0, cut));
      ends.say(answer.slice(cut));
      expect(ends.toRemote.text).toBe(`${outside} , 6667 : USERID : UNIX : emil\r\n`);
    }
  });
  it('an error is answered with the outside port too; other lines stay', () => {
    const { lab, outside } = scenery();
    const ends = new Conversation({ ...scene, lab, clientPort: 33_000 });
    ends.hear(`hello\r\n50000 , 80\r\n${outside},6667\r\n`);
    expect(ends.toInside.text).toBe('hello\r\n50000 , 80\r\n40000,6667\r\n');
    ends.say('50000 , 80 : ERROR : NO-USER\r\n40000,6667:ERROR:HIDDEN-USER\r\n');
    expect(ends.toRemote.text).toBe(`50000 , 80 : ERROR : NO-USER\r\n${outside},6667:ERROR:HIDDEN-USER\r\n`);
  });
  it('off: nothing is rewritten', () => {
    const { lab, outside } = scenery(false);
    const ends = new Conversation({ ...scene, lab, clientPort: 33_000 });
    expect(ends.hear(`${outside} , 6667\r\n`)).toBe(`${outside} , 6667\r\n`);
  });
  it('questions are bounded', () => {
    const { lab, outside } = scenery();
    const ends = new Conversation({ ...scene, lab, clientPort: 33_000 });
    for (let i = 0; i < 40; i++) ends.hear(`${outside} , ${1 + i}\r\n`);
    expect(ends.toInside.text.match(/40000/g)).toHaveLength(16);
    expect(ends.refusals).toEqual(['too many questions at once']);
  });
  survivesAnything(scene, ['40000 , 6667\r\n', '40000 , 6667 : USERID : UNIX : emil\r\n']);
});

describe('ident, asked by an inside host', () => {
  const scene = { helper: 'ident', port: 113 };
  it('questions and answers pass as they are', () => {
    const ends = new Conversation(scene);
    expect(ends.say('6191 , 23\r\n')).toBe('6191 , 23\r\n');
    expect(ends.hear('6191 , 23 : USERID')).toBe('6191 , 23 : USERID');
  });
});
