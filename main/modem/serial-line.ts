/**
 * A serial port as a Line, over the serialport package: 8N1, RTS/CTS, locked, DTR dropped on close (HUPCL).
 *
 * Theory of operation. serialport's faces of failure are gathered into one onClose: a peer that vanishes may close the
 * port once or twice, may give an error first, and is noticed only while something reads, so data is always listened
 * for. If it vanishes while bytes flow, serialport takes the end-of-file for nothing-yet and reads again for ever, so
 * the port is also asked twice a second whether its hardware is there. One write is under way at a time and the rest waits here, so that pendingBytes is true and bytes taken by the
 * system are never counted. drain() is not used: with CTS low it would hold a pool thread for ever. CLOCAL is always
 * set by serialport, so a dropped carrier never shows here: carrier.ts asks signals().
 */
import { stat } from 'node:fs/promises';
import { SerialPort } from 'serialport';
import type { Fault } from '../contract.ts';
import { setDtrOnly } from './dtr.ts';
import type { Line, LineEnd, LineSignals } from './line.ts';
import { busyPort, deniedPort, failedPort, missingPort, noHardware, notSerial } from './port-faults.ts';
import { modemManagerRuns, portAccess, portHolder } from './port-holder.ts';

/** Largest single write, bytes: two full-sized frames, so that pendingBytes falls in small steps. */
const WRITE_CHUNK = 4096;

/** How often, ms, the hardware is looked for. */
const WATCH = 500;
/** What the system says of a device that has gone, in errno names, libuv's words or the C library's. */
const GONE = /EIO|ENXIO|ENODEV|EBADF|i\/o error|input\/output error|no such device|bad file descriptor/i;
/** What serialport calls an operation that its own close() has cut off. */
const CANCELED = /^cancell?ed/i;

export type OpenedLine = { ok: true; line: Line } | { ok: false; fault: Fault };

/** How each end of a port stops the other: by wires, by characters among the data, or not at all. */
export type Flow = 'rts-cts' | 'xon-xoff' | 'none';

/** Opens `path` at `rate` bit/s. Never rejects; the fault says what stands in the way. */
export async function openSerialLine(
  path: string,
  rate: number,
  flow: Flow = 'rts-cts',
): Promise<OpenedLine> {
  const wrong = process.platform === 'win32' ? null : await unfitPath(path);
  if (wrong) return { ok: false, fault: wrong };
  const port = new SerialPort({
    path,
    baudRate: rate,
    dataBits: 8,
    parity: 'none',
    stopBits: 1,
    rtscts: flow === 'rts-cts',
    xon: flow === 'xon-xoff',
    xoff: flow === 'xon-xoff',
    hupcl: true,
    lock: true,
    autoOpen: false,
  });
  const error = await new Promise<Error | null>((resolve) => port.open((why) => resolve(why)));
  if (error) return { ok: false, fault: await openFault(path, error.message) };
  return { ok: true, line: new SerialLine(path, port) };
}

/** What is wrong with the path before anything is opened: opening a FIFO or a console would do harm. */
async function unfitPath(path: string): Promise<Fault | null> {
  try {
    const file = await stat(path);
    if (file.isDirectory()) return notSerial(path, 'a folder');
    if (!file.isCharacterDevice()) return notSerial(path, 'a file, not a device');
    const major = (file.rdev >>> 8) & 0xfff;
    const minor = (file.rdev & 0xff) | ((file.rdev >>> 12) & 0xfff00);
    if (process.platform === 'linux' && ((major === 4 && minor < 64) || (major === 5 && minor < 64)))
      return notSerial(path, 'a text console of this computer');
    return null;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return missingPort(path);
    if (code === 'EACCES') return deniedPort(path, await portAccess(path));
    return failedPort(path, String(error));
  }
}

async function openFault(path: string, message: string): Promise<Fault> {
  if (/cannot lock|temporarily unavailable|resource busy|device busy|access denied/i.test(message))
    return busyPort(path, await portHolder(path), await modemManagerRuns());
  if (/permission denied|not permitted/i.test(message)) return deniedPort(path, await portAccess(path));
  if (/inappropriate ioctl/i.test(message)) return notSerial(path, 'a device of another kind');
  if (/input\/output error/i.test(message)) return noHardware(path);
  if (/no such (?:file|device)|file not found/i.test(message)) return missingPort(path);
  return failedPort(path, message);
}

class SerialLine implements Line {
  readonly path: string;
  onData: ((bytes: Uint8Array) => void) | null = null;
  onClose: ((cause: LineEnd, detail: string) => void) | null = null;
  private readonly port: SerialPort;
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  private writingBytes = 0;
  private ended = false;
  private failure: string | null = null;
  private closing: Promise<void> | null = null;
  private readonly watch: NodeJS.Timeout;

