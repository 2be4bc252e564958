// Fragments (RFC 791 §3.2, RFC 815): bounded reassembly in any order, and cutting a packet for a link's MTU.
// Theory of operation: a datagram under assembly holds its bytes in place and a sorted list of the ranges it has. Overlaps
// other than exact repeats kill the datagram (teardrop and its kin, RFC 5722). There are at most 64 datagrams and 2 MB;
// when they are full the oldest of the source that holds most gives way, so that a flood pushes out itself first.
import { get16, put16 } from './bytes.ts';
import { headerLength, IPV4_HEADER, MORE_FRAGMENTS, protocolOf, sealHeader, sourceOf } from './ipv4.ts';

export const REASSEMBLY_MS = 30_000;
const DATAGRAMS = 64;
const RANGES = 64;
const ROOM = 128;
const SMALL = 8192;
const LARGE = 65_535;
const TOTAL_BYTES = 2 << 20;
const LONGEST_HEADER = 60;

interface Datagram {
  used: boolean;
  source: number;
  destination: number;
  idProtocol: number;
  started: number;
  /** Payload length, known with the last fragment; -1 before. */
  total: number;
  header: number;
  largest: number;
  ranges: Int32Array;
  rangeCount: number;
  buffer: Uint8Array;
}

export class Reassembler {
  /** The finished datagram, valid until the next call: a whole IPv4 packet at offset 0, with room after it. */
  buffer: Uint8Array = new Uint8Array(0);
  length = 0;
  /** Length of the largest fragment it came in, header included; cut it no larger again (RFC 1812 §4.2.2.7). */
  largest = 0;
  evicted = 0;
  timedOut = 0;
  malformed = 0;
  readonly #datagrams: Datagram[] = [];
  #bytes = 0;

