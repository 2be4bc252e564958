// Amanda (UDP 10080, the backup system's own documentation of its packets): the helper for the reply that names the TCP ports at which
// amandad awaits the backup server. Ports in decimal are rewritten when amandad is inside. Nothing else of a packet is read.
//
//   Amanda <version> REP HANDLE <handle> SEQ <number>      (REQ for the server's question, PREP for a first part of the answer)
//   CONNECT DATA <port> MESG <port> INDEX <port>           (newer ones also STATE <port>; no stream: 0 or -1)
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
import { bytesOf, latin, portNumber } from './payload.ts';

const SECONDS = 180;
const LONGEST = 16_384;
const LONGEST_LINE = 256;
const STREAMS = /(?<= )(DATA|MESG|INDEX|STATE) (-?\d{1,5})(?![^ \r])/g;

class Backup implements DatagramDialogue {
  readonly kind = 'datagram';
  #asked = false;

  read(direction: Direction, chunk: Chunk, context: HelperContext): boolean {
    const { bytes, start, end } = chunk;
    const kind = /^Amanda \S{1,32} (REQ|REP|PREP) HANDLE /.exec(
      latin(bytes, start, Math.min(end, start + 64)),
    );
    const server = context.insideIsServer ? FROM_OUTSIDE : FROM_INSIDE;
    if (kind?.[1] === 'REQ' && direction === server) this.#asked = true;
    else if (kind && kind[1] !== 'REQ' && direction !== server) this.#reply(chunk, context);
    return true;
  }

  #reply({ bytes, start, end, replace }: Chunk, context: HelperContext): void {
    if (end - start > LONGEST) return;
    const text = latin(bytes, start, end);
    const from = text.indexOf('\nCONNECT ') + 1;
    if (from === 0) return;
    if (!this.#asked) {
      context.refuse('an answer came that nobody had asked for');
      return;
    }
    const lineEnd = text.indexOf('\n', from);
    const line = text.slice(from, lineEnd < 0 ? text.length : lineEnd);
    if (line.length > LONGEST_LINE) {
      context.refuse('an answer could not be read');
      return;
    }
    const seen = new Set<string>();
    for (const match of line.matchAll(STREAMS)) {
      const [, name, digits] = match as unknown as [string, string, string];
      const port = portNumber(digits);
      if (port === 0 || seen.has(name)) continue;
      seen.add(name);
      const outside = this.#stream(port, context);
      if (outside === null || outside === port) continue;
      const at = start + from + match.index + name.length + 1;
      replace(at, at + digits.length, bytesOf(String(outside)));
    }
    if (seen.size > 0) context.used();
  }

  /** The port to be named for one stream, or null when it stays. */
  #stream(port: number, context: HelperContext): number | null {
    if (!context.insideIsServer) {
      context.expectOutbound('tcp', context.remote, port, SECONDS);
      return null;
    }
    return context.expect({
      protocol: 'tcp',
      insidePort: port,
      remote: context.remote,
      remotePort: 0,
      seconds: SECONDS,
      count: 1,
    });
  }
}

function begins(fromClient: boolean, { bytes, start, end }: Span): boolean {
  return fromClient && latin(bytes, start, Math.min(end, start + 7)) === 'Amanda ';
}

export const amanda: Helper = {
  name: 'amanda',
  title: 'Amanda backup',
  opens:
    'For a backup of a computer behind a forward, the up to four ports it has just named, to the backup server that asked, once each.',
  on: false,
  transports: [{ protocol: 'udp', ports: [10_080], begins, open: () => new Backup() }],
};
