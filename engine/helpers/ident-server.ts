// The gateway's own end of ident connections: as much TCP (RFC 9293) as one line in and one line out need. A SYN costs nothing: the first
// number is a keyed hash, and only who has returned it gets a place, of which there are few. No timers of ours: what is lost, the other
// end repeats, and is answered alike. After the answer the connection is closed.
import { ACK, FIN, PSH, RST, SYN, sequenceDistance } from '../packet/tcp.ts';
import { LONGEST_LINE } from './ident.ts';

const PLACES = 64;
const LIFE_MS = 60_000;

export interface Segment {
  /** Which uplink it came by, and from whom. */
  readonly uplink: number;
  readonly remote: number;
  readonly remotePort: number;
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  /** Latin-1. */
  readonly payload: string;
}

export interface Reply {
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly payload: string;
}

/** What a segment is answered with: another, nothing, or as if nobody were here. */
export type Verdict = Reply | 'silence' | 'reset';

interface Place {
  readonly since: number;
  /** The other end's next number. */
  next: number;
  line: string;
  answer: string | null;
  closed: boolean;
}

function scramble(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return h ^ (h >>> 16);
}

export class IdentServer {
  readonly #secrets: readonly [number, number];
  readonly #places = new Map<string, Place>();

  /** `random(bound)`: an unpredictable integer, 0 ≤ n < bound. */
  constructor(random: (bound: number) => number) {
    const secret = () => (random(65_536) << 16) | random(65_536);
    this.#secrets = [secret(), secret()];
  }

  get places(): number {
    return this.#places.size;
  }

  /** Takes a segment to port 113. `answer` is asked once a connection, for the line that came, its end included. */
  take(segment: Segment, now: number, answer: (line: string) => string): Verdict {
    const { uplink, remote, remotePort, flags, sequence } = segment;
    const key = `${uplink} ${remote} ${remotePort}`;
    if ((flags & RST) !== 0) {
      this.#places.delete(key);
      return 'silence';
    }
    const first = (this.#initial(uplink, remote, remotePort) + 1) | 0;
    if ((flags & SYN) !== 0) {
      if ((flags & ACK) !== 0) return 'reset';
      this.#places.delete(key);
      return reply(SYN | ACK, first - 1, sequence + 1);
    }
    if ((flags & ACK) === 0) return 'silence';
    let place = this.#places.get(key);
    if (!place) {
      if (segment.acknowledgement !== first) return 'reset';
      place = { since: now, next: sequence, line: '', answer: null, closed: false };
      this.#keep(key, place, now);
    }
    const verdict = this.#hear(place, segment, first, answer);
    if (verdict === 'reset') this.#places.delete(key);
    return verdict;
  }

  #hear(place: Place, segment: Segment, first: number, answer: (line: string) => string): Verdict {
    const { flags, sequence, acknowledgement, payload } = segment;
    const known = sequenceDistance(place.next, sequence);
    const end = (first + (place.answer?.length ?? -1) + 1) | 0;
    if (known < 0) return reply(ACK, place.answer === null ? first : end, place.next);
    const fresh = payload.slice(known);
    place.next = (place.next + fresh.length) | 0;
    if (place.answer === null) {
      place.line += fresh;
      const lineEnd = place.line.indexOf('\n');
      if (lineEnd >= 0) place.answer = answer(place.line.slice(0, lineEnd + 1));
      else if (place.line.length > LONGEST_LINE || (flags & FIN) !== 0) return 'reset';
    }
    const finished = (flags & FIN) !== 0;
    if (finished && !place.closed && ((sequence + payload.length) | 0) === place.next) {
      place.closed = true;
      place.next = (place.next + 1) | 0;
    }
    const spoke = payload.length > 0 || finished;
    if (place.answer === null) return spoke ? reply(ACK, first, place.next) : 'silence';
    const last = (first + place.answer.length + 1) | 0;
    if (acknowledgement === last) return spoke ? reply(ACK, last, place.next) : 'silence';
    return { ...reply(PSH | FIN | ACK, first, place.next), payload: place.answer };
  }

  #keep(key: string, place: Place, now: number): void {
    for (const [oldest, { since }] of this.#places) {
      if (this.#places.size < PLACES && now - since < LIFE_MS) break;
      this.#places.delete(oldest);
    }
    this.#places.set(key, place);
  }

  /** Our first number on a connection: the same as long as we run, and not to be guessed (as RFC 6528 asks, without its clock). */
  #initial(uplink: number, remote: number, remotePort: number): number {
    const [one, two] = this.#secrets;
    return scramble(scramble(remote ^ one) ^ scramble(((uplink << 16) | remotePort) + two) ^ two);
  }
}

function reply(flags: number, sequence: number, acknowledgement: number): Reply {
  return { flags, sequence: sequence | 0, acknowledgement: acknowledgement | 0, payload: '' };
}
