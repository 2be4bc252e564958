// talk (UDP 517) and ntalk (UDP 518), layouts of <protocols/talkd.h> of 4.2 and 4.3BSD: the helper for calls from one terminal to another.
// A caller announces itself to the other's daemon, the other then looks the call up at the caller's daemon and connects by TCP. Socket
// addresses in requests and answers are rewritten, and both are let in. ytalk's longer requests are read as far as they are alike.
//
//   request of ntalk, 84 bytes: 0 version, 1 type, 8 address, 24 control address   answer, 24: 1 type, 2 result, 8 address
//   request of talk, 76 bytes:  0 type, 44 address, 60 control address             answer, 24: 0 type, 1 result, 8 address
//   an address: family u16, port u16, address u32, 8 bytes unused; all big-endian, the family sometimes not
import { get16, get32, put16, put32 } from '../packet/bytes.ts';
import {
  type Chunk,
  type DatagramDialogue,
  type Direction,
  FROM_INSIDE,
  FROM_OUTSIDE,
  type Helper,
  type HelperContext,
  type Span,
} from './helper.ts';

const SECONDS = 300;
const ANSWER = 24;
/** Types of requests; answers repeat them. */
const LEAVE_INVITE = 0;
const LOOK_UP = 1;
const ANNOUNCE = 3;

interface Layout {
  readonly length: number;
  readonly type: number;
  readonly address: number;
  readonly control: number;
  readonly answerType: number;
}
const TALK: Layout = { length: 76, type: 0, address: 44, control: 60, answerType: 0 };
const NTALK: Layout = { length: 84, type: 1, address: 8, control: 24, answerType: 1 };

function layoutOf(length: number): Layout | null {
  if (length >= NTALK.length) return NTALK;
  return length === TALK.length ? TALK : null;
}

function isInternet(bytes: Uint8Array, at: number): boolean {
  const family = get16(bytes, at);
  return family === 2 || family === 0x0200;
}

function endpoint(port: number, address: number): Uint8Array {
  const bytes = new Uint8Array(6);
  put16(bytes, 0, port);
  put32(bytes, 2, address);
  return bytes;
}

class Call implements DatagramDialogue {
  readonly kind = 'datagram';
  /** As in the last request: an answer does not say of which kind it is. */
  #layout: Layout | null = null;

  read(direction: Direction, chunk: Chunk, context: HelperContext): boolean {
    const length = chunk.end - chunk.start;
    const caller = context.insideIsServer ? FROM_OUTSIDE : FROM_INSIDE;
    if (direction !== caller) {
      if (length >= ANSWER && this.#layout) this.#answer(this.#layout, chunk, context);
      return true;
    }
    this.#layout = layoutOf(length);
    if (!this.#layout) return true;
    if (direction === FROM_INSIDE) {
      this.#request(this.#layout, chunk, context);
      return true;
    }
    const { bytes, start } = chunk;
    // The daemon answers to the address in the request: it must not be led to send to others.
    if (get32(bytes, start + this.#layout.control + 4) === context.remote) return true;
    context.refuse('a request asks for its answer to go to a third party');
    return false;
  }

  /** A request of an inside client. */
  #request(layout: Layout, chunk: Chunk, context: HelperContext): void {
    const { bytes, start, replace } = chunk;
    const type = bytes[start + layout.type] as number;
    const address = start + layout.address;
    const control = start + layout.control;
    const offers = type === ANNOUNCE || type === LEAVE_INVITE;
    let listens = false;
    if (this.#isOwn(bytes, address, context)) {
      const port = get16(bytes, address + 2);
      const told = offers ? this.#listener(port, context) : port;
      listens = offers && told !== null;
      if (told !== null) replace(address + 2, address + 8, endpoint(told, context.outside));
    }
    if (this.#isOwn(bytes, control, context)) {
      const port = get16(bytes, control + 2);
      const told = port === context.insidePort ? context.outsidePort : this.#control(port, context);
      if (told !== null) replace(control + 2, control + 8, endpoint(told, context.outside));
      // Who answers a call asks only this: without it the answer would go to an inside address.
      if (told !== null && type === LOOK_UP) context.used();
    }
    if (type === ANNOUNCE && listens) this.#lookedUp(context);
  }

  /** An answer of either's daemon: to a look-up it says where the caller listens. */
  #answer(layout: Layout, { bytes, start, replace }: Chunk, context: HelperContext): void {
    const type = bytes[start + layout.answerType] as number;
    const result = bytes[start + layout.answerType + 1] as number;
    const address = start + 8;
    if (type !== LOOK_UP || result !== 0 || !isInternet(bytes, address)) return;
    const port = get16(bytes, address + 2);
    if (!context.insideIsServer) {
      if (get32(bytes, address + 4) === context.remote)
        context.expectOutbound('tcp', context.remote, port, SECONDS);
      return;
    }
    if (!this.#isOwn(bytes, address, context)) return;
    const told = this.#listener(port, context);
    if (told !== null) replace(address + 2, address + 8, endpoint(told, context.outside));
  }

  /** Whether a socket address is the client's own; one left empty is nobody's. */
  #isOwn(bytes: Uint8Array, at: number, context: HelperContext): boolean {
    const address = get32(bytes, at + 4);
    if (!isInternet(bytes, at) || address === 0) return false;
    if (address === context.inside) return true;
    if (address !== context.outside) context.refuse('the message names a third party');
    return false;
  }

  /** The outside port for the client's listening one. Ports below 1024 are this protocol's only for its daemons. */
  #listener(port: number, context: HelperContext): number | null {
    if (port < 1024) {
      context.refuse('a port below 1024 was asked for');
      return null;
    }
    const outside = context.expect({
      protocol: 'tcp',
      insidePort: port,
      remote: context.remote,
      remotePort: 0,
      seconds: SECONDS,
      count: 1,
    });
    if (outside !== null) context.used();
    return outside;
  }

  /** For a client that has its answers sent to another socket than it asks from. */
  #control(port: number, context: HelperContext): number | null {
    if (port < 1024) {
      context.refuse('a port below 1024 was asked for');
      return null;
    }
    return context.expect({
      protocol: 'udp',
      insidePort: port,
      remote: context.remote,
      remotePort: context.remotePort,
      seconds: SECONDS,
      count: 1,
    });
  }

  /** The one who is called will ask the caller's daemon, at the port everybody knows: there only one client can be. */
  #lookedUp(context: HelperContext): void {
    const port = context.remotePort;
    const outside = context.expect({
      protocol: 'udp',
      insidePort: port,
      remote: context.remote,
      remotePort: 0,
      seconds: SECONDS,
      count: 4,
      follow: () => new Call(),
    });
    if (outside === null || outside === port) return;
    context.withdraw('udp', port);
    context.refuse('the talk port leads to another computer');
  }
}

function begins(fromClient: boolean, { bytes, start, end }: Span): boolean {
  const layout = fromClient ? layoutOf(end - start) : null;
  return layout !== null && (bytes[start + layout.type] as number) <= ANNOUNCE;
}

export const talk: Helper = {
  name: 'talk',
  title: 'talk and ntalk',
  opens:
    'While a call is announced, the caller’s talk daemon and the one port the caller listens at, to the computer of the person who is called.',
  on: false,
  privileged: true,
  transports: [{ protocol: 'udp', ports: [517, 518], begins, open: () => new Call() }],
};
