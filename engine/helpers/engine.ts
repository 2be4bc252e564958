// The helpers at work: which sessions they read, their segments and datagrams on the way through, what they await, what they counted.
// A helper that is switched off reads no more at once; the sequence numbers it shifted stay shifted to the end of the session.
import type { HelperSetting, HelperState } from '../contract.ts';
import {
  F_TRACKED,
  S_ATTACHMENT,
  S_EXPIRES,
  S_FLAGS,
  S_PROTOCOL,
  SESSION_WORDS,
} from '../masquerade/record.ts';
import { HOST_MTU, type Masquerade } from '../masquerade/state.ts';
import { QUARTERS } from '../masquerade/timers.ts';
import { get16, get32, put16, put32 } from '../packet/bytes.ts';
import { headerLength, setTotalLength, TCP, UDP } from '../packet/ipv4.ts';
import { sealUdp, UDP_HEADER } from '../packet/udp.ts';
import { Attachment } from './attachment.ts';
import { Context, type Tally } from './context.ts';
import { type Expectation, Expectations } from './expectations.ts';
import { type Direction, FROM_INSIDE, FROM_OUTSIDE, type Helper } from './helper.ts';
import { IdentServer } from './ident-server.ts';
import { HELPERS } from './registry.ts';
import { passSegment, type Send } from './segments.ts';
import { SequenceMap } from './sequence.ts';

/** How much longer a session lives each time while something it brought about lives (seconds). */
const WITH_CHILDREN_SECONDS = 120;
/** Room every packet has behind it. */
const ROOM = 128;
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

interface Post {
  readonly helper: Helper;
  on: boolean;
  ports: readonly number[];
  readonly tally: Tally;
}

export class HelperEngine {
  /** The gateway's own end of ident connections. */
  readonly ident: IdentServer;
  readonly #m: Masquerade;
  readonly #expectations: Expectations;
  readonly #posts: readonly Post[];
  readonly #tcp = new Map<number, Post>();
  readonly #udp = new Map<number, Post>();
  readonly #attachments: (Attachment | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #datagram = new Uint8Array(65_536);

