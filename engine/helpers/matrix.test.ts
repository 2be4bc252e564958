// What every helper must stand, one row for each thing that opens something, whatever its protocol: switched on it opens that, to whom it
// should and to nobody else; switched off not a byte changes and nobody comes in; switched off while it waits, or when its session or
// its time ends, all is closed; however the message is cut, swapped, repeated or broken off, the same comes of it or nothing.
import { describe, expect, it } from 'vitest';
import { HOST1, HOST2, type Lab, OTHER, OUTSIDE, SERVER } from '../masquerade/lab.ts';
import { Conversation, standsTrials, survivesAnything, type Trial } from './conversation.ts';
import { Datagrams, survivesAnyDatagram } from './datagrams.ts';
import { bytesOf } from './payload.ts';
import { HELPERS } from './registry.ts';

interface Opened {
  by: 'tcp' | 'udp';
  port: number;
  /** From which port of the server's; any if not said. */
  from?: number;
}
interface Row {
  name: string;
  helper: string;
  by: 'tcp' | 'udp';
  port: number;
  clientPort?: number;
  insideIsServer?: true;
  /** Said before, by whom. */
  before?: readonly (readonly ['inside' | 'outside', string])[];
  from: 'inside' | 'outside';
  sent: string;
  opens: readonly Opened[];
  /** Sessions that are awaited, if not one for each. */
  awaited?: number;
  /** Anybody may come. */
  anybody?: true;
  /** What is awaited may come more than once. */
  often?: true;
}

const u16 = (value: number) => String.fromCharCode(value >>> 8, value & 255);
const dotless = (address: string) => String.fromCharCode(...address.split('.').map(Number));
const at = (address: string, port: number) => dotless(address) + u16(port);
const end = (address: string, port: number) => `\0\x02${u16(port)}${dotless(address)}${'\0'.repeat(8)}`;
const units = (value: number) => String.fromCharCode(value & 255, value >>> 8, 0, 0);
const wide = (name: string) => [...name].map((char) => `${char}\0`).join('');

function funnel(name: string): string {
  const body = `${'\0'.repeat(20)}${wide(name)}\0\0`;
  const padded = body.padEnd(Math.ceil(body.length / 8) * 8, '\0');
  const size = (8 + padded.length) / 8;
  const head = `\x01\0\0\0\xce\xfa\x0b\xb0${units((size + 2) * 8)}MMS ${units(size + 2)}${units(3)}${'\x11'.repeat(8)}`;
  return `${head}${units(size)}\x02\0\x03\0${padded}`;
}
const SDP = `v=0\r\no=me 1 1 IN IP4 ${HOST1}\r\ns=-\r\nc=IN IP4 ${HOST1}\r\nt=0 0\r\nm=audio 30000 RTP/AVP 0\r\n`;
const BODY = `Content-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`;

function invite(transport: string): string {
  const via = `Via: SIP/2.0/${transport} ${HOST1}:5060;branch=z9hG4bK1\r\n`;
  return `INVITE sip:you@provider SIP/2.0\r\n${via}${CALL}Contact: <sip:me@${HOST1}:5060>\r\n${BODY}`;
}
/** A call from outside to a telephone inside, and what that answers. */
const CALL = 'Call-ID: 77@me\r\nCSeq: 1 INVITE\r\n';
const VIA = `Via: SIP/2.0/UDP ${SERVER}:5060;branch=z9hG4bK2\r\n`;
const called = `INVITE sip:me@${OUTSIDE}:5060 SIP/2.0\r\n${VIA}${CALL}Content-Length: 0\r\n\r\n`;
const answered = `SIP/2.0 200 OK\r\n${VIA}${CALL}Contact: <sip:me@${HOST1}:5060>\r\n${BODY}`;
/** Q.931 and an element of H.225.0 with one address in it. */
const signal = (port: number) => `\x03\0\0\x14\x08\x02\0\x01\x05\x7e\0\x40\x05 ${at(HOST1, port)}`;
const setup = (transport: string) =>
  `SETUP rtsp://server/film RTSP/1.0\r\nCSeq: 1\r\nTransport: ${transport}\r\n\r\n`;
