/**
 * Van Jacobson TCP/IP header compression (RFC 1144), both ways: 40 octets of header become three to five.
 *
 * A packet goes as it is (0x0021), with its header remembered in a slot (0x002f), or as differences to that slot
 * (0x002d). Options of IP and TCP, and header bits outside the scheme, must stay the same for the last form. After any
 * framing error the receiver tosses compressed packets until a slot is named again; TCP's checksum guards the rest.
 */

export const NEW_SLOT = 0x40;
export const NEW_ID = 0x20;
export const PUSH_BIT = 0x10;
export const NEW_SEQ = 0x08;
export const NEW_ACK = 0x04;
export const NEW_WINDOW = 0x02;
export const NEW_URGENT = 0x01;
export const SPECIALS = NEW_SEQ | NEW_ACK | NEW_WINDOW | NEW_URGENT;
/** Echoed keystroke: sequence and acknowledgement both moved by what the last packet carried. */
export const SPECIAL_INTERACTIVE = NEW_SEQ | NEW_WINDOW | NEW_URGENT;
/** One-way data: the sequence moved by what the last packet carried. */
export const SPECIAL_DATA = SPECIALS;

export const SYN_FIN_RST_ACK = 0x17;
export const ACK = 0x10;
export const PSH = 0x08;
export const URG = 0x20;
export const TCP = 6;
export const LARGEST_HEADER = 120;
/** Change octet, slot, checksum, and five values of three octets. */
export const LARGEST_COMPRESSED_HEADER = 19;

export interface Slot {
  header: Uint8Array;
  /** Octets of IP and TCP header in `header`; 0 before the first packet. */
  length: number;
  /** IP total length of the last packet. */
  total: number;
  lastUsed: number;
}

export function makeSlots(count: number): Slot[] {
  return Array.from({ length: count }, () => ({
    header: new Uint8Array(LARGEST_HEADER),
    length: 0,
    total: 0,
    lastUsed: 0,
  }));
}

export function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function put32(bytes: Uint8Array, at: number, value: number): void {
  put16(bytes, at, value >>> 16);
  put16(bytes, at + 2, value & 0xffff);
}
