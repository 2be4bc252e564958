// PPTP (RFC 2637): the helper for the control connection. Call IDs of the inside end are replaced by ones that are single outside, so
// that several clients may use the same ones to one server; GRE (§4.1) is let through between the two ends of each call, no others.
//
//   0 length u16   2 type u16 = 1 (control)   4 magic 0x1A2B3C4D   8 control type u16
//   the sender's own Call ID at 12: 7 Outgoing-Call-Request, 8 -Reply, 9 Incoming-Call-Request, 10 -Reply, 12 Call-Clear-Request,
//   13 Call-Disconnect-Notify; the receiver's Call ID at 12: 11 Incoming-Call-Connected, 14 WAN-Error-Notify, 15 Set-Link-Info,
//   at 14: 8 and 10, whose result code, one octet, is at 16 (1 connected)
import { get16, get32, put16 } from '../packet/bytes.ts';
import {
  type Chunk,
  type Direction,
  FROM_INSIDE,
  type Helper,
  type HelperContext,
  type Span,
  type StreamDialogue,
} from './helper.ts';
import { hasAt } from './payload.ts';

const HEADER = 12;
/** Room for later messages than the longest of RFC 2637 (220 bytes). */
const LONGEST = 512;
const MAGIC = 0x1a2b_3c4d;
const CONTROL = 1;
const CONNECTED = 1;
const OUTGOING_REQUEST = 7;
const OUTGOING_REPLY = 8;
const INCOMING_REQUEST = 9;
const INCOMING_REPLY = 10;
const INCOMING_CONNECTED = 11;
const CLEAR_REQUEST = 12;
const DISCONNECT_NOTIFY = 13;
const WAN_ERROR = 14;
const LINK_INFO = 15;
/** Shortest sound message by control type, as far as it is read here. */
const SHORTEST: readonly number[] = [12, 12, 12, 12, 12, 12, 12, 14, 18, 14, 18, 14, 14, 14, 14, 14];
const CALLS = 16;

interface Call {
  readonly inside: number;
  readonly outside: number;
  /** The peer's Call ID, -1 until it has been told. */
  peer: number;
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(2);
  put16(bytes, 0, value);
  return bytes;
}

class Control implements StreamDialogue {
  readonly kind = 'stream';
  readonly #calls: Call[] = [];
  #over = false;

  read(direction: Direction, chunk: Chunk, context: HelperContext): number {
    const { bytes, start, end } = chunk;
    let at = start;
    while (!this.#over && end - at >= HEADER) {
      const length = get16(bytes, at);
      if (length < HEADER || length > LONGEST || get32(bytes, at + 4) !== MAGIC) {
        context.refuse('what was said is not PPTP');
        this.#stop(context);
        break;
      }
      if (end - at < length) break;
      if (get16(bytes, at + 2) === CONTROL) this.#message(direction, at, length, chunk, context);
      at += length;
    }
    return this.#over ? end - start : at - start;
  }

  /** Where messages begin is no longer known; the calls that stand go on to the end of the connection. */
  lost(): void {
    this.#over = true;
  }

  #stop(context: HelperContext): void {
    this.#over = true;
    context.stop();
  }

  #message(direction: Direction, at: number, length: number, chunk: Chunk, context: HelperContext): void {
    const type = get16(chunk.bytes, at + 8);
    const shortest = SHORTEST[type];
    if (shortest === undefined || type < OUTGOING_REQUEST) return;
    if (length < shortest) {
      context.refuse('a message was too short for its kind');
      return;
    }
    if (direction === FROM_INSIDE) this.#fromInside(type, at, chunk, context);
    else this.#fromOutside(type, at, chunk, context);
  }

  #fromInside(type: number, at: number, { bytes, replace }: Chunk, context: HelperContext): void {
    const own = get16(bytes, at + 12);
    let call: Call | null = null;
    if (type === OUTGOING_REQUEST || type === INCOMING_REQUEST) call = this.#begin(own, context);
    else if (type === OUTGOING_REPLY || type === INCOMING_REPLY) {
      // Without a connection the number stands for nothing.
      if (bytes[at + 16] !== CONNECTED) return;
      call = this.#begin(own, context);
      if (call) this.#connect(call, get16(bytes, at + 14), context);
    } else if (type === CLEAR_REQUEST || type === DISCONNECT_NOTIFY)
      call = this.#calls.find((one) => one.inside === own) ?? null;
    if (!call) return;
    if (call.outside !== own) replace(at + 12, at + 14, word(call.outside));
    if (type === DISCONNECT_NOTIFY) this.#end(call, context);
  }

  #fromOutside(type: number, at: number, { bytes, replace }: Chunk, context: HelperContext): void {
    const peer = get16(bytes, at + 12);
    if (type === DISCONNECT_NOTIFY) {
      const ended = this.#calls.find((one) => one.peer === peer);
      if (ended) this.#end(ended, context);
      return;
    }
    const reply = type === OUTGOING_REPLY || type === INCOMING_REPLY;
    if (!reply && type !== INCOMING_CONNECTED && type !== WAN_ERROR && type !== LINK_INFO) return;
    const place = reply ? at + 14 : at + 12;
    const named = get16(bytes, place);
    const call = this.#calls.find((one) => one.outside === named);
    if (!call) {
      context.refuse('the peer named a call that is not there');
      return;
    }
    if (call.inside !== named) replace(place, place + 2, word(call.inside));
    if (!reply) return;
    if (bytes[at + 16] === CONNECTED) this.#connect(call, peer, context);
    else if (call.peer < 0) this.#end(call, context);
  }

  #begin(inside: number, context: HelperContext): Call | null {
    const known = this.#calls.find((one) => one.inside === inside);
    if (known) return known;
    if (this.#calls.length >= CALLS) {
      context.refuse('too many calls');
      return null;
    }
    const outside = context.mapCall(inside);
    if (outside === null) return null;
    const call = { inside, outside, peer: -1 };
    this.#calls.push(call);
    return call;
  }

  #connect(call: Call, peer: number, context: HelperContext): void {
    if (call.peer === peer) return;
    if (call.peer >= 0 || this.#calls.some((one) => one.peer === peer)) {
      context.refuse('a call was connected twice');
      return;
    }
    if (!context.openCall(call.inside, peer)) {
      context.refuse('the way for a call was taken');
      return;
    }
    call.peer = peer;
    context.used();
  }

  #end(call: Call, context: HelperContext): void {
    this.#calls.splice(this.#calls.indexOf(call), 1);
    context.closeCall(call.inside);
  }
}

function begins(fromClient: boolean, span: Span): boolean | null {
  return fromClient && hasAt(span, 2, [0, CONTROL, 0x1a, 0x2b, 0x3c, 0x4d]);
}

export const pptp: Helper = {
  name: 'pptp',
  title: 'PPTP tunnels',
  opens:
    'For each tunnel, GRE between one computer and one server while their control connection lasts; several computers may have one to the same server.',
  on: false,
  transports: [{ protocol: 'tcp', ports: [1723], begins, open: () => new Control() }],
};