  constructor(path: string, port: SerialPort) {
    this.path = path;
    this.port = port;
    this.watch = setInterval(() => void this.seeThatItIsThere(), WATCH).unref();
    port.on('data', (bytes: Buffer) => {
      if (!this.ended) this.onData?.(bytes);
    });
    port.on('error', (error) => {
      if (!CANCELED.test(error.message)) this.failure ??= error.message;
    });
    port.on('close', (error: (Error & { disconnected?: boolean }) | null) => {
      if (error?.disconnected) this.end('unplugged', error.message);
      else if (this.closing || this.failure === null) this.end('closed', '');
      else this.end('error', this.failure);
    });
  }

  get pendingBytes(): number {
    return this.waitingBytes + this.writingBytes;
  }

  write(bytes: Uint8Array): void {
    if (this.ended || this.closing || bytes.length === 0) return;
    this.waiting.push(bytes.slice());
    this.waitingBytes += bytes.length;
    this.writeNext();
  }

  private writeNext(): void {
    if (this.writingBytes > 0 || this.waiting.length === 0 || this.ended || this.closing) return;
    const chunk = this.nextChunk();
    this.writingBytes = chunk.length;
    this.waitingBytes -= chunk.length;
    this.port.write(chunk, (error) => {
      this.writingBytes = 0;
      if (error) this.fail(error.message);
      else this.writeNext();
    });
  }

  private nextChunk(): Buffer {
    const parts: Uint8Array[] = [];
    let size = 0;
    let first = this.waiting[0];
    while (first && size < WRITE_CHUNK) {
      const part = first.subarray(0, WRITE_CHUNK - size);
      parts.push(part);
      size += part.length;
      if (part.length < first.length) this.waiting[0] = first.subarray(part.length);
      else this.waiting.shift();
      first = this.waiting[0];
    }
    return Buffer.concat(parts, size);
  }

  /** A write the system refused. serialport then closes the port by itself, but not at once and not always. */
  private fail(detail: string): void {
    // A write cut off by the port closing: the close event that follows knows why.
    if (this.closing || this.ended || CANCELED.test(detail)) return;
    this.failure ??= detail;
    this.end(GONE.test(detail) ? 'unplugged' : 'error', detail);
    void this.close();
  }

  private end(cause: LineEnd, detail: string): void {
    if (this.ended) return;
    this.ended = true;
    clearInterval(this.watch);
    this.waiting = [];
    this.waitingBytes = 0;
    this.onClose?.(cause, detail);
  }

  /** Asks for the speed, which costs no traffic to the device; a port that has been hung up answers EIO. */
  private async seeThatItIsThere(): Promise<void> {
    if (this.ended || this.closing || !this.port.isOpen) return;
    try {
      await this.port.port?.getBaudRate();
    } catch (error) {
      if (error instanceof Error && GONE.test(error.message)) this.fail(error.message);
    }
  }

  signals(): Promise<LineSignals | null> {
    if (this.ended || !this.port.isOpen) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.port.get((error, status) => {
        if (error && GONE.test(error.message)) this.fail(error.message);
        resolve(error || !status ? null : { dcd: status.dcd, cts: status.cts, dsr: status.dsr });
      });
    });
  }

  async setDtr(on: boolean): Promise<boolean> {
    if (this.ended || !this.port.isOpen) return false;
    const fd = descriptor(this.port);
    if (fd !== null && (await setDtrOnly(fd, on))) return true;
    if (this.ended || !this.port.isOpen) return false;
    return new Promise((resolve) => this.port.set({ dtr: on, rts: true }, (error) => resolve(!error)));
  }

  setRate(bitsPerSecond: number): Promise<boolean> {
    if (this.ended || !this.port.isOpen) return Promise.resolve(false);
    return new Promise((resolve) =>
      this.port.update({ baudRate: bitsPerSecond }, (error) => resolve(!error)),
    );
  }

  async discardOutput(): Promise<void> {
    this.waiting = [];
    this.waitingBytes = 0;
    if (this.ended || !this.port.isOpen) return;
    await new Promise<void>((resolve) => this.port.flush(() => resolve()));
  }

  close(): Promise<void> {
    this.closing ??= this.closePort();
    return this.closing;
  }

  private async closePort(): Promise<void> {
    // What CTS has held back would otherwise keep the system waiting in close(2), for up to 30 s.
    await this.discardOutput();
    if (this.port.isOpen) await new Promise<void>((resolve) => this.port.close(() => resolve()));
    this.end('closed', '');
  }
}

/** File descriptor inside serialport's binding, or null where it keeps none. */
function descriptor(port: SerialPort): number | null {
  const binding: unknown = port.port;
  if (typeof binding !== 'object' || binding === null || !('fd' in binding)) return null;
  return typeof binding.fd === 'number' ? binding.fd : null;
}
