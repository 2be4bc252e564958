// The Internet checksum (RFC 1071) and its update when a field changes (RFC 1624, equation 3).
// Sums are of 16-bit words in network order, folded to 16 bits; a correct packet sums to 0xffff.

// Views on the two buffers used last, one per direction of a relay, so that a packet costs no object. They are told by the byte array
// itself: asking it for its ArrayBuffer is a call out of compiled code.
let firstArray: Uint8Array = new Uint8Array(0);
let firstView: DataView = new DataView(firstArray.buffer);
let secondArray = firstArray;
let secondView = firstView;

function viewOf(b: Uint8Array): DataView {
  if (b === firstArray) return firstView;
  const view = b === secondArray ? secondView : new DataView(b.buffer, b.byteOffset, b.byteLength);
  secondArray = firstArray;
  secondView = firstView;
  firstArray = b;
  firstView = view;
  return view;
}

export function fold(sum: number): number {
  let folded = (sum & 0xffff) + (sum >>> 16);
  folded = (folded & 0xffff) + (folded >>> 16);
  return folded;
}

/** Folded sum of `length` bytes (0..65535) at `offset`; an odd last byte counts as the high half of a word. */
export function sumBytes(b: Uint8Array, offset: number, length: number): number {
  const view = viewOf(b);
  let at = offset;
  let left = length;
  let sum = 0;
  // Little-endian loads, swapped once at the end (RFC 1071 §2B). Whole words are added, their carries gather above bit 31 (a
  // number holds 53 bits exactly) and are folded in once at the end: half the work of adding halves.
  while (left >= 16) {
    const first = view.getUint32(at, true) + view.getUint32(at + 4, true);
    const second = view.getUint32(at + 8, true) + view.getUint32(at + 12, true);
    sum += first + second;
    at += 16;
    left -= 16;
  }
  while (left >= 4) {
    sum += view.getUint32(at, true);
    at += 4;
    left -= 4;
  }
  if (left >= 2) {
    sum += view.getUint16(at, true);
    at += 2;
    left -= 2;
  }
  if (left === 1) sum += view.getUint8(at);
  const low = sum >>> 0;
  const folded = fold((low & 0xffff) + (low >>> 16) + Math.floor(sum / 0x1_0000_0000));
  return ((folded & 0xff) << 8) | (folded >>> 8);
}

/** The same for an IPv4 header, 20 bytes or more, a multiple of four. */
export function sumHeader(b: Uint8Array, offset: number, length: number): number {
  // The plain header of 20 bytes first, without a loop.
  let sum =
    (((b[offset] as number) +
      (b[offset + 2] as number) +
      (b[offset + 4] as number) +
      (b[offset + 6] as number) +
      (b[offset + 8] as number) +
      (b[offset + 10] as number) +
      (b[offset + 12] as number) +
      (b[offset + 14] as number) +
      (b[offset + 16] as number) +
      (b[offset + 18] as number)) <<
      8) +
    (b[offset + 1] as number) +
    (b[offset + 3] as number) +
    (b[offset + 5] as number) +
    (b[offset + 7] as number) +
    (b[offset + 9] as number) +
    (b[offset + 11] as number) +
    (b[offset + 13] as number) +
    (b[offset + 15] as number) +
    (b[offset + 17] as number) +
    (b[offset + 19] as number);
  for (let at = offset + 20; at < offset + length; at += 4)
    sum +=
      (((b[at] as number) << 8) | (b[at + 1] as number)) +
      (((b[at + 2] as number) << 8) | (b[at + 3] as number));
  return fold(sum);
}

/** Sum of the TCP and UDP pseudo header (RFC 793 §3.1, RFC 768), not folded. */
export function pseudoSum(source: number, destination: number, protocol: number, length: number): number {
  return (
    (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + length
  );
}

/** The checksum field for a folded or unfolded sum. */
export function finish(sum: number): number {
  return ~fold(sum) & 0xffff;
}

/** The new checksum when a 16-bit word changes. */
export function update16(checksum: number, before: number, after: number): number {
  return ~fold((~checksum & 0xffff) + (~before & 0xffff) + (after & 0xffff)) & 0xffff;
}

/** The new checksum when an aligned 32-bit field changes. */
export function update32(checksum: number, before: number, after: number): number {
  const sum =
    (~checksum & 0xffff) +
    ((~before >>> 16) & 0xffff) +
    (~before & 0xffff) +
    (after >>> 16) +
    (after & 0xffff);
  return ~fold(sum) & 0xffff;
}
