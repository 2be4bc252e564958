/** A null-modem cable as a call, in either role: the line's rate is the port's, and there is no carrier to lose or to drop. */
import type { LostCause } from '../modem/call.ts';
import type { Line } from '../modem/line.ts';
import type { CallPart } from './parts.ts';

export class CableCall implements CallPart {
  readonly line: Line;
  readonly carrierRate: number;
  readonly transmitRate: number;
  readonly portRate: number;
  readonly connectText = 'Cable';
  readonly errorCorrected = false;
  readonly compressed = false;
  onLost: ((cause: LostCause, detail: string) => void) | null = null;
  #onData: ((bytes: Uint8Array) => void) | null = null;
  #kept: Uint8Array[] = [];
  #keptBytes = 0;

  constructor(line: Line, rate: number) {
    this.line = line;
    this.carrierRate = rate;
    this.transmitRate = rate;
    this.portRate = rate;
  }

  /** For the next call. */
  fresh(): CableCall {
    this.onLost = null;
    return this;
  }

  get onData(): ((bytes: Uint8Array) => void) | null {
    return this.#onData;
  }

  set onData(reader: ((bytes: Uint8Array) => void) | null) {
    this.#onData = reader;
    const kept = this.#kept;
    this.#kept = [];
    this.#keptBytes = 0;
    if (reader !== null) for (const bytes of kept) reader(bytes);
  }

  receive(bytes: Uint8Array): void {
    if (this.#onData !== null) this.#onData(bytes);
    else if (this.#keptBytes < 65_536) {
      this.#kept.push(bytes.slice());
      this.#keptBytes += bytes.length;
    }
  }

  lose(cause: LostCause, detail: string): void {
    this.onLost?.(cause, detail);
  }

  write(bytes: Uint8Array): void {
    this.line.write(bytes);
  }

  /** There is nothing to hang up. */
  async hangUp(): Promise<void> {}
}
