/**
 * CCP (RFC 1962) with Deflate (RFC 1979) as its one method: negotiation, and the reset when a direction lost its place.
 * Knows the draft's option number 24 too, which old pppds use. BSD-Compress, Predictor and MPPC are rejected.
 */
import type { ControlRules, Verdict } from './control-rules.ts';
import { DeflateCompressor, DeflateDecompressor, SMALLEST_WINDOW } from './deflate.ts';
import { type ControlPacket, type Option, RESET_ACK, RESET_REQUEST, u8 } from './packet.ts';

const DEFLATE = 26;
const DEFLATE_DRAFT = 24;
/** A 32 KiB window, method deflate, sequence numbers checked. */
const DEFLATE_DATA = Uint8Array.of(0x78, 0x00);
/** A Reset-Request that got no Ack is repeated. */
const RESET_REPEAT_MS = 1_000;
const RESET_REPEATS = 30;

export interface CcpHost {
  send(code: number, id: number, data: Uint8Array, now: number): void;
  log(text: string): void;
}

function windowOf({ type, data }: Option): number | null {
  if ((type !== DEFLATE && type !== DEFLATE_DRAFT) || data.length !== 2) return null;
  const bits = (u8(data, 0) >>> 4) + 8;
  return (u8(data, 0) & 15) === 8 && (u8(data, 1) & 3) === 0 && bits <= 15 ? bits : null;
}

export class CcpRules implements ControlRules {
  /** Towards the peer; `null` while not in use. */
  compressor: DeflateCompressor | null = null;
  decompressor: DeflateDecompressor | null = null;
  /** When to repeat a Reset-Request, milliseconds. */
  deadline: number | null = null;
  private readonly largest: number;
  private readonly host: CcpHost;
  private wanted: number | null = DEFLATE;
  private peerWindow: number | null = null;
  private resetId = 0;
  private resets = 0;

  /** `largest`: octets a received packet may decompress to. */
  constructor(largest: number, host: CcpHost) {
    this.largest = largest;
    this.host = host;
  }

  reset(): void {
    this.wanted = DEFLATE;
    this.peerWindow = null;
  }

  request(): Option[] {
    return this.wanted === null ? [] : [{ type: this.wanted, data: DEFLATE_DATA }];
  }

  judge(options: readonly Option[]): Verdict {
    const usable = options.filter((option) => windowOf(option) !== null);
    const [first] = usable;
    const rest = options.filter((option) => option !== first);
    if (rest.length > 0) return { kind: 'reject', options: rest };
    // Windows of 256 octets are broken in zlib.
    if (first && (windowOf(first) as number) < SMALLEST_WINDOW)
      return {
        kind: 'nak',
        options: [{ type: first.type, data: Uint8Array.of(((SMALLEST_WINDOW - 8) << 4) | 8, 0) }],
      };
    return { kind: 'ack' };
  }

  granted(options: readonly Option[]): void {
    const [option] = options;
    this.peerWindow = option ? windowOf(option) : null;
  }

  nakked(options: readonly Option[]): void {
    // A smaller window of the peer's compressor is within ours; ask again as before, or for the number it names.
    const other = options.find((option) => windowOf(option) !== null);
    this.wanted = other ? other.type : null;
  }

  rejected(): void {
    this.wanted = this.wanted === DEFLATE ? DEFLATE_DRAFT : null;
  }

  up(): void {
    this.compressor = this.peerWindow === null ? null : new DeflateCompressor(this.peerWindow);
    this.decompressor = this.wanted === null ? null : new DeflateDecompressor(this.largest);
    this.deadline = null;
    const ways = [this.compressor && 'sending', this.decompressor && 'receiving'].filter(
      (way) => way !== null,
    );
    this.host.log(
      ways.length > 0 ? `Deflate in use for ${ways.join(' and ')}` : 'no data compression in common',
    );
  }

  down(): void {
    this.compressor = null;
    this.decompressor = null;
    this.deadline = null;
  }

  finished(): void {
    this.down();
  }

  other({ code, id }: ControlPacket, now: number): boolean {
    if (code === RESET_REQUEST) {
      this.compressor?.reset();
      if (this.compressor) this.host.send(RESET_ACK, id, new Uint8Array(0), now);
    } else if (code === RESET_ACK) {
      if (this.deadline !== null && id === this.resetId) {
        this.decompressor?.reset();
        this.deadline = null;
      }
    } else return false;
    return true;
  }

  /** The stream towards us is broken: nothing compressed can be read until the peer starts afresh. */
  requestReset(now: number): void {
    if (this.deadline !== null) return;
    this.resets = 0;
    this.resetId = (this.resetId + 1) & 0xff;
    this.sendReset(now);
  }

  get resetting(): boolean {
    return this.deadline !== null;
  }

  advance(now: number): void {
    if (this.deadline === null || now < this.deadline) return;
    this.sendReset(now);
  }

  private sendReset(now: number): void {
    this.deadline = now + RESET_REPEAT_MS * (++this.resets > RESET_REPEATS ? RESET_REPEATS : 1);
    this.host.send(RESET_REQUEST, this.resetId, new Uint8Array(0), now);
  }
}
