/**
 * PAP (RFC 1334 §2), both roles: a name and a password in the clear, repeated until answered.
 */
import { buildPacket, type ControlPacket, PROTOCOL_PAP, u8 } from '../packet.ts';
import {
  type Authentication,
  type AuthHost,
  octets,
  REPEAT_MS,
  REPEATS,
  secretsEqual,
  WAIT_MS,
} from './authentication.ts';

const REQUEST = 1;
const ACK = 2;
const NAK = 3;

/** A length octet and what it counts, or `null` if that is not all there. */
function counted(data: Uint8Array, at: number): Uint8Array | null {
  if (at >= data.length) return null;
  const end = at + 1 + u8(data, at);
  return end <= data.length ? data.subarray(at + 1, end) : null;
}

export class PapClient implements Authentication {
  readonly protocol = PROTOCOL_PAP;
  deadline: number | null = null;
  answering = false;
  private readonly user: string;
  private readonly password: string;
  private readonly host: AuthHost;
  private sends = 0;

  constructor(user: string, password: string, host: AuthHost) {
    this.user = user;
    this.password = password;
    this.host = host;
  }

  start(now: number): void {
    const user = octets(this.user);
    const password = octets(this.password);
    const data = Uint8Array.of(user.length, ...user, password.length, ...password);
    this.sends++;
    this.answering = true;
    this.deadline = now + REPEAT_MS;
    this.host.send(PROTOCOL_PAP, buildPacket(REQUEST, this.sends & 0xff, data), now);
  }

  advance(now: number): void {
    if (this.deadline === null || now < this.deadline) return;
    this.deadline = null;
    if (this.sends < REPEATS) this.start(now);
    else this.host.failed('timeout', 'no answer to our name and password', now);
  }

  receive({ code, data }: ControlPacket, now: number): void {
    if (!this.answering || (code !== ACK && code !== NAK)) return;
    this.answering = false;
    this.deadline = null;
    if (code === ACK) this.host.passed(this.user, now);
    else this.host.failed('wrong-password', Buffer.from(counted(data, 0) ?? []).toString('latin1'), now);
  }

  movedOn(now: number): void {
    if (this.answering) this.receive({ code: ACK, id: 0, data: new Uint8Array(0) }, now);
  }
}

export class PapServer implements Authentication {
  readonly protocol = PROTOCOL_PAP;
  readonly answering = false;
  deadline: number | null = null;
  private readonly secret: (user: string) => string | null;
  private readonly host: AuthHost;
  private verdict: boolean | null = null;

  constructor(secret: (user: string) => string | null, host: AuthHost) {
    this.secret = secret;
    this.host = host;
  }

  start(now: number): void {
    this.deadline = now + WAIT_MS;
  }

  advance(now: number): void {
    if (this.deadline === null || now < this.deadline) return;
    this.deadline = null;
    this.host.failed('timeout', 'the caller sent no name and password', now);
  }

  receive({ code, id, data }: ControlPacket, now: number): void {
    if (code !== REQUEST) return;
    const name = counted(data, 0);
    const password = name && counted(data, 1 + name.length);
    if (!name || !password) return;
    const first = this.verdict === null;
    const user = Buffer.from(name).toString('utf8');
    if (first) {
      const secret = this.secret(user);
      this.verdict = secret !== null && secretsEqual(octets(secret), password);
    }
    // A repeated request means our verdict was lost: it stays what it was.
    const text = octets(this.verdict ? 'Login ok' : 'Login incorrect');
    const reply = buildPacket(this.verdict ? ACK : NAK, id, Uint8Array.of(text.length, ...text));
    this.host.send(PROTOCOL_PAP, reply, now);
    if (!first) return;
    this.deadline = null;
    if (this.verdict) this.host.passed(user, now);
    else this.host.failed('wrong-password', `caller "${user}"`, now);
  }

  movedOn(): void {}
}
