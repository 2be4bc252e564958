/**
 * Every parser of PPP and SLIP under truncated, oversized and hostile input: none throws, none hands on more than it may,
 * none lets anybody in.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Authentication, AuthHost } from './auth/authentication.ts';
import { makeAuthentication } from './auth/choice.ts';
import { CcpRules } from './ccp.ts';
import type { ControlRules } from './control-rules.ts';
import { DeflateCompressor, DeflateDecompressor } from './deflate.ts';
import { describePacket } from './describe.ts';
import { HdlcDecoder, HdlcEncoder } from './hdlc.ts';
import { IpcpRules } from './ipcp.ts';
import { LcpRules } from './lcp.ts';
import {
  buildOptions,
  buildPacket,
  PROTOCOL_VJ_COMPRESSED,
  PROTOCOL_VJ_UNCOMPRESSED,
  parseOptions,
  parsePacket,
} from './packet.ts';
import { SlipLink } from './slip.ts';
import { runs, tellInputs } from './testing/fuzz.ts';
import { CLIENT, randomBytes, SERVER, seeded } from './testing/simulated-line.ts';
import { segment } from './testing/tcp-flow.ts';
import type { AuthMethod } from './types.ts';
import { VjCompressor } from './vj-compressor.ts';
import { VjDecompressor } from './vj-decompressor.ts';

const LARGEST = 1600;
const random = randomBytes(seeded(3));
const nothing = () => {};
afterAll(tellInputs);

const anything = fc.uint8Array({ maxLength: 300 });
/** A good thing with octets changed, cut out or put in. */
const damage = fc.record({
  at: fc.nat(2_000),
  octets: fc.uint8Array({ maxLength: 6 }),
  cut: fc.nat(10),
});
function damaged(
  good: Uint8Array,
  { at, octets, cut }: { at: number; octets: Uint8Array; cut: number },
): Uint8Array {
  const place = at % (good.length + 1);
  return Uint8Array.from([...good.subarray(0, place), ...octets, ...good.subarray(place + cut)]);
}
const options = fc.array(
  fc.record({
    type: fc.oneof(fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 13, 19, 21, 24, 26, 129, 130, 132), fc.nat(255)),
    data: fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ maxLength: 20 })),
  }),
  { maxLength: 12 },
);

describe('framing', () => {
  it('HDLC: any octets give frames within bounds', () => {
    const flags = fc.array(fc.oneof(fc.constantFrom(0x7e, 0x7d, 0x5e, 0x11), fc.nat(255)), {
      maxLength: 400,
    });
    const decoder = new HdlcDecoder(64, (_frame, length) => expect(length).toBeLessThanOrEqual(62), nothing);
    fc.assert(
      fc.property(flags, fc.nat(0xffffffff), (octets, accm) => {
        decoder.setAccm(accm);
        decoder.push(Uint8Array.from(octets));
      }),
      runs(400),
    );
  });

  it('HDLC: a damaged frame never gives more than one frame’s content, and the next one is whole', () => {
    fc.assert(
      fc.property(anything, damage, (content, harm) => {
        const frames: string[] = [];
        const decoder = new HdlcDecoder(
          LARGEST,
          (frame, length) => frames.push(Buffer.from(frame.subarray(0, length)).toString('hex')),
          nothing,
        );
        decoder.setAccm(0);
        const encoder = new HdlcEncoder(LARGEST);
        const frame = (bytes: Uint8Array) =>
          encoder.encode(0x21, bytes, 0, bytes.length, false, true).slice();
        decoder.push(damaged(frame(content), harm));
        decoder.push(Uint8Array.of(0x7e));
        const before = frames.length;
        const good = Uint8Array.of(1, 2, 3);
        decoder.push(frame(good));
        expect(frames.slice(before)).toEqual(['ff030021010203']);
      }),
      runs(300),
    );
  });

  it('SLIP: any octets give whole IPv4 packets or nothing', () => {
    const octets = fc.array(
      fc.oneof(fc.constantFrom(0xc0, 0xdb, 0xdc, 0xdd, 0x45, 0x75, 0x80, 0x0f), fc.nat(255)),
      { maxLength: 300 },
    );
    const link = new SlipLink({ mtu: 200, compression: 'auto' }, (packet, offset, length) => {
      expect(length).toBeGreaterThanOrEqual(20);
      expect((packet[offset + 2] as number) * 256 + (packet[offset + 3] as number)).toBe(length);
    });
    fc.assert(
      fc.property(octets, (bytes) => link.receive(Uint8Array.from(bytes))),
      runs(400),
    );
  });

  it('SLIP: whatever comes of a damaged compressed packet, TCP’s checksum holds for it and for all after it', () => {
    const packets = [0, 1, 2].map((i) =>
      segment({ source: 9, seq: 50 * i, ack: 1, id: i, window: 99 }, { payload: new Uint8Array(50).fill(i) }),
    );
    fc.assert(
      fc.property(fc.nat(1), damage, (which, harm) => {
        const from = new SlipLink({ mtu: 1500, compression: 'on' }, nothing);
        const wires = packets.map((packet) => from.encode(packet, 0, packet.length).slice());
        const to = new SlipLink({ mtu: 1500, compression: 'on' }, (packet, offset, length) => {
          let sum = 6 + length - 20;
          for (let i = 12; i < length; i++) sum += (packet[offset + i] as number) << (i % 2 === 0 ? 8 : 0);
          expect(sum % 0xffff).toBe(0);
        });
        for (const [i, wire] of wires.entries()) {
          // What kind of packet it is, its first octet says: that one stays, so that none becomes plain IP.
          const rest = i === which ? damaged(wire.subarray(2), harm) : wire.subarray(2);
          to.receive(Uint8Array.of(...wire.subarray(0, 2), ...rest));
        }
      }),
      runs(200),
    );
  });
});