const AMANDA = 'HANDLE 000-90F80608 SEQ 1000000001\n';
const MEDIA: readonly Opened[] = [
  { by: 'udp', port: 30_000 },
  { by: 'udp', port: 30_001 },
];

const login = [
  ['outside', '220 ready\r\n'],
  ['inside', 'USER me\r\n'],
] as const;
const asked = (command: string) =>
  [
    ['inside', '220 ready\r\n'],
    ['outside', `USER me\r\n${command}\r\n`],
  ] as const;
const FTP = {
  helper: 'ftp',
  by: 'tcp',
  port: 21,
  from: 'inside',
  opens: [{ by: 'tcp', port: 50_000 }],
} as const;
const RTSP = { helper: 'rtsp', by: 'tcp', port: 554, from: 'inside' } as const;

const ROWS: readonly Row[] = [
  { ...FTP, name: 'PORT', before: login, sent: 'PORT 192,168,66,10,195,80\r\n' },
  { ...FTP, name: 'EPRT', before: login, sent: `EPRT |1|${HOST1}|50000|\r\n` },
  {
    ...FTP,
    name: '227 of a server inside',
    insideIsServer: true,
    before: asked('PASV'),
    sent: '227 Entering Passive Mode (192,168,66,10,195,80).\r\n',
  },
  {
    ...FTP,
    name: '229 of a server inside',
    insideIsServer: true,
    before: asked('EPSV'),
    sent: '229 Extended Passive (|||50000|)\r\n',
  },
  {
    name: 'CHAT and SEND',
    helper: 'irc',
    by: 'tcp',
    port: 6667,
    before: [['inside', 'NICK me\r\n']],
    from: 'inside',
    sent: `PRIVMSG you :\x01DCC CHAT chat ${0xc0a8_420a} 50000\x01\r\nPRIVMSG you :\x01DCC SEND "a b" ${0xc0a8_420a} 50001 9\x01\r\n`,
    opens: [
      { by: 'tcp', port: 50_000 },
      { by: 'tcp', port: 50_001 },
    ],
    anybody: true,
  },
  {
    name: 'sound and correction',
    helper: 'realaudio',
    by: 'tcp',
    port: 7070,
    from: 'inside',
    sent: `PNA\0\x05${u16(1)}${u16(2)}${u16(6970)}${u16(7)}${u16(2)}${u16(6971)}${u16(0)}`,
    opens: [
      { by: 'udp', port: 6970 },
      { by: 'udp', port: 6971 },
    ],
  },
  {
    ...RTSP,
    name: 'a pair and one port',
    sent: setup('RTP/AVP;unicast;client_port=6970-6971') + setup('x-real-rdt/udp;client_port=6980'),
    opens: [6970, 6971, 6980].map((port) => ({ by: 'udp', port })),
  },
  {
    ...RTSP,
    name: 'the ports of a server inside',
    insideIsServer: true,
    before: [['outside', setup('RTP/AVP;unicast;client_port=6970-6971')]],
    sent: `RTSP/1.0 200 OK\r\nCSeq: 1\r\nTransport: RTP/AVP;unicast;client_port=6970-6971;server_port=50000-50001;source=${HOST1}\r\n\r\n`,
    opens: [50_000, 50_001].map((port) => ({ by: 'udp', port })),
  },
  {
    name: 'pictures',
    helper: 'vdolive',
    by: 'tcp',
    port: 7000,
    from: 'inside',
    sent: `\0\0\0\x3c\0\0\0\x06sixteen bytes...VDO Live\0\0${u16(7500)}and the rest\0\0\0\x14\0\0\0\x01VDO Live\0\0${u16(7500)}`,
    opens: [{ by: 'udp', port: 7500 }],
  },
  {
    name: 'the stream',
    helper: 'mms',
    by: 'tcp',
    port: 1755,
    from: 'inside',
    sent: funnel(`\\\\${HOST1}\\UDP\\7001`),
    opens: [{ by: 'udp', port: 7001 }],
  },
  {
    name: 'standard error',
    helper: 'rsh',
    by: 'tcp',
    port: 514,
    clientPort: 1023,
    from: 'inside',
    sent: '1022\0me\0me\0ls\0',
    opens: [{ by: 'tcp', port: 1022 }],
  },
  {
    name: 'the control channel',
    helper: 'h323',
    by: 'tcp',
    port: 1720,
    from: 'inside',
    sent: signal(5001),
    opens: [{ by: 'tcp', port: 5001 }],
  },
  {
    name: 'the control channel of one inside who is called',
    helper: 'h323',
    by: 'tcp',
    port: 1720,
    insideIsServer: true,
    before: [['outside', `\x03\0\0\x0a\x08\x02\0\x01\x05\0`]],
    from: 'inside',
    sent: signal(5001),
    opens: [{ by: 'tcp', port: 5001 }],
  },
  {
    name: 'registration',
    helper: 'h323',
    by: 'udp',
    port: 1719,
    clientPort: 1719,
    from: 'inside',
    sent: `\x0e\x80\0\x01\x06\0\x08\x91\x4a\0\x02\x01\0${at(HOST1, 1720)}\x01${at(HOST1, 1719)}`,
    opens: [{ by: 'tcp', port: 1720 }],
    often: true,
  },
  {
    name: 'by UDP',
    helper: 'sip',
    by: 'udp',
    port: 5060,
    clientPort: 5060,
    from: 'inside',
    sent: invite('UDP'),
    opens: MEDIA,
  },
  {
    name: 'by TCP',
    helper: 'sip',
    by: 'tcp',
    port: 5060,
    from: 'inside',
    sent: invite('TCP'),
    opens: [...MEDIA, { by: 'tcp', port: 5060 }],
    often: true,
  },
  ...(['udp', 'tcp'] as const).map((by) => ({
    name: `a telephone inside behind a forward, ${by.toUpperCase()}`,
    helper: 'sip',
    by,
    port: 5060,
    insideIsServer: true as const,
    before: [['outside', called] as const],
    from: 'inside' as const,
    sent: answered,
    opens: MEDIA,
  })),
  {
    name: 'a call announced',
    helper: 'talk',
    by: 'udp',
    port: 518,
    clientPort: 3000,
    from: 'inside',
    sent: `\x01\x03\0\0${'\0'.repeat(4)}${end(HOST1, 4000)}${end(HOST1, 3000)}${'\0'.repeat(44)}`,
    opens: [
      { by: 'tcp', port: 4000 },
      { by: 'udp', port: 518 },
    ],
    often: true,
  },
  {
    name: 'a request',
    helper: 'tftp',
    by: 'udp',
    port: 69,
    from: 'inside',
    sent: '\0\x01boot.img\0octet\0',
    opens: [{ by: 'udp', port: 2000 }],
  },
  {
    name: 'a game',
    helper: 'quake',
    by: 'udp',
    port: 26_000,
    before: [['inside', '\x80\0\0\x0c\x01QUAKE\0\x03']],
    from: 'outside',
    sent: `\x80\0\0\x09\x81${u16(0xbb9c)}\0\0`,
    opens: [{ by: 'udp', port: 2000, from: 0x9cbb }],
  },
  {
    name: 'a game inside',
    helper: 'quake',
    by: 'udp',
    port: 26_000,
    insideIsServer: true,
    before: [['outside', '\x80\0\0\x0c\x01QUAKE\0\x03']],
    from: 'inside',
    sent: `\x80\0\0\x09\x81${u16(0x50c3)}\0\0`,
    opens: [{ by: 'udp', port: 0xc350 }],
  },
  {
    name: 'a backup of a computer inside',
    helper: 'amanda',
    by: 'udp',
    port: 10_080,
    clientPort: 850,
    insideIsServer: true,
    before: [['outside', `Amanda 2.4 REQ ${AMANDA}SERVICE sendbackup\n`]],
    from: 'inside',
    sent: `Amanda 2.4 REP ${AMANDA}CONNECT DATA 50000 MESG 50001 INDEX 50002\n`,
    opens: [50_000, 50_001, 50_002].map((port) => ({ by: 'tcp', port })),
  },
];
/** Ports nobody has named. */
const OTHERS = [22, 1024, 4999, 50_010];
/** These open no port; their own tests say what they do. */
const OPENS_NOTHING = ['cuseeme', 'ident', 'pptp'];

