/**
 * The arithmetic of MS-CHAP v1 (RFC 2433) and v2 (RFC 2759). Kept for callers and providers that know no other way.
 * No LAN Manager hash (weaker still, and never needed), no password change, no MPPE keys.
 */
import { createHash } from 'node:crypto';
import { hex } from '../packet.ts';
import { desEncrypt } from './des.ts';
import { md4 } from './md4.ts';

/** MD4 of the password in UTF-16 little-endian (RFC 2759 §8.3). */
export function ntPasswordHash(password: string): Uint8Array {
  return md4(Uint8Array.from(Buffer.from(password, 'utf16le')));
}

/** 24 octets: an 8-octet challenge under three keys cut from the padded hash (RFC 2759 §8.5). */
export function challengeResponse(challenge: Uint8Array, passwordHash: Uint8Array): Uint8Array {
  const keys = new Uint8Array(21);
  keys.set(passwordHash);
  const response = new Uint8Array(24);
  for (const i of [0, 1, 2]) response.set(desEncrypt(challenge, keys.subarray(7 * i, 7 * i + 7)), 8 * i);
  return response;
}

/** `DOMAIN\user` counts as `user` alone. */
export function withoutDomain(user: string): string {
  return user.slice(user.lastIndexOf('\\') + 1);
}

/** Eight octets that stand for both challenges and the name (RFC 2759 §8.2). */
export function challengeHash(peer: Uint8Array, authenticator: Uint8Array, user: string): Uint8Array {
  const sha = createHash('sha1')
    .update(peer)
    .update(authenticator)
    .update(withoutDomain(user), 'utf8')
    .digest();
  return Uint8Array.from(sha.subarray(0, 8));
}

/** MS-CHAP v2's 24-octet NT-Response (RFC 2759 §8.1). */
export function ntResponse(
  authenticator: Uint8Array,
  peer: Uint8Array,
  user: string,
  password: string,
): Uint8Array {
  return challengeResponse(challengeHash(peer, authenticator, user), ntPasswordHash(password));
}

const MAGIC_1 = 'Magic server to client signing constant';
const MAGIC_2 = 'Pad to make it do more than one iteration';

/** `S=` and 40 upper-case hex digits, by which the server proves it knows the password too (RFC 2759 §8.7). */
export function authenticatorResponse(
  password: string,
  response: Uint8Array,
  peer: Uint8Array,
  authenticator: Uint8Array,
  user: string,
): string {
  const digest = createHash('sha1')
    .update(md4(ntPasswordHash(password)))
    .update(response)
    .update(MAGIC_1, 'latin1')
    .digest();
  const proof = createHash('sha1')
    .update(digest)
    .update(challengeHash(peer, authenticator, user))
    .update(MAGIC_2, 'latin1')
    .digest();
  return `S=${hex(proof).toUpperCase()}`;
}

const ERRORS: Record<string, string> = {
  646: 'not allowed to call at this hour',
  647: 'the account is disabled',
  648: 'the password has expired',
  649: 'no permission to dial in',
  691: 'wrong user name or password',
  709: 'the password could not be changed',
};

/** The plain meaning of a Failure such as `E=691 R=1 C=... V=3 M=...` (RFC 2759 §6); other text as it is. */
export function failureText(message: string): string {
  const code = /\bE=(\d+)/.exec(message)?.[1];
  const text = /\bM=(.*)$/.exec(message)?.[1]?.trim();
  if (code === undefined) return message;
  const meaning = ERRORS[code] ?? `error ${code}`;
  return text ? `${meaning} ("${text}")` : meaning;
}
