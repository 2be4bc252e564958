import { describe, expect, it } from 'vitest';
import { HOST2, Lab, OTHER, OUTSIDE } from '../masquerade/lab.ts';
import { parseAddress } from '../packet/address.ts';
import { Conversation, type Scene, standsTrials, survivesAnything } from './conversation.ts';

const scene: Scene = { helper: 'irc', port: 6667 };
const OWN = parseAddress('192.168.66.10') >>> 0;
const SHOWN = parseAddress(OUTSIDE) >>> 0;
const dcc = (request: string) => `PRIVMSG bob :\x01DCC ${request}\x01\r\n`;

describe('IRC, offers of an inside client', () => {
  const offers: [string, string, string][] = [
    ['SEND', `SEND a.txt ${OWN} 50000 1234`, `SEND a.txt ${SHOWN} 50000 1234`],
    ['SEND with a quoted name', `SEND "a b c.txt" ${OWN} 50000 12 7`, `SEND "a b c.txt" ${SHOWN} 50000 12 7`],
    ['CHAT', `CHAT chat ${OWN} 50000`, `CHAT chat ${SHOWN} 50000`],
    ['TSEND', `TSEND f ${OWN} 50000 9`, `TSEND f ${SHOWN} 50000 9`],
    ['SCHAT', `SCHAT chat ${OWN} 50000`, `SCHAT chat ${SHOWN} 50000`],
    ['MOVE', `MOVE x ${OWN} 50000`, `MOVE x ${SHOWN} 50000`],
    ['XMIT', `XMIT clear ${OWN} 50000 n 9`, `XMIT clear ${SHOWN} 50000 n 9`],
    ['small letters', `send a ${OWN} 50000 1`, `send a ${SHOWN} 50000 1`],
    ['an address the server has told', `SEND a ${SHOWN} 50000 1`, `SEND a ${SHOWN} 50000 1`],
  ];
  it.each(offers)('%s is rewritten and anybody may come, once', (_name, sent, got) => {
    const chat = new Conversation(scene);
    expect(chat.say(dcc(sent))).toBe(dcc(got));
    expect(chat.state).toMatchObject({ hits: 1, expectations: 1 });
    expect(chat.callIn(50_000, OTHER)).toBe(50_000);
    expect(chat.expectations).toBe(0);
    expect(chat.callIn(50_000, '198.51.100.82')).toBeNull();
  });
  it('a port that is taken is replaced', () => {
    const chat = new Conversation(scene);
    const other = new Conversation({ ...scene, lab: chat.lab, inside: HOST2 });
    other.say(dcc(`CHAT chat ${parseAddress(HOST2) >>> 0} 50000`));
    const port = Number(/(\d+)\W\r/.exec(chat.say(dcc(`CHAT chat ${OWN} 50000`)))?.[1]);
    expect(port).not.toBe(50_000);
    expect(chat.callIn(port, OTHER)).toBe(50_000);
  });
  it('several requests in one line, several lines in one segment', () => {
    const chat = new Conversation(scene);
    const one = (address: number) =>
      `PRIVMSG b :\x01DCC CHAT chat ${address} 50001\x01\x01DCC SEND f ${address} 50002 3\x01\r\n`;
    expect(chat.say(`NICK x\r\n${one(OWN)}NOTICE b :\x01DCC SEND g ${OWN} 50003 1\x01\r\n`)).toBe(
      `NICK x\r\n${one(SHOWN)}NOTICE b :\x01DCC SEND g ${SHOWN} 50003 1\x01\r\n`,
    );
    expect(chat.expectations).toBe(3);
  });
  it('tags and a prefix before the command do not hide it', () => {
    const chat = new Conversation(scene);
    expect(chat.say(`@label=1 :me PRIVMSG b :\x01DCC CHAT chat ${OWN} 50000\x01\r\n`)).toContain(`${SHOWN}`);
  });
  it('reverse DCC: port 0 opens nothing, the answer with a port does', () => {
    const chat = new Conversation(scene);
    expect(chat.say(dcc(`SEND a ${OWN} 0 12 77`))).toBe(dcc(`SEND a ${SHOWN} 0 12 77`));
    expect(chat.expectations).toBe(0);
    chat.hear(`:bob!b@h ${dcc('SEND b.txt 3325256785 0 12 78')}`);
    expect(chat.say(dcc(`SEND b.txt ${OWN} 50000 12 78`))).toBe(dcc(`SEND b.txt ${SHOWN} 50000 12 78`));
    expect(chat.callIn(50_000, OTHER)).toBe(50_000);
  });
  it('an offer ends after five minutes', () => {
    const chat = new Conversation(scene);
    chat.say(dcc(`CHAT chat ${OWN} 50000`));
    chat.lab.pass(301_000);
    expect(chat.callIn(50_000, OTHER)).toBeNull();
  });
});

