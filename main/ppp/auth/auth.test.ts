import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parsePacket } from '../packet.ts';
import { CLIENT, randomBytes, SERVER, seeded } from '../testing/simulated-line.ts';
import type { AuthMethod } from '../types.ts';
import type { Authentication, AuthHost } from './authentication.ts';
import { chapMd5 } from './chap.ts';
import { makeAuthentication } from './choice.ts';
import { desEncrypt } from './des.ts';
import { md4 } from './md4.ts';
import {
  authenticatorResponse,
  challengeHash,
  challengeResponse,
  failureText,
  ntPasswordHash,
  ntResponse,
} from './mschap.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex').toUpperCase();

describe('the arithmetic', () => {
  it.each([
    ['', '31D6CFE0D16AE931B73C59D7E0C089C0'],
    ['a', 'BDE52CB31DE33E46245E05FBDBD6FB24'],
    ['abc', 'A448017AAF21D8525FC10AE87AA6729D'],
    ['message digest', 'D9130A8164549FE818874806E1C7014B'],
    ['abcdefghijklmnopqrstuvwxyz', 'D79E1C308AA5BBCDEEA8ED63DF412DA9'],
    [
      '12345678901234567890123456789012345678901234567890123456789012345678901234567890',
      'E33B4DDC9C38F2199C3E7B164FCC0536',
    ],
  ])('MD4 of RFC 1320 A.5: %j', (text, digest) => {
    expect(hex(md4(new TextEncoder().encode(text)))).toBe(digest);
  });

  it('DES agrees with triple DES under one key three times', () => {
    const random = randomBytes(seeded(7));
    for (let i = 0; i < 20; i++) {
      const key = random(7);
      const clear = random(8);
      const bits = [...key].map((byte) => byte.toString(2).padStart(8, '0')).join('');
      const wide = Uint8Array.from({ length: 8 }, (_, at) =>
        Number.parseInt(`${bits.slice(7 * at, 7 * at + 7)}0`, 2),
      );
      const cipher = createCipheriv('des-ede3', Buffer.concat([wide, wide, wide]), null).setAutoPadding(
        false,
      );
      expect(hex(desEncrypt(clear, key))).toBe(hex(cipher.update(clear)));
    }
  });

  it('CHAP-MD5', () => {
    const challenge = Uint8Array.from({ length: 16 }, (_, i) => i);
    expect(hex(chapMd5(1, 'secret', challenge))).toBe('740E86463BDA3A4D7017D6E0FBA0699D');
  });

  it('MS-CHAP v1', () => {
    const hash = ntPasswordHash('MyPw');
    expect(hex(hash)).toBe('FC156AF7EDCD6C0EDDE3337D427F4EAC');
    expect(hex(challengeResponse(bytes('102DB5DF085D3041'), hash))).toBe(
      '4E9D3C8F9CFD385D5BF4D3246791956CA4C351AB409A3D61',
    );
  });

  it('MS-CHAP v2 as RFC 2759 §9.2', () => {
    const authenticator = bytes('5B5D7C7D7B3F2F3E3C2C602132262628');
    const peer = bytes('21402324255E262A28295F2B3A337C7E');
    expect(hex(challengeHash(peer, authenticator, 'User'))).toBe('D02E4386BCE91226');
    expect(hex(challengeHash(peer, authenticator, 'DOMAIN\\User'))).toBe('D02E4386BCE91226');
    expect(hex(ntPasswordHash('clientPass'))).toBe('44EBBA8D5312B8D611474411F56989AE');
    expect(hex(md4(ntPasswordHash('clientPass')))).toBe('41C00C584BD2D91C4017A2A12FA59F3F');
    const response = ntResponse(authenticator, peer, 'User', 'clientPass');
    expect(hex(response)).toBe('82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF');
    expect(authenticatorResponse('clientPass', response, peer, authenticator, 'User')).toBe(
      'S=407A5589115FD0D6209F510FE9C04566932CDA56',
    );
  });

  it('tells Microsoft failures in words', () => {
    expect(failureText('E=691 R=1 C=00112233445566778899AABBCCDDEEFF V=3 M=Sorry')).toBe(
      'wrong user name or password ("Sorry")',
    );
    expect(failureText('E=649 R=0')).toBe('no permission to dial in');
    expect(failureText('Bad login')).toBe('Bad login');
  });
});

/** Both sides of one login, what they say handed across unless `lose` says no. */
function login(
  method: AuthMethod,
  { user = 'ann', password = 'secret', lose = (_packet: Uint8Array): boolean => false } = {},
): { client: string; server: string; time: number } {
  const random = randomBytes(seeded(3));
  const verdicts = { client: '', server: '' };
  const sides: { client?: Authentication; server?: Authentication } = {};
  const queue: { to: 'client' | 'server'; packet: Uint8Array }[] = [];
  let now = 0;
  const host = (side: 'client' | 'server'): AuthHost => ({
    send: (_protocol, packet) => {
      if (!lose(packet)) queue.push({ to: side === 'client' ? 'server' : 'client', packet });
    },
    log: () => {},
    passed: (name) => {
      verdicts[side] = `passed ${name}`;
    },
    failed: (reason, detail) => {
      verdicts[side] = `${reason}: ${detail}`;
    },
  });
  const client = makeAuthentication({ ...CLIENT, user, password }, method, host('client'), random);
  const server = makeAuthentication(SERVER, method, host('server'), random);
  if (!client || !server) throw new Error('no authentication');
  Object.assign(sides, { client, server });
  client.start(0);
  server.start(0);
  while (now < 120_000 && (verdicts.client === '' || verdicts.server === '')) {
    const next = queue.shift();
    if (next) {
      const packet = parsePacket(next.packet, 0, next.packet.length);
      if (packet) (next.to === 'client' ? client : server).receive(packet, now);
      continue;
    }
    now += 500;
    client.advance(now);
    server.advance(now);
  }
  return { ...verdicts, time: now };
}

describe.each<AuthMethod>(['pap', 'chap-md5', 'mschap', 'mschap-v2'])('%s', (method) => {
  it('passes the right password', () => {
    expect(login(method)).toEqual({ client: 'passed ann', server: 'passed ann', time: 0 });
  });

  it('refuses the wrong password and the stranger', () => {
    expect(login(method, { password: 'Secret' }).client).toMatch(/^wrong-password/);
    expect(login(method, { user: 'bob' }).server).toMatch(/^wrong-password: caller "bob"/);
  });

  it('repeats what was lost, and the verdict too', () => {
    const codes = new Map<number, number>();
    const lose = (packet: Uint8Array): boolean => {
      const seen = codes.get(packet[0] as number) ?? 0;
      codes.set(packet[0] as number, seen + 1);
      return seen === 0;
    };
    expect(login(method, { lose })).toMatchObject({ client: 'passed ann', server: 'passed ann' });
  });

  it('gives up on silence', () => {
    expect(login(method, { lose: () => true }).client).toMatch(/^timeout/);
  });
});

describe('details', () => {
  it('knows a user with a domain in front', () => {
    expect(login('mschap-v2', { user: 'OFFICE\\ann' }).client).toBe('passed OFFICE\\ann');
  });

  it('does not trust a v2 server that cannot prove it knows the password', () => {
    const lose = (packet: Uint8Array): boolean => {
      if (packet[0] === 3 && packet.length > 8) packet[6] = (packet[6] as number) ^ 1;
      return false;
    };
    expect(login('mschap-v2', { lose }).client).toMatch(/^authentication-refused/);
  });
});
