// Big-endian loads and stores on a byte buffer. Addresses are signed 32-bit integers everywhere inside the masquerade: the
// same 32 bits as on the wire, kept signed so that V8 never boxes them. No bounds are checked; callers have checked lengths.

/** Sixteen bits at `at`, network order. */
export function get16(b: Uint8Array, at: number): number {
  return ((b[at] as number) << 8) | (b[at + 1] as number);
}

/** Thirty-two bits at `at`, network order, as a signed integer. */
export function get32(b: Uint8Array, at: number): number {
  return (
    ((b[at] as number) << 24) |
    ((b[at + 1] as number) << 16) |
    ((b[at + 2] as number) << 8) |
    (b[at + 3] as number)
  );
}

export function put16(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 8;
  b[at + 1] = value;
}

export function put32(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 24;
  b[at + 1] = value >>> 16;
  b[at + 2] = value >>> 8;
  b[at + 3] = value;
}

/** Copies within or between buffers without making a view (views are objects, and hot paths make none). */
export function copyBytes(
  from: Uint8Array,
  fromAt: number,
  to: Uint8Array,
  toAt: number,
  length: number,
): void {
  if (from === to) to.copyWithin(toAt, fromAt, fromAt + length);
  else for (let i = 0; i < length; i++) to[toAt + i] = from[fromAt + i] as number;
}
