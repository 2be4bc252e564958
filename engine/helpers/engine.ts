// The helpers at work: which sessions they read, their segments and datagrams on the way through, what they await, what they counted.
// A helper that is switched off reads no more at once; the sequence numbers it shifted stay shifted to the end of the session.
import type { HelperSetting, HelperState } from '../contract.ts';
import {
  F_EXPECTED,
  F_TRACKED,
  S_ATTACHMENT,
  S_EXPIRES,
  S_FLAGS,
  S_PROTOCOL,
  SESSION_WORDS,
} from '../masquerade/record.ts';
import { HOST_MTU, type Masquerade } from '../masquerade/state.ts';
import { QUARTERS } from '../masquerade/timers.ts';
import { get32, put32 } from '../packet/bytes.ts';
import { TCP, UDP } from '../packet/ipv4.ts';
import { Attachment } from './attachment.ts';
import { DatagramContest, StreamContest } from './contest.ts';
import { Context } from './context.ts';
import { passDatagram } from './datagram.ts';
import { type Expectation, Expectations } from './expectations.ts';
import { type Direction, FROM_INSIDE, FROM_OUTSIDE, type Helper } from './helper.ts';
import { IdentServer } from './ident-server.ts';
import { type Claim, Posts, type Tally } from './posts.ts';
import { HELPERS } from './registry.ts';
import { passSegment, type Send } from './segments.ts';
import { SequenceMap } from './sequence.ts';

/** How much longer a session lives each time while something it brought about lives (seconds). */
const WITH_CHILDREN_SECONDS = 120;
/** A session read because it was announced, not for its port. */
const FOLLOWED = 0;
const NO_SHIFT = { initSeq: 0, delta: 0, previousDelta: 0 };

/** The last step of a packet's way, given by the way itself. */
export type Onward = (
  m: Masquerade,
  session: number,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
) => void;

export class HelperEngine {
  /** The gateway's own end of ident connections. */
  readonly ident: IdentServer;
  readonly #m: Masquerade;
  readonly #expectations: Expectations;
  readonly #posts: Posts;
  readonly #attachments: (Attachment | undefined)[] = [];
  readonly #free: number[] = [];

  constructor(m: Masquerade, helpers: readonly Helper[] = HELPERS) {
    this.#m = m;
    this.ident = new IdentServer(m.random);
    this.#expectations = new Expectations(m);
    this.#posts = new Posts(helpers);
  }

  /** Settings by helper name; one not named stands as it was made. What a helper switched off, or sent elsewhere, awaited is closed. */
  configure(settings: Record<string, HelperSetting>, now: number): void {
    this.#posts.configure(settings);
    for (const attachment of this.#attachments) {
      if (!attachment) continue;
      const { dialogue, helper } = attachment;
      if (dialogue instanceof StreamContest || dialogue instanceof DatagramContest) {
        for (const one of dialogue.helpers) if (!this.#stands(one, attachment)) dialogue.leave(one);
      } else if (helper && !this.#stands(helper, attachment)) {
        attachment.dialogue = null;
        this.#expectations.forget(attachment, now);
      }
    }
  }

  /** Whether a helper that reads a session, or may, still does. */
  #stands(helper: Helper, { protocol, port }: Attachment): boolean {
    if (port === FOLLOWED) return this.#posts.of(helper)?.on ?? false;
    return this.#posts.at(protocol, port).some((claim) => claim.post.helper === helper);
  }

  /** The counts of a TCP helper while it is on and has this port, for what the gateway answers itself; else null. */
  tallyOf(name: string, port: number): Tally | null {
    return this.#posts.at(TCP, port).find(({ post }) => post.helper.name === name)?.post.tally ?? null;
  }

  /** Whether a new session to this remote port (or to this inside port, from outside) would be read. */
  serves(protocol: number, remotePort: number, insidePort: number): boolean {
    return this.#posts.at(protocol, remotePort).length > 0 || this.#posts.at(protocol, insidePort).length > 0;
  }

