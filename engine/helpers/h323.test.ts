import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { routerRuns } from '../masquerade/fuzz.ts';
import { HOST1, HOST2, Lab, OTHER, OUTSIDE, type Packet, SERVER, tcp, udp } from '../masquerade/lab.ts';
import { ACK, SYN } from '../packet/tcp.ts';
import { Conversation, payloads, type Scene, standsTrials, survivesAnything, text } from './conversation.ts';

const scene: Scene = { helper: 'h323', port: 1720 };
const u16 = (value: number) => String.fromCharCode(value >>> 8, value & 255);
const at = (address: string, port: number) =>
  address
    .split('.')
    .map((part) => String.fromCharCode(Number(part)))
    .join('') + u16(port);
const tpkt = (body: string) => `\x03\x00${u16(body.length + 4)}${body}`;
/** Q.931 and the beginning of a user-to-user element, then addresses. */
const call = (...addresses: string[]) =>
  tpkt(`\x08\x02\x00\x01\x05\x7e\x00\x40\x05 \x00${addresses.join('\x00\x11')}\x00`);
const channel = (...addresses: string[]) => tpkt(`\x03\x00\x00\x0c\x60${addresses.join('\x80')}`);

const sent = (packets: Packet[]) => text(packets.filter((packet) => packet.link !== 0));

describe('H.323, call signalling', () => {
  it('the session’s own address is shown as the link’s', () => {
    const phone = new Conversation(scene);
    expect(phone.say(call(at(HOST1, 40_000), at(HOST1, 1720)))).toBe(
      call(at(OUTSIDE, 40_000), at(OUTSIDE, 1720)),
    );
    expect(phone.expectations).toBe(0);
  });
  it('the peer connects to the control channel; there media ports are read and awaited in pairs', () => {
    const phone = new Conversation(scene);
    expect(phone.say(call(at(HOST1, 5001)))).toBe(call(at(OUTSIDE, 5001)));
    expect(phone.callIn(5001, OTHER)).toBeNull();
    expect(phone.callIn(5001, SERVER, 6000)).toBe(5001);
    const { lab } = phone;
    lab.out(tcp(HOST1, 5001, SERVER, 6000, { flags: SYN | ACK, sequence: 10, acknowledgement: 2 }));
    lab.in(tcp(SERVER, 6000, OUTSIDE, 5001, { sequence: 2, acknowledgement: 11 }));
    const media = channel(at(HOST1, 49_608), at(HOST1, 49_609));
    const said = lab.out(
      tcp(HOST1, 5001, SERVER, 6000, { sequence: 11, acknowledgement: 2, payload: media }),
    );
    expect(sent(said)).toBe(channel(at(OUTSIDE, 49_608), at(OUTSIDE, 49_609)));
    expect(phone.sendIn(49_608, OTHER)).toBeNull();
    expect([phone.sendIn(49_608), phone.sendIn(49_609)]).toEqual([49_608, 49_609]);
  });
  it('a control channel the client opens to the peer is read too', () => {
    const phone = new Conversation(scene);
    const heard = call(at(SERVER, 7777));
    expect(phone.hear(heard)).toBe(heard);
    const control = new Conversation({ ...scene, lab: phone.lab, port: 7777, clientPort: 40_001 });
    expect(control.say(channel(at(HOST1, 49_608)))).toBe(channel(at(OUTSIDE, 49_608)));
    expect(control.sendIn(49_609)).toBe(49_609);
    const other = new Conversation({ ...scene, lab: phone.lab, port: 7778, clientPort: 40_002 });
    expect(other.say(channel(at(HOST1, 49_610)))).toBe(channel(at(HOST1, 49_610)));
  });
  it('two clients with the same ports: the second’s are replaced, a pair by a pair', () => {
    const phone = new Conversation(scene);
    phone.hear(call(at(SERVER, 7777)));
    new Conversation({ ...scene, lab: phone.lab, port: 7777, clientPort: 40_001 }).say(
      channel(at(HOST1, 49_608)),
    );
    const second = new Conversation({ ...scene, lab: phone.lab, inside: HOST2 });
    second.hear(call(at(SERVER, 7778)));
    const control = new Conversation({
      ...scene,
      lab: phone.lab,
      inside: HOST2,
      port: 7778,
      clientPort: 40_001,
    });
    const said = control.say(channel(at(HOST2, 49_608), at(HOST2, 49_609)));
    const port = said.charCodeAt(13) * 256 + said.charCodeAt(14);
    expect(said).toBe(channel(at(OUTSIDE, port), at(OUTSIDE, port + 1)));
    expect(port % 2).toBe(0);
    expect(port).not.toBe(49_608);
    expect(control.sendIn(port + 1)).toBe(49_609);
  });
  it('called inside, behind a forward: its address is put back in what the caller says', () => {
    const phone = new Conversation({ ...scene, insideIsServer: true });
    expect(phone.hear(call(at(OUTSIDE, 1720)))).toBe(call(at(HOST1, 1720)));
    expect(phone.say(call(at(HOST1, 5001)))).toBe(call(at(OUTSIDE, 5001)));
    expect(phone.callIn(5001)).toBe(5001);
  });
});

