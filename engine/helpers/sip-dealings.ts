// What an inside end and its peer say to each other in SIP (RFC 3261), line by line: which addresses and ports are replaced, what is
// awaited, and when that ends. How messages are told apart in a datagram or a stream is sip.ts's.
import { formatAddress } from '../packet/address.ts';
import { type Dialogue, type Direction, FROM_INSIDE, type HelperContext } from './helper.ts';
import { DOTTED, dottedAddress, portNumber } from './payload.ts';
import { type Edit, readDescription } from './sdp.ts';
import { CALLS, Media } from './sip-media.ts';

export const SIP = 5060;
const CONTACT_SECONDS = 180;
const VIA_SECONDS = 64;
const REGISTERED_SECONDS = 3600;
/** Refusals of a call that is then tried again: it asks who is calling (RFC 3261 §22). */
const WHO = new Set([401, 407]);
const HOST = new RegExp(`(?<![\\d.])(${DOTTED})(?::(\\d{1,5}))?(?![\\d.:])`);
const LONG_NAMES: Readonly<Record<string, string>> = {
  v: 'via',
  m: 'contact',
  l: 'content-length',
  c: 'content-type',
  i: 'call-id',
};

export type Transport = 'udp' | 'tcp';

/** What the lines of one message have said so far. */
export class Message {
  readonly direction: Direction;
  /** Of the request, or of the one that is answered. */
  method = '';
  isRequest = false;
  /** Of an answer. */
  status = 0;
  callId = '';
  sdp = false;
  /** Seconds. */
  expires: number | null = null;
  /** The end named a Contact that is not its own address. */
  elsewhere = false;
  /** Inside ports of Contacts of ours, and their own seconds. */
  readonly contacts: { port: number; expires: number | null }[] = [];

  constructor(direction: Direction) {
    this.direction = direction;
  }
}

/** One inside end's dealings with one peer: the messages, however they come. */
export class Dealings {
  readonly #transport: Transport;
  readonly #follow: () => Dialogue;
  readonly #media = new Media();
  /** Outside ports given for this end's, in this session. */
  readonly #published = new Map<number, number>();
  /** As its last Contact showed, this end finds its way by itself; not every message has one. */
  #elsewhere = false;
  readonly #said = new Set<string>();

  /** `follow` reads a session that the peer opens to a port published here. */
  constructor(transport: Transport, follow: () => Dialogue) {
    this.#transport = transport;
    this.#follow = follow;
  }

  /** First line; false when it is not SIP. */
  begin(message: Message, line: string, at: number, edits: Edit[], context: HelperContext): boolean {
    const request = /^([A-Z]+) (\S+) SIP\/2\.0$/.exec(line);
    const answer = /^SIP\/2\.0 (\d{3})(?: |$)/.exec(line);
    if (!request && !answer) return false;
    message.isRequest = request !== null;
    message.method = request?.[1] ?? '';
    message.status = Number(answer?.[1] ?? 0);
    if (request && message.direction !== FROM_INSIDE) this.#restore(line.slice(0, -8), at, edits, context);
    return true;
  }

  header(message: Message, line: string, at: number, edits: Edit[], context: HelperContext): void {
    const match = /^([\w-]+)\s*:\s*/.exec(line);
    if (!match) return;
    const short = (match[1] as string).toLowerCase();
    const name = LONG_NAMES[short] ?? short;
    const value = line.slice(match[0].length);
    const place = at + match[0].length;
    if (name === 'via') this.#via(message, value, place, edits, context);
    else if (name === 'contact') this.#contact(message, value, place, edits, context);
    else if (name === 'call-id') message.callId = value.slice(0, 128);
    else if (name === 'cseq') message.method = /^\d+\s+([A-Z]+)$/.exec(value)?.[1] ?? message.method;
    else if (name === 'expires') message.expires = /^\d{1,9}$/.test(value) ? Number(value) : null;
    else if (name === 'content-type') message.sdp = /^application\/sdp\s*(?:;|$)/i.test(value);
  }

