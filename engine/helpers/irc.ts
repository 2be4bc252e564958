// IRC (RFC 1459), for DCC: the helper of offers between clients, which travel as CTCP in PRIVMSG and NOTICE lines:
//   \x01DCC <SEND|CHAT|TSEND|SCHAT|MOVE|XMIT> <argument> <address> <port>[ <size>[ <token>]]\x01   address: decimal of its 32 bits
//   \x01DCC <RESUME|ACCEPT> <file> <port> <position>[ <token>]\x01                             names the port of an offer
// (the CTCP and DCC descriptions that came with ircII, and mIRC's for RESUME). An inside client's offers are rewritten and awaited;
// RESUME from the peer names the outside port, ACCEPT from the client the inside one. Port 0 is reverse DCC: the peer will listen.
// Not read: offers in IPv6 or dotted form, anything after STARTTLS.
import {
  type Chunk,
  type Direction,
  FROM_INSIDE,
  type Helper,
  type HelperContext,
  HOLD_BYTES,
  type Span,
  type StreamDialogue,
} from './helper.ts';
import { beginsTls, bytesOf, latin, lineBegins, portNumber } from './payload.ts';

const OFFER_SECONDS = 300;
const LF = 10;
/** Offers remembered for RESUME and ACCEPT. */
const REMEMBERED = 32;
/** A line of a client's (RFC 1459 §2.3); no web request. */
const FIRST_LINE = /^(?:@\S+ +)?(?::\S+ +)?[A-Z]{3,16}(?:\r?$| (?!.* HTTP\/))/i;
const MESSAGE = /^(?:@\S+ +)?(?::\S+ +)?(PRIVMSG|NOTICE) +\S+ +:/i;
const ARGUMENT = '(?:"[^"]*"|[^\\s"]\\S*)';
const OFFER = new RegExp(
  `^DCC +(?:SEND|CHAT|TSEND|SCHAT|MOVE|XMIT) +${ARGUMENT} +(\\d{1,10}) +(\\d{1,5})(?= |$)`,
  'id',
);
const AGREEMENT = new RegExp(`^DCC +(RESUME|ACCEPT) +${ARGUMENT} +(\\d{1,5}) +\\d{1,20}(?= |$)`, 'id');

class Chat implements StreamDialogue {
  readonly kind = 'stream';
  /** By direction: inside a line whose beginning has been passed on. */
  readonly #midLine: [boolean, boolean] = [false, false];
  /** Outside ports of offers made here, and the inside ports behind them. */
  readonly #offers = new Map<number, number>();
  #greeted = false;
  #over = false;

  read(direction: Direction, chunk: Chunk, context: HelperContext): number {
    const { bytes, start, end } = chunk;
    let line = start;
    if (!this.#midLine[direction] && beginsTls(bytes, start, end)) this.#end(context);
    for (let i = start; i < end && !this.#over; i++) {
      if (bytes[i] !== LF) continue;
      if (this.#midLine[direction]) this.#midLine[direction] = false;
      else if (i - line < HOLD_BYTES) this.#line(direction, latin(bytes, line, i), line, chunk, context);
      else this.#tooLong(direction, context);
      line = i + 1;
    }
    if (this.#over || line === end || this.#midLine[direction]) return end - start;
    // What the peer says matters only when there is an offer it could be about.
    const wanted = direction === FROM_INSIDE || this.#offers.size > 0;
    if (wanted && end - line < HOLD_BYTES) return line - start;
    if (wanted) this.#tooLong(direction, context);
    this.#midLine[direction] = true;
    return end - start;
  }

  lost(direction: Direction): void {
    this.#midLine[direction] = true;
    // What a client says first decides whether it is one.
    this.#over ||= direction === FROM_INSIDE && !this.#greeted;
  }

  /** A client's first line is a short one, or this is no IRC. */
  #tooLong(direction: Direction, context: HelperContext): void {
    if (direction === FROM_INSIDE && !this.#greeted) this.#foreign(context);
  }

  #foreign(context: HelperContext): void {
    context.refuse('the client does not speak IRC');
    this.#end(context);
  }

  #end(context: HelperContext): void {
    this.#over = true;
    context.stop();
  }

  #line(direction: Direction, whole: string, at: number, chunk: Chunk, context: HelperContext): void {
    const line = whole.endsWith('\r') ? whole.slice(0, -1) : whole;
    if (direction !== FROM_INSIDE && /^(?::\S+ +)?670 /.test(line)) {
      this.#end(context);
      return;
    }
    // A browser led to a server's port sends a web request first; its body must not open ports.
    if (direction === FROM_INSIDE && !this.#greeted) {
      this.#greeted = true;
      if (!FIRST_LINE.test(line)) {
        this.#foreign(context);
        return;
      }
    }
    const message = MESSAGE.exec(line);
    if (!message) return;
    // Only what begins the text is CTCP, and in a NOTICE only one: an answer may quote what a stranger has sent.
    const alone = message[1]?.toUpperCase() === 'NOTICE';
    let from = message[0].length;
    while (line.charCodeAt(from) === 1) {
      const closing = line.indexOf('\x01', from + 1);
      const to = closing < 0 ? line.length : closing;
      this.#request(direction, line.slice(from + 1, to), at + from + 1, chunk, context);
      if (alone || closing < 0) return;
      from = closing + 1;
    }
  }

