/**
 * Control packets and their options, as LCP and every NCP write them (RFC 1661 §5, §6): parse and emit.
 *
 * Parsing is checked: what is truncated or claims more than it holds gives `null`. Data is copied, frames may be reused.
 */

export const PROTOCOL_IP = 0x0021;
export const PROTOCOL_VJ_COMPRESSED = 0x002d;
export const PROTOCOL_VJ_UNCOMPRESSED = 0x002f;
export const PROTOCOL_COMPRESSED = 0x00fd;
export const PROTOCOL_IPCP = 0x8021;
export const PROTOCOL_CCP = 0x80fd;
export const PROTOCOL_LCP = 0xc021;
export const PROTOCOL_PAP = 0xc023;
export const PROTOCOL_CHAP = 0xc223;

export const CONFIGURE_REQUEST = 1;
export const CONFIGURE_ACK = 2;
export const CONFIGURE_NAK = 3;
export const CONFIGURE_REJECT = 4;
export const TERMINATE_REQUEST = 5;
export const TERMINATE_ACK = 6;
export const CODE_REJECT = 7;
export const PROTOCOL_REJECT = 8;
export const ECHO_REQUEST = 9;
export const ECHO_REPLY = 10;
export const DISCARD_REQUEST = 11;
export const IDENTIFICATION = 12;
export const TIME_REMAINING = 13;
export const RESET_REQUEST = 14;
export const RESET_ACK = 15;

export interface ControlPacket {
  code: number;
  id: number;
  /** What follows code, identifier and length; padding is left out. */
  data: Uint8Array;
}

export interface Option {
  type: number;
  data: Uint8Array;
}

/** `null` if shorter than its header or than its own length field says. */
export function parsePacket(bytes: Uint8Array, offset: number, end: number): ControlPacket | null {
  if (end - offset < 4) return null;
  const length = u16(bytes, offset + 2);
  if (length < 4 || offset + length > end) return null;
  return {
    code: u8(bytes, offset),
    id: u8(bytes, offset + 1),
    data: bytes.slice(offset + 4, offset + length),
  };
}

export function buildPacket(code: number, id: number, data: Uint8Array): Uint8Array {
  const packet = new Uint8Array(4 + data.length);
  packet[0] = code;
  packet[1] = id;
  packet[2] = packet.length >>> 8;
  packet[3] = packet.length & 0xff;
  packet.set(data, 4);
  return packet;
}

/** `null` if an option's length is below two or beyond the end. */
export function parseOptions(data: Uint8Array): Option[] | null {
  const options: Option[] = [];
  let at = 0;
  while (at < data.length) {
    const length = at + 1 < data.length ? u8(data, at + 1) : 0;
    if (length < 2 || at + length > data.length) return null;
    options.push({ type: u8(data, at), data: data.subarray(at + 2, at + length) });
    at += length;
  }
  return options;
}

export function buildOptions(options: readonly Option[]): Uint8Array {
  const bytes = new Uint8Array(options.reduce((sum, option) => sum + 2 + option.data.length, 0));
  let at = 0;
  for (const { type, data } of options) {
    bytes[at] = type;
    bytes[at + 1] = data.length + 2;
    bytes.set(data, at + 2);
    at += data.length + 2;
  }
  return bytes;
}

export function u8(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

export function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

export function u32(bytes: Uint8Array, at: number): number {
  return ((u16(bytes, at) << 16) | u16(bytes, at + 2)) >>> 0;
}

export function bytesOf16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value & 0xff);
}

export function bytesOf32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Four octets to dotted form. */
export function addressText(bytes: Uint8Array, at = 0): string {
  return `${u8(bytes, at)}.${u8(bytes, at + 1)}.${u8(bytes, at + 2)}.${u8(bytes, at + 3)}`;
}

/** Dotted form to four octets; the text must be an address. */
export function addressBytes(text: string): Uint8Array {
  return Uint8Array.from(text.split('.').map(Number));
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** ASCII to text; what does not print becomes a dot. */
export function printable(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join(
    '',
  );
}