  /**
   * A new session: gives it its helper, and its parent if its coming was announced. What was announced is read by whom it was
   * announced to, if at all, whoever stands at its port.
   */
  attach(
    session: number,
    protocol: number,
    remotePort: number,
    insidePort: number,
    fromOutside: boolean,
    now: number,
  ): void {
    const w = this.#m.table.sessionWords;
    const at = session * SESSION_WORDS;
    const flags = w[at + S_FLAGS] as number;
    if ((flags & F_EXPECTED) !== 0) return;
    const announced = fromOutside
      ? null
      : this.#expectations.announced(
          protocol,
          w[at] as number,
          w[at + 1] as number,
          remotePort,
          this.#m.quarters(now),
        );
    // A stream joined in the middle cannot be read: nobody knows where its lines begin.
    const readable = protocol === UDP || (flags & F_TRACKED) !== 0;
    if (!announced) {
      const port = fromOutside ? insidePort : remotePort;
      const claims = this.#posts.at(protocol, port);
      if (claims.length > 0 && readable) this.#open(session, claims, protocol, port, now);
      return;
    }
    if (announced.follow && readable) {
      const attachment = this.#hang(session, announced.parent.helper, protocol, FOLLOWED);
      attachment.dialogue = announced.follow(this.#context(attachment, now));
    }
    this.adopt(session, announced.parent);
  }