describe('IRC, RESUME and ACCEPT', () => {
  /** A client whose offer of port 50000 has gone out under another number. */
  function offered(): { chat: Conversation; port: number } {
    const chat = new Conversation(scene);
    const other = new Conversation({ ...scene, lab: chat.lab, inside: HOST2 });
    other.say(dcc(`CHAT chat ${parseAddress(HOST2) >>> 0} 50000`));
    const port = Number(/(\d+) 99/.exec(chat.say(dcc(`SEND f ${OWN} 50000 99`)))?.[1]);
    return { chat, port };
  }
  it('RESUME of the peer names the inside port, ACCEPT of the client the outside one', () => {
    const { chat, port } = offered();
    expect(chat.hear(`:bob!b@h ${dcc(`RESUME f ${port} 40`)}`)).toBe(`:bob!b@h ${dcc('RESUME f 50000 40')}`);
    expect(chat.say(dcc('ACCEPT f 50000 40'))).toBe(dcc(`ACCEPT f ${port} 40`));
  });
  it('ports of the peer’s own offers stay as they are', () => {
    const { chat, port } = offered();
    for (const said of [dcc(`RESUME f ${port} 40`), dcc('RESUME f 50000 40'), dcc('ACCEPT f 12345 40')])
      expect(chat.say(said)).toBe(said);
    const heard = `:bob!b@h ${dcc(`ACCEPT f ${port} 40`)}`;
    expect(chat.hear(heard)).toBe(heard);
  });
  it('another session’s offer is none of this one', () => {
    const { chat, port } = offered();
    const stranger = new Conversation({ ...scene, lab: chat.lab, clientPort: 40_001 });
    const heard = `:bob!b@h ${dcc(`RESUME f ${port} 40`)}`;
    expect(stranger.hear(heard)).toBe(heard);
  });
});

