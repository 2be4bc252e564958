/**
 * Pseudo terminals for an ordinary user: the master side of a raw pty, read and written without blocking, whose slave
 * anybody may open, close and open again. Calls libc by koffi; needs Unix98 ptys (Linux).
 *
 * Theory: reads go through a `tty.ReadStream` on a duplicate of the master, so that the loop polls it; when the last slave
 * closes, read gives EIO, the duplicate is closed and the master is looked at (poll: POLLHUP) until the slave is open again.
 * A pty swallows some 12 kB each way on its own; whoever paces must count himself.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import koffi from 'koffi';

interface Libc {
  grantpt(fd: number): number;
  unlockpt(fd: number): number;
  ptsname_r(fd: number, name: Uint8Array, size: number): number;
  tcgetattr(fd: number, termios: Uint8Array): number;
  tcsetattr(fd: number, when: number, termios: Uint8Array): number;
  cfmakeraw(termios: Uint8Array): void;
  cfgetospeed(termios: Uint8Array): number;
  tcflush(fd: number, queue: number): number;
  poll(fds: Uint8Array, count: number, timeoutMs: number): number;
  write(fd: number, bytes: Uint8Array, count: number): number;
  fcntl(fd: number, command: number, type: 'int', argument: number): number;
}

let loaded: Libc | null = null;
function libc(): Libc {
  if (loaded) return loaded;
  const c = koffi.load(null);
  loaded = {
    grantpt: c.func('int grantpt(int)'),
    unlockpt: c.func('int unlockpt(int)'),
    ptsname_r: c.func('int ptsname_r(int, _Out_ uint8_t *, size_t)'),
    tcgetattr: c.func('int tcgetattr(int, _Out_ uint8_t *)'),
    tcsetattr: c.func('int tcsetattr(int, int, const uint8_t *)'),
    cfmakeraw: c.func('void cfmakeraw(_Inout_ uint8_t *)'),
    cfgetospeed: c.func('uint32_t cfgetospeed(const uint8_t *)'),
    tcflush: c.func('int tcflush(int, int)'),
    poll: c.func('int poll(_Inout_ uint8_t *, unsigned long, int)'),
    write: c.func('intptr_t write(int, const uint8_t *, size_t)'),
    fcntl: c.func('int fcntl(int, int, ...)'),
  };
  return loaded;
}

const TERMIOS_BYTES = 128; // glibc's is 60; room to spare for others
const F_DUPFD_CLOEXEC = 1030;
const TCSANOW = 0;
const TCIFLUSH = 0;
const POLLIN = 1;
const POLLHUP = 16;
const LOOK_MS = 20;
const RETRY_FIRST_MS = 1;
const RETRY_LAST_MS = 16;
const speeds: Readonly<Record<number, number>> = {
  9: 1200,
  11: 2400,
  12: 4800,
  13: 9600,
  14: 19_200,
  15: 38_400,
  4097: 57_600,
  4098: 115_200,
  4099: 230_400,
  4100: 460_800,
  4103: 921_600,
};

export interface PtySink {
  /** Bytes from the slave; the view is good during the call. Return false to stop reading until `resume()`. */
  data(bytes: Uint8Array): boolean;
  /** Somebody opened the slave, or its last holder closed it. */
  opened(): void;
  closed(): void;
  /** All that was written has been taken. */
  drained(): void;
}

export class Pty {
  /** The slave, such as `/dev/pts/4`. */
  readonly path: string;
  readonly #master: number;
  readonly #sink: PtySink;
  readonly #buffer: Uint8Array;
  #stream: ReadStream | null = null;
  #look: ReturnType<typeof setInterval> | null = null;
  #held = false;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #retryMs = RETRY_FIRST_MS;
  #closed = false;