/** One meeting of a row's two ends, by streams or datagrams. */
class Ends {
  readonly row: Row;
  readonly ends: Conversation | Datagrams;

  constructor(row: Row, on = true, lab?: Lab) {
    this.row = row;
    const { helper, port, clientPort, insideIsServer } = row;
    const facts = {
      helper,
      on,
      port,
      ...(clientPort === undefined ? {} : { clientPort }),
      ...(insideIsServer ? { insideIsServer } : {}),
      ...(lab ? { lab } : {}),
    };
    this.ends = row.by === 'tcp' ? new Conversation(facts) : new Datagrams(facts);
  }
  get lab() {
    return this.ends.lab;
  }
  say(who: 'inside' | 'outside', text: string): string {
    if (this.ends instanceof Conversation)
      return who === 'inside' ? this.ends.say(text) : this.ends.hear(text);
    const got = who === 'inside' ? this.ends.say(bytesOf(text)) : this.ends.hear(bytesOf(text));
    return String.fromCharCode(...(got ?? []));
  }
  /** All of the row; what came of its message. */
  play(): string {
    for (const [who, text] of this.row.before ?? []) this.say(who, text);
    return this.say(this.row.from, this.row.sent);
  }
  /** Whether this opening lets somebody in to its own inside port. */
  lets({ by, port, from = 5000 }: Opened, who = SERVER, fromPort = from): boolean {
    const led = by === 'tcp' ? this.ends.callIn(port, who, fromPort) : this.ends.sendIn(port, who, fromPort);
    return led === port;
  }
  get lettingIn(): Opened[] {
    return this.row.opens.filter((one) => this.lets(one));
  }
}

