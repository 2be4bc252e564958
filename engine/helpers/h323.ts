// H.323 (H.225.0, H.245 over TPKT, RFC 1006 §6; RAS over UDP): the helper for conferences such as NetMeeting's. Transport addresses
// stand in these messages as four octets and a port, octet-aligned (X.691 §17.6), so that they are found and replaced in place
// without decoding the rest: in call signalling (TCP 1720) our own is either this session's or an H.245 listener's, the peer's
// leads to one of its; in H.245 ours take media by UDP. TPKT: u8 3, u8 0, u16 length of all.
// Not read: fast start and tunnelled H.245 as such, T.120 (shared applications), and, in RAS, how long a registration lives.
import {
  type Chunk,
  type DatagramDialogue,
  type Direction,
  FROM_INSIDE,
  FROM_OUTSIDE,
  type Helper,
  type HelperContext,
  type Span,
  type StreamDialogue,
} from './helper.ts';
import { hasAt, latin } from './payload.ts';

const CALL_SIGNALLING = 1720;
const REGISTRATION = 1719;
const LISTENER_SECONDS = 120;
const MEDIA_SECONDS = 180;
/** A registration is renewed well within this time (H.225.0 §7.9: gatekeepers give 300 s or less). */
const REGISTERED_SECONDS = 600;
const CALLS = 4;
const TPKT = 4;
const TRANSPORT = 6;

/** What is to be done about one address found: the port to show instead, or null to leave it. */
type Found = (port: number, context: HelperContext) => number | null;

/** An address to look for in one direction, and what it is replaced by. */
interface Search {
  readonly address: number;
  readonly shown: number;
  readonly found: Found;
}

function octet(address: number, index: number): number {
  return (address >>> (24 - 8 * index)) & 255;
}

/** Whether the bytes at `at`, as far as they have come, can be this address. */
function begins(chunk: Chunk, at: number, end: number, address: number): boolean {
  for (let i = 0; i < 4 && at + i < end; i++) if (chunk.bytes[at + i] !== octet(address, i)) return false;
  return true;
}

/** Looks for addresses in [from, to); returns where it stopped for want of bytes, else `to`. `whole`: nothing follows `to`. */
function scan(
  chunk: Chunk,
  from: number,
  to: number,
  whole: boolean,
  searches: readonly Search[],
  context: HelperContext,
): number {
  let at = from;
  while (at < to) {
    const search = searches.find((one) => begins(chunk, at, to, one.address));
    if (!search) {
      at++;
      continue;
    }
    if (to - at < TRANSPORT) {
      if (!whole) return at;
      at++;
      continue;
    }
    const port = ((chunk.bytes[at + 4] as number) << 8) | (chunk.bytes[at + 5] as number);
    const other = search.found(port, context);
    if (other !== null && (other !== port || search.shown !== search.address)) {
      const bytes = Uint8Array.of(0, 0, 0, 0, other >>> 8, other & 255);
      for (let i = 0; i < 4; i++) bytes[i] = octet(search.shown, i);
      chunk.replace(at, at + TRANSPORT, bytes);
    }
    at += TRANSPORT;
  }
  return to;
}

/** A channel of TPKT frames. */
abstract class Channel implements StreamDialogue {
  readonly kind = 'stream';
  /** By direction: bytes of the frame at hand still to come. */
  readonly #left: [number, number] = [0, 0];
  #over = false;

  /** What to look for in this direction. */
  abstract searches(direction: Direction, context: HelperContext): readonly Search[];

