/**
 * CHAP (RFC 1994), both roles, with MD5 and the two Microsoft algorithms of mschap.ts: challenge, response, verdict.
 * The client repeats a response nobody judged and answers new challenges at any time; the server asks once a call.
 */
import { createHash } from 'node:crypto';
import { buildPacket, type ControlPacket, hex, PROTOCOL_CHAP, sameBytes, u8 } from '../packet.ts';
import type { AuthMethod } from '../types.ts';
import {
  type Authentication,
  type AuthHost,
  octets,
  REPEAT_MS,
  REPEATS,
  secretsEqual,
  WAIT_MS,
} from './authentication.ts';
import {
  authenticatorResponse,
  challengeResponse,
  failureText,
  ntPasswordHash,
  ntResponse,
  withoutDomain,
} from './mschap.ts';

export type ChapMethod = Exclude<AuthMethod, 'pap'>;

const CHALLENGE = 1;
const RESPONSE = 2;
const SUCCESS = 3;
const FAILURE = 4;

/** Length of the response value: v1 and v2 are 48 octets of data and a flag octet. */
const RESPONSE_LENGTH: Record<ChapMethod, number> = { 'chap-md5': 16, mschap: 49, 'mschap-v2': 49 };
const CHALLENGE_LENGTH: Record<ChapMethod, number> = { 'chap-md5': 16, mschap: 8, 'mschap-v2': 16 };

/** MD5 of identifier, secret and challenge (RFC 1994 §4.1). */
export function chapMd5(id: number, secret: string, challenge: Uint8Array): Uint8Array {
  const md5 = createHash('md5').update(Uint8Array.of(id)).update(octets(secret)).update(challenge);
  return Uint8Array.from(md5.digest());
}

/** A counted value and the name after it, or `null` if the value is not all there. */
function valueAndName(data: Uint8Array): { value: Uint8Array; name: string } | null {
  const end = data.length > 0 ? 1 + u8(data, 0) : 1;
  if (end > data.length) return null;
  return { value: data.subarray(1, end), name: Buffer.from(data.subarray(end)).toString('utf8') };
}

function withName(value: Uint8Array, name: string): Uint8Array {
  return Uint8Array.of(value.length, ...value, ...octets(name));
}

export class ChapClient implements Authentication {
  readonly protocol = PROTOCOL_CHAP;
  deadline: number | null = null;
  answering = false;
  private readonly method: ChapMethod;
  private readonly user: string;
  private readonly password: string;
  private readonly host: AuthHost;
  private readonly random: (bytes: number) => Uint8Array;
  private response: Uint8Array | null = null;
  private responseId = -1;
  private challenge: Uint8Array = new Uint8Array(0);
  private sends = 0;
  /** MS-CHAP v2: what the server must say in its Success. */
  private proof: string | null = null;
  private passed = false;

  constructor(
    method: ChapMethod,
    user: string,
    password: string,
    host: AuthHost,
    random: (bytes: number) => Uint8Array,
  ) {
    this.method = method;
    this.user = user;
    this.password = password;
    this.host = host;
    this.random = random;
  }

  start(now: number): void {
    this.deadline = now + WAIT_MS;
  }

  advance(now: number): void {
    if (this.deadline === null || now < this.deadline) return;
    this.deadline = null;
    if (this.response === null)
      this.host.failed('timeout', 'the challenge we were promised did not come', now);
    else if (this.sends < REPEATS) this.send(this.response, now);
    else if (!this.passed) this.host.failed('timeout', 'no verdict on our response', now);
  }

  receive({ code, id, data }: ControlPacket, now: number): void {
    if (code === CHALLENGE) {
      const challenge = valueAndName(data)?.value;
      if (challenge === undefined || !this.fits(challenge)) return;
      this.sends = 0;
      // A challenge repeated gets the response repeated: with a fresh one the server's proof would fit neither.
      if (this.response !== null && id === this.responseId && sameBytes(challenge, this.challenge)) {
        this.send(this.response, now);
        return;
      }
      this.challenge = challenge;
      this.responseId = id;
      this.response = buildPacket(RESPONSE, id, withName(this.answer(id, challenge), this.user));
      this.send(this.response, now);
    } else if ((code === SUCCESS || code === FAILURE) && this.answering && id === this.responseId) {
      const message = Buffer.from(data).toString('latin1');
      this.answering = false;
      this.deadline = null;
      if (code === FAILURE) this.host.failed('wrong-password', failureText(message), now);
      else if (this.proof !== null && !message.toUpperCase().startsWith(this.proof))
        this.host.failed('authentication-refused', 'the provider does not know our password itself', now);
      else {
        this.passed = true;
        this.host.passed(this.user, now);
      }
    }
  }

