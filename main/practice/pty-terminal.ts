/**
 * A pty as the serial plug of a modem: whoever opens its path has the modem before him. Reads no more than the modem's
 * buffer has room for, and shows an open port as DTR on. A pty has no other modem wires.
 */
import { Pty } from './pty.ts';
import type { Station, Terminal } from './station.ts';

/** Bytes for the slave's holder that may wait here when he does not read. */
const OUT_BYTES = 16_384;

export class PtyTerminal implements Terminal {
  readonly #pty: Pty;
  readonly #readBytes: number;
  #station: Station | null = null;
  #wasFull = false;

  /** Throws if the system has no pty to give. */
  constructor(bufferBytes: number) {
    // A quarter of the modem's buffer at a time: the modem says stop when it cannot take as much.
    this.#readBytes = Math.max(16, Math.min(4096, bufferBytes >> 2));
    this.#pty = new Pty(
      {
        data: (bytes) => this.#fromSlave(bytes),
        opened: () => this.#station?.dtr(true),
        closed: () => this.#station?.dtr(false),
        drained: () => this.#drained(),
      },
      this.#readBytes,
    );
  }

  get path(): string {
    return this.#pty.path;
  }

  /** Joins the plug to its modem; once. */
  attach(station: Station): void {
    this.#station = station;
    station.dtr(this.#pty.isOpen);
  }

  close(): Promise<void> {
    return this.#pty.close();
  }

  room(): number {
    const room = Math.max(0, OUT_BYTES - this.#pty.queued);
    if (room === 0) this.#wasFull = true;
    return room;
  }

  fromModem(bytes: Uint8Array): void {
    this.#pty.write(bytes);
  }

  ready(): void {
    this.#pty.resume();
  }

  carrierDetect(): void {}

  portRate(): number {
    return this.#pty.portRate() || 115_200;
  }

  #fromSlave(bytes: Uint8Array): boolean {
    const station = this.#station;
    if (!station) return true;
    station.send(bytes);
    if (station.room() >= this.#readBytes) return true;
    station.whenRoom(this.#readBytes);
    return false;
  }

  #drained(): void {
    if (!this.#wasFull) return;
    this.#wasFull = false;
    this.#station?.drained();
  }
}
