import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HelperState } from '../contract.ts';
import { routerRuns } from '../masquerade/fuzz.ts';
import { HOST1, HOST2, Lab, OTHER, OUTSIDE, SERVER, tcp, udp } from '../masquerade/lab.ts';
import { SYN } from '../packet/tcp.ts';
import { Conversation, payloads, type Scene, standsTrials, survivesAnything, text } from './conversation.ts';

interface Offer {
  address?: string;
  port?: number;
  more?: string;
}
const sdp = ({ address = HOST1, port = 30_000, more = '' }: Offer = {}) =>
  `v=0\r\no=me 1 1 IN IP4 ${address}\r\ns=-\r\nc=IN IP4 ${address}\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0 8\r\na=sendrecv\r\n${more}`;

interface Facts {
  first: string;
  method?: string;
  via?: string;
  contact?: string | null;
  headers?: string[];
  body?: string;
}
function message({ first, method = 'INVITE', via, contact, headers = [], body = '' }: Facts): string {
  const lines = [
    first,
    `Via: ${via ?? `SIP/2.0/UDP ${HOST1}:5060;branch=z9hG4bK1`}`,
    'From: <sip:me@provider>;tag=1',
    'To: <sip:you@provider>',
    'Call-ID: 77@me',
    `CSeq: 1 ${method}`,
    ...(contact === null ? [] : [`Contact: ${contact ?? `<sip:me@${HOST1}:5060>`}`]),
    ...headers,
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${body.length}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
const invite = (offer: Offer = {}, facts: Partial<Facts> = {}) =>
  message({ first: 'INVITE sip:you@provider SIP/2.0', body: sdp(offer), ...facts });
const answered = (offer: Offer, facts: Partial<Facts> = {}) =>
  message({
    first: 'SIP/2.0 200 OK',
    via: `SIP/2.0/UDP ${OUTSIDE}:5060;branch=z9hG4bK1`,
    contact: `<sip:you@${SERVER}>`,
    body: sdp(offer),
    ...facts,
  });
const register = (contact = `<sip:me@${HOST1}:5060>`) =>
  message({ first: 'REGISTER sip:provider SIP/2.0', method: 'REGISTER', contact, headers: ['Expires: 600'] });
const registered = (contact: string, headers: string[] = []) =>
  message({
    first: 'SIP/2.0 200 OK',
    method: 'REGISTER',
    via: `SIP/2.0/UDP ${OUTSIDE}:5060;branch=z9hG4bK1`,
    contact,
    headers,
  });

/** A telephone that speaks from 5060 to a provider's 5060 by datagrams. */
class Phone {
  readonly lab: Lab;
  readonly inside: string;
  outsidePort = 5060;
  constructor(on = true, lab = new Lab({ helpers: { sip: { on, ports: [] } } }).up(), inside = HOST1) {
    this.lab = lab;
    this.inside = inside;
  }
  say(payload: string | Uint8Array): string {
    const sent = this.lab.out(udp(this.inside, 5060, SERVER, 5060, payload));
    this.outsidePort = sent[0]?.sourcePort ?? this.outsidePort;
    return text(sent);
  }
  hear(payload: string | Uint8Array): string {
    return text(this.lab.in(udp(SERVER, 5060, OUTSIDE, this.outsidePort, payload)));
  }
  sendIn(port: number, from = SERVER, fromPort = 4000): number | null {
    const [packet] = this.lab.in(udp(from, fromPort, OUTSIDE, port));
    return packet?.destination === this.inside ? packet.destinationPort : null;
  }
  get state(): HelperState {
    return this.lab.router.helperStates().find((one) => one.name === 'sip') as HelperState;
  }
  get refusals(): string[] {
    return this.state.refusals.map((refusal) => refusal.reason);
  }
}

/** The length a message says, and the one its body has. */
function lengths(whole: string): [number, number] {
  const said = Number(/^(?:Content-Length|l) *: *(\d+)\r/im.exec(whole)?.[1]);
  return [said, whole.length - whole.indexOf('\r\n\r\n') - 4];
}

describe('SIP, a call from inside', () => {
  it('Via, Contact and SDP show the link’s address, and the length is right', () => {
    const phone = new Phone();
    const said = phone.say(invite());
    expect(said).not.toContain(HOST1);
    expect(said).toContain(`Via: SIP/2.0/UDP ${OUTSIDE}:5060;branch`);
    expect(said).toContain(`Contact: <sip:me@${OUTSIDE}:5060>`);
    expect(said).toContain(sdp({ address: OUTSIDE }));
    expect(lengths(said)[0]).toBe(lengths(said)[1]);
    expect(phone.state).toMatchObject({ hits: 1, expectations: 2 });
  });
  it('the answer shows the phone its own address again', () => {
    const phone = new Phone();
    phone.say(invite());
    expect(phone.hear(answered({ address: SERVER }))).toContain(`Via: SIP/2.0/UDP ${HOST1}:5060;branch`);
  });
  it('a second call with the same ports, of which only one was used before, has its pair', () => {
    const phone = new Phone();
    phone.say(invite());
    expect(phone.sendIn(30_000)).toBe(30_000);
    phone.say(message({ first: `BYE sip:you@${SERVER} SIP/2.0`, method: 'BYE' }));
    expect(phone.state.expectations).toBe(0);
    expect(phone.say(invite())).toContain(sdp({ address: OUTSIDE }));
    expect(phone.state).toMatchObject({ hits: 2, refusals: [] });
    expect([phone.sendIn(30_000), phone.sendIn(30_001)]).toEqual([30_000, 30_001]);
  });
  it('media may come from where the answer says, and then from nowhere else', () => {
    const phone = new Phone();
    phone.say(invite());
    phone.hear(answered({ address: OTHER, port: 20_000 }));
    expect(phone.state.expectations).toBe(2);
    expect(phone.sendIn(30_000, SERVER)).toBeNull();
    expect(phone.sendIn(30_000, '198.51.100.99')).toBeNull();
    expect([phone.sendIn(30_000, OTHER), phone.sendIn(30_001, OTHER)]).toEqual([30_000, 30_001]);
  });
  it('an answer with a private address leaves the signalling peer', () => {
    const phone = new Phone();
    phone.say(invite());
    phone.hear(answered({ address: '10.0.0.5' }));
    expect(phone.sendIn(30_000, SERVER)).toBe(30_000);
  });
  it('two phones with the same ports: the second’s become a pair elsewhere', () => {
    const phone = new Phone();
    phone.say(invite());
    const second = new Phone(true, phone.lab, HOST2);
    const said = second.say(invite().replaceAll(HOST1, HOST2));
    const media = Number(/m=audio (\d+)/.exec(said)?.[1]);
    expect(media % 2).toBe(0);
    expect(media).not.toBe(30_000);
    expect(said).toContain(`Contact: <sip:me@${OUTSIDE}:${second.outsidePort}>`);
    expect(lengths(said)[0]).toBe(lengths(said)[1]);
    expect([second.sendIn(media), second.sendIn(media + 1)]).toEqual([30_000, 30_001]);
    const heard = second.hear(
      answered({ address: SERVER }, { via: `SIP/2.0/UDP ${OUTSIDE}:${second.outsidePort};branch=z9hG4bK1` }),
    );
    expect(heard).toContain(`Via: SIP/2.0/UDP ${HOST2}`);
  });
  it('compact names, c= of a medium, a=rtcp and a second medium', () => {
    const phone = new Phone();
    const body = [
      'v=0',
      `o=- 1 1 IN IP4 ${HOST1}`,
      's=-',
      't=0 0',
      'm=audio 30000 RTP/AVP 0',
      `c=IN IP4 ${HOST1}`,
      `a=rtcp:30009 IN IP4 ${HOST1}`,
      'm=video 30100 RTP/AVP 31',
      `c=IN IP4 ${HOST1}`,
      'm=image 0 udptl t38',
      '',
    ].join('\r\n');
    const said = phone.say(
      `INVITE sip:you@provider SIP/2.0\r\nv: SIP/2.0/UDP ${HOST1}\r\nm: sip:me@${HOST1}\r\ni: 5@x\r\nCSeq: 1 INVITE\r\nc: application/sdp\r\nl:   ${body.length}\r\n\r\n${body}`,
    );
    expect(said).not.toContain(HOST1);
    expect(lengths(said)[0]).toBe(lengths(said)[1]);
    expect(said).toContain(`a=rtcp:30009 IN IP4 ${OUTSIDE}`);
    expect([30_000, 30_009, 30_100, 30_101, 30_001].map((port) => phone.sendIn(port))).toEqual([
      30_000,
      30_009,
      30_100,
      30_101,
      null,
    ]);
  });
  it('a Via with rport stays as it is', () => {
    const via = `SIP/2.0/UDP ${HOST1}:5060;rport;branch=z9hG4bK1`;
    const phone = new Phone();
    expect(phone.say(invite({}, { via }))).toContain(`Via: ${via}`);
  });
  it('a call on hold awaits nothing', () => {
    const phone = new Phone();
    const said = phone.say(invite({}, { body: sdp().replace(`c=IN IP4 ${HOST1}`, 'c=IN IP4 0.0.0.0') }));
    expect(said).toContain('c=IN IP4 0.0.0.0');
    expect(said).toContain(`o=me 1 1 IN IP4 ${OUTSIDE}`);
    expect(phone.state).toMatchObject({ expectations: 0, refusals: [] });
  });
  it.each(['BYE', 'CANCEL'])('%s takes back what has not come', (method) => {
    const phone = new Phone();
    phone.say(invite());
    phone.say(message({ first: `${method} sip:you@provider SIP/2.0`, method, contact: null }));
    expect(phone.state.expectations).toBe(0);
    expect(phone.sendIn(30_000)).toBeNull();
  });
  it('so does a refusal, but not a question who calls', () => {
    const phone = new Phone();
    phone.say(invite());
    const refusal = (status: string) =>
      phone.hear(message({ first: `SIP/2.0 ${status}`, via: `SIP/2.0/UDP ${OUTSIDE}:5060`, contact: null }));
    refusal('407 Proxy Authentication Required');
    expect(phone.state.expectations).toBe(2);
    refusal('486 Busy Here');
    expect(phone.state.expectations).toBe(0);
  });
});

describe('SIP, reaching a phone inside', () => {
  it('a registered Contact is reachable from the registrar as long as it says', () => {
    const phone = new Phone();
    expect(phone.say(register())).toContain(`Contact: <sip:me@${OUTSIDE}:5060>`);
    expect(phone.state.expectations).toBe(0);
    const heard = phone.hear(registered(`<sip:me@${OUTSIDE}:5060>;expires=900`));
    expect(heard).toContain(`Contact: <sip:me@${HOST1}:5060>;expires=900`);
    expect(phone.state.expectations).toBe(1);
    phone.lab.pass(880_000);
    expect(phone.sendIn(5060, SERVER, 9999)).toBe(5060);
    expect(phone.sendIn(5060, OTHER)).toBeNull();
    phone.lab.pass(700_000);
    expect(phone.sendIn(5060, SERVER, 9998)).toBeNull();
  });
  it('a Contact of expiry 0 is over', () => {
    const phone = new Phone();
    phone.say(register());
    phone.hear(registered(`<sip:me@${OUTSIDE}:5060>;expires=900`));
    phone.hear(registered(`<sip:me@${OUTSIDE}:5060>;expires=0`));
    expect(phone.state.expectations).toBe(0);
  });
  it('another port than that of the session', () => {
    const phone = new Phone();
    phone.say(register(`<sip:me@${HOST1}:5070>`));
    phone.hear(registered(`<sip:me@${OUTSIDE}:5070>`, ['Expires: 600']));
    const target = `INVITE sip:me@${OUTSIDE}:5070 SIP/2.0`;
    const call = invite(
      { address: SERVER },
      { first: target, via: `SIP/2.0/UDP ${SERVER}`, contact: `<sip:you@${SERVER}>` },
    );
    const [packet] = phone.lab.in(udp(SERVER, 5060, OUTSIDE, 5070, call));
    expect(packet).toMatchObject({ destination: HOST1, destinationPort: 5070 });
    expect(packet?.payload).toContain(`INVITE sip:me@${HOST1}:5070 SIP/2.0`);
  });
  it('a call to it shows its own address; its answer shows the link’s', () => {
    const phone = new Phone();
    phone.say(register());
    const call = invite(
      { address: OTHER, port: 20_000 },
      {
        first: `INVITE sip:me@${OUTSIDE}:5060 SIP/2.0`,
        via: `SIP/2.0/UDP ${SERVER}`,
        contact: `<sip:you@${SERVER}>`,
      },
    );
    expect(phone.hear(call)).toBe(call.replace(`me@${OUTSIDE}`, `me@${HOST1}`));
    const said = phone.say(message({ first: 'SIP/2.0 200 OK', via: `SIP/2.0/UDP ${SERVER}`, body: sdp() }));
    expect(said).toContain(`Via: SIP/2.0/UDP ${SERVER}`);
    expect(said).toContain(sdp({ address: OUTSIDE }));
    expect(phone.sendIn(30_000, SERVER)).toBeNull();
    expect(phone.sendIn(30_000, OTHER)).toBe(30_000);
  });
});

describe('SIP, steps back', () => {
  it('a Contact elsewhere: the description is left', () => {
    const phone = new Phone();
    const contact = '<sip:me@203.0.113.200:61234>';
    const said = phone.say(invite({}, { contact }));
    expect(said).toContain(sdp());
    expect(said).toContain(contact);
    expect(phone.state.expectations).toBe(0);
    expect(phone.refusals).toEqual(['the end names another address: it finds its way by itself']);
  });
  it('what it says later without a Contact is left, too, until it names its own address again', () => {
    const phone = new Phone();
    phone.say(invite({}, { contact: `<sip:me@${OUTSIDE}:5060>` }));
    const ack = message({ first: 'ACK sip:you@provider SIP/2.0', method: 'ACK', contact: null, body: sdp() });
    expect(phone.say(ack)).toContain(sdp());
    expect(phone.state.expectations).toBe(0);
    expect(phone.say(invite())).toContain(sdp({ address: OUTSIDE }));
    expect(phone.say(ack)).toContain(sdp({ address: OUTSIDE }));
    expect(phone.refusals).toEqual(['the end names another address: it finds its way by itself']);
  });
  it('a keepalive by STUN on its own port is left alone, and so is what answers it', () => {
    const phone = new Phone();
    const binding = `\0\x01\0\0\x21\x12\xa4\x42${'t'.repeat(12)}`;
    expect(phone.say(binding)).toBe(binding);
    expect(phone.hear(binding)).toBe(binding);
    expect(phone.refusals).toEqual([]);
  });
  it.each([
    ['an SDP address elsewhere', sdp({ address: '203.0.113.200' })],
    ['candidates', sdp({ more: `a=candidate:1 1 UDP 2130706431 ${HOST1} 30000 typ host\r\n` })],
    ['candidates to come', sdp({ more: 'a=ice-ufrag:8hhY\r\na=ice-options:trickle\r\n' })],
    ['the link’s own address, learnt by STUN', sdp({ address: OUTSIDE, port: 30_000 })],
    ['no description', 'not one at all'],
  ])('%s: it is left', (_name, body) => {
    const phone = new Phone();
    expect(phone.say(invite({}, { body })).endsWith(body)).toBe(true);
    expect(phone.state.expectations).toBe(0);
  });
});

describe('SIP, switched off and attacked', () => {
  it('off: nothing is rewritten and nobody is let in', () => {
    const phone = new Phone(false);
    expect(phone.say(invite())).toBe(invite());
    expect(phone.sendIn(30_000, OTHER)).toBeNull();
  });
  const cases: [string, string, string][] = [
    [
      'a third party',
      sdp().replace(`c=IN IP4 ${HOST1}`, `c=IN IP4 ${HOST2}`),
      'media were asked for a third party',
    ],
    ['a low port', sdp({ port: 138 }), 'a port below 1024 was asked for'],
    ['a closed port', sdp({ port: 2048 }), 'a port that stays closed was asked for'],
  ];
  it.each(cases)('%s opens nothing and is counted', (_name, body, reason) => {
    const phone = new Phone();
    const said = phone.say(invite({}, { body }));
    if (!body.includes(HOST2)) expect(said.endsWith(body)).toBe(true);
    expect(phone.state.expectations).toBe(0);
    expect(phone.refusals).toEqual([reason]);
  });
  it('sound at UDP 6000, which is X only by TCP, is opened', () => {
    const phone = new Phone();
    expect(phone.say(invite({}, { body: sdp({ port: 6000 }) }))).toContain(`c=IN IP4 ${OUTSIDE}`);
    expect(phone.state).toMatchObject({ expectations: 2, refusals: [] });
  });
  it('a Contact with a low port is left', () => {
    const phone = new Phone();
    expect(phone.say(register(`<sip:me@${HOST1}:22>`))).toContain(`${HOST1}:22`);
    expect(phone.state.expectations).toBe(0);
  });
  it('headers quoted in a body, and bodies of another kind, are none', () => {
    const phone = new Phone();
    const body = `Contact: <sip:me@${HOST1}:5080>\r\n\r\n${sdp()}`;
    const said = phone.say(
      message({ first: 'MESSAGE sip:you@x SIP/2.0', method: 'MESSAGE' }).replace(
        'Content-Length: 0',
        `Content-Type: text/plain\r\nContent-Length: ${body.length}`,
      ) + body,
    );
    expect(said.endsWith(body)).toBe(true);
    expect(phone.state.expectations).toBe(0);
  });
  it('a description that comes from outside opens nothing by itself', () => {
    const phone = new Phone();
    phone.say(register());
    phone.hear(answered({ address: HOST1 }));
    phone.hear(invite({ address: OUTSIDE }, { via: `SIP/2.0/UDP ${SERVER}` }));
    expect(phone.state.expectations).toBe(0);
  });
  it('a Via of ours in what the other end asks, or in what this one answers, is not touched', () => {
    const phone = new Phone();
    phone.say(register());
    const asked = message({
      first: 'OPTIONS sip:me@x SIP/2.0',
      method: 'OPTIONS',
      via: `SIP/2.0/UDP ${OUTSIDE}:5060`,
      contact: null,
    });
    expect(phone.hear(asked)).toBe(asked);
    const answer = message({ first: 'SIP/2.0 200 OK', method: 'OPTIONS', contact: null });
    expect(phone.say(answer)).toBe(answer);
  });
  it('a length that lies: the body is left', () => {
    const phone = new Phone();
    const said = phone.say(invite().replace(/Content-Length: \d+/, 'Content-Length: 9999'));
    expect(said).toContain(sdp());
    expect(phone.state.expectations).toBe(0);
  });
  it('awaited media are bounded', () => {
    const phone = new Phone();
    for (let i = 0; i < 40; i++) phone.say(invite({ port: 30_000 + 2 * i }).replace('77@me', `${i}@me`));
    expect(phone.state.expectations).toBe(16);
    expect(phone.refusals).toContain('too many sessions were awaited at once');
  });
  it('a message repeated is rewritten alike', () => {
    const phone = new Phone();
    expect(phone.say(invite())).toBe(phone.say(invite()));
    expect(phone.state.expectations).toBe(2);
  });
  it('any datagrams from either end do no harm', () => {
    const phone = new Phone();
    const seeds = [
      invite(),
      register(),
      answered({ address: SERVER }),
      registered(`<sip:me@${OUTSIDE}:5060>`),
    ];
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), payloads(seeds)), { maxLength: 8 }), (script) => {
        phone.lab.router.cut(HOST1, phone.lab.now);
        phone.lab.pass(250);
        for (const [inside, payload] of script) {
          if (inside) phone.say(payload);
          else phone.hear(payload);
        }
      }),
      routerRuns(150),
    );
  });
});

