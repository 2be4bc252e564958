// SDP (RFC 8866), as SIP carries it: where one end would have its media. Read and rewritten: the address of o=, c= of the session and
// of each medium, the port of m= for media by UDP (RTP takes two, RFC 3550 §11), a=rtcp (RFC 3605). Not read: media by TCP, IPv6, and
// descriptions with candidates or a promise of them (RFC 8839, RFC 8840), whose ends find their way by themselves.
import { dottedAddress, portNumber } from './payload.ts';

/** A piece of text to be replaced, by its place. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export interface Medium {
  /** RTP has a second port, the next one, for its reports. */
  readonly rtp: boolean;
  readonly port: number;
  /** Where the port stands. */
  readonly from: number;
  readonly to: number;
  /** Its own c= or the session's; null when that is no IPv4 address. */
  address: number | null;
  /** The port for reports, when the description names one. */
  rtcp: { readonly port: number; readonly from: number; readonly to: number } | null;
}

export interface Address {
  readonly address: number;
  readonly from: number;
  readonly to: number;
}

export interface Description {
  readonly media: readonly Medium[];
  /** Of o=, c= and a=rtcp lines. */
  readonly addresses: readonly Address[];
  /** The session's c=, or that of the first medium; null for none. */
  readonly connection: number | null;
  /** The end gathers its own candidates. */
  readonly candidates: boolean;
}

const MOST_MEDIA = 16;

/** Reads a description; places are those in `text` plus `at`. Null when it is none. */
export function readDescription(text: string, at: number): Description | null {
  if (!/^v=0\r?\n/.test(text)) return null;
  const media: Medium[] = [];
  const addresses: Address[] = [];
  let session: number | null = null;
  let candidates = false;
  let place = at;
  for (const line of text.split('\n')) {
    const from = place;
    place += line.length + 1;
    const medium = media.at(-1);
    const kind = line.slice(0, 2);
    if (kind === 'o=' || kind === 'c=') {
      const match = /^(?:o=\S+ \d+ \d+ |c=)IN IP4 ([\d.]+)(?=[/\r]|$)/.exec(line);
      const address = noteAddress(match, from, addresses);
      if (kind !== 'c=') continue;
      if (medium) medium.address = address;
      else session = address;
    } else if (kind === 'm=') {
      const match = /^m=[\w.+-]+ (\d{1,5})(?:\/\d+)? ([\w/.+-]+)/.exec(line);
      const protocol = (match?.[2] ?? '').toUpperCase();
      if (!match || media.length >= MOST_MEDIA) continue;
      const start = line.indexOf(' ') + 1;
      const rtp = protocol.startsWith('RTP/') || protocol.startsWith('UDP/TLS/RTP/');
      media.push({
        rtp,
        port: rtp || protocol.startsWith('UDP') ? portNumber(match[1] as string) : 0,
        from: from + start,
        to: from + start + (match[1] as string).length,
        address: session,
        rtcp: null,
      });
    } else if (line.startsWith('a=rtcp:')) {
      const match = /^a=rtcp:(\d{1,5})(?: IN IP4 ([\d.]+))?/.exec(line);
      if (!match || !medium) continue;
      medium.rtcp = {
        port: portNumber(match[1] as string),
        from: from + 7,
        to: from + 7 + (match[1] as string).length,
      };
      const address = /^(a=rtcp:\d+ IN IP4 )([\d.]+)/.exec(line);
      if (address) noteAddress(['', address[2] as string], from, addresses, (address[1] as string).length);
    } else if (/^a=(?:candidate|ice-ufrag):/.test(line)) candidates = true;
  }
  const connection = session ?? media[0]?.address ?? null;
  return { media, addresses, connection, candidates };
}

function noteAddress(
  match: readonly (string | undefined)[] | null,
  line: number,
  addresses: Address[],
  offset?: number,
): number | null {
  const address = dottedAddress(match?.[1] ?? '');
  if (!match || address === null) return null;
  const length = (match[1] as string).length;
  const from = line + (offset ?? (match[0] as string).length - length);
  addresses.push({ address, from, to: from + length });
  return address;
}