  /** Gives a session to who stands at its port, or lets several wait for its first bytes. */
  #open(session: number, claims: readonly Claim[], protocol: number, port: number, now: number): void {
    const attachment = this.#hang(session, null, protocol, port);
    const award = ({ post, transport }: Claim, at: number) => {
      attachment.helper = post.helper;
      const context = this.#context(attachment, at);
      const dialogue = transport.open(context);
      attachment.dialogue = dialogue;
      return { dialogue, context };
    };
    const [only, ...others] = claims;
    if (only && others.length === 0) award(only, now);
    else if (protocol === TCP) attachment.dialogue = new StreamContest(claims, award);
    else attachment.dialogue = new DatagramContest(claims, award);
  }

  /** Makes a session the child of another's. */
  adopt(session: number, parent: Attachment): void {
    const index = this.#m.table.sessionWords[session * SESSION_WORDS + S_ATTACHMENT] as number;
    const attachment = this.#attachments[index] ?? this.#hang(session, null, 0, FOLLOWED);
    attachment.parent = parent;
    parent.children++;
  }

  #hang(session: number, helper: Helper | null, protocol: number, port: number): Attachment {
    const attachment = new Attachment(session, helper, protocol, port);
    const index = this.#free.pop() ?? this.#attachments.length;
    this.#attachments[index] = attachment;
    this.#m.table.sessionWords[session * SESSION_WORDS + S_ATTACHMENT] = index;
    return attachment;
  }

  #of(session: number): Attachment | undefined {
    return this.#attachments[this.#m.table.sessionWords[session * SESSION_WORDS + S_ATTACHMENT] as number];
  }

  #context(attachment: Attachment, now: number): Context {
    const tally = this.#posts.of(attachment.helper)?.tally ?? null;
    return new Context(this.#m, this.#expectations, attachment, tally, now);
  }

  /** The session is over. */
  detach(session: number, now: number): void {
    const at = session * SESSION_WORDS + S_ATTACHMENT;
    const w = this.#m.table.sessionWords;
    const index = w[at] as number;
    const attachment = this.#attachments[index];
    if (!attachment) return;
    w[at] = -1;
    this.#attachments[index] = undefined;
    this.#free.push(index);
    if (attachment.parent) attachment.parent.children--;
    this.#expectations.forget(attachment, now);
    if (attachment.calls.size > 0) {
      const context = this.#context(attachment, now);
      for (const call of [...attachment.calls.keys()]) context.closeCall(call);
    }
  }

  /** A packet from inside, before its source is rewritten. True when it has been dealt with here. */
  outbound(session: number, b: Uint8Array, o: number, length: number, now: number, onward: Onward): boolean {
    const attachment = this.#of(session);
    if (!attachment || attachment.isIdle) return false;
    const slot = (this.#m.table.sessionWords[session * SESSION_WORDS + S_PROTOCOL] as number) >>> 8;
    const mtu = this.#m.uplinks[slot]?.mtu ?? HOST_MTU;
    const send: Send = (bytes, at, size) => onward(this.#m, session, bytes, at, size, now);
    return this.#pass(attachment, FROM_INSIDE, b, o, length, mtu, now, send);
  }

  /** A packet from outside, before its destination is rewritten. True when it has been dealt with here. */
  inbound(session: number, b: Uint8Array, o: number, length: number, now: number, onward: Onward): boolean {
    const attachment = this.#of(session);
    if (!attachment || attachment.isIdle) return false;
    const send: Send = (bytes, at, size) => onward(this.#m, session, bytes, at, size, now);
    return this.#pass(attachment, FROM_OUTSIDE, b, o, length, HOST_MTU, now, send);
  }

  #pass(
    attachment: Attachment,
    direction: Direction,
    b: Uint8Array,
    o: number,
    length: number,
    mtu: number,
    now: number,
    send: Send,
  ): boolean {
    const context = this.#context(attachment, now);
    const dialogue = attachment.dialogue;
    if (attachment.streams === null) {
      if (dialogue?.kind !== 'datagram') return false;
      if (!passDatagram(dialogue, direction, context, b, o, length, send))
        this.#m.notices.count('helper-dropped');
      return true;
    }
    const own = attachment.streams[direction];
    const opposite = attachment.streams[direction === FROM_INSIDE ? FROM_OUTSIDE : FROM_INSIDE];
    const read =
      dialogue?.kind === 'stream'
        ? (chunk: Parameters<typeof dialogue.read>[1]) => dialogue.read(direction, chunk, context)
        : null;
    if (!passSegment(own, opposite, b, o, length, mtu, read, send)) this.#m.notices.count('helper-dropped');
    if (own.isHolding) this.#m.notices.count('helper-held');
    if (!own.gaveUp || attachment.dialogue?.kind !== 'stream') return true;
    this.#context(attachment, now).refuse('a command came in pieces and was passed on unread');
    attachment.dialogue.lost?.(direction);
    return true;
  }

  /** The expectation a first packet from outside meets, or null. */
  expected(mapping: number, remote: number, remotePort: number, now: number): Expectation | null {
    return this.#expectations.match(mapping, remote, remotePort, this.#m.quarters(now));
  }

  /** The awaited session has come. */
  fulfil(expectation: Expectation, session: number, now: number): void {
    this.#m.notices.count('expectations-used');
    const parent = expectation.parent;
    if (expectation.follow) {
      const protocol = (this.#m.table.sessionWords[session * SESSION_WORDS + S_PROTOCOL] as number) & 0xff;
      const attachment = this.#hang(session, parent.helper, protocol, FOLLOWED);
      attachment.dialogue = expectation.follow(this.#context(attachment, now));
    }
    this.adopt(session, parent);
    expectation.left--;
    if (expectation.left <= 0) this.#expectations.remove(expectation, now);
  }

  /** An expired session that lives on because of what it brought about or awaits; gives it more time. */
  keepsAlive(session: number, quarters: number): boolean {
    const attachment = this.#of(session);
    if (!attachment || (attachment.children === 0 && attachment.expectations.length === 0)) return false;
    this.#m.table.sessionWords[session * SESSION_WORDS + S_EXPIRES] =
      quarters + WITH_CHILDREN_SECONDS * QUARTERS;
    return true;
  }

  tick(now: number): void {
    this.#expectations.expire(this.#m.quarters(now), now);
  }

  /** The sequence number in a TCP header quoted by an ICMP error, back to the client's own count. */
  restoreQuoted(session: number, b: Uint8Array, t: number): void {
    const stream = this.#of(session)?.streams?.[FROM_INSIDE];
    if (stream) put32(b, t + 4, stream.map.back(get32(b, t + 4)));
  }

  nameOf(session: number): string | null {
    const attachment = this.#of(session);
    return attachment?.helper?.name ?? attachment?.parent?.helper?.name ?? null;
  }

  /** The shift of what the client sends, as old listings show it. */
  shiftOf(session: number): { initSeq: number; delta: number; previousDelta: number } {
    const map = this.#of(session)?.streams?.[FROM_INSIDE].map;
    if (!(map instanceof SequenceMap) || map.isEmpty) return NO_SHIFT;
    return { initSeq: map.lastChange >>> 0, delta: map.shift, previousDelta: map.previousShift };
  }

  states(): HelperState[] {
    const awaited = new Map<Helper | null, number>();
    for (const attachment of this.#attachments)
      if (attachment && attachment.expectations.length > 0)
        awaited.set(
          attachment.helper,
          (awaited.get(attachment.helper) ?? 0) + attachment.expectations.length,
        );
    return this.#posts.states((helper) => awaited.get(helper) ?? 0);
  }
}
