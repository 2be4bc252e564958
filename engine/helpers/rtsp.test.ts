import { describe, expect, it } from 'vitest';
import { HOST1, HOST2, OTHER, OUTSIDE, SERVER } from '../masquerade/lab.ts';
import { Conversation, type Scene, standsTrials, survivesAnything } from './conversation.ts';

const scene: Scene = { helper: 'rtsp', port: 554 };
let sequence = 1;
const setup = (transport: string) =>
  `SETUP rtsp://server/film/track RTSP/1.0\r\nCSeq: ${sequence++}\r\nTransport: ${transport}\r\n\r\n`;
const answer = (transport: string) =>
  `RTSP/1.0 200 OK\r\nCSeq: 1\r\nSession: 47\r\nTransport: ${transport}\r\n\r\n`;

/** A player whose ports 6970 and 6971 are taken by another, and what it says instead. */
function second(transport: string): { player: Conversation; said: string } {
  const first = new Conversation(scene);
  first.say(setup('RTP/AVP;unicast;client_port=6970-6971'));
  const player = new Conversation({ ...scene, lab: first.lab, inside: HOST2 });
  return { player, said: player.say(setup(transport)) };
}

describe('RTSP, client inside', () => {
  it('both ports are announced, the server alone may send to them', () => {
    const player = new Conversation(scene);
    const asked = setup('RTP/AVP;unicast;client_port=6970-6971');
    expect(player.say(asked)).toBe(asked);
    expect(player.state).toMatchObject({ hits: 1, expectations: 2 });
    expect(player.sendIn(6970, OTHER)).toBeNull();
    expect([player.sendIn(6970), player.sendIn(6971)]).toEqual([6970, 6971]);
  });
  it('taken ports become an even one and the next, and are put back in the answer', () => {
    const { player, said } = second('RTP/AVP;unicast;client_port=6970-6971');
    const [, even, odd] = /client_port=(\d+)-(\d+)\r/.exec(said) ?? [];
    expect(Number(even) % 2).toBe(0);
    expect(Number(odd)).toBe(Number(even) + 1);
    expect(even).not.toBe('6970');
    const heard = player.hear(
      answer(`RTP/AVP;unicast;client_port=${even}-${odd};server_port=5000-5001;source=${SERVER}`),
    );
    expect(heard).toBe(
      answer(`RTP/AVP;unicast;client_port=6970-6971;server_port=5000-5001;source=${SERVER}`),
    );
    expect([player.sendIn(Number(even)), player.sendIn(Number(odd))]).toEqual([6970, 6971]);
    expect(player.refusals).toEqual([]);
  });
  it('several SETUPs on one connection have a pair each', () => {
    const { player } = second('RTP/AVP;unicast;client_port=6970-6971');
    player.say(setup('RTP/AVP/UDP;unicast;client_port=6972-6973'));
    player.say(setup('RTP/AVP/UDP;unicast;client_port=6974/6975'));
    const ports = [...player.toRemote.text.matchAll(/client_port=(\d+)[-/](\d+)/g)].map((match) =>
      match.slice(1).map(Number),
    );
    expect(ports).toHaveLength(3);
    expect(ports.flat().map((port) => player.sendIn(port))).toEqual([6970, 6971, 6972, 6973, 6974, 6975]);
  });
  it('RealNetworks’ alternatives name the same port alike', () => {
    const { player, said } = second(
      'x-real-rdt/udp;client_port=6970;mode=play,x-pn-tng/udp;client_port=6970;mode=play,rtp/avp;unicast;client_port=6970-6971;mode=play',
    );
    const ports = [...said.matchAll(/client_port=(\d+)/g)].map((match) => Number(match[1]));
    expect(new Set(ports).size).toBe(1);
    expect(player.sendIn(ports[0] ?? 0)).toBe(6970);
  });
  it('a single port', () => {
    const player = new Conversation(scene);
    player.say(setup('x-real-rdt/udp;client_port=6980;mode=play'));
    expect(player.expectations).toBe(1);
    expect(player.sendIn(6980)).toBe(6980);
  });
  it('interleaved data needs nothing and is passed over, whatever it holds', () => {
    const player = new Conversation(scene);
    const asked = setup('RTP/AVP/TCP;unicast;interleaved=0-1');
    const data = `$\x00\x00\x30${'SETUP x RTSP/1.0\r\nTransport: client_port=6970\r\n\r\n'.padEnd(48)}`.slice(
      0,
      52,
    );
    expect(player.say(asked + data)).toBe(asked + data);
    expect(player.expectations).toBe(0);
    player.say(setup('RTP/AVP;unicast;client_port=6970-6971'));
    expect(player.expectations).toBe(2);
  });
  it('a body is passed over', () => {
    const player = new Conversation(scene);
    const inner = setup('RTP/AVP;unicast;client_port=6970-6971');
    player.say(`SET_PARAMETER * RTSP/1.0\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`);
    expect(player.expectations).toBe(0);
    player.say(inner);
    expect(player.expectations).toBe(2);
  });
  it('destination: the client’s own is rewritten, both ways', () => {
    const player = new Conversation(scene);
    expect(player.say(setup(`RTP/AVP;unicast;destination=${HOST1};client_port=6970-6971`))).toContain(
      `destination=${OUTSIDE};client_port=6970-6971`,
    );
    expect(player.hear(answer(`RTP/AVP;unicast;destination=${OUTSIDE};client_port=6970-6971`))).toContain(
      `destination=${HOST1};client_port=6970-6971`,
    );
  });
  it('TEARDOWN takes back what has not come', () => {
    const player = new Conversation(scene);
    player.say(setup('RTP/AVP;unicast;client_port=6970-6971'));
    player.say('TEARDOWN rtsp://server/film RTSP/1.0\r\nCSeq: 9\r\n\r\n');
    expect(player.expectations).toBe(0);
    expect(player.sendIn(6970)).toBeNull();
  });
});

