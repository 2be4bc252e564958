import { describe, expect, it } from 'vitest';
import { HOST1, HOST2, OTHER, OUTSIDE } from '../masquerade/lab.ts';
import { Conversation, type Scene, standsTrials, survivesAnything } from './conversation.ts';

const scene: Scene = { helper: 'mms', port: 1755 };
const u32 = (value: number) =>
  String.fromCharCode(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
const wide = (name: string) => [...name].map((char) => `${char}\0`).join('');

/** A message of the client's, laid out as MS-MMSP §2.2.3 does. */
function message(id: number, body: string): string {
  const padded = body.padEnd(Math.ceil(body.length / 8) * 8, '\0');
  const units = (8 + padded.length) / 8;
  return `${u32(1)}\xce\xfa\x0b\xb0${u32((units + 2) * 8)}MMS ${u32(units + 2)}${u32(3)}${'\x11'.repeat(8)}${u32(units)}${u32(id)}${padded}`;
}
/** Forty bytes of header are part of `message`; the name stands at 60. */
const funnel = (name: string) =>
  message(0x0003_0002, `${u32(0)}${u32(0xffff_ffff)}${u32(0)}${u32(9)}${u32(1)}${wide(name)}\0\0`);
const connect = message(0x0003_0001, `${u32(0)}${u32(4)}${wide('NSPlayer/4.1.0.3925')}\0\0`);

/** Every message's lengths agree with each other. */
function sound(stream: string): boolean {
  const get = (at: number) =>
    stream.charCodeAt(at) | (stream.charCodeAt(at + 1) << 8) | (stream.charCodeAt(at + 2) << 16);
  for (let at = 0; at < stream.length; at += get(at + 8) + 16)
    if (get(at + 8) !== get(at + 16) * 8 || get(at + 32) !== get(at + 16) - 2) return false;
  return true;
}

describe('MMS', () => {
  it('the place for the stream is rewritten, the server alone may send to it', () => {
    const player = new Conversation(scene);
    player.say(connect);
    expect(player.say(funnel(`\\\\${HOST1}\\UDP\\7000`))).toContain(wide(`\\\\${OUTSIDE}\\UDP\\7000`));
    expect(sound(player.toRemote.text)).toBe(true);
    expect(player.state).toMatchObject({ hits: 1, expectations: 1 });
    expect(player.sendIn(7000, OTHER)).toBeNull();
    expect(player.sendIn(7000)).toBe(7000);
  });
  it.each(['192.168.66.2', '192.168.66.111'])(
    'lengths follow when %s becomes longer or shorter',
    (inside) => {
      const outside = inside.length === 12 ? '198.151.100.170' : '198.51.100.9';
      const player = new Conversation({ ...scene, inside, outside });
      for (const port of [1037, 11_111, 65_000]) {
        player.say(funnel(`\\\\${inside}\\UDP\\${port}`));
        player.say(connect);
      }
      expect(sound(player.toRemote.text)).toBe(true);
      expect(player.toRemote.text.split(wide(`${outside}\\UDP`))).toHaveLength(4);
    },
  );
  it('a stream over TCP needs nothing', () => {
    const player = new Conversation(scene);
    const tcp = funnel(`\\\\${HOST1}\\TCP\\7000`);
    expect(player.say(tcp)).toBe(tcp);
    expect(player.state).toMatchObject({ expectations: 0, refusals: [] });
  });
  it('a server inside needs nothing', () => {
    const server = new Conversation({ ...scene, insideIsServer: true });
    server.hear(funnel(`\\\\${HOST1}\\UDP\\7000`));
    expect(server.expectations).toBe(0);
  });
});

describe('MMS, switched off and attacked', () => {
  it('off: nothing is rewritten and nobody is let in', () => {
    const player = new Conversation({ ...scene, on: false });
    const said = funnel(`\\\\${HOST1}\\UDP\\7000`);
    expect(player.say(said)).toBe(said);
    expect(player.sendIn(7000)).toBeNull();
  });
  const cases: [string, string, string][] = [
    ['a third party', `\\\\${HOST2}\\UDP\\7000`, 'the place for the stream is a third party'],
    ['a low port', `\\\\${HOST1}\\UDP\\137`, 'a port below 1024 was asked for'],
    ['a closed port', `\\\\${HOST1}\\UDP\\2049`, 'a port that stays closed was asked for'],
    ['no address', '\\\\player\\UDP\\7000', 'the place for the stream could not be read'],
    ['more than an address', `\\\\${HOST1}\\UDP\\7000\\x`, 'the place for the stream could not be read'],
  ];
  it.each(cases)('%s opens nothing and is counted', (_name, place, reason) => {
    const player = new Conversation(scene);
    expect(player.say(funnel(place))).toBe(funnel(place));
    expect(player.refusals).toEqual([reason]);
    expect(player.expectations).toBe(0);
  });
  it('the place inside another message is none', () => {
    const player = new Conversation(scene);
    const said = message(0x0003_0005, `${'x'.repeat(40)}${funnel(`\\\\${HOST1}\\UDP\\7000`)}`);
    expect(player.say(said)).toBe(said);
    expect(player.say(connect)).toBe(connect);
    expect(player.state).toMatchObject({ expectations: 0, refusals: [] });
  });
  it('another protocol is left alone', () => {
    const player = new Conversation(scene);
    player.say('GET / HTTP/1.0\r\n\r\n');
    player.say(funnel(`\\\\${HOST1}\\UDP\\7000`));
    expect(player.expectations).toBe(0);
    expect(player.refusals).toEqual(['the client does not speak MMS']);
  });
  it('awaited streams are bounded', () => {
    const player = new Conversation(scene);
    for (let i = 0; i < 40; i++) player.say(funnel(`\\\\${HOST1}\\UDP\\${7000 + i}`));
    expect(player.expectations).toBe(16);
  });
});

describe('MMS, any stream', () => {
  standsTrials('the place', {
    scene,
    opens: 1,
    from: 'inside',
    sent: connect + funnel(`\\\\${HOST1}\\UDP\\7000`) + connect,
    got: connect + funnel(`\\\\${OUTSIDE}\\UDP\\7000`) + connect,
  });
  survivesAnything(scene, [connect, funnel(`\\\\${HOST1}\\UDP\\7000`)]);
});
