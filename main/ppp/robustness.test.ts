/**
 * Whatever comes down the line, in any phase, a session neither throws nor delivers what is not a packet.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parseOptions, parsePacket } from './packet.ts';
import { callRuns, tellInputs } from './testing/fuzz.ts';
import { ScriptedPeer } from './testing/scripted-peer.ts';

afterAll(tellInputs);

const PROTOCOLS = [
  0xc021, 0xc023, 0xc223, 0x8021, 0x80fd, 0x8057, 0x0021, 0x002d, 0x002f, 0x00fd, 0x0057, 0x4001,
];

/** Control packets that are nearly right, and content that is not at all. */
const content = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc
    .tuple(
      fc.integer({ min: 0, max: 16 }),
      fc.nat(255),
      fc.array(fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 8 }))),
    )
    .map(([code, id, options]) => {
      const data = options.flatMap(([type, bytes]) => [type, bytes.length + 2, ...bytes]);
      return Uint8Array.of(code, id, 0, 4 + data.length, ...data);
    }),
);
const frames = fc.array(fc.tuple(fc.constantFrom(...PROTOCOLS), content, fc.nat(4_000)), { maxLength: 40 });

describe.each(['client', 'server'] as const)('a %s', (role) => {
  it.each(['at the start', 'authenticating', 'open'])('survives anything %s', (stage) => {
    fc.assert(
      fc.property(frames, (list) => {
        const authentication = role === 'server' && stage === 'authenticating' ? ['chap-md5' as const] : [];
        const peer =
          role === 'server'
            ? new ScriptedPeer({ role, authentication, deflate: true })
            : new ScriptedPeer({ deflate: true });
        peer.connect();
        if (stage !== 'at the start') {
          const login = role === 'client' && stage === 'authenticating' ? Uint8Array.of(0xc0, 0x23) : null;
          peer.openLcp(login ? [{ type: 3, data: login }] : []);
        }
        if (stage === 'open') {
          if (role === 'client') peer.openIpcp();
          else {
            const request = peer.last(0x8021, 1);
            peer.send(0x8021, 2, request.id, request.data);
            peer.send(0x8021, 1, 1, [{ type: 3, data: Uint8Array.of(203, 0, 113, 64) }]);
          }
          expect(peer.session.isUp).toBe(true);
        }
        for (const [protocol, bytes, wait] of list) {
          peer.frame(protocol, bytes);
          peer.wait(wait);
        }
        for (const packet of peer.packets) {
          expect(packet.length).toBe(((packet[2] as number) << 8) | (packet[3] as number));
          expect(packet.length).toBeGreaterThanOrEqual(20);
        }
        peer.session.lowerDown(peer.now);
        expect(peer.session.nextDeadline()).toBeNull();
        expect(peer.events.filter((event) => event.type === 'down')).toHaveLength(1);
      }),
      callRuns(100, 20),
    );
  });
});

describe('parsers', () => {
  it('take nothing that claims more than it holds', () => {
    expect(parsePacket(Uint8Array.of(1, 1, 0), 0, 3)).toBeNull();
    expect(parsePacket(Uint8Array.of(1, 1, 0, 5), 0, 4)).toBeNull();
    expect(parsePacket(Uint8Array.of(1, 1, 0, 3), 0, 4)).toBeNull();
    expect(parsePacket(Uint8Array.of(1, 1, 0, 4, 9, 9), 0, 6)?.data).toHaveLength(0);
    expect(parseOptions(Uint8Array.of(1))).toBeNull();
    expect(parseOptions(Uint8Array.of(1, 1))).toBeNull();
    expect(parseOptions(Uint8Array.of(1, 3))).toBeNull();
    expect(parseOptions(Uint8Array.of(7, 2, 8, 2))).toHaveLength(2);
  });
});
