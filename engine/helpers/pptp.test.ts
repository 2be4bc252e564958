import { describe, expect, it } from 'vitest';
import { HOST1, HOST2, ip, type Lab, OTHER, OUTSIDE, SERVER } from '../masquerade/lab.ts';
import { get16, put16, put32 } from '../packet/bytes.ts';
import { Conversation, labFor, survivesAnything } from './conversation.ts';
import { latin } from './payload.ts';

const GRE = 47;
const LENGTHS: Record<number, number> = {
  1: 156,
  7: 168,
  8: 32,
  9: 220,
  10: 24,
  11: 28,
  12: 16,
  13: 148,
  14: 40,
  15: 24,
};

/** A control message: its Call IDs at 12 and 14, its result at 16. */
function message(type: number, first = 0, second = 0, result = 0, length = LENGTHS[type] ?? 16): string {
  const b = new Uint8Array(Math.max(length, 20));
  put16(b, 0, length);
  put16(b, 2, 1);
  put32(b, 4, 0x1a2b_3c4d);
  put16(b, 8, type);
  put16(b, 12, first);
  put16(b, 14, second);
  b[16] = result;
  return latin(b, 0, length);
}
const CALL = 77;
const PEER_CALL = 900;
const REQUEST = message(7, CALL);
const word = (text: string, at: number) => (text.charCodeAt(at) << 8) | text.charCodeAt(at + 1);

/** Enhanced GRE to the receiver's Call ID. */
function tunnelled(call: number): Uint8Array {
  const b = new Uint8Array(20);
  b[0] = 0x30;
  b[1] = 1;
  put16(b, 2, 0x880b);
  put16(b, 4, 8);
  put16(b, 6, call);
  return b;
}
/** GRE from the server: which inside host gets it, and under which Call ID. */
function greIn(lab: Lab, call: number, from = SERVER): [string, number] | null {
  const [packet] = lab.in(ip(GRE, from, OUTSIDE, tunnelled(call)));
  return packet && packet.link === 0 ? [packet.destination, get16(packet.bytes, 26)] : null;
}
/** GRE from an inside host, as the server sees it: from whom, and for which of its own Call IDs. */
function greOut(lab: Lab, host: string, call: number): [string, number] | null {
  const sent = lab.out(ip(GRE, host, SERVER, tunnelled(call)));
  const packet = sent.find((one) => one.protocol === GRE && one.link !== 0);
  return packet ? [packet.source, get16(packet.bytes, 26)] : null;
}

const scene = { helper: 'pptp', port: 1723 };

/** A call from inside; the outside Call ID as the server was told it. */
function call(control: Conversation, own: number, peer: number): number {
  const outside = word(control.say(message(7, own)), 12);
  expect(word(control.hear(message(8, peer, outside, 1)), 14)).toBe(own);
  return outside;
}

