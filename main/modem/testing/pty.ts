/** A real pseudo-terminal for tests: the slave's path for the code under test, the master's bytes for the test. */
import { write as fsWrite } from 'node:fs';
import { ReadStream } from 'node:tty';
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');
const posixOpenpt = libc.func('int posix_openpt(int flags)');
const grantpt = libc.func('int grantpt(int fd)');
const unlockpt = libc.func('int unlockpt(int fd)');
const ptsname = libc.func('int ptsname_r(int fd, _Out_ char *name, size_t size)');
const ioctl = libc.func('int ioctl(int fd, unsigned long request, ...)');

const O_RDWR = 2;
const O_NOCTTY = 0o400;
const O_CLOEXEC = 0o2000000;
const TIOCEXCL = 0x540c;

export interface Pty {
  path: string;
  /** Every byte the code under test wrote, so far. */
  received: number[];
  onData: ((bytes: Buffer) => void) | null;
  write(bytes: Uint8Array | string): void;
  /** Stops or goes on reading: a stalled peer. */
  stall(on: boolean): void;
  /** The device vanishes. */
  unplug(): Promise<void>;
}

export function openPty(): Pty {
  const master = posixOpenpt(O_RDWR | O_NOCTTY | O_CLOEXEC) as number;
  if (master < 0 || grantpt(master) !== 0 || unlockpt(master) !== 0)
    throw new Error('no pseudo-terminal to be had');
  const name = Buffer.alloc(64);
  ptsname(master, name, name.length);
  const path = name.toString('latin1', 0, name.indexOf(0));
  // To read: a plain file stream would hold a pool thread. Not to write: a tty stream would hold the main thread.
  const stream = new ReadStream(master);
  const queue: Buffer[] = [];
  const writeNext = () => {
    const [bytes] = queue;
    if (!bytes || stream.destroyed) return;
    fsWrite(master, bytes, (error, written) => {
      if (error?.code === 'EAGAIN') setTimeout(writeNext, 2);
      if (error) return;
      if (written < bytes.length) queue[0] = bytes.subarray(written);
      else queue.shift();
      writeNext();
    });
  };
  const pty: Pty = {
    path,
    received: [],
    onData: null,
    write: (bytes) => {
      queue.push(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes));
      if (queue.length === 1) writeNext();
    },
    stall: (on) => void (on ? stream.pause() : stream.resume()),
    unplug: () =>
      new Promise((resolve) => {
        if (stream.closed) return resolve();
        stream.once('close', () => resolve());
        stream.destroy();
      }),
  };
  // The slave closing is an error to the master (EIO), and of no interest here.
  stream.on('error', () => undefined);
  stream.on('data', (bytes: Buffer) => {
    pty.received.push(...bytes);
    pty.onData?.(bytes);
  });
  return pty;
}

/** Has the kernel refuse further opens by ordinary users, as ModemManager does. */
export function makeExclusive(fd: number): void {
  if (ioctl(fd, TIOCEXCL) !== 0) throw new Error('TIOCEXCL refused');
}