  #request(direction: Direction, ctcp: string, at: number, chunk: Chunk, context: HelperContext): void {
    const agreement = AGREEMENT.exec(ctcp);
    if (agreement) this.#agree(direction, agreement, at, chunk);
    else if (direction === FROM_INSIDE) {
      const offer = OFFER.exec(ctcp);
      if (offer) this.#offer(offer, at, chunk, context);
      else if (/^DCC +(SEND|CHAT|TSEND|SCHAT|MOVE|XMIT) /i.test(ctcp))
        context.refuse('an offer could not be read');
    }
  }

  #offer(match: RegExpExecArray, at: number, chunk: Chunk, context: HelperContext): void {
    const address = Number(match[1]);
    const port = portNumber(match[2] as string);
    // Some clients have asked the server for their outside address and name that.
    if (address !== context.inside >>> 0 && address !== context.outside >>> 0) {
      context.refuse('an offer names a third party');
      return;
    }
    if (address > 0xffff_ffff || (port === 0 && Number(match[2]) !== 0)) {
      context.refuse('an offer could not be read');
      return;
    }
    let outside = 0;
    if (port !== 0) {
      const awaited = context.expect({
        protocol: 'tcp',
        insidePort: port,
        remote: null,
        remotePort: 0,
        seconds: OFFER_SECONDS,
        count: 1,
      });
      if (awaited === null) return;
      outside = awaited;
      this.#remember(outside, port);
      context.used();
    }
    const [from] = placeOf(match, 1);
    const [, to] = placeOf(match, 2);
    chunk.replace(at + from, at + to, bytesOf(`${context.outside >>> 0} ${outside}`));
  }

  #remember(outside: number, inside: number): void {
    this.#offers.delete(outside);
    if (this.#offers.size >= REMEMBERED)
      for (const oldest of this.#offers.keys()) {
        this.#offers.delete(oldest);
        break;
      }
    this.#offers.set(outside, inside);
  }

  #agree(direction: Direction, match: RegExpExecArray, at: number, chunk: Chunk): void {
    const port = portNumber(match[2] as string);
    const fromInside = direction === FROM_INSIDE;
    if (port === 0 || (match[1]?.toUpperCase() === 'ACCEPT') !== fromInside) return;
    let other = this.#offers.get(port);
    if (fromInside) for (const [outside, inside] of this.#offers) if (inside === port) other = outside;
    if (fromInside && this.#offers.get(other ?? 0) !== port) return;
    if (other === undefined) return;
    const [from, to] = placeOf(match, 2);
    chunk.replace(at + from, at + to, bytesOf(String(other)));
  }
}

/** Where a group of a match with indices stands. */
function placeOf(match: RegExpExecArray, group: number): readonly [number, number] {
  return match.indices?.[group] ?? [0, 0];
}

/** A client registers (RFC 1459 §4.1); some servers greet it before. */
const FROM_CLIENT = /^(?:CAP|PASS|NICK|USER|SERVER|WEBIRC|PROTOCTL|STARTTLS|AUTHENTICATE)[ \r\n]/i;
const FROM_SERVER = /^(?:NOTICE|PING|ERROR|:[\x21-\x7e]+) /i;

function begins(fromClient: boolean, span: Span): boolean | null {
  return lineBegins(span, fromClient ? FROM_CLIENT : FROM_SERVER, 256);
}

export const irc: Helper = {
  name: 'irc',
  title: 'IRC (DCC)',
  opens:
    'For each file or chat a client offers, the one port it names, to anybody on the Internet for five minutes and for one connection.',
  on: false,
  transports: [
    {
      protocol: 'tcp',
      ports: [6660, 6661, 6662, 6663, 6664, 6665, 6666, 6667, 6668, 6669, 7000],
      begins,
      open: () => new Chat(),
    },
  ],
};
