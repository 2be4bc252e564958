/**
 * Asynchronous HDLC-like framing (RFC 1662 §4, appendix C): flags, escapes, the 16-bit frame check sequence.
 *
 * The encoder writes into one reused buffer, the decoder hands out views of one reused buffer: neither allocates per
 * frame. Which address, control and protocol fields may be shortened is the caller's affair; so is 32-bit FCS (not done).
 */

export const FLAG = 0x7e;
export const ESCAPE = 0x7d;
/** FCS-16 over data and its own FCS gives this (RFC 1662 appendix C.2). */
export const GOOD_FCS = 0xf0b8;
export const DEFAULT_ACCM = 0xffffffff;

const FCS_TABLE = new Uint16Array(256);
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x8408 : value >>> 1;
  FCS_TABLE[byte] = value;
}

/** Carries `fcs` (start with 0xffff) over `bytes[start..end)`; complement it and send it low byte first. */
export function fcs16(fcs: number, bytes: Uint8Array, start: number, end: number): number {
  let sum = fcs;
  for (let i = start; i < end; i++)
    sum = (sum >>> 8) ^ (FCS_TABLE[(sum ^ (bytes[i] as number)) & 0xff] as number);
  return sum;
}

/** 1 for every octet that must be escaped under `accm`: the map's control characters, the flag and the escape itself. */
function escapeTable(accm: number): Uint8Array {
  const table = new Uint8Array(256);
  for (let i = 0; i < 32; i++) table[i] = (accm >>> i) & 1;
  table[FLAG] = 1;
  table[ESCAPE] = 1;
  return table;
}

const PLAIN_ESCAPES = escapeTable(DEFAULT_ACCM);

export class HdlcEncoder {
  /** Set when the peer's LCP said so: leave out FF 03, and a zero high byte of the protocol. */
  addressControlCompression = false;
  protocolCompression = false;
  private out: Uint8Array;
  private escapes = PLAIN_ESCAPES;
  private readonly head = new Uint8Array(4);
  private at = 0;
  private fcs = 0xffff;

  constructor(largestPacket: number) {
    this.out = new Uint8Array(2 * (largestPacket + 16));
  }

  /** Which control characters the peer wants escaped; the default is all of them. */
  setAccm(accm: number): void {
    this.escapes = escapeTable(accm);
  }

  reset(): void {
    this.escapes = PLAIN_ESCAPES;
    this.addressControlCompression = false;
    this.protocolCompression = false;
  }

  /**
   * One frame around `packet[offset..offset+length)`; the view holds until the next call.
   * `plain`: default ACCM and full header, as LCP must always travel (RFC 1661 §6.5-6.6, RFC 1662 §7.1).
   * `open`: begin with a flag; else the closing flag of the frame before serves.
   */
  encode(
    protocol: number,
    packet: Uint8Array,
    offset: number,
    length: number,
    plain: boolean,
    open: boolean,
  ): Uint8Array {
    if (2 * (length + 16) > this.out.length) this.out = new Uint8Array(2 * (length + 16));
    const { head, out } = this;
    const escapes = plain ? PLAIN_ESCAPES : this.escapes;
    let headLength = 0;
    if (plain || !this.addressControlCompression) {
      head[headLength++] = 0xff;
      head[headLength++] = 0x03;
    }
    if (plain || !this.protocolCompression || protocol > 0xff) head[headLength++] = protocol >>> 8;
    head[headLength++] = protocol & 0xff;

    this.at = 0;
    if (open) out[this.at++] = FLAG;
    this.fcs = 0xffff;
    this.stuff(head, 0, headLength, escapes);
    this.stuff(packet, offset, offset + length, escapes);
    const check = this.fcs ^ 0xffff;
    head[0] = check & 0xff;
    head[1] = check >>> 8;
    this.stuff(head, 0, 2, escapes);
    out[this.at++] = FLAG;
    return out.subarray(0, this.at);
  }