describe('SIP over TCP', () => {
  const scene: Scene = { helper: 'sip', port: 5060 };
  const via = `SIP/2.0/TCP ${HOST1}:40000;branch=z9hG4bK1`;
  const contact = `<sip:me@${HOST1}:5060;transport=tcp>`;
  it('a call is rewritten, its length is right, and media come by UDP', () => {
    const phone = new Conversation(scene);
    const said = phone.say(invite({}, { via, contact }));
    expect(said).not.toContain(HOST1);
    expect(lengths(said)[0]).toBe(lengths(said)[1]);
    expect(phone.sendIn(30_001)).toBe(30_001);
  });
  it('the registrar may open a connection to the Contact, and it is read', () => {
    const phone = new Conversation(scene);
    phone.say(message({ first: 'REGISTER sip:p SIP/2.0', method: 'REGISTER', via, contact }));
    phone.hear(registered(`<sip:me@${OUTSIDE}:5060;transport=tcp>;expires=900`));
    expect(phone.callIn(5060, OTHER)).toBeNull();
    expect(phone.callIn(5060, SERVER, 7000)).toBe(5060);
    const target = message({
      first: `OPTIONS sip:me@${OUTSIDE}:5060 SIP/2.0`,
      method: 'OPTIONS',
      via: 'SIP/2.0/TCP x',
      contact: null,
    });
    const [packet] = phone.lab.in(tcp(SERVER, 7000, OUTSIDE, 5060, { sequence: 2, payload: target }));
    expect(packet?.payload).toBe(target.replace(OUTSIDE, HOST1));
    phone.lab.in(tcp(SERVER, 7001, OUTSIDE, 5060, { flags: SYN }));
  });
  it('several messages in one segment, and line ends that keep a connection alive', () => {
    const phone = new Conversation(scene);
    const one = invite({}, { via, contact });
    phone.say(`\r\n\r\n${one}\r\n\r\n${one}`);
    expect(phone.toRemote.text).not.toContain(HOST1);
    expect(phone.expectations).toBe(3);
  });
  it('a description too long to be held is passed on, and what follows is read', () => {
    const phone = new Conversation(scene);
    const long = invite(
      {},
      { via, contact, body: sdp({ more: 'a=x:yyyyyyyyyyyyyyyyyyyy\r\n'.repeat(100) }) },
    );
    for (let i = 0; i < long.length; i += 200) phone.say(long.slice(i, i + 200));
    expect(phone.toRemote.text).toContain(sdp());
    expect(phone.refusals).toEqual(['a description was too long to be held back']);
    expect(phone.say(invite({}, { via, contact }))).toContain(sdp({ address: OUTSIDE }));
  });
  it('what is not SIP is not read', () => {
    const phone = new Conversation(scene);
    phone.say('GET / HTTP/1.0\r\n\r\n');
    const one = invite({}, { via, contact });
    expect(phone.say(one)).toBe(one);
    expect(phone.refusals).toEqual(['one end does not speak SIP']);
  });
  const whole = invite({}, { via: 'SIP/2.0/TCP proxy;branch=z9hG4bK1', contact });
  standsTrials('a call', {
    scene,
    opens: 3,
    from: 'inside',
    sent: `\r\n${whole}`,
    got: `\r\n${whole.replaceAll(HOST1, OUTSIDE).replace(`${sdp().length}\r`, `${sdp({ address: OUTSIDE }).length}\r`)}`,
  });
  survivesAnything(scene, [invite({}, { via, contact }), answered({ address: SERVER })]);
});
