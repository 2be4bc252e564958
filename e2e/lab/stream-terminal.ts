/**
 * Any stream of bytes as what stands behind a modem: a program on a pty, a guest's serial port. Bytes from one that only
 * answers pass only while there is a carrier; from one that calls they are the modem's commands before. Each side waits
 * for the other.
 */
import type { Station, Terminal } from '../../main/practice/station.ts';

export interface ByteStream {
  write(bytes: Uint8Array): void;
  /** Bytes written that the other side has not taken. */
  queued(): number;
  pause(): void;
  resume(): void;
}

const QUEUE_BYTES = 16_384;

export class StreamTerminal implements Terminal {
  readonly #onCarrier: (on: boolean) => void;
  readonly #calls: boolean;
  #stream: ByteStream | null = null;
  #station: Station | null = null;
  #carrier = false;
  #held: Uint8Array[] = [];

  /** `onCarrier` is told of the beginning and the end of each call; `calls`: it speaks to its modem to dial. */
  constructor(onCarrier: (on: boolean) => void = () => {}, calls = false) {
    this.#onCarrier = onCarrier;
    this.#calls = calls;
  }

  attach(station: Station): void {
    this.#station = station;
  }

  /** What the next bytes go to; null for nowhere. */
  connect(stream: ByteStream | null): void {
    this.#stream = stream;
    this.#station?.drained();
  }

  /** Bytes from the stream. */
  fromStream(bytes: Uint8Array): void {
    if (!this.#carrier && !this.#calls) return;
    this.#held.push(bytes.slice());
    this.ready();
  }

  /** The stream took what it had queued. */
  drained(): void {
    this.#station?.drained();
  }

  hangUp(): void {
    this.#station?.dtr(false);
    this.#station?.dtr(true);
  }

  room(): number {
    return this.#stream ? Math.max(0, QUEUE_BYTES - this.#stream.queued()) : 0;
  }

  fromModem(bytes: Uint8Array): void {
    this.#stream?.write(bytes.slice());
  }

  ready(): void {
    const station = this.#station;
    if (!station) return;
    for (let first = this.#held[0]; first; first = this.#held[0]) {
      const part = first.subarray(0, station.room());
      if (part.length === 0) {
        this.#stream?.pause();
        station.whenRoom(Math.min(first.length, 256));
        return;
      }
      if (part.length === first.length) this.#held.shift();
      else this.#held[0] = first.subarray(part.length);
      station.send(part);
    }
    this.#stream?.resume();
  }

  carrierDetect(on: boolean): void {
    this.#carrier = on;
    this.#held = [];
    if (!on) this.#stream?.resume();
    this.#onCarrier(on);
  }

  portRate(): number {
    return 115_200;
  }
}