  read(direction: Direction, chunk: Chunk, context: HelperContext): number {
    const { bytes, start, end } = chunk;
    const searches = this.searches(direction, context);
    let at = start;
    while (at < end && !this.#over) {
      if (this.#left[direction] === 0) {
        if (bytes[at] !== 3 || (end - at > 1 && bytes[at + 1] !== 0)) return this.#end(chunk, context);
        if (end - at < TPKT) return at - start;
        const length = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
        if (length < TPKT) return this.#end(chunk, context);
        this.#left[direction] = length - TPKT;
        at += TPKT;
      }
      const to = Math.min(end, at + this.#left[direction]);
      const done = scan(chunk, at, to, to - at === this.#left[direction], searches, context);
      this.#left[direction] -= done - at;
      at = done;
      if (done < to) return at - start;
    }
    return end - start;
  }

  lost(): void {
    this.#over = true;
  }

  #end(chunk: Chunk, context: HelperContext): number {
    this.#over = true;
    context.refuse('one end does not speak H.323');
    context.stop();
    return chunk.end - chunk.start;
  }
}

/** Call signalling (H.225.0 §7.3). */
class Signalling extends Channel {
  searches(direction: Direction, context: HelperContext): readonly Search[] {
    const { inside, outside, remote } = context;
    if (direction === FROM_OUTSIDE)
      return [
        { address: outside, shown: inside, found: restored },
        { address: remote, shown: remote, found: (port) => this.#peersListener(port, context) },
      ];
    return [{ address: inside, shown: outside, found: (port) => this.#listener(port, context) }];
  }

  #listener(port: number, context: HelperContext): number | null {
    if (port === context.insidePort) return context.outsidePort;
    // The well-known port says who calls, not where anything is awaited.
    if (port === CALL_SIGNALLING) return port;
    const outside = context.expect({
      protocol: 'tcp',
      insidePort: port,
      remote: context.remote,
      remotePort: 0,
      seconds: LISTENER_SECONDS,
      count: 1,
      follow: () => new Control(),
    });
    if (outside !== null) context.used();
    return outside;
  }

  #peersListener(port: number, context: HelperContext): null {
    if (port !== context.remotePort && port !== CALL_SIGNALLING && port >= 1024)
      context.expectOutbound('tcp', context.remote, port, LISTENER_SECONDS, () => new Control());
    return null;
  }
}

/** Our own address in what the peer says: only the session's own port is put back. */
function restored(port: number, context: HelperContext): number | null {
  return port === context.outsidePort ? context.insidePort : null;
}

/** Control of media (H.245 §B, logical channels): each address of ours takes RTP, or its reports on the odd port above. */
class Control extends Channel {
  searches(direction: Direction, context: HelperContext): readonly Search[] {
    if (direction !== FROM_INSIDE) return [];
    return [{ address: context.inside, shown: context.outside, found: mediaPort }];
  }
}

function mediaPort(port: number, context: HelperContext): number | null {
  const even = port & ~1;
  const outside = context.expectPair({
    protocol: 'udp',
    insidePort: even,
    remote: context.remote,
    remotePort: 0,
    seconds: MEDIA_SECONDS,
    count: 1,
  });
  if (outside === null) return null;
  context.used();
  return outside + (port - even);
}

/** Registration, admission, status (H.225.0 §7.2-7.17): one message a datagram. */
class Registration implements DatagramDialogue {
  readonly kind = 'datagram';

  read(direction: Direction, chunk: Chunk, context: HelperContext): boolean {
    const { inside, outside, remote } = context;
    const searches: readonly Search[] =
      direction === FROM_INSIDE
        ? [{ address: inside, shown: outside, found: signallingPort }]
        : [
            { address: outside, shown: inside, found: restoredSignalling },
            { address: remote, shown: remote, found: peersSignalling },
          ];
    scan(chunk, chunk.start, chunk.end, true, searches, context);
    return true;
  }
}

/** Our own port for registration, or one on which calls by way of the gatekeeper are awaited. */
function signallingPort(port: number, context: HelperContext): number | null {
  if (port === context.insidePort) return context.outsidePort;
  const outside = context.expect({
    protocol: 'tcp',
    insidePort: port,
    remote: context.remote,
    remotePort: 0,
    seconds: REGISTERED_SECONDS,
    count: CALLS,
    follow: () => new Signalling(),
  });
  if (outside !== null) context.used();
  return outside;
}

function restoredSignalling(port: number, context: HelperContext): number | null {
  return restored(port, context) ?? context.insidePortOf('tcp', port);
}

function peersSignalling(port: number, context: HelperContext): null {
  if (port !== context.remotePort && port >= 1024)
    context.expectOutbound('tcp', context.remote, port, LISTENER_SECONDS, () => new Signalling());
  return null;
}

/** A TPKT frame with a message of Q.931 in it (H.225.0 §7.2). */
function beginsCall(fromClient: boolean, span: Span): boolean | null {
  return fromClient && hasAt(span, 0, [3, 0]) && hasAt(span, 4, [8]);
}

/** A client begins with a request to find or to join a gatekeeper, which names H.225.0 (0.0.8.2250.0.x). */
function beginsRegistration(fromClient: boolean, { bytes, start, end }: Span): boolean {
  return fromClient && latin(bytes, start, Math.min(end, start + 32)).includes('\0\x08\x91\x4a\0');
}

export const h323: Helper = {
  name: 'h323',
  title: 'H.323',
  opens:
    'For each conference, the ports on which a client awaits its control channel, sound and pictures, to the other end only; for a client registered with a gatekeeper, the port on which it takes calls, to that gatekeeper only.',
  on: false,
  transports: [
    { protocol: 'tcp', ports: [CALL_SIGNALLING], begins: beginsCall, open: () => new Signalling() },
    { protocol: 'udp', ports: [REGISTRATION], begins: beginsRegistration, open: () => new Registration() },
  ],
};
