/**
 * Hangs up a modem whose program has died: a call left open costs money. DTR down first (V.24 circuit 108/2); where the port
 * has no modem lines, or carrier stays, the Hayes escape: guard time, +++, guard time, ATH.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ioctl } from './libc.ts';

const TCGETS = 0x5401;
const TIOCMGET = 0x5415;
const TIOCMBIC = 0x5417;
const TIOCM_DTR = 0x002;
const TIOCM_CAR = 0x040;
/** `struct termios` of the kernel is 36 bytes on every Linux we run on; more room does no harm. */
const TERMIOS_BYTES = 64;
/** Hayes S12 is one second by default. */
const GUARD_MS = 1_100;
const DTR_MS = 800;

/** Returns what was done, for the log; never throws. */
export async function hangUp(path: string): Promise<string> {
  let fd: number | null = null;
  try {
    // Looked at before it is opened: opening some devices already does something (a watchdog begins to count).
    const device = statSync(path);
    if (!device.isCharacterDevice() || !isSerial(device.rdev, readFileSync('/proc/tty/drivers', 'latin1')))
      return `${path} is no serial port, left alone`;
    fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
    if (!fstatSync(fd).isCharacterDevice() || ioctl(fd, TCGETS, Buffer.alloc(TERMIOS_BYTES)) !== 0) {
      return `${path} is no terminal device, left alone`;
    }
    if (dropDtr(fd)) {
      await sleep(DTR_MS);
      if (!hasCarrier(fd)) return `hung up ${path} (DTR down)`;
    }
    await sleep(GUARD_MS);
    writeSync(fd, '+++');
    await sleep(GUARD_MS);
    writeSync(fd, 'ATH\r');
    await sleep(200);
    return `hung up ${path} (+++ ATH)`;
  } catch (error) {
    return `${path} could not be hung up: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

/**
 * Is a device number (Linux's `dev_t` of 32 bits) a serial port's or a pseudo-terminal's, by the lines of /proc/tty/drivers
 * (`serial /dev/ttyS 4 64-95 serial`)? A console is none, and nothing that is no terminal.
 */
export function isSerial(device: number, drivers: string): boolean {
  const major = (device >>> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
  return drivers.split('\n').some((line) => {
    const [, number, first, last, type = ''] =
      /^\S+ +\S+ +(\d+) +(\d+)(?:-(\d+))? +(serial|pty:slave)/.exec(line) ?? [];
    return (
      type !== '' && Number(number) === major && minor >= Number(first) && minor <= Number(last ?? first)
    );
  });
}

function dropDtr(fd: number): boolean {
  const lines = Buffer.alloc(4);
  lines.writeInt32LE(TIOCM_DTR);
  return ioctl(fd, TIOCMBIC, lines) === 0;
}

function hasCarrier(fd: number): boolean {
  const lines = Buffer.alloc(4);
  return ioctl(fd, TIOCMGET, lines) === 0 && (lines.readInt32LE() & TIOCM_CAR) !== 0;
}
