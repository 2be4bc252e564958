// Segments of a session that a helper reads: the payload goes through the stream, and what comes out is put into one segment or more
// with sequence numbers, acknowledgement, SACK blocks (RFC 2018) and urgent pointer of the other side's count.
import { get16, get32, put16, put32 } from '../packet/bytes.ts';
import { headerLength, sealHeader, setTotalLength } from '../packet/ipv4.ts';
import {
  ACK,
  dataOffset,
  FIN,
  findOption,
  flagsOf,
  PSH,
  RST,
  SYN,
  sealTcp,
  sequenceDistance,
  URG,
} from '../packet/tcp.ts';
import type { Chunk } from './helper.ts';
import type { Stream } from './stream.ts';

const SACK = 5;
const payload = new Uint8Array(131_072);
const segment = new Uint8Array(4096);

/** Sends one finished packet. */
export type Send = (b: Uint8Array, o: number, length: number) => void;

/**
 * Passes one segment on. `own` is the stream its payload belongs to, `opposite` the one it acknowledges; `mtu` bounds what is sent.
 * False when the segment had to be dropped.
 */
export function passSegment(
  own: Stream,
  opposite: Stream,
  b: Uint8Array,
  o: number,
  length: number,
  mtu: number,
  read: ((chunk: Chunk) => number) | null,
  send: Send,
): boolean {
  const t = o + headerLength(b, o);
  const flags = flagsOf(b, t);
  const header = dataOffset(b, t);
  const size = o + length - t - header;
  const sequence = get32(b, t + 4);
  if ((flags & ACK) !== 0) {
    opposite.map.acknowledged(get32(b, t + 8));
    put32(b, t + 8, opposite.map.back(get32(b, t + 8)));
    mapSack(b, t, opposite);
  }
  if ((flags & SYN) !== 0) {
    own.begin(sequence);
    // Data in a SYN (RFC 7413 §4.2) would go on unread; without it, its sender repeats it after the handshake.
    setTotalLength(b, o, length - size);
    resealed(b, o, t, length - size, send);
    return true;
  }
  const final = (flags & (FIN | RST)) !== 0;
  if (size === 0 && !(final && own.isHolding)) {
    renumber(own, b, t, own.map.forward((flags & RST) !== 0 ? sequence : own.visible(sequence)));
    resealed(b, o, t, length, send);
    return true;
  }
  if (!own.take(sequence, b, t + header, size, final, read)) return false;
  const from = own.start;
  const first = own.map.forward(from);
  const unchanged =
    from === sequence && own.length === size && !own.map.touches(from, (from + own.length) | 0);
  if (unchanged) {
    renumber(own, b, t, first);
    resealed(b, o, t, length, send);
    return true;
  }
  const total = own.map.compose(from, own.bytes, own.at, own.length, payload);
  const ended = own.length > 0 || size === 0 ? (from + own.length) | 0 : from;
  const whole = ended === ((sequence + size) | 0);
  sendParts(own, b, o, t, header, first, total, whole ? flags : flags & ~(FIN | PSH), mtu, sequence, send);
  return true;
}

/** The composed payload in segments that fit. FIN, PSH and RST go with the last. */
function sendParts(
  own: Stream,
  b: Uint8Array,
  o: number,
  t: number,
  header: number,
  first: number,
  total: number,
  flags: number,
  mtu: number,
  sequence: number,
  send: Send,
): void {
  const headers = t - o + header;
  const room = Math.max(mtu - headers, 64);
  const urgent = (flags & URG) === 0 ? 0 : own.map.forward((sequence + get16(b, t + 18)) | 0);
  let done = 0;
  do {
    const size = Math.min(room, total - done);
    const last = done + size >= total;
    for (let i = 0; i < headers; i++) segment[i] = b[o + i] as number;
    for (let i = 0; i < size; i++) segment[headers + i] = payload[done + i] as number;
    const s = t - o;
    const start = (first + done) | 0;
    put16(segment, 2, headers + size);
    put16(segment, 4, (get16(b, o + 4) + (done === 0 ? 0 : 1)) & 0xffff);
    put32(segment, s + 4, start);
    const pointer = sequenceDistance(urgent, start);
    const urges = (flags & URG) !== 0 && pointer > 0 && pointer <= 0xffff;
    segment[s + 13] = (last ? flags : flags & ~(FIN | PSH | RST)) & (urges ? 0xff : ~URG);
    put16(segment, s + 18, urges ? pointer : 0);
    sealHeader(segment, 0);
    sealTcp(segment, s, header + size, get32(segment, 12), get32(segment, 16));
    send(segment, 0, headers + size);
    done += size;
  } while (done < total);
}

/** Gives a segment its number; what it points at as urgent stays what it was. */
function renumber(own: Stream, b: Uint8Array, t: number, first: number): void {
  if ((flagsOf(b, t) & URG) !== 0 && !own.map.isEmpty) {
    const urgent = sequenceDistance(own.map.forward((get32(b, t + 4) + get16(b, t + 18)) | 0), first);
    put16(b, t + 18, Math.max(0, Math.min(urgent, 0xffff)));
  }
  put32(b, t + 4, first);
}

function resealed(b: Uint8Array, o: number, t: number, length: number, send: Send): void {
  sealTcp(b, t, o + length - t, get32(b, o + 12), get32(b, o + 16));
  send(b, o, length);
}

/** Selective acknowledgements in the sender's own numbers; a block within replaced bytes ends before it begins, and is ignored. */
function mapSack(b: Uint8Array, t: number, opposite: Stream): void {
  if (opposite.map.isEmpty) return;
  const at = findOption(b, t, SACK);
  if (at < 0) return;
  const blocks = ((b[at + 1] as number) - 2) >> 3;
  for (let i = 0; i < blocks; i++) {
    const left = at + 2 + i * 8;
    put32(b, left, opposite.map.back(get32(b, left), true));
    put32(b, left + 4, opposite.map.back(get32(b, left + 4)));
  }
}