  private fits(challenge: Uint8Array): boolean {
    return this.method === 'chap-md5'
      ? challenge.length > 0
      : challenge.length === CHALLENGE_LENGTH[this.method];
  }

  private answer(id: number, challenge: Uint8Array): Uint8Array {
    if (this.method === 'chap-md5') return chapMd5(id, this.password, challenge);
    const value = new Uint8Array(49);
    if (this.method === 'mschap') {
      value.set(challengeResponse(challenge, ntPasswordHash(this.password)), 24);
      value[48] = 1; // the NT response is the one to use
      return value;
    }
    const ours = this.random(16);
    const response = ntResponse(challenge, ours, this.user, this.password);
    this.proof = authenticatorResponse(this.password, response, ours, challenge, this.user);
    value.set(ours, 0);
    value.set(response, 24);
    return value;
  }

  private send(response: Uint8Array, now: number): void {
    this.sends++;
    this.answering = true;
    this.deadline = now + REPEAT_MS;
    this.host.send(PROTOCOL_CHAP, response, now);
  }

  movedOn(now: number): void {
    // A server that must prove itself has to say so: its Success cannot be taken for granted.
    if (!this.answering || this.proof !== null) return;
    this.receive({ code: SUCCESS, id: this.responseId, data: new Uint8Array(0) }, now);
  }
}

export class ChapServer implements Authentication {
  readonly protocol = PROTOCOL_CHAP;
  readonly answering = false;
  deadline: number | null = null;
  private readonly method: ChapMethod;
  private readonly name: string;
  private readonly secret: (user: string) => string | null;
  private readonly host: AuthHost;
  private readonly challenge: Uint8Array;
  private readonly id: number;
  private sends = 0;
  private verdict: { passed: boolean; packet: Uint8Array } | null = null;

  constructor(
    method: ChapMethod,
    name: string,
    secret: (user: string) => string | null,
    host: AuthHost,
    random: (bytes: number) => Uint8Array,
  ) {
    this.method = method;
    this.name = name;
    this.secret = secret;
    this.host = host;
    this.challenge = random(CHALLENGE_LENGTH[method]);
    this.id = u8(random(1), 0);
  }

  start(now: number): void {
    this.sends++;
    this.deadline = now + REPEAT_MS;
    this.host.send(PROTOCOL_CHAP, buildPacket(CHALLENGE, this.id, withName(this.challenge, this.name)), now);
  }

  advance(now: number): void {
    if (this.deadline === null || now < this.deadline) return;
    this.deadline = null;
    if (this.sends < REPEATS) this.start(now);
    else this.host.failed('timeout', 'the caller did not answer our challenge', now);
  }

  receive({ code, id, data }: ControlPacket, now: number): void {
    if (code !== RESPONSE || id !== this.id) return;
    if (this.verdict !== null) {
      // The same response again: our verdict was lost, it stays what it was.
      this.host.send(PROTOCOL_CHAP, this.verdict.packet, now);
      return;
    }
    const response = valueAndName(data);
    if (response === null) return;
    this.deadline = null;
    const { value, name } = response;
    const message = value.length === RESPONSE_LENGTH[this.method] ? this.check(value, name) : null;
    const packet = buildPacket(
      message === null ? FAILURE : SUCCESS,
      id,
      octets(message ?? this.failureMessage()),
    );
    this.verdict = { passed: message !== null, packet };
    this.host.send(PROTOCOL_CHAP, packet, now);
    if (message !== null) this.host.passed(name, now);
    else this.host.failed('wrong-password', `caller "${name}"`, now);
  }

  private failureMessage(): string {
    if (this.method === 'chap-md5') return 'Access denied';
    return `E=691 R=0 C=${hex(this.challenge).toUpperCase()} V=3 M=Access denied`;
  }

  /** The Success message, or `null` if the response is not that of the user's password. */
  private check(value: Uint8Array, name: string): string | null {
    const bare = withoutDomain(name);
    // Asked once where it is the same: who asks may write it down.
    const secret = this.secret(name) ?? (bare === name ? null : this.secret(bare));
    if (secret === null) return null;
    if (this.method === 'chap-md5')
      return secretsEqual(value, chapMd5(this.id, secret, this.challenge)) ? 'Access granted' : null;
    const given = value.subarray(24, 48);
    if (this.method === 'mschap') {
      const expected = challengeResponse(this.challenge, ntPasswordHash(secret));
      return value[48] === 1 && secretsEqual(given, expected) ? 'Access granted' : null;
    }
    const peer = value.subarray(0, 16);
    if (!secretsEqual(given, ntResponse(this.challenge, peer, name, secret))) return null;
    return `${authenticatorResponse(secret, given, peer, this.challenge, name)} M=Access granted`;
  }

  movedOn(): void {}
}
