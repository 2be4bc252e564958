import { describe, expect, it } from 'vitest';
import { HOST2, OTHER } from '../masquerade/lab.ts';
import { Conversation, type Scene, standsTrials, survivesAnything } from './conversation.ts';

const scene: Scene = { helper: 'realaudio', port: 7070 };
const u16 = (value: number) => String.fromCharCode(value >>> 8, value & 255);
const option = (id: number, value: string) => u16(id) + u16(value.length) + value;
/** Player 1.0: the header in its own segment, and then the port. */
const HEADER = 'PNA\x00\x05';
const TAIL = `${u16(0)}some more\x00\x01\x00\x02\x1b\xd7`;
const hello = (sound: number, correction: number) =>
  HEADER + option(5, 'abc') + option(1, u16(sound)) + option(7, u16(correction)) + TAIL;

describe('RealAudio', () => {
  it('player 1.0: the port is announced, the server alone may send to it', () => {
    const player = new Conversation(scene);
    player.say(HEADER);
    player.say(`\x00\x01\x00\x02\x1b\xd7${u16(0)}`);
    expect(player.toRemote.text).toBe(`${HEADER}\x00\x01\x00\x02\x1b\xd7${u16(0)}`);
    expect(player.sendIn(7127, OTHER)).toBeNull();
    expect(player.sendIn(7127)).toBe(7127);
    expect(player.state).toMatchObject({ hits: 1, expectations: 0 });
  });
  it('player 2.0: options before the port are passed over', () => {
    const player = new Conversation(scene);
    player.say('PNA\x00\x06\x00\x02\x00\x00\x00\x01\x00\x02\x1b\xc1');
    expect(player.sendIn(7105)).toBe(7105);
  });
  it('sound and correction have a port each', () => {
    const player = new Conversation(scene);
    expect(player.say(hello(6970, 6971))).toBe(hello(6970, 6971));
    expect([player.sendIn(6970), player.sendIn(6971), player.sendIn(6972)]).toEqual([6970, 6971, null]);
  });
  it('two players with the same ports: the second’s are replaced in place', () => {
    const player = new Conversation(scene);
    player.say(hello(6970, 0));
    const other = new Conversation({ ...scene, lab: player.lab, inside: HOST2 });
    const sent = other.say(hello(6970, 0));
    expect(sent).toHaveLength(hello(0, 0).length);
    const at = sent.indexOf('\x00\x01\x00\x02') + 4;
    const port = sent.charCodeAt(at) * 256 + sent.charCodeAt(at + 1);
    expect(port).not.toBe(6970);
    expect(other.sendIn(port)).toBe(6970);
  });
  it('nothing after the last option is read', () => {
    const player = new Conversation(scene);
    player.say(hello(0, 0));
    expect(player.expectations).toBe(0);
    player.say(hello(6970, 0));
    expect(player.expectations).toBe(0);
  });
  it('a server inside needs nothing', () => {
    const server = new Conversation({ ...scene, insideIsServer: true });
    expect(server.hear(hello(6970, 6971))).toBe(hello(6970, 6971));
    expect(server.expectations).toBe(0);
  });
});

describe('RealAudio, switched off and attacked', () => {
  it('off: nobody is let in', () => {
    const player = new Conversation({ ...scene, on: false });
    player.say(hello(6970, 6971));
    expect(player.sendIn(6970)).toBeNull();
  });
  it.each([
    [22, 'a port below 1024 was asked for'],
    [2049, 'a port that stays closed was asked for'],
  ])('port %i is refused', (port, reason) => {
    const player = new Conversation(scene);
    expect(player.say(hello(port, 0))).toBe(hello(port, 0));
    expect(player.refusals).toEqual([reason]);
    expect(player.sendIn(port)).toBeNull();
  });
  it('another protocol is left alone, also when it quotes a greeting', () => {
    const player = new Conversation(scene);
    const said = `GET / HTTP/1.0\r\n\r\n${hello(6970, 0)}`;
    expect(player.say(said)).toBe(said);
    expect(player.say(hello(6970, 0))).toBe(hello(6970, 0));
    expect(player.expectations).toBe(0);
  });
  it('ports in what the server says open nothing', () => {
    const player = new Conversation(scene);
    player.hear(hello(6970, 6971));
    expect(player.expectations).toBe(0);
  });
  it('a flood of ports is bounded', () => {
    const player = new Conversation(scene);
    let said = HEADER;
    for (let i = 0; i < 100; i++) said += option(1, u16(6000 + 100 + i));
    player.say(said);
    expect(player.expectations).toBe(16);
  });
});

describe('RealAudio, any stream', () => {
  standsTrials('the greeting', {
    scene,
    opens: 2,
    from: 'inside',
    sent: hello(6970, 6971),
    got: hello(6970, 6971),
  });
  survivesAnything(scene, [hello(6970, 6971), HEADER]);
});
