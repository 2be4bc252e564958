// rsh, rexec and kshell (4.2BSD's rcmd(3), rexec(3)): the helper for the second connection, on which standard error comes back. The
// client's first bytes are the decimal port on which it listens for it, ended by a zero byte; "0" or nothing means none. The server
// then connects to it: with rsh (514) and kshell (544) to a port in 512..1023, as the client itself needs one, with rexec (512) to
// any other. rlogin (513) has no second connection and needs only what the masquerade does anyway: a source port of the same class.
import {
  type Chunk,
  type Direction,
  FROM_INSIDE,
  FROM_OUTSIDE,
  type Helper,
  type HelperContext,
  type Span,
  type StreamDialogue,
} from './helper.ts';
import { bytesOf, latin, portNumber } from './payload.ts';

const SECONDS = 120;
const LONGEST = 5;
const REXEC = 512;
/** Ports of the class rcmd takes from that a host's own servers listen at; a client never gets one of them for itself. */
const SERVERS: ReadonlySet<number> = new Set([
  512, 513, 514, 515, 520, 530, 540, 543, 544, 548, 554, 563, 587, 593, 631, 636, 646, 749, 750, 853, 860,
  873, 989, 990, 992, 993, 994, 995,
]);

class Command implements StreamDialogue {
  readonly kind = 'stream';
  readonly #client: Direction;

  constructor(insideIsServer: boolean) {
    this.#client = insideIsServer ? FROM_OUTSIDE : FROM_INSIDE;
  }

  read(direction: Direction, chunk: Chunk, context: HelperContext): number {
    const { bytes, start, end } = chunk;
    if (direction !== this.#client) return end - start;
    let stop = start;
    while (stop < end && bytes[stop] !== 0 && isDigit(bytes[stop] as number)) stop++;
    if (stop === end && end - start <= LONGEST) return 0;
    context.stop();
    if (stop === end || bytes[stop] !== 0 || stop - start > LONGEST) {
      context.refuse('the client does not begin with a port');
      return end - start;
    }
    const port = portNumber(latin(bytes, start, stop));
    if (Number(latin(bytes, start, stop)) !== 0) this.#await(port, start, stop, chunk, context);
    return end - start;
  }

  #await(port: number, from: number, to: number, chunk: Chunk, context: HelperContext): void {
    if (context.insideIsServer) {
      // Our server connects to the client outside by itself: only the tie is needed.
      if (port !== 0) context.expectOutbound('tcp', context.remote, port, SECONDS);
      return;
    }
    const privileged = context.remotePort !== REXEC;
    if (port === 0 || (privileged ? port < 512 || port > 1023 || SERVERS.has(port) : port < 1024)) {
      context.refuse('the port for standard error is none a client would have');
      return;
    }
    const outside = context.expect({
      protocol: 'tcp',
      insidePort: port,
      remote: context.remote,
      remotePort: 0,
      seconds: SECONDS,
      count: 1,
    });
    if (outside === null) return;
    context.used();
    if (outside !== port) chunk.replace(from, to, bytesOf(String(outside)));
  }
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

/** A port, though "0" or nothing would do: a zero byte alone may be anybody's. */
function begins(fromClient: boolean, { bytes, start, end }: Span): boolean | null {
  let at = start;
  while (at < end && isDigit(bytes[at] as number)) at++;
  if (!fromClient || at - start > LONGEST) return false;
  return at === end ? null : at > start && bytes[at] === 0;
}

export const rsh: Helper = {
  name: 'rsh',
  title: 'rsh, rexec',
  opens:
    'For a command run on another machine, the one port on which the client awaits its error messages, to that machine only; with rsh it lies below 1024.',
  on: false,
  privileged: true,
  transports: [
    {
      protocol: 'tcp',
      ports: [512, 514, 544],
      begins,
      open: (context) => new Command(context.insideIsServer),
    },
  ],
};
