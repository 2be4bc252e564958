/**
 * Takes the timestamps option (RFC 7323 §3) out of a SYN that crosses a slow line, so that neither end uses it.
 *
 * Twelve octets a segment, other in every one: van Jacobson's compression (RFC 1144) sends such headers whole, 52 octets
 * instead of 4. What timestamps are for, wrapped sequence numbers and many samples a window, no modem line comes near to.
 */
import { adjustChecksum, type PacketView, put16, u16 } from './packet-view.ts';

const TIMESTAMPS = 8;
const TIMESTAMPS_LENGTH = 10;
const NO_OPERATION = 1;

/** `view` is on a SYN in `buffer`; the option's octets become padding, the checksum stays true. False: there was none. */
export function takeTimestampsOut(view: PacketView, buffer: Uint8Array): boolean {
  const at = view.option(buffer, TIMESTAMPS, TIMESTAMPS_LENGTH);
  if (at < 0) return false;
  const from = at - ((at - view.transport) & 1);
  const sumAt = view.transport + 16;
  const words: number[] = [];
  for (let word = from; word < at + TIMESTAMPS_LENGTH; word += 2) words.push(u16(buffer, word));
  buffer.fill(NO_OPERATION, at, at + TIMESTAMPS_LENGTH);
  words.forEach((before, i) => {
    put16(buffer, sumAt, adjustChecksum(u16(buffer, sumAt), before, u16(buffer, from + 2 * i)));
  });
  return true;
}