describe('IRC, switched off and attacked', () => {
  it('off: nothing is rewritten and nobody is let in', () => {
    const chat = new Conversation({ ...scene, on: false });
    const offer = dcc(`CHAT chat ${OWN} 50000`);
    expect(chat.say(offer)).toBe(offer);
    expect(chat.callIn(50_000)).toBeNull();
  });
  it('is off unless asked for', () => {
    const states = new Lab().router.helperStates();
    expect(states.filter((one) => one.on).map((one) => one.name)).toEqual(['ftp']);
  });
  const cases: [string, string, string][] = [
    ['a third party', `CHAT chat ${OWN + 1} 50000`, 'an offer names a third party'],
    ['a number beyond addresses', `CHAT chat ${2 ** 32 + OWN} 50000`, 'an offer names a third party'],
    ['a low port', `CHAT chat ${OWN} 22`, 'a port below 1024 was asked for'],
    ['a closed port', `CHAT chat ${OWN} 6000`, 'a port that stays closed was asked for'],
    ['a port beyond ports', `CHAT chat ${OWN} 70000`, 'an offer could not be read'],
    ['a dotted address', 'CHAT chat 192.168.66.10 50000', 'an offer could not be read'],
  ];
  it.each(cases)('%s opens nothing and is counted', (_name, request, reason) => {
    const chat = new Conversation(scene);
    expect(chat.say(dcc(request))).toBe(dcc(request));
    expect(chat.expectations).toBe(0);
    expect(chat.refusals).toContain(reason);
  });
  const echoes: [string, string][] = [
    ['inside a line', `PRIVMSG b :look: \x01DCC CHAT chat ${OWN} 50000\x01\r\n`],
    ['inside another command', `TOPIC #x :PRIVMSG b :\x01DCC CHAT chat ${OWN} 50000\x01\r\n`],
    ['in the answer to a ping', `NOTICE b :\x01PING 1\x01\x01DCC CHAT chat ${OWN} 50000\x01\r\n`],
    ['inside an action', `PRIVMSG b :\x01ACTION DCC CHAT chat ${OWN} 50000\x01\r\n`],
  ];
  it.each(echoes)('an offer %s is none', (_name, line) => {
    const chat = new Conversation(scene);
    expect(chat.say(line)).toBe(line);
    expect(chat.expectations).toBe(0);
  });
  it('what comes from outside opens nothing', () => {
    const chat = new Conversation(scene);
    const heard = `:bob!b@h ${dcc(`CHAT chat ${OWN} 50000`)}`;
    expect(chat.hear(heard)).toBe(heard);
    expect(chat.expectations).toBe(0);
  });
  it.each([
    ['a web request', `POST / HTTP/1.1\r\nHost: irc.example:6667\r\n\r\n`],
    ['a long one', `POST /${'x'.repeat(1100)} HTTP/1.1\r\nHost: irc.example:6667\r\n\r\n`],
    ['bytes', '\x03\0\0\n'],
  ])('%s at first is not IRC, whatever its body says', (_name, first) => {
    const offer = dcc(`CHAT chat ${OWN} 50000`);
    const browser = new Conversation(scene);
    expect(browser.say(`${first}${offer}`)).toBe(`${first}${offer}`);
    expect(browser.say(offer)).toBe(offer);
    expect(browser.callIn(50_000)).toBeNull();
    expect(browser.refusals).toEqual(['the client does not speak IRC']);
  });
  it('awaited sessions are bounded', () => {
    const chat = new Conversation(scene);
    for (let i = 0; i < 60; i++) chat.say(dcc(`CHAT chat ${OWN} ${50_000 + i}`));
    expect(chat.expectations).toBe(16);
    expect(chat.refusals).toContain('too many sessions were awaited at once');
  });
  it('nothing is read once TLS begins', () => {
    const offer = dcc(`CHAT chat ${OWN} 50000`);
    const first = new Conversation(scene);
    first.say('\x16\x03\x01\x02\x00');
    expect(first.say(`\r\n${offer}`)).toBe(`\r\n${offer}`);
    const later = new Conversation(scene);
    later.say('STARTTLS\r\n');
    later.hear(':irc 670 me :go on\r\n');
    expect(later.say(offer)).toBe(offer);
  });
  it('a line longer than any is passed on unread', () => {
    const chat = new Conversation(scene);
    chat.say('NICK me\r\n');
    const long = `PRIVMSG b :${'x'.repeat(1400)}`;
    expect(chat.say(long)).toBe(long);
    expect(chat.say(dcc(`CHAT chat ${OWN} 50000`))).toContain(`${OWN}`);
    expect(chat.say(dcc(`CHAT chat ${OWN} 50000`))).toContain(`${SHOWN}`);
  });
});

describe('IRC, any stream', () => {
  standsTrials('offers', {
    scene,
    opens: 2,
    from: 'inside',
    sent: `NICK me\r\n${dcc(`SEND "a b" ${OWN} 50000 12`)}PRIVMSG #x :hello\r\n${dcc(`CHAT chat ${OWN} 50001`)}`,
    got: `NICK me\r\n${dcc(`SEND "a b" ${SHOWN} 50000 12`)}PRIVMSG #x :hello\r\n${dcc(`CHAT chat ${SHOWN} 50001`)}`,
  });
  survivesAnything(scene, [dcc(`SEND a ${OWN} 50000 1`), dcc('RESUME a 50000 4'), dcc('ACCEPT a 50000 4')]);
});