describe('RTSP, server inside behind a forward', () => {
  const inside: Scene = { ...scene, insideIsServer: true };
  it('its ports are announced to that client, its address is hidden', () => {
    const server = new Conversation(inside);
    const asked = setup('RTP/AVP;unicast;client_port=6970-6971');
    expect(server.hear(asked)).toBe(asked);
    const said = server.say(
      answer(`RTP/AVP;unicast;client_port=6970-6971;server_port=50000-50001;source=${HOST1}`),
    );
    expect(said).toBe(
      answer(`RTP/AVP;unicast;client_port=6970-6971;server_port=50000-50001;source=${OUTSIDE}`),
    );
    expect(server.sendIn(50_001, OTHER)).toBeNull();
    expect(server.sendIn(50_001)).toBe(50_001);
  });
  it('an answer nobody asked for opens nothing', () => {
    const server = new Conversation(inside);
    server.say(answer('RTP/AVP;unicast;client_port=6970-6971;server_port=50000-50001'));
    expect(server.expectations).toBe(0);
  });
});

describe('RTSP, switched off and attacked', () => {
  it('off: nothing is rewritten and nobody is let in', () => {
    const player = new Conversation({ ...scene, on: false });
    const asked = setup(`RTP/AVP;unicast;destination=${HOST1};client_port=6970-6971`);
    expect(player.say(asked)).toBe(asked);
    expect(player.sendIn(6970)).toBeNull();
  });
  const cases: [string, string, string][] = [
    [
      'a third party',
      `RTP/AVP;unicast;destination=${HOST2};client_port=6970-6971`,
      'a stream was asked for a third party',
    ],
    ['a low port', 'RTP/AVP;unicast;client_port=138-139', 'a port below 1024 was asked for'],
    ['a closed port', 'RTP/AVP;unicast;client_port=2048-2049', 'a port that stays closed was asked for'],
    ['a range', 'RTP/AVP;unicast;client_port=6970-7000', 'ports of a stream could not be read'],
    ['no port', 'RTP/AVP;unicast;client_port=99999', 'ports of a stream could not be read'],
  ];
  it.each(cases)('%s opens nothing and is counted', (_name, transport, reason) => {
    const player = new Conversation(scene);
    const asked = setup(transport);
    expect(player.say(asked)).toBe(asked);
    expect(player.expectations).toBe(0);
    expect(player.refusals).toEqual([reason]);
  });
  it('a stream from a third party is not let in', () => {
    const player = new Conversation(scene);
    player.say(setup('RTP/AVP;unicast;client_port=6970-6971'));
    player.hear(answer(`RTP/AVP;unicast;client_port=6970-6971;source=${OTHER}`));
    expect(player.refusals).toEqual(['the stream comes from a third party']);
    expect(player.sendIn(6970, OTHER)).toBeNull();
  });
  it('Transport in another request, or in what the server says, opens nothing', () => {
    const player = new Conversation(scene);
    player.say('OPTIONS * RTSP/1.0\r\nTransport: RTP/AVP;client_port=6970-6971\r\n\r\n');
    player.hear(setup('RTP/AVP;client_port=6970-6971'));
    expect(player.expectations).toBe(0);
  });
  it('what is not RTSP is not read', () => {
    const player = new Conversation(scene);
    player.say(`GET / HTTP/1.0\r\n\r\n`);
    player.say(setup('RTP/AVP;client_port=6970-6971'));
    expect(player.expectations).toBe(0);
    expect(player.refusals).toEqual(['one end does not speak RTSP']);
    const hidden = new Conversation(scene);
    hidden.say('\x16\x03\x01');
    hidden.say(setup('RTP/AVP;client_port=6970-6971'));
    expect(hidden.expectations).toBe(0);
  });
  it('awaited streams are bounded', () => {
    const player = new Conversation(scene);
    for (let i = 0; i < 40; i++) player.say(setup(`RTP/AVP;client_port=${7000 + 2 * i}-${7001 + 2 * i}`));
    expect(player.expectations).toBe(16);
  });
});

describe('RTSP, any stream', () => {
  const asked = setup(`RTP/AVP;unicast;destination=${HOST1};client_port=6970-6971`);
  const data = '$\x01\x00\x05a\r\n\r\n';
  standsTrials('requests', {
    scene,
    opens: 2,
    from: 'inside',
    sent: `${data}OPTIONS * RTSP/1.0\r\nContent-Length: 3\r\n\r\n$\x00\x00${asked}${data}`,
    got: `${data}OPTIONS * RTSP/1.0\r\nContent-Length: 3\r\n\r\n$\x00\x00${asked.replace(HOST1, OUTSIDE)}${data}`,
  });
  standsTrials('answers', {
    scene,
    before: (player) => player.say(asked),
    opens: 2,
    from: 'outside',
    sent: `${data}${answer(`RTP/AVP;destination=${OUTSIDE};client_port=6970-6971`)}`,
    got: `${data}${answer(`RTP/AVP;destination=${HOST1};client_port=6970-6971`)}`,
  });
  survivesAnything(scene, [asked, data, answer(`RTP/AVP;destination=${OUTSIDE};client_port=6970-6971`)]);
});
