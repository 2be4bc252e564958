import { expect, it } from 'vitest';
import { isSerial } from './line-guard.ts';

const DRIVERS = `/dev/tty             /dev/tty        5       0 system:/dev/tty
/dev/console         /dev/console    5       1 system:console
/dev/vc/0            /dev/vc/0       4       0 system:vtmaster
usbserial            /dev/ttyUSB   188 0-511 serial
serial               /dev/ttyS       4 64-95 serial
one                  /dev/ttyLP    204      8 serial
pty_slave            /dev/pts      136 0-1048575 pty:slave
pty_master           /dev/ptm      128 0-1048575 pty:master
unknown              /dev/tty        4 1-63 console
`;
const device = (major: number, minor: number) => (major << 8) | (minor & 0xff) | ((minor & 0xfff00) << 12);

it.each([
  ['ttyS0', 4, 64, true],
  ['ttyS31', 4, 95, true],
  ['ttyUSB300', 188, 300, true],
  ['a driver with one port', 204, 8, true],
  ['the next of it', 204, 9, false],
  ['a pseudo-terminal', 136, 300, true],
  ['its master', 128, 3, false],
  ['a virtual console', 4, 1, false],
  ['/dev/console', 5, 1, false],
  ['a watchdog', 10, 130, false],
  ['/dev/mem', 1, 1, false],
])('%s is hung up: %s %s %s', (_name, major, minor, expected) => {
  expect(isSerial(device(major, minor), DRIVERS)).toBe(expected);
});
