/**
 * DTR alone, by the ioctls TIOCMBIS and TIOCMBIC of Linux (asm-generic numbers: x86, ARM, RISC-V).
 *
 * serialport's own set() first ends a break (TIOCCBRK) and gives up if the driver knows none, as most USB modems' does
 * not, and it writes RTS too, which belongs to the flow control. Elsewhere than on Linux this says it cannot.
 */
import koffi from 'koffi';

const TIOCMBIS = 0x5416;
const TIOCMBIC = 0x5417;
const TIOCM_DTR = 0x002;

type Ioctl = (fd: number, request: number, type: string, value: number[], done: IoctlDone) => void;
type IoctlDone = (error: Error | null, result: number) => void;

let ioctl: Ioctl | null | undefined;

function load(): Ioctl | null {
  if (process.platform !== 'linux') return null;
  try {
    const native = koffi.load('libc.so.6').func('int ioctl(int fd, unsigned long request, ...)');
    return native.async as Ioctl;
  } catch {
    return null;
  }
}

/** Off the main thread: a USB driver may take its time. False: not possible on this port or system. */
export function setDtrOnly(fd: number, on: boolean): Promise<boolean> {
  if (ioctl === undefined) ioctl = load();
  const call = ioctl;
  if (call === null) return Promise.resolve(false);
  return new Promise((resolve) => {
    try {
      call(fd, on ? TIOCMBIS : TIOCMBIC, 'int *', [TIOCM_DTR], (error, result) =>
        resolve(error === null && result === 0),
      );
    } catch {
      resolve(false);
    }
  });
}