  constructor() {
    for (let i = 0; i < DATAGRAMS; i++)
      this.#datagrams.push({
        used: false,
        source: 0,
        destination: 0,
        idProtocol: 0,
        started: 0,
        total: -1,
        header: 0,
        largest: 0,
        ranges: new Int32Array(RANGES * 2),
        rangeCount: 0,
        buffer: new Uint8Array(0),
      });
  }

  /** Bytes held for datagrams under assembly. */
  get heldBytes(): number {
    return this.#bytes;
  }
  get pending(): number {
    let count = 0;
    for (const datagram of this.#datagrams) if (datagram.used) count++;
    return count;
  }

  /** Takes one fragment whose header is sound. True when it completed its datagram; see `buffer` and `length`. */
  take(b: Uint8Array, o: number, length: number, now: number): boolean {
    const field = get16(b, o + 6);
    const header = headerLength(b, o);
    const from = (field & 0x1fff) << 3;
    const size = length - header;
    const to = from + size;
    const more = (field & MORE_FRAGMENTS) !== 0;
    if (size <= 0 || (more && (size & 7) !== 0) || to > LARGE - header) {
      this.malformed++;
      return false;
    }
    const datagram = this.#find(b, o, now);
    if (datagram.total >= 0 && (to > datagram.total || (!more && to !== datagram.total)))
      return this.#spoilt(datagram);
    const verdict = this.#insert(datagram, from, to);
    if (verdict < 0) return this.#spoilt(datagram);
    if (verdict === 0) return false;
    if (!more) {
      if ((datagram.ranges[datagram.rangeCount * 2 - 1] as number) > to) return this.#spoilt(datagram);
      datagram.total = to;
    }
    if (!this.#room(datagram, LONGEST_HEADER + to)) {
      this.evicted++;
      this.#release(datagram);
      return false;
    }
    const data = datagram.buffer;
    for (let i = 0; i < size; i++) data[LONGEST_HEADER + from + i] = b[o + header + i] as number;
    if (length > datagram.largest) datagram.largest = length;
    if (from === 0) {
      datagram.header = header;
      for (let i = 0; i < header; i++) data[LONGEST_HEADER - header + i] = b[o + i] as number;
    }
    if (datagram.total < 0 || datagram.rangeCount !== 1 || datagram.ranges[0] !== 0) return false;
    if (datagram.ranges[1] !== datagram.total) return false;
    return this.#finish(datagram);
  }

  /** Forgets datagrams older than `REASSEMBLY_MS`. */
  expire(now: number): void {
    for (const datagram of this.#datagrams)
      if (datagram.used && now - datagram.started >= REASSEMBLY_MS) {
        this.timedOut++;
        this.#release(datagram);
      }
  }

  #finish(datagram: Datagram): boolean {
    const start = LONGEST_HEADER - datagram.header;
    const total = datagram.header + datagram.total;
    if (total > LARGE) return this.#spoilt(datagram);
    this.buffer = datagram.buffer;
    this.buffer.copyWithin(0, start, start + total);
    this.length = total;
    this.largest = datagram.largest;
    put16(this.buffer, 2, total);
    put16(this.buffer, 6, 0);
    sealHeader(this.buffer, 0);
    datagram.used = false;
    // The buffer stays with the record until it is taken again: the caller reads it before the next fragment comes.
    return true;
  }

  #find(b: Uint8Array, o: number, now: number): Datagram {
    const source = sourceOf(b, o);
    const destination = (get16(b, o + 16) << 16) | get16(b, o + 18);
    const idProtocol = (get16(b, o + 4) << 8) | protocolOf(b, o);
    let free: Datagram | undefined;
    for (const datagram of this.#datagrams) {
      if (!datagram.used) free ??= datagram;
      else if (
        datagram.idProtocol === idProtocol &&
        datagram.source === source &&
        datagram.destination === destination
      )
        return datagram;
    }
    const datagram = free ?? this.#evict();
    datagram.used = true;
    datagram.source = source;
    datagram.destination = destination;
    datagram.idProtocol = idProtocol;
    datagram.started = now;
    datagram.total = -1;
    datagram.header = 0;
    datagram.largest = 0;
    datagram.rangeCount = 0;
    return datagram;
  }

  /** The oldest datagram of the source that holds most of them. */
  #evict(): Datagram {
    const counts = new Map<number, number>();
    let most = 0;
    for (const datagram of this.#datagrams) {
      const count = (counts.get(datagram.source) ?? 0) + 1;
      counts.set(datagram.source, count);
      if (count > most) most = count;
    }
    let victim: Datagram | undefined;
    for (const datagram of this.#datagrams)
      if (counts.get(datagram.source) === most && (!victim || datagram.started < victim.started))
        victim = datagram;
    this.evicted++;
    const chosen = victim ?? (this.#datagrams[0] as Datagram);
    this.#release(chosen);
    return chosen;
  }

  /** Adds [from, to): 1 added, 0 an exact repeat of what is there, -1 an overlap or too scattered. */
  #insert(datagram: Datagram, from: number, to: number): number {
    const ranges = datagram.ranges;
    let at = 0;
    while (at < datagram.rangeCount && (ranges[at * 2 + 1] as number) < from) at++;
    const low = at < datagram.rangeCount ? (ranges[at * 2] as number) : LARGE + 1;
    const high = at < datagram.rangeCount ? (ranges[at * 2 + 1] as number) : LARGE + 1;
    if (from >= low && to <= high && low <= LARGE) return 0;
    const joinsLow = high === from;
    const next = joinsLow ? at + 1 : at;
    const nextLow = next < datagram.rangeCount ? (ranges[next * 2] as number) : LARGE + 1;
    if (to > nextLow) return -1;
    const joinsHigh = to === nextLow;
    if (joinsLow && joinsHigh) {
      ranges[at * 2 + 1] = ranges[next * 2 + 1] as number;
      ranges.copyWithin(next * 2, next * 2 + 2, datagram.rangeCount * 2);
      datagram.rangeCount--;
    } else if (joinsLow) ranges[at * 2 + 1] = to;
    else if (joinsHigh) ranges[next * 2] = from;
    else {
      if (datagram.rangeCount >= RANGES) return -1;
      ranges.copyWithin(at * 2 + 2, at * 2, datagram.rangeCount * 2);
      ranges[at * 2] = from;
      ranges[at * 2 + 1] = to;
      datagram.rangeCount++;
    }
    return 1;
  }

  #room(datagram: Datagram, bytes: number): boolean {
    if (datagram.buffer.length >= bytes + ROOM) return true;
    const size = bytes + ROOM <= SMALL ? SMALL : LARGE + LONGEST_HEADER + ROOM;
    const growth = size - datagram.buffer.length;
    if (this.#bytes + growth > TOTAL_BYTES) {
      for (const other of this.#datagrams)
        if (!other.used && other.buffer.length > 0 && other.buffer !== this.buffer) this.#drop(other);
      if (this.#bytes + growth > TOTAL_BYTES) return false;
    }
    const grown = new Uint8Array(size);
    grown.set(datagram.buffer);
    datagram.buffer = grown;
    this.#bytes += growth;
    return true;
  }

  #drop(datagram: Datagram): void {
    this.#bytes -= datagram.buffer.length;
    datagram.buffer = new Uint8Array(0);
  }

  #release(datagram: Datagram): void {
    datagram.used = false;
    if (datagram.buffer.length > SMALL) this.#drop(datagram);
  }

  #spoilt(datagram: Datagram): boolean {
    this.malformed++;
    this.#release(datagram);
    return false;
  }
}