  constructor(m: Masquerade, helpers: readonly Helper[] = HELPERS) {
    this.#m = m;
    this.ident = new IdentServer(m.random);
    this.#expectations = new Expectations(m);
    this.#posts = helpers.map((helper) => ({
      helper,
      on: helper.on,
      ports: helper.ports,
      tally: { hits: 0, lastUse: null, refusals: new Map() },
    }));
    this.configure({}, 0);
  }

  /** Settings by helper name; one not named stands as it was made. What a helper switched off awaited is closed. */
  configure(settings: Record<string, HelperSetting>, now: number): void {
    this.#tcp.clear();
    this.#udp.clear();
    for (const post of this.#posts) {
      const setting = settings[post.helper.name];
      post.on = setting?.on ?? post.helper.on;
      post.ports = setting && setting.ports.length > 0 ? setting.ports : post.helper.ports;
      const ports = post.helper.protocol === 'tcp' ? this.#tcp : this.#udp;
      if (post.on) for (const port of post.ports) if (!ports.has(port)) ports.set(port, post);
    }
    for (const attachment of this.#attachments)
      if (attachment?.helper && !this.#posts.some((post) => post.on && post.helper === attachment.helper)) {
        attachment.dialogue = null;
        this.#expectations.forget(attachment, now);
      }
  }

  /** The counts of a TCP helper while it is on and has this port, for what the gateway answers itself; else null. */
  tallyOf(name: string, port: number): Tally | null {
    const post = this.#tcp.get(port);
    return post?.helper.name === name ? post.tally : null;
  }

  /** Whether a new session to this remote port (or to this inside port, from outside) would be read. */
  serves(protocol: number, remotePort: number, insidePort: number): boolean {
    const ports = protocol === TCP ? this.#tcp : this.#udp;
    return ports.has(remotePort) || ports.has(insidePort);
  }

  /** A new session: gives it its helper, and its parent if its coming was announced. */
  attach(
    session: number,
    protocol: number,
    remotePort: number,
    insidePort: number,
    fromOutside: boolean,
    now: number,
  ): void {
    const post = (protocol === TCP ? this.#tcp : this.#udp).get(fromOutside ? insidePort : remotePort);
    const w = this.#m.table.sessionWords;
    const at = session * SESSION_WORDS;
    // A stream joined in the middle cannot be read: nobody knows where its lines begin.
    if (post && (protocol === UDP || ((w[at + S_FLAGS] as number) & F_TRACKED) !== 0)) {
      const attachment = this.#hang(session, post.helper, protocol === TCP);
      attachment.dialogue = post.helper.open(this.#context(attachment, post.tally, now));
    }
    if (fromOutside) return;
    const inside = w[at] as number;
    const remote = w[at + 1] as number;
    const announced = this.#expectations.announced(
      protocol,
      inside,
      remote,
      remotePort,
      this.#m.quarters(now),
    );
    if (!announced) return;
    if (announced.follow && !post) {
      const attachment = this.#hang(session, announced.parent.helper, protocol === TCP);
      const tally = this.#tallyOf(announced.parent);
      attachment.dialogue = announced.follow(this.#context(attachment, tally, now));
    }
    this.adopt(session, announced.parent);
  }

  /** Makes a session the child of another's. */
  adopt(session: number, parent: Attachment): void {
    const index = this.#m.table.sessionWords[session * SESSION_WORDS + S_ATTACHMENT] as number;
    const attachment = this.#attachments[index] ?? this.#hang(session, null, false);
    attachment.parent = parent;
    parent.children++;
  }

  #hang(session: number, helper: Helper | null, tcp: boolean): Attachment {
    const attachment = new Attachment(session, helper, tcp);
    const index = this.#free.pop() ?? this.#attachments.length;
    this.#attachments[index] = attachment;
    this.#m.table.sessionWords[session * SESSION_WORDS + S_ATTACHMENT] = index;
    return attachment;
  }

  #of(session: number): Attachment | undefined {
    return this.#attachments[this.#m.table.sessionWords[session * SESSION_WORDS + S_ATTACHMENT] as number];
  }

  #context(attachment: Attachment, tally: Tally, now: number): Context {
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
      const context = this.#context(attachment, this.#tallyOf(attachment), now);
      for (const call of [...attachment.calls.keys()]) context.closeCall(call);
    }
  }

  #tallyOf(attachment: Attachment): Tally {
    const post = this.#posts.find((candidate) => candidate.helper === attachment.helper);
    return post?.tally ?? { hits: 0, lastUse: null, refusals: new Map() };
  }

  /** A packet from inside, before its source is rewritten. True when it has been dealt with here. */
  outbound(session: number, b: Uint8Array, o: number, length: number, now: number, onward: Onward): boolean {
    const attachment = this.#of(session);
    if (!attachment?.helper) return false;
    const slot = (this.#m.table.sessionWords[session * SESSION_WORDS + S_PROTOCOL] as number) >>> 8;
    const mtu = this.#m.uplinks[slot]?.mtu ?? HOST_MTU;
    const send: Send = (bytes, at, size) => onward(this.#m, session, bytes, at, size, now);
    return this.#pass(attachment, FROM_INSIDE, b, o, length, mtu, now, send);
  }

  /** A packet from outside, before its destination is rewritten. True when it has been dealt with here. */
  inbound(session: number, b: Uint8Array, o: number, length: number, now: number, onward: Onward): boolean {
    const attachment = this.#of(session);
    if (!attachment?.helper) return false;
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
    const context = this.#context(attachment, this.#tallyOf(attachment), now);
    const dialogue = attachment.dialogue;
    if (attachment.streams === null)
      return dialogue?.kind === 'datagram'
        ? this.#passDatagram(attachment, direction, b, o, length, context, send)
        : false;
    const own = attachment.streams[direction];
    const opposite = attachment.streams[direction === FROM_INSIDE ? FROM_OUTSIDE : FROM_INSIDE];
    const read =
      dialogue?.kind === 'stream'
        ? (chunk: Parameters<typeof dialogue.read>[1]) => dialogue.read(direction, chunk, context)
        : null;
    if (!passSegment(own, opposite, b, o, length, mtu, read, send)) this.#m.notices.count('helper-dropped');
    if (own.isHolding) this.#m.notices.count('helper-held');
    if (!own.gaveUp) return true;
    context.refuse('a command came in pieces and was passed on unread');
    if (dialogue?.kind === 'stream') dialogue.lost?.(direction);
    return true;
  }

  #passDatagram(
    attachment: Attachment,
    direction: Direction,
    b: Uint8Array,
    o: number,
    length: number,
    context: Context,
    send: Send,
  ): boolean {
    const u = o + headerLength(b, o);
    const start = u + UDP_HEADER;
    const end = u + get16(b, u + 4);
    const out = this.#datagram;
    let written = 0;
    let done = start;
    const replace = (from: number, to: number, replacement: Uint8Array) => {
      if (from < done || to > end || to < from) throw new RangeError('an edit outside its chunk');
      for (; done < from; done++) out[written++] = b[done] as number;
      out.set(replacement, written);
      written += replacement.length;
      done = to;
    };
    if (attachment.dialogue?.kind !== 'datagram') return false;
    if (!attachment.dialogue.read(direction, { bytes: b, start, end, replace }, context)) {
      this.#m.notices.count('helper-dropped');
      return true;
    }
    if (done === start && written === 0) {
      send(b, o, length);
      return true;
    }
    for (; done < end; done++) out[written++] = b[done] as number;
    const growth = written - (end - start);
    if (growth > ROOM || o + length + growth > b.length) {
      context.refuse('a datagram would have grown too large');
      return true;
    }
    for (let i = 0; i < written; i++) b[start + i] = out[i] as number;
    put16(b, u + 4, UDP_HEADER + written);
    setTotalLength(b, o, start + written - o);
    sealUdp(b, u, get32(b, o + 12), get32(b, o + 16));
    send(b, o, start + written - o);
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
      const tcp =
        ((this.#m.table.sessionWords[session * SESSION_WORDS + S_PROTOCOL] as number) & 0xff) === TCP;
      const attachment = this.#of(session) ?? this.#hang(session, parent.helper, tcp);
      attachment.dialogue = expectation.follow(this.#context(attachment, this.#tallyOf(parent), now));
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

  states(_now: number): HelperState[] {
    return this.#posts.map(({ helper, on, ports, tally }) => ({
      name: helper.name,
      title: helper.title,
      opens: helper.opens,
      on,
      ports: [...ports].slice(0, 12),
      hits: tally.hits,
      expectations: this.#attachments.reduce(
        (sum, attachment) => sum + (attachment?.helper === helper ? attachment.expectations.length : 0),
        0,
      ),
      lastUse: tally.lastUse,
      refusals: [...tally.refusals].map(([reason, count]) => ({ reason, count })),
    }));
  }
}