describe('H.323, switched off and attacked', () => {
  it('off: nothing is rewritten and nobody is let in', () => {
    const phone = new Conversation({ ...scene, on: false });
    expect(phone.say(call(at(HOST1, 5001)))).toBe(call(at(HOST1, 5001)));
    expect(phone.callIn(5001)).toBeNull();
  });
  const cases: [string, string, string[]][] = [
    ['a third party', at(HOST2, 5001), []],
    ['a low port', at(HOST1, 22), ['a port below 1024 was asked for']],
    ['a closed port', at(HOST1, 6000), ['a port that stays closed was asked for']],
  ];
  it.each(cases)('%s opens nothing', (_name, address, refusals) => {
    const phone = new Conversation(scene);
    expect(phone.say(call(address))).toBe(call(address));
    expect(phone.state).toMatchObject({ expectations: 0 });
    expect(phone.refusals).toEqual(refusals);
  });
  it('what the peer says opens nothing inwards', () => {
    const phone = new Conversation(scene);
    const heard = call(at(HOST1, 5001), at(OUTSIDE, 5001));
    expect(phone.hear(heard)).toBe(heard);
    expect(phone.callIn(5001)).toBeNull();
  });
  it('an address across two messages is none', () => {
    const phone = new Conversation(scene);
    const split = tpkt(`xx${at(HOST1, 0).slice(0, 3)}`) + tpkt(`${at(HOST1, 5001).slice(3)}x`);
    expect(phone.say(split)).toBe(split);
    expect(phone.expectations).toBe(0);
  });
  it('what is not H.323 is not read', () => {
    for (const first of ['GET / HTTP/1.0\r\n\r\n', '\x16\x03\x01\x00\x10', '\x03\x00\x00\x03']) {
      const phone = new Conversation(scene);
      phone.say(first);
      phone.say(call(at(HOST1, 5001)));
      expect(phone.toRemote.text).toBe(first + call(at(HOST1, 5001)));
      expect(phone.refusals).toEqual(['one end does not speak H.323']);
    }
  });
  it('awaited channels are bounded', () => {
    const phone = new Conversation(scene);
    for (let i = 0; i < 40; i++) phone.say(call(at(HOST1, 5000 + i)));
    expect(phone.expectations).toBe(16);
  });
});

describe('H.323, any stream', () => {
  standsTrials('signalling', {
    scene,
    opens: 2,
    from: 'inside',
    sent:
      call(at(HOST1, 41_000), at(HOST1, 5001)).replaceAll(at(HOST1, 41_000), at(HOST1, 1720)) +
      call(at(HOST1, 5001), '\xc0\xa8\x42', at(HOST1, 5003)),
    got:
      call(at(OUTSIDE, 1720), at(OUTSIDE, 5001)) + call(at(OUTSIDE, 5001), '\xc0\xa8\x42', at(OUTSIDE, 5003)),
  });
  survivesAnything(scene, [call(at(HOST1, 5001)), call(at(SERVER, 5001)), channel(at(HOST1, 5002))]);
});

describe('H.323 registration', () => {
  const start = (on = true) => new Lab({ helpers: { h323: { on, ports: [] } } }).up();
  const say = (lab: Lab, payload: string) => sent(lab.out(udp(HOST1, 1719, SERVER, 1719, payload)));
  const request = (address: string, port: number, own: number) =>
    `\x0e\x80\x00\x01${at(address, port)}\x01\x00${at(address, own)}tail`;

  it('the gatekeeper may call at the signalling address, and the call is read', () => {
    const lab = start();
    expect(say(lab, request(HOST1, 1720, 1719))).toBe(request(OUTSIDE, 1720, 1719));
    expect(lab.in(tcp(OTHER, 7000, OUTSIDE, 1720, { flags: SYN, sequence: 1 }))).toHaveLength(0);
    expect(lab.in(tcp(SERVER, 7000, OUTSIDE, 1720, { flags: SYN, sequence: 1 }))).toMatchObject([
      { destination: HOST1, destinationPort: 1720 },
    ]);
    lab.out(tcp(HOST1, 1720, SERVER, 7000, { flags: SYN | ACK, sequence: 10, acknowledgement: 2 }));
    const answer = tcp(HOST1, 1720, SERVER, 7000, {
      sequence: 11,
      acknowledgement: 2,
      payload: call(at(HOST1, 5001)),
    });
    expect(sent(lab.out(answer))).toBe(call(at(OUTSIDE, 5001)));
    const reply = lab.in(udp(SERVER, 1719, OUTSIDE, 1719, request(OUTSIDE, 1720, 1719)));
    expect(text(reply)).toBe(request(HOST1, 1720, 1719));
  });
  it('a call by way of the gatekeeper’s own port is read', () => {
    const lab = start();
    say(lab, request(HOST1, 1720, 1719));
    lab.in(udp(SERVER, 1719, OUTSIDE, 1719, request(SERVER, 1721, 1719)));
    const phone = new Conversation({ ...scene, helper: 'h323', lab, port: 1721 });
    expect(phone.say(call(at(HOST1, 5001)))).toBe(call(at(OUTSIDE, 5001)));
  });
  it('off, or named for another, nothing is opened', () => {
    const off = start(false);
    expect(say(off, request(HOST1, 1720, 1719))).toBe(request(HOST1, 1720, 1719));
    const lab = start();
    expect(say(lab, request(HOST2, 1720, 1719))).toBe(request(HOST2, 1720, 1719));
    expect(say(lab, request(HOST1, 25, 1719))).toContain(at(HOST1, 25));
    for (const one of [off, lab])
      expect(one.in(tcp(SERVER, 7000, OUTSIDE, 1720, { flags: SYN, sequence: 1 }))).toHaveLength(0);
  });
  it('any datagrams do no harm', () => {
    const lab = start();
    const seeds = [request(HOST1, 1720, 1719), request(OUTSIDE, 1720, 1719), request(SERVER, 1720, 1719)];
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), payloads(seeds)), { maxLength: 8 }), (script) => {
        lab.router.cut(HOST1, lab.now);
        lab.pass(250);
        for (const [inside, payload] of script)
          if (inside) lab.out(udp(HOST1, 1719, SERVER, 1719, payload));
          else lab.in(udp(SERVER, 1719, OUTSIDE, 1719, payload));
      }),
      routerRuns(150),
    );
  });
});