  #via(message: Message, value: string, at: number, edits: Edit[], context: HelperContext): void {
    const inside = message.direction === FROM_INSIDE;
    // Of several, an inside end's own is the only one in its requests and in the answers to them.
    if (inside !== message.isRequest) return;
    const match = /^SIP\s*\/\s*2\.0\s*\/\s*\w+\s+/i.exec(value);
    const parameters = /^[^,]*/.exec(value)?.[0] ?? '';
    if (!match || /;\s*rport\b/i.test(parameters)) return;
    const host = HOST.exec(value.slice(match[0].length));
    if (host?.index !== 0) return;
    this.#rewriteHost(host, at + match[0].length, VIA_SECONDS, inside, edits, context);
  }

  #contact(message: Message, value: string, at: number, edits: Edit[], context: HelperContext): void {
    let place = at;
    for (const part of value.split(',')) {
      const expires = /;\s*expires=(\d{1,9})/i.exec(part)?.[1];
      const uri = /<?sips?:(?:[^@>\s]*@)?/i.exec(part);
      if (uri) {
        const host = HOST.exec(part.slice(uri.index + uri[0].length));
        if (host?.index === 0) {
          const from = place + uri.index + uri[0].length;
          const seconds = expires === undefined ? null : Number(expires);
          this.#oneContact(message, host, from, seconds, edits, context);
        }
      }
      place += part.length + 1;
    }
  }

  #oneContact(
    message: Message,
    host: RegExpExecArray,
    at: number,
    expires: number | null,
    edits: Edit[],
    context: HelperContext,
  ): void {
    const inside = message.direction === FROM_INSIDE;
    if (inside && dottedAddress(host[1] as string) !== context.inside) {
      message.elsewhere = true;
      this.#elsewhere = true;
      this.#stepBack('the end names another address: it finds its way by itself', context);
      return;
    }
    if (inside && !message.elsewhere) this.#elsewhere = false;
    const port = this.#rewriteHost(host, at, CONTACT_SECONDS, inside, edits, context);
    if (port !== null) message.contacts.push({ port, expires });
  }

  /** Said once to one peer. */
  #stepBack(reason: string, context: HelperContext): void {
    if (!this.#said.has(reason)) context.refuse(reason);
    this.#said.add(reason);
  }

  /** Rewrites an address of ours with its port; the inside port, or null when it is not ours. */
  #rewriteHost(
    host: RegExpExecArray,
    at: number,
    seconds: number,
    inside: boolean,
    edits: Edit[],
    context: HelperContext,
  ): number | null {
    const address = dottedAddress(host[1] as string);
    const port = host[2] === undefined ? SIP : portNumber(host[2]);
    if (port === 0 || address !== (inside ? context.inside : context.outside)) return null;
    const other = inside ? this.#publish(port, seconds, context) : this.#insidePort(port, context);
    if (other === null) return null;
    const shown = formatAddress(inside ? context.outside : context.inside);
    const text = other === SIP && host[2] === undefined ? shown : `${shown}:${other}`;
    edits.push({ from: at, to: at + host[0].length, text });
    return inside ? port : other;
  }

  /** An outside port on which this end can be reached by its peer. */
  #publish(port: number, seconds: number, context: HelperContext): number | null {
    if (port === context.insidePort) return context.outsidePort;
    const outside = this.#await(port, seconds, context);
    if (outside !== null) {
      if (this.#published.size >= CALLS) this.#published.clear();
      this.#published.set(outside, port);
    }
    return outside;
  }

  #await(port: number, seconds: number, context: HelperContext): number | null {
    return context.expect({
      protocol: this.#transport,
      insidePort: port,
      remote: context.remote,
      remotePort: 0,
      seconds,
      count: 4,
      follow: this.#follow,
    });
  }

  #insidePort(port: number, context: HelperContext): number | null {
    if (port === context.outsidePort) return context.insidePort;
    return this.#published.get(port) ?? context.insidePortOf(this.#transport, port);
  }

  /** Puts our own address back in a request's target. */
  #restore(line: string, at: number, edits: Edit[], context: HelperContext): void {
    const uri = / sips?:(?:[^@>\s]*@)?/i.exec(line);
    if (!uri) return;
    const from = uri.index + uri[0].length;
    const host = HOST.exec(line.slice(from));
    if (host?.index === 0) this.#rewriteHost(host, at + from, VIA_SECONDS, false, edits, context);
  }

  /** The body, whole. */
  body(message: Message, text: string, at: number, edits: Edit[], context: HelperContext): void {
    if (!message.sdp || message.callId === '') return;
    const description = readDescription(text, at);
    if (!description) return;
    if (message.direction !== FROM_INSIDE) {
      this.#media.peers(message.callId, description, context);
      return;
    }
    if (description.candidates)
      this.#stepBack('the end gathers candidates: it finds its way by itself', context);
    if (message.elsewhere || this.#elsewhere || description.candidates) return;
    this.#media.own(message.callId, description, edits, context);
  }

  /** The message is complete. */
  finish(message: Message, context: HelperContext): void {
    const answered = message.status >= 200 && message.status < 300;
    if (message.method === 'REGISTER' && answered && message.direction !== FROM_INSIDE)
      for (const { port, expires } of message.contacts) {
        const seconds = expires ?? message.expires ?? REGISTERED_SECONDS;
        if (seconds > 0 && this.#await(port, seconds, context) !== null) context.used();
        else if (seconds === 0) context.withdraw(this.#transport, port);
      }
    const refused = message.method === 'INVITE' && message.status >= 300 && !WHO.has(message.status);
    const over = message.isRequest ? message.method === 'BYE' || message.method === 'CANCEL' : refused;
    if (!over) return;
    this.#media.end(message.callId, context);
  }
}