  /** Appends octets, escaped where need be, and carries the FCS over them. */
  private stuff(bytes: Uint8Array, start: number, end: number, escapes: Uint8Array): void {
    const { out } = this;
    let { at, fcs } = this;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number;
      fcs = (fcs >>> 8) ^ (FCS_TABLE[(fcs ^ byte) & 0xff] as number);
      if (escapes[byte] === 1) {
        out[at++] = ESCAPE;
        out[at++] = byte ^ 0x20;
      } else out[at++] = byte;
    }
    this.at = at;
    this.fcs = fcs;
  }
}

/** `fcs`: bad check sequence. `runt`: fewer than four octets. `overrun`: longer than we can receive. */
export type FrameError = 'fcs' | 'runt' | 'overrun';

const ORDINARY = 0;
const IS_FLAG = 1;
const IS_ESCAPE = 2;
const IGNORED = 3;

/** Cuts a stream of octets, split anywhere, into checked frames without flags, escapes and FCS. */
export class HdlcDecoder {
  private readonly buffer: Uint8Array;
  private readonly kinds = new Uint8Array(256);
  private length = 0;
  private fcs = 0xffff;
  private escaped = false;
  private overrun = false;
  /** Before the first flag there is no frame to be broken: noise is dropped without counting it. */
  private synchronised = false;

  private readonly onFrame: (frame: Uint8Array, length: number) => void;
  private readonly onError: (error: FrameError) => void;

  /** `largestFrame`: octets from address field to FCS. `onFrame` gets a buffer that holds only during the call. */
  constructor(
    largestFrame: number,
    onFrame: (frame: Uint8Array, length: number) => void,
    onError: (error: FrameError) => void,
  ) {
    this.buffer = new Uint8Array(largestFrame);
    this.onFrame = onFrame;
    this.onError = onError;
    this.setAccm(DEFAULT_ACCM);
  }

  /** Control characters that can only have been put in on the way (they would be escaped), to be left out. */
  setAccm(accm: number): void {
    this.kinds.fill(ORDINARY);
    for (let i = 0; i < 32; i++) this.kinds[i] = (accm >>> i) & 1 ? IGNORED : ORDINARY;
    this.kinds[FLAG] = IS_FLAG;
    this.kinds[ESCAPE] = IS_ESCAPE;
  }

  reset(): void {
    this.length = 0;
    this.fcs = 0xffff;
    this.escaped = false;
    this.overrun = false;
    this.synchronised = false;
    this.setAccm(DEFAULT_ACCM);
  }

  push(bytes: Uint8Array): void {
    const { buffer, kinds } = this;
    const room = buffer.length;
    let { length, fcs, escaped } = this;
    for (let i = 0; i < bytes.length; i++) {
      let byte = bytes[i] as number;
      const kind = kinds[byte];
      if (kind !== ORDINARY) {
        if (kind === IGNORED) continue;
        if (kind === IS_FLAG) {
          this.length = length;
          this.fcs = fcs;
          this.escaped = escaped;
          this.finish();
          length = 0;
          fcs = 0xffff;
          escaped = false;
          continue;
        }
        if (!escaped) {
          escaped = true;
          continue;
        }
      }
      if (escaped) {
        byte ^= 0x20;
        escaped = false;
      }
      if (length === room) {
        this.overrun = true;
        continue;
      }
      buffer[length++] = byte;
      fcs = (fcs >>> 8) ^ (FCS_TABLE[(fcs ^ byte) & 0xff] as number);
    }
    this.length = length;
    this.fcs = fcs;
    this.escaped = escaped;
  }

  /** A flag came. `7D 7E` is the sender's own abort and `7E 7E` an empty frame: both pass in silence. */
  private finish(): void {
    const { length, fcs, escaped, overrun, synchronised } = this;
    this.overrun = false;
    this.length = 0;
    this.fcs = 0xffff;
    this.escaped = false;
    this.synchronised = true;
    if (escaped || length === 0) return;
    if (!overrun && length >= 4 && fcs === GOOD_FCS) this.onFrame(this.buffer, length - 2);
    else if (synchronised) this.onError(overrun ? 'overrun' : length < 4 ? 'runt' : 'fcs');
  }
}