describe('control packets', () => {
  it('are read within their bounds, and written as they were read', () => {
    fc.assert(
      fc.property(anything, fc.nat(400), fc.nat(0xffff), (bytes, offset, protocol) => {
        const packet = parsePacket(bytes, Math.min(offset, bytes.length), bytes.length);
        if (packet === null) return;
        const start = Math.min(offset, bytes.length);
        const again = buildPacket(packet.code, packet.id, packet.data);
        expect(again).toEqual(bytes.slice(start, start + again.length));
        expect(describePacket(protocol, packet)).toEqual(expect.any(String));
        const read = parseOptions(packet.data);
        if (read !== null) expect(buildOptions(read)).toEqual(packet.data);
      }),
      runs(400),
    );
  });

  const lcpHost = {
    send: nothing,
    up: nothing,
    down: nothing,
    finished: nothing,
    refused: nothing,
    looped: nothing,
    echoReply: nothing,
    protocolRejected: nothing,
    log: nothing,
    textSeen: () => false,
  };
  const ipcpHost = { up: nothing, down: nothing, finished: nothing, noAddress: nothing };
  const makes: [string, () => ControlRules][] = [CLIENT, { ...SERVER, wins: ['10.0.0.9'] }].flatMap(
    (config) => [
      [`LCP of a ${config.role}`, () => new LcpRules(config, lcpHost, random)],
      [`IPCP of a ${config.role}`, () => new IpcpRules(config, ipcpHost)],
      [`CCP of a ${config.role}`, () => new CcpRules(LARGEST, { send: nothing, log: nothing })],
    ],
  );

  it.each(makes)('%s: judges any options, in words a peer can read, and bears any answer', (_name, make) => {
    fc.assert(
      fc.property(options, options, fc.nat(20), anything, (asked, answered, code, data) => {
        const rules = make();
        rules.reset();
        const verdict = rules.judge(asked, 0);
        if (verdict.kind === 'ack') rules.granted(asked);
        else expect(parseOptions(buildOptions(verdict.options))).toHaveLength(verdict.options.length);
        if (verdict.kind === 'reject')
          for (const option of verdict.options) expect(asked).toContainEqual(option);
        rules.nakked(answered, 0);
        rules.rejected(answered.slice(0, 2), 0);
        expect(parseOptions(buildOptions(rules.request()))).not.toBeNull();
        rules.other({ code: code + 8, id: 1, data }, 0);
        rules.up(0);
        rules.down(0);
      }),
      runs(200),
    );
  });
});

describe('authentication', () => {
  const METHODS: AuthMethod[] = ['pap', 'chap-md5', 'mschap', 'mschap-v2'];

  it.each(METHODS)('%s: nothing that a stranger can say lets him in, nor harms who calls', (method) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(6), fc.nat(255), anything), { maxLength: 5 }), (said) => {
        for (const config of [CLIENT, SERVER]) {
          let passed = false;
          const host: AuthHost = {
            send: nothing,
            log: nothing,
            passed: () => {
              passed = true;
            },
            failed: nothing,
          };
          const auth = makeAuthentication(config, method, host, random) as Authentication;
          auth.start(0);
          for (const [code, id, data] of said) {
            auth.receive({ code, id, data }, 0);
            auth.advance(auth.deadline ?? 0);
          }
          if (config.role === 'server') expect(passed).toBe(false);
        }
      }),
      runs(100),
    );
  });
});

describe('compression', () => {
  it('VJ: any octets give packets of the length they say, or nothing', () => {
    const decompressor = new VjDecompressor(16);
    const compressor = new VjCompressor(16, true);
    const good = segment({ source: 1, seq: 1, ack: 1, id: 1, window: 1 }, { payload: new Uint8Array(9) });
    const protocol = compressor.compress(good, 0, good.length);
    fc.assert(
      fc.property(
        fc.constantFrom(PROTOCOL_VJ_COMPRESSED, PROTOCOL_VJ_UNCOMPRESSED),
        anything,
        damage,
        (kind, bytes, harm) => {
          const whole = compressor.out.slice(0, compressor.outLength);
          decompressor.decompress(protocol, whole, 0, whole.length);
          for (const [of, octets] of [
            [kind, bytes],
            [PROTOCOL_VJ_UNCOMPRESSED, damaged(whole, harm)],
          ] as const) {
            if (!decompressor.decompress(of, octets, 0, octets.length)) continue;
            const { out, outLength } = decompressor;
            expect((out[2] as number) * 256 + (out[3] as number)).toBe(outLength);
          }
        },
      ),
      runs(400),
    );
  });

  it('Deflate: any octets give no more than a packet may hold, or nothing', () => {
    fc.assert(
      fc.property(anything, damage, fc.boolean(), (bytes, harm, own) => {
        const compressor = new DeflateCompressor(15);
        const decompressor = new DeflateDecompressor(200);
        const text = new Uint8Array(2_000).fill(0x61);
        const good = compressor.compress(0x21, text, 0, own ? 190 : 2_000) as Uint8Array;
        for (const octets of [damaged(good, harm), Uint8Array.of(0, 0, ...bytes), bytes]) {
          const plain = decompressor.decompress(octets, 0, octets.length);
          if (plain !== null) expect(plain.length).toBeLessThanOrEqual(202);
        }
      }),
      runs(200),
    );
  });
});
