import { describe, expect, it } from 'vitest';
import { HOST2, OTHER } from '../masquerade/lab.ts';
import { Conversation, type Scene, standsTrials, survivesAnything } from './conversation.ts';

const scene: Scene = { helper: 'vdolive', port: 7000 };
const u32 = (value: number) =>
  String.fromCharCode(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
const first = (port: number) => `${u32(60)}${u32(6)}sixteen bytes...VDO Live${u32(port)}and the rest`;
const second = (port: number) => `${u32(20)}${u32(1)}VDO Live${u32(port)}`;

describe('VDOLive', () => {
  it('the port is announced, the server alone may send to it', () => {
    const player = new Conversation(scene);
    player.say(first(7500));
    player.say(second(7500));
    expect(player.toRemote.text).toBe(first(7500) + second(7500));
    expect(player.state).toMatchObject({ hits: 1, expectations: 1 });
    expect(player.sendIn(7500, OTHER)).toBeNull();
    expect(player.sendIn(7500)).toBe(7500);
  });
  it('a taken port is replaced in both messages alike', () => {
    const player = new Conversation(scene);
    player.say(first(7500));
    const other = new Conversation({ ...scene, lab: player.lab, inside: HOST2 });
    other.say(first(7500));
    other.say(second(7500));
    const sent = other.toRemote.text;
    const at = sent.indexOf('VDO Live') + 10;
    const port = sent.charCodeAt(at) * 256 + sent.charCodeAt(at + 1);
    expect(port).not.toBe(7500);
    expect(sent).toBe(first(port) + second(port));
    expect(other.sendIn(port)).toBe(7500);
  });
  it('a later message with another port is left', () => {
    const player = new Conversation(scene);
    player.say(first(7500));
    expect(player.say(second(7501))).toBe(second(7501));
    expect(player.sendIn(7501)).toBeNull();
  });
  it('a server inside needs nothing', () => {
    const server = new Conversation({ ...scene, insideIsServer: true });
    server.hear(first(7500));
    expect(server.expectations).toBe(0);
  });
});

describe('VDOLive, switched off and attacked', () => {
  it('off: nobody is let in', () => {
    const player = new Conversation({ ...scene, on: false });
    expect(player.say(first(7500) + second(7500))).toBe(first(7500) + second(7500));
    expect(player.sendIn(7500)).toBeNull();
  });
  it('a low port is refused', () => {
    const player = new Conversation(scene);
    player.say(first(139));
    expect(player.refusals).toEqual(['a port below 1024 was asked for']);
    expect(player.sendIn(139)).toBeNull();
  });
  it('another protocol is left alone, also when it quotes a greeting', () => {
    const player = new Conversation(scene);
    player.say(`PRIVMSG x :${first(7500)}`);
    player.say(first(7500));
    player.hear(first(7500));
    expect(player.expectations).toBe(0);
    expect(player.refusals).toEqual(['the client does not speak VDOLive']);
  });
  it('one session awaits one port, however many it names', () => {
    const player = new Conversation(scene);
    for (let i = 0; i < 40; i++) player.say(first(7500 + i));
    expect(player.expectations).toBe(1);
  });
  it('the second message is found wherever it is cut', () => {
    const player = new Conversation(scene);
    player.say(first(7500));
    for (let cut = 1; cut < second(7500).length; cut++) {
      const other = new Conversation({ ...scene, lab: player.lab, inside: HOST2, clientPort: 41_000 + cut });
      other.say(first(7500));
      const port = portIn(other.toRemote.text);
      other.say(second(7500).slice(0, cut));
      other.say(second(7500).slice(cut));
      expect(other.toRemote.text, `cut at ${cut}`).toBe(first(port) + second(port));
    }
  });
});

/** The port in a first message. */
function portIn(message: string): number {
  const at = message.indexOf('VDO Live') + 10;
  return message.charCodeAt(at) * 256 + message.charCodeAt(at + 1);
}

describe('VDOLive, any stream', () => {
  const both = `${first(7500)}${second(7500)}${second(7500)}`;
  standsTrials('the greeting', { scene, opens: 1, from: 'inside', sent: both, got: both });
  survivesAnything(scene, [first(7500), second(7500)]);
});