/** Bytes of header a later fragment carries: the fixed part and the options whose copied bit is set (RFC 791 §3.1). */
function copiedHeader(b: Uint8Array, o: number, out: Uint8Array, at: number): number {
  for (let i = 0; i < IPV4_HEADER; i++) out[at + i] = b[o + i] as number;
  const end = o + headerLength(b, o);
  let from = o + IPV4_HEADER;
  let size = IPV4_HEADER;
  while (from < end) {
    const kind = b[from] as number;
    if (kind === 0) break;
    const length = kind === 1 ? 1 : from + 1 < end ? (b[from + 1] as number) : 0;
    if (length < 1 || (kind !== 1 && length < 2) || from + length > end) break;
    if ((kind & 0x80) !== 0) for (let i = 0; i < length; i++) out[at + size++] = b[from + i] as number;
    from += length;
  }
  while ((size & 3) !== 0) out[at + size++] = 0;
  out[at] = 0x40 | (size >>> 2);
  return size;
}

/**
 * Cuts the packet at (b, o) into fragments of at most `mtu` bytes (68 or more), in order, and hands each to `send` from
 * `scratch`. The packet must not forbid it; it may itself be a fragment.
 */
export function cut(
  b: Uint8Array,
  o: number,
  length: number,
  mtu: number,
  scratch: Uint8Array,
  send: (buffer: Uint8Array, offset: number, length: number) => void,
): void {
  const firstHeader = headerLength(b, o);
  const field = get16(b, o + 6);
  const base = field & 0x1fff;
  let from = 0;
  const payload = length - firstHeader;
  while (from < payload) {
    let header = firstHeader;
    if (from === 0) for (let i = 0; i < header; i++) scratch[i] = b[o + i] as number;
    else header = copiedHeader(b, o, scratch, 0);
    const last = payload - from <= mtu - header;
    const size = last ? payload - from : (mtu - header) & ~7;
    for (let i = 0; i < size; i++) scratch[header + i] = b[o + firstHeader + from + i] as number;
    put16(scratch, 2, header + size);
    put16(scratch, 6, (base + (from >>> 3)) | (last ? field & MORE_FRAGMENTS : MORE_FRAGMENTS));
    sealHeader(scratch, 0);
    send(scratch, 0, header + size);
    from += size;
  }
}
