// Several helpers at one port. Each protocol's first words are recognised among all others', however they come in pieces.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../masquerade/fuzz.ts';
import { HOST1, HOST2, Lab, OUTSIDE, SERVER, tcp, udp } from '../masquerade/lab.ts';
import { SYN } from '../packet/tcp.ts';
import { Conversation, payloads } from './conversation.ts';
import { Datagrams } from './datagrams.ts';
import { HELPERS } from './registry.ts';

const u16 = (value: number) => String.fromCharCode(value >>> 8, value & 255);
const pna = `PNA\0\x05${u16(1)}${u16(2)}${u16(6970)}${u16(0)}`;
const setup = `SETUP rtsp://music.example/song RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP;unicast;client_port=6970-6971\r\n\r\n`;
const vdo = `\0\0\0\x3c\0\0\0\x06sixteen bytes...VDO Live\0\0${u16(7500)}`;
const offer = `PRIVMSG you :\x01DCC CHAT chat ${0xc0a8_420a} 4000\x01\r\n`;
const ntalk = `\x01\x03${'\0'.repeat(82)}`;

/** What the end that speaks first says, by helper and by how it is spoken. */
const FIRST: readonly [string, 'tcp' | 'udp', 'client' | 'server', string][] = [
  ['amanda', 'udp', 'client', 'Amanda 2.4 REQ HANDLE 000-90F80608 SEQ 1000000001\nSERVICE noop\n'],
  ['cuseeme', 'udp', 'client', `\0\x02${u16(7648)}\xc6\x33\x64\x50\0\x02${u16(7648)}${'\0'.repeat(20)}`],
  ['ftp', 'tcp', 'server', '220 ready\r\n'],
  ['ftp', 'tcp', 'server', '220-several\r\n220 lines\r\n'],
  ['h323', 'tcp', 'client', `\x03\0\0\x0a\x08\x02\0\x01\x05\0`],
  ['h323', 'udp', 'client', '\x0e\x80\0\x01\x06\0\x08\x91\x4a\0\x02\x01\0'],
  ['ident', 'tcp', 'client', '40000 , 6667\r\n'],
  ['irc', 'tcp', 'client', 'NICK me\r\nUSER me 0 * :me\r\n'],
  ['irc', 'tcp', 'client', 'CAP LS 302\r\n'],
  ['irc', 'tcp', 'server', ':irc.example NOTICE AUTH :*** Looking up your hostname\r\n'],
  ['mms', 'tcp', 'client', `\x01\0\0\0\xce\xfa\x0b\xb0${'\0'.repeat(24)}`],
  ['pptp', 'tcp', 'client', `${u16(156)}${u16(1)}\x1a\x2b\x3c\x4d${u16(1)}${'\0'.repeat(146)}`],
  ['quake', 'udp', 'client', '\x80\0\0\x0c\x01QUAKE\0\x03'],
  ['realaudio', 'tcp', 'client', pna],
  ['rsh', 'tcp', 'client', '1022\0me\0me\0ls\0'],
  ['rtsp', 'tcp', 'client', setup],
  ['rtsp', 'tcp', 'client', 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'],
  ['sip', 'tcp', 'client', 'OPTIONS sip:provider SIP/2.0\r\n\r\n'],
  ['sip', 'udp', 'client', 'REGISTER sip:provider SIP/2.0\r\n\r\n'],
  ['sip', 'udp', 'server', 'INVITE sip:me@203.0.113.70 SIP/2.0\r\n\r\n'],
  ['talk', 'udp', 'client', ntalk],
  ['tftp', 'udp', 'client', '\0\x01boot.img\0octet\0'],
  ['vdolive', 'tcp', 'client', vdo],
];
const PORT = 6789;
/** Every helper at one port, by TCP and by UDP. */
const everyone = () =>
  new Lab({
    helpers: Object.fromEntries(HELPERS.map(({ name }) => [name, { on: true, ports: [PORT] }])),
  }).up();
const bytes = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const reader = (lab: Lab, port = PORT) =>
  lab.router.sessions(100, lab.now).find((one) => one.remotePort === port)?.helper ?? null;

describe('all helpers at one port', () => {
  it.each(FIRST)('%s by %s, the %s first', (name, protocol, who, text) => {
    const lab = everyone();
    if (protocol === 'tcp') {
      const ends = new Conversation({ helper: name, port: PORT, lab });
      if (who === 'client') ends.say(text);
      else ends.hear(text);
    } else {
      lab.out(udp(HOST1, 2000, SERVER, PORT, who === 'client' ? bytes(text) : '\r\n\r\n'));
      if (who === 'server') lab.in(udp(SERVER, PORT, OUTSIDE, 2000, bytes(text)));
    }
    expect(reader(lab)).toBe(name);
  });
  it('has words for every way of every helper', () => {
    const ways = HELPERS.flatMap(({ name, transports }) =>
      transports.map((one) => `${name} ${one.protocol}`),
    );
    const tried = new Set(FIRST.map(([name, protocol]) => `${name} ${protocol}`));
    expect([...tried].sort()).toEqual(ways.sort());
  });
  it.each(FIRST.filter(([, protocol]) => protocol === 'tcp'))('%s by %s, the %s byte by byte', (...one) => {
    const [name, , who, text] = one;
    const lab = everyone();
    const ends = new Conversation({ helper: name, port: PORT, lab });
    for (const char of text)
      if (who === 'client') ends.say(char);
      else ends.hear(char);
    expect(reader(lab)).toBe(name);
  });
  it.each([
    'GET / HTTP/1.0\r\nHost: music.example\r\n\r\n',
    'SSH-2.0-client\r\n',
    'EHLO me\r\n',
    '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03',
    '\0'.repeat(12),
  ])('%j is left alone, and so is what follows', (text) => {
    const lab = everyone();
    const ends = new Conversation({ helper: 'rtsp', port: PORT, lab });
    expect(ends.say(text)).toBe(text);
    expect(ends.say(setup)).toBe(setup);
    expect(reader(lab)).toBeNull();
    expect(ends.callIn(6970)).toBeNull();
    for (const state of lab.router.helperStates())
      expect(state).toMatchObject({ hits: 0, expectations: 0, refusals: [] });
  });
  it('a datagram that is nobody’s is left alone, and so is what follows', () => {
    const lab = everyone();
    expect(lab.out(udp(HOST1, 2000, SERVER, PORT, 'who is there?'))).toHaveLength(1);
    lab.out(udp(HOST1, 2000, SERVER, PORT, 'REGISTER sip:provider SIP/2.0\r\n\r\n'));
    expect(reader(lab)).toBeNull();
  });
});

describe('helpers that share a port of their own', () => {
  const shared = (...names: string[]) =>
    new Lab({ helpers: Object.fromEntries(names.map((name) => [name, { on: true, ports: [] }])) }).up();

  it('RealAudio and RTSP at 7070 each open what their own players ask for', () => {
    const lab = shared('realaudio', 'rtsp');
    const old = new Conversation({ helper: 'realaudio', port: 7070, lab });
    expect(old.say(pna)).toBe(pna);
    expect(old.state).toMatchObject({ hits: 1, expectations: 1 });
    const later = new Conversation({ helper: 'rtsp', port: 7070, inside: HOST2, lab });
    later.say(setup);
    expect(later.state).toMatchObject({ hits: 1, expectations: 2 });
    expect(later.toRemote.text).not.toBe(setup);
    expect(old.state).toMatchObject({ hits: 1, expectations: 1 });
  });
  it('IRC and VDOLive at 7000, the IRC server greeting first', () => {
    const lab = shared('irc', 'vdolive');
    const chat = new Conversation({ helper: 'irc', port: 7000, lab });
    chat.hear(':irc.example NOTICE AUTH :hello\r\n');
    chat.say(offer);
    expect(chat.state).toMatchObject({ hits: 1, expectations: 1 });
    const player = new Conversation({ helper: 'vdolive', port: 7000, clientPort: 40_001, lab });
    player.say(vdo);
    expect(player.state).toMatchObject({ hits: 1, expectations: 1 });
  });
  it('wherever the first words are cut, repeated or swapped, the same comes out', () => {
    const lab = shared('realaudio', 'rtsp', 'irc', 'vdolive');
    let clientPort = 41_000;
    for (const [port, text] of [
      [7070, pna],
      [7070, setup],
      [7000, vdo],
    ] as const)
      for (let cut = 1; cut < text.length; cut++) {
        lab.router.cut(HOST1, lab.now);
        lab.pass(500);
        const ends = new Conversation({ helper: 'rtsp', port, clientPort: clientPort++, lab });
        ends.say(text.slice(cut), 101 + cut);
        ends.say(text.slice(0, cut), 101);
        ends.say(text.slice(0, cut), 101);
        ends.say(text.slice(cut), 101 + cut);
        expect(ends.toRemote.text, `cut at ${cut}`).toBe(text);
        expect(reader(lab, port), `cut at ${cut}`).not.toBeNull();
      }
  });
  it('too little to tell is passed on when the sender has repeated it often enough, and nobody reads on', () => {
    const ends = new Conversation({ helper: 'rtsp', port: 7070, lab: shared('realaudio', 'rtsp') });
    for (let i = 0; i < 4; i++) ends.say('SETUP', 101);
    expect(ends.toRemote.text).toBe('SETUP');
    ends.say(setup.slice(5));
    expect(ends.toRemote.text).toBe(setup);
    expect(ends.state).toMatchObject({ hits: 0, refusals: [] });
  });
  it('one switched off meanwhile is asked no more; with all off, what was held goes on', () => {
    const lab = shared('realaudio', 'rtsp');
    const ends = new Conversation({ helper: 'rtsp', port: 7070, lab });
    expect(ends.say('SETUP')).toBe('');
    lab.configure({ helpers: { realaudio: { on: true, ports: [] } } });
    expect(ends.say(' ')).toBe('SETUP ');
    expect(ends.say(setup.slice(6))).toBe(setup.slice(6));
    expect(reader(lab, 7070)).toBeNull();
  });
});

describe('what was announced', () => {
  it('is not read by whoever stands at its port: a file may hold anything', () => {
    const lab = new Lab({ helpers: { irc: { on: true, ports: [] } } }).up();
    const control = new Conversation({ helper: 'ftp', port: 21, lab });
    control.say('PORT 192,168,66,10,26,11\r\n');
    expect(control.callIn(6667)).toBe(6667);
    expect(lab.router.sessions(10, lab.now).map(({ helper }) => helper)).toEqual(['ftp', 'ftp']);
    control.hear('227 Entering Passive Mode (198,51,100,80,26,11)\r\n');
    control.say('PASV\r\n');
    control.hear('227 Entering Passive Mode (198,51,100,80,26,11)\r\n');
    lab.out(tcp(HOST1, 45_000, SERVER, 6667, { flags: SYN, sequence: 1 }));
    expect(reader(lab, 6667)).toBe('ftp');
  });
});

describe('ports by transport', () => {
  it('a number is meant for each, 5060/udp for one', () => {
    const first = (ports: (number | string)[]) => {
      const lab = new Lab({ helpers: { sip: { on: true, ports: ports as number[] } } }).up();
      const by = new Conversation({ helper: 'sip', port: 5060, lab });
      by.say('OPTIONS sip:a SIP/2.0\r\n\r\n');
      const tcpReader = reader(lab, 5060);
      new Datagrams({ helper: 'sip', port: 5061, lab }).say('OPTIONS sip:a SIP/2.0\r\n\r\n');
      return [tcpReader, reader(lab, 5061)];
    };
    expect(first([5060, 5061])).toEqual(['sip', 'sip']);
    expect(first(['5060/tcp', '5061/tcp'])).toEqual(['sip', null]);
    expect(first(['5060/udp', 5061])).toEqual([null, 'sip']);
  });
  it('a session at a port that is taken away is read no more, and what it awaited is closed', () => {
    const lab = new Lab({ helpers: { ftp: { on: true, ports: [21, 2121] } } }).up();
    const [kept, left] = [21, 2121].map(
      (port, i) => new Conversation({ helper: 'ftp', port, clientPort: 40_000 + i, lab }),
    ) as [Conversation, Conversation];
    kept.say('PORT 192,168,66,10,20,1\r\n');
    left.say('PORT 192,168,66,10,20,2\r\n');
    lab.configure({ helpers: { ftp: { on: true, ports: [21] } } });
    expect([left.callIn(5122), kept.callIn(5121)]).toEqual([null, 5121]);
    expect(left.say('PORT 192,168,66,10,20,3\r\n')).toBe('PORT 192,168,66,10,20,3\r\n');
    expect(kept.say('PORT 192,168,66,10,20,3\r\n')).not.toBe('PORT 192,168,66,10,20,3\r\n');
  });
});

describe('signatures', () => {
  it.each(HELPERS.flatMap(({ name, transports }) => transports.map((one) => [name, one] as const)))(
    '%s: more bytes never change a yes or a no',
    (_name, { protocol, begins }) => {
      if (protocol === 'udp') return;
      const known = payloads(FIRST.filter(([, by]) => by === 'tcp').map(([, , , text]) => text));
      fc.assert(
        fc.property(known, fc.boolean(), (payload, fromClient) => {
          let before: boolean | null = null;
          for (let end = 1; end <= Math.min(payload.length, 300); end++) {
            const verdict = begins(fromClient, { bytes: payload, start: 0, end });
            if (before !== null) expect(verdict).toBe(before);
            before = verdict;
          }
        }),
        runs(60),
      );
    },
  );
});