/** The inside host's address, however it is written. */
const WRITTEN: readonly ((address: string) => string)[] = [
  (address) => address,
  (address) => address.replaceAll('.', ','),
  (address) => String(new DataView(Uint8Array.from(address.split('.').map(Number)).buffer).getUint32(0)),
  (address) => wide(address),
  dotless,
];
/** What a row is made into for an attack; null when it has no place for that. */
const ATTACKS: readonly (readonly [string, (row: Row) => Row | null])[] = [
  ['a third party’s address', (row) => naming(row, HOST2)],
  ['a stranger’s address', (row) => naming(row, OTHER)],
  ['the same from the other end', (row) => ({ ...row, from: row.from === 'inside' ? 'outside' : 'inside' })],
];

function naming(row: Row, other: string): Row | null {
  const sent = WRITTEN.reduce((text, write) => text.replaceAll(write(HOST1), write(other)), row.sent);
  return sent === row.sent ? null : { ...row, sent };
}

describe.each(ROWS.map((row) => [`${row.helper}, ${row.name}`, row] as const))('%s', (_name, row) => {
  it('on: opens what was named, to whom it should, and hides the inside address', () => {
    const ends = new Ends(row);
    const got = ends.play();
    expect(ends.ends.expectations).toBe(row.awaited ?? row.opens.length);
    expect(ends.ends.hits).toBeGreaterThan(0);
    expect(got).not.toContain(HOST1);
    expect(got.includes(dotless(HOST1))).toBe(false);
    if (!row.anybody) for (const one of row.opens) expect(ends.lets(one, OTHER)).toBe(false);
    expect(ends.lettingIn).toEqual(row.opens);
    if (!row.often) {
      expect(ends.ends.expectations).toBe(0);
      expect(row.opens.filter((one) => ends.lets(one, '198.51.100.99'))).toEqual([]);
    }
  });
  it('off: not a byte is changed, and nobody comes in', () => {
    const ends = new Ends(row, false);
    expect(ends.play()).toBe(row.sent);
    expect(ends.lettingIn).toEqual([]);
    expect(ends.lab.router.helperStates().find(({ name }) => name === row.helper)).toMatchObject({
      on: false,
      hits: 0,
      expectations: 0,
      lastUse: null,
      refusals: [],
    });
  });
  it('switched off meanwhile: what it awaited is closed, what is said then is left alone', () => {
    const ends = new Ends(row);
    ends.play();
    ends.lab.configure({ ...ends.lab.changes, helpers: { [row.helper]: { on: false, ports: [] } } });
    expect(ends.ends.expectations).toBe(0);
    expect(ends.lettingIn).toEqual([]);
    expect(ends.say(row.from, row.sent)).toBe(row.sent);
    expect(ends.ends.expectations).toBe(0);
  });
  it.each(ATTACKS)('%s opens nothing', (_what, bend) => {
    const bent = bend(row);
    if (bent === null) return;
    const ends = new Ends(bent);
    ends.play();
    expect(ends.ends.expectations).toBe(0);
    for (const port of [22, 139, ...row.opens.map((one) => one.port)])
      for (const by of ['tcp', 'udp'] as const)
        expect([OTHER, '198.51.100.99'].filter((who) => ends.lets({ by, port }, who))).toEqual([]);
  });
  it('a flood of it stays within bounds', () => {
    const ends = new Ends(row);
    for (let i = 0; i < 60; i++) ends.play();
    expect(ends.ends.expectations).toBeLessThanOrEqual(16);
  });
  it('with its session, and with its time, what it awaited is closed', () => {
    const cut = new Ends(row);
    cut.play();
    cut.lab.router.cut(HOST1, cut.lab.now);
    expect(cut.ends.expectations).toBe(0);
    expect(cut.lettingIn).toEqual([]);
    const late = new Ends(row);
    late.play();
    late.lab.pass(3_700_000);
    expect(late.ends.expectations).toBe(0);
    expect(late.lettingIn).toEqual([]);
  });
});