  /** Opens a new pty, raw. Reads take at most `readBytes` at once. Throws if the system has no pty to give. */
  constructor(sink: PtySink, readBytes = 4096) {
    this.#sink = sink;
    this.#buffer = new Uint8Array(readBytes);
    // posix_openpt, but with close-on-exec, which Node's open always sets.
    this.#master = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    try {
      const name = new Uint8Array(128);
      const c = libc();
      if (c.grantpt(this.#master) !== 0 || c.unlockpt(this.#master) !== 0)
        throw new Error('The pty stays locked.');
      if (c.ptsname_r(this.#master, name, name.length) !== 0) throw new Error('The pty has no name.');
      this.path = Buffer.from(name.subarray(0, name.indexOf(0))).toString('latin1');
      this.#makeRaw();
      // A slave that was never open does not read as hung up; one that was does.
      closeSync(openSync(this.path, constants.O_RDWR | constants.O_NOCTTY));
    } catch (error) {
      closeSync(this.#master);
      throw error;
    }
    this.#watch();
  }

  /** Somebody has the slave open. */
  get isOpen(): boolean {
    return this.#stream !== null;
  }

  /** Bytes written that the slave's side has not taken. */
  get queued(): number {
    return this.#queued;
  }

  /** bit/s that the slave's holder set; 0 if it is none of the usual rates. */
  portRate(): number {
    const termios = new Uint8Array(TERMIOS_BYTES);
    return libc().tcgetattr(this.#master, termios) === 0 ? (speeds[libc().cfgetospeed(termios)] ?? 0) : 0;
  }

  /** Queues a copy of `bytes`; without a holder of the slave they are gone, as on an unplugged cable. */
  write(bytes: Uint8Array): void {
    if (!this.isOpen || bytes.length === 0) return;
    const taken = this.#queue.length > 0 ? 0 : this.#writeNow(bytes);
    if (taken === bytes.length) return;
    this.#queue.push(bytes.slice(taken));
    this.#queued += bytes.length - taken;
    this.#retryLater();
  }

  /** Goes on reading after `data` returned false. */
  resume(): void {
    this.#release();
    this.#stream?.resume();
  }

  /** Frees the pty; the slave's holder sees a hang-up. */
  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    this.#unwatch();
    this.#forget();
    const stream = this.#stream;
    this.#stream = null;
    return new Promise((resolve) => {
      const end = () => {
        closeSync(this.#master);
        resolve();
      };
      if (stream) stream.once('close', end).destroy();
      else end();
    });
  }

  /** No reading: `data` said stop. A hang-up must be looked for then, as a paused stream does not tell. */
  #hold(): void {
    this.#held = true;
    this.#watch();
  }

  #release(): void {
    this.#held = false;
    if (this.#stream) this.#unwatch();
  }

  #watch(): void {
    if (this.#look) return;
    this.#look = setInterval(() => {
      const pollfd = new DataView(new ArrayBuffer(8));
      pollfd.setInt32(0, this.#master, true);
      pollfd.setInt16(4, POLLIN, true);
      libc().poll(new Uint8Array(pollfd.buffer), 1, 0);
      const hungUp = (pollfd.getInt16(6, true) & POLLHUP) !== 0;
      if (!hungUp && !this.#stream) this.#opened();
      else if (hungUp && this.#stream) this.#stream.destroy();
    }, LOOK_MS);
    this.#look.unref();
  }

  #unwatch(): void {
    if (this.#look) clearInterval(this.#look);
    this.#look = null;
  }

  #opened(): void {
    this.#unwatch();
    const duplicate = libc().fcntl(this.#master, F_DUPFD_CLOEXEC, 'int', 0);
    const onread = {
      buffer: this.#buffer,
      callback: (count: number, buffer: Uint8Array): boolean => {
        this.#hold();
        if (this.#sink.data(buffer.subarray(0, count))) this.#release();
        return !this.#held;
      },
    };
    const options: object = { onread };
    const stream = new ReadStream(duplicate, options);
    this.#stream = stream;
    stream.on('error', () => {}); // EIO: the slave is closed; `close` follows
    stream.on('close', () => {
      if (this.#stream === stream) this.#hungUp();
    });
    this.#sink.opened();
    stream.resume();
  }

  #hungUp(): void {
    this.#stream = null;
    this.#held = false;
    this.#forget();
    this.#discardUnread();
    this.#sink.closed();
    if (!this.#closed) this.#watch();
  }

  /** What the last holder never read must not greet the next one. */
  #discardUnread(): void {
    try {
      const slave = openSync(this.path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
      libc().tcflush(slave, TCIFLUSH);
      closeSync(slave);
    } catch {
      // Locked by a holder that came in between: it reads what is there.
    }
  }

  #makeRaw(): void {
    const termios = new Uint8Array(TERMIOS_BYTES);
    libc().tcgetattr(this.#master, termios);
    libc().cfmakeraw(termios);
    libc().tcsetattr(this.#master, TCSANOW, termios);
  }

  #writeNow(bytes: Uint8Array): number {
    const taken = libc().write(this.#master, bytes, bytes.length);
    return taken > 0 ? taken : 0;
  }

  #flush(): void {
    this.#retry = null;
    const before = this.#queued;
    while (this.#queue.length > 0) {
      const first = this.#queue[0] as Uint8Array;
      const taken = this.#writeNow(first);
      this.#queued -= taken;
      if (taken < first.length) {
        this.#queue[0] = first.subarray(taken);
        break;
      }
      this.#queue.shift();
    }
    if (this.#queued < before) this.#retryMs = RETRY_FIRST_MS;
    if (this.#queued > 0) this.#retryLater();
    else this.#sink.drained();
  }

  /** The slave's side is full. Nothing tells when it is not, so look again, less and less often. */
  #retryLater(): void {
    if (this.#retry) return;
    this.#retry = setTimeout(() => this.#flush(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_LAST_MS);
  }

  #forget(): void {
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
    this.#queue = [];
    this.#queued = 0;
  }
}