describe('PPTP, clients inside', () => {
  it('two clients with the same Call ID to one server each have their tunnel', () => {
    const first = new Conversation(scene);
    const second = new Conversation({ ...scene, lab: first.lab, inside: HOST2 });
    const lab = first.lab;
    const one = call(first, 0, 900);
    const two = call(second, 0, 901);
    expect(two).not.toBe(one);
    expect(greIn(lab, one)).toEqual([HOST1, 0]);
    expect(greIn(lab, two)).toEqual([HOST2, 0]);
    expect(greOut(lab, HOST1, 900)).toEqual([OUTSIDE, 900]);
    expect(greOut(lab, HOST2, 901)).toEqual([OUTSIDE, 901]);
    expect(greIn(lab, one, OTHER)).toBeNull();
    expect(first.state.hits).toBe(2);
  });
  it('several calls of one client stay apart', () => {
    const control = new Conversation(scene);
    const calls = [1, 2, 3].map((own) => call(control, own, 900 + own));
    expect(calls.map((outside) => greIn(control.lab, outside))).toEqual([1, 2, 3].map((own) => [HOST1, own]));
  });
  it('off: nothing is rewritten, and the second client has no tunnel', () => {
    const first = new Conversation({ ...scene, on: false });
    const second = new Conversation({ ...scene, on: false, lab: first.lab, inside: HOST2 });
    for (const control of [first, second]) expect(control.say(REQUEST)).toBe(REQUEST);
    expect(greIn(first.lab, CALL)).toBeNull();
    expect(greOut(first.lab, HOST1, 900)).toEqual([OUTSIDE, 900]);
    expect(greOut(first.lab, HOST2, 901)).toBeNull();
  });
  it('what the peer says of a call names the client’s own number again', () => {
    const other = new Conversation({ ...scene, inside: HOST2 });
    call(other, CALL, 1);
    const control = new Conversation({ ...scene, lab: other.lab });
    const outside = call(control, CALL, PEER_CALL);
    expect(outside).not.toBe(CALL);
    for (const type of [11, 14, 15]) expect(word(control.hear(message(type, outside)), 12)).toBe(CALL);
    expect(word(control.say(message(15, PEER_CALL)), 12)).toBe(PEER_CALL);
    expect(word(control.say(message(12, CALL)), 12)).toBe(outside);
  });
  it('a call ends with the peer’s notice, with ours, and with the control connection', () => {
    const control = new Conversation(scene);
    const lab = control.lab;
    const [one, two, three] = [1, 2, 3].map((own) => call(control, own, 900 + own)) as [
      number,
      number,
      number,
    ];
    control.say(message(12, 1));
    expect(greIn(lab, one)).toEqual([HOST1, 1]);
    control.hear(message(13, 901));
    expect(greIn(lab, one)).toBeNull();
    expect(word(control.say(message(13, 2)), 12)).toBe(two);
    expect(greIn(lab, two)).toBeNull();
    expect(greIn(lab, three)).toEqual([HOST1, 3]);
    lab.router.cut(HOST1, lab.now);
    expect(greIn(lab, three)).toBeNull();
    expect(lab.counter('mappings')).toBe(0);
  });
  it('a call that is turned down leaves nothing, and may be asked for again', () => {
    const control = new Conversation(scene);
    const outside = word(control.say(REQUEST), 12);
    control.hear(message(8, 0, outside, 2));
    expect(greIn(control.lab, outside)).toBeNull();
    expect(control.lab.counter('mappings')).toBe(1);
    expect(greIn(control.lab, call(control, CALL, PEER_CALL))).toEqual([HOST1, CALL]);
  });
  it('a call outlives an idle control connection, which stays with it', () => {
    const control = new Conversation(scene);
    const outside = call(control, CALL, PEER_CALL);
    for (let i = 0; i < 30; i++) {
      control.lab.pass(300_000);
      expect(greIn(control.lab, outside)).toEqual([HOST1, CALL]);
    }
    expect(control.lab.router.sessions(9, control.lab.now).map((row) => row.protocol)).toEqual([
      'tcp',
      'gre',
    ]);
  });
});

describe('PPTP, server inside behind a forward', () => {
  it('its calls are named by outside numbers, outgoing and incoming', () => {
    const other = new Conversation({ ...scene, insideIsServer: true, clientPort: 5000 });
    const lab = other.lab;
    other.hear(message(7, 500));
    const one = word(other.say(message(8, CALL, 500, 1)), 12);
    expect(greIn(lab, one)).toEqual([HOST1, CALL]);
    expect(greOut(lab, HOST1, 500)).toEqual([OUTSIDE, 500]);
    const two = word(other.say(message(9, 78)), 12);
    expect(word(other.hear(message(10, 501, two, 1)), 14)).toBe(78);
    expect(greIn(lab, two)).toEqual([HOST1, 78]);
    expect(word(other.hear(message(12, 500)), 12)).toBe(500);
    other.say(message(13, CALL));
    expect(greIn(lab, one)).toBeNull();
    expect(greIn(lab, two)).toEqual([HOST1, 78]);
  });
  it('a call it turns down opens nothing', () => {
    const control = new Conversation({ ...scene, insideIsServer: true, clientPort: 5000 });
    control.hear(message(7, 500));
    const reply = message(8, CALL, 500, 2);
    expect(control.say(reply)).toBe(reply);
    expect(greIn(control.lab, CALL)).toBeNull();
  });
});

