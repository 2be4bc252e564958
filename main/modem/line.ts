/**
 * An open byte stream to a modem or a cable: what the AT dialogue, a call and PPP are written against.
 *
 * A serial port is one (serial-line.ts); a scripted modem in a test is another. It knows nothing of AT commands.
 */

/** Why a line is gone: somebody here closed it, the device went away, or the system refused to read or write. */
export type LineEnd = 'closed' | 'unplugged' | 'error';

export interface LineSignals {
  /** Data carrier detect: with AT&C1 on while two modems hold a connection. */
  dcd: boolean;
  /** Clear to send: the modem takes bytes now. */
  cts: boolean;
  dsr: boolean;
}

export interface Line {
  readonly path: string;
  /** Copies `bytes`; never blocks; the system is given them in order. Bytes for a closed line are dropped. */
  write(bytes: Uint8Array): void;
  /** Bytes given to write() and not yet taken by the system. */
  readonly pendingBytes: number;
  onData: ((bytes: Uint8Array) => void) | null;
  /** Called exactly once. */
  onClose: ((cause: LineEnd, detail: string) => void) | null;
  /** Null: this port has no modem lines (a pty, some cables). */
  signals(): Promise<LineSignals | null>;
  /** Raises or drops DTR. False: this port could not. */
  setDtr(on: boolean): Promise<boolean>;
  /** Sets the speed between computer and modem, bit/s. Throws away what waits in either direction. */
  setRate(bitsPerSecond: number): Promise<boolean>;
  /** Throws away output the system has not sent yet, so that an escape sequence is not stuck behind it. */
  discardOutput?(): Promise<void>;
  /** Closes the port, which drops DTR where the port can. Idempotent; resolves always. */
  close(): Promise<void>;
}