const pieces: readonly [string, Row, Trial][] = ROWS.filter(({ by }) => by === 'tcp').map((row) => {
  const ends = new Ends(row);
  const got = ends.play();
  const { helper, port, insideIsServer, from, sent } = row;
  const trial: Trial = {
    scene: { helper, port, ...(insideIsServer ? { insideIsServer } : {}) },
    before: (conversation) => {
      for (const [who, text] of row.before ?? [])
        if (who === 'inside') conversation.say(text);
        else conversation.hear(text);
    },
    from,
    sent,
    got,
    opens: ends.ends.expectations,
  };
  return [`${helper}, ${row.name}`, row, trial];
});
for (const [name, row, trial] of pieces)
  describe(`${name}, in pieces`, () => {
    standsTrials('the message', trial);
    const seeds = [row.sent, ...(row.before ?? []).map(([, text]) => text)];
    survivesAnything(trial.scene, seeds, 40);
  });

for (const row of ROWS.filter(({ by }) => by === 'udp'))
  describe(`${row.helper}, ${row.name}, datagrams`, () => {
    it('repeated, the same comes of it and no more is awaited', () => {
      const ends = new Ends(row);
      const got = ends.play();
      const { expectations } = ends.ends;
      for (let i = 0; i < 3; i++) expect(ends.say(row.from, row.sent)).toBe(got);
      expect(ends.ends.expectations).toBe(expectations);
      expect(ends.lettingIn).toEqual(row.opens);
    });
    it('broken off anywhere, it opens no more than whole', () => {
      const { lab } = new Ends(row);
      for (let length = 0; length < row.sent.length; length++) {
        lab.router.cut(HOST1, lab.now);
        lab.pass(250);
        const ends = new Ends({ ...row, sent: row.sent.slice(0, length) }, true, lab);
        ends.play();
        const { expectations } = ends.ends;
        expect(expectations, `${length} bytes`).toBeLessThanOrEqual(row.opens.length);
        expect(OTHERS.some((port) => ends.lets({ by: 'tcp', port }) || ends.lets({ by: 'udp', port }))).toBe(
          false,
        );
      }
    });
    const { helper, port, clientPort, insideIsServer } = row;
    const meeting = {
      helper,
      port,
      ...(clientPort === undefined ? {} : { clientPort }),
      ...(insideIsServer ? { insideIsServer } : {}),
    };
    survivesAnyDatagram(meeting, [row.sent, ...(row.before ?? []).map(([, text]) => text)], 40);
  });

describe('the matrix', () => {
  it('has every way of every helper that opens anything', () => {
    const ways = HELPERS.filter(({ name }) => !OPENS_NOTHING.includes(name)).flatMap(({ name, transports }) =>
      transports.map(({ protocol }) => `${name} ${protocol}`),
    );
    expect([...new Set(ROWS.map(({ helper, by }) => `${helper} ${by}`))].sort()).toEqual(ways.sort());
  });
});