describe('PPTP, pieces', () => {
  const lab = labFor(scene);
  const holder = new Conversation({ ...scene, lab, inside: HOST2 });
  call(holder, CALL, 1);
  let port = 41_000;
  function begin(): Conversation {
    lab.router.cut(HOST1, lab.now);
    lab.pass(250);
    return new Conversation({ ...scene, lab, clientPort: port++ });
  }
  const sent = message(1) + REQUEST + message(5);
  const at = message(1).length + 12;
  const withId = (text: string, place: number, id: number) =>
    text.slice(0, place) + String.fromCharCode(id >>> 8, id & 255) + text.slice(place + 2);

  it('cut anywhere, repeated or out of order, requests and replies are rewritten alike', () => {
    for (let cut = 0; cut < sent.length; cut++) {
      const control = begin();
      const origin = control.said;
      control.say(sent.slice(cut), origin + cut);
      control.say(sent.slice(0, cut), origin);
      control.say(sent.slice(cut), origin + cut);
      control.say(sent, origin);
      const outside = word(control.toRemote.text, at);
      expect(outside, `cut at ${cut}`).not.toBe(CALL);
      expect(control.toRemote.text, `cut at ${cut}`).toBe(withId(sent, at, outside));
      const reply = message(8, PEER_CALL, outside, 1) + message(6);
      const heard = control.heard;
      control.hear(reply.slice(0, cut % reply.length), heard);
      control.hear(reply, heard);
      expect(control.toInside.text).toBe(withId(reply, 14, CALL));
      expect(greIn(lab, outside)).toEqual([HOST1, CALL]);
    }
  });
  it('byte by byte, too', () => {
    const control = begin();
    for (const char of sent) control.say(char);
    expect(control.toRemote.text).toBe(withId(sent, at, word(control.toRemote.text, at)));
  });
});

describe('PPTP, attacks', () => {
  it('calls are bounded', () => {
    const control = new Conversation(scene);
    for (let own = 1; own <= 40; own++) control.say(message(7, own));
    expect(control.lab.counter('mappings')).toBe(17);
    expect(control.refusals).toEqual(['too many calls']);
  });
  it('a peer cannot connect a call that was not asked for, nor one twice', () => {
    const control = new Conversation(scene);
    control.hear(message(8, 900, CALL, 1));
    expect(greIn(control.lab, CALL)).toBeNull();
    expect(control.refusals).toEqual(['the peer named a call that is not there']);
    const outside = call(control, CALL, 900);
    control.hear(message(8, 901, outside, 1));
    expect(control.refusals).toContain('a call was connected twice');
    expect(greIn(control.lab, outside)).toEqual([HOST1, CALL]);
  });
  it('a message too short for its kind, or of an unknown one, is left', () => {
    const control = new Conversation(scene);
    const short = message(8, 900, CALL, 1, 16);
    expect(control.hear(short)).toBe(short);
    expect(control.hear(message(99, 1, 2, 3, 20))).toBe(message(99, 1, 2, 3, 20));
    expect(control.refusals).toEqual(['a message was too short for its kind']);
  });
  it.each([
    ['another magic', message(7, CALL).replace('\u001a', '\u001b')],
    ['a length of nothing', `\0\0${REQUEST.slice(2)}`],
    ['a length beyond all', `\u00ff\u00ff${REQUEST.slice(2)}`],
  ])('%s ends the reading', (_name, first) => {
    const control = new Conversation(scene);
    expect(control.say(first)).toBe(first);
    expect(control.say(REQUEST)).toBe(REQUEST);
    expect(control.refusals).toEqual(['what was said is not PPTP']);
    expect(control.lab.counter('mappings')).toBe(1);
  });
  const seeds = [
    REQUEST,
    message(8, 900, CALL, 1),
    message(9, CALL),
    message(10, 900, CALL, 1),
    message(12, CALL),
    message(13, 900),
  ];
  survivesAnything(scene, seeds);
  survivesAnything({ ...scene, insideIsServer: true }, seeds);
});
