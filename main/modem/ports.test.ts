import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { listPorts } from './ports.ts';

const root = mkdtempSync(join(tmpdir(), 'masq-ports-'));
const dev = join(root, 'dev');
const sys = join(root, 'sys');
mkdirSync(dev);
mkdirSync(sys);
for (const name of ['ttyS0', 'ttyS1', 'ttyUSB10', 'ttyUSB2', 'ttyACM0', 'ttyAMA0', 'tty1', 'null', 'ttyUSBx'])
  writeFileSync(join(dev, name), '');
for (const [name, type] of [
  ['ttyS0', '4'],
  ['ttyS1', '0'],
]) {
  mkdirSync(join(sys, name ?? ''));
  writeFileSync(join(sys, name ?? '', 'type'), `${type}\n`);
}
mkdirSync(join(root, 'usb/1-1/1-1:1.0'), { recursive: true });
writeFileSync(join(root, 'usb/1-1/product'), 'USB Modem\n');
writeFileSync(join(root, 'usb/1-1/manufacturer'), 'Conexant\n');
mkdirSync(join(sys, 'ttyACM0'));
symlinkSync(join(root, 'usb/1-1/1-1:1.0'), join(sys, 'ttyACM0/device'));
afterAll(() => rmSync(root, { recursive: true }));

const rejected = (code: string) => () =>
  Promise.reject(Object.assign(new Error(`spawn udevadm ${code}`), { code }));

describe('listing ports', () => {
  it('without udev: what is really there, named by the system itself, and a clear word', async () => {
    const { ports, fault } = await listPorts(rejected('ENOENT'), dev, sys);
    expect(ports).toEqual([
      { path: `${dev}/ttyACM0`, description: 'Conexant USB Modem' },
      { path: `${dev}/ttyAMA0`, description: 'Serial port' },
      { path: `${dev}/ttyS0`, description: 'Serial port 1' },
      { path: `${dev}/ttyUSB2`, description: 'USB serial adapter' },
      { path: `${dev}/ttyUSB10`, description: 'USB serial adapter' },
    ]);
    expect(fault?.code).toBe('ports-no-udev');
    expect(fault?.sentence).toContain('listed');
  });

  it('without udev and without ports: type the path', async () => {
    const { ports, fault } = await listPorts(rejected('ENOENT'), join(root, 'none'), sys);
    expect(ports).toEqual([]);
    expect(fault?.sentence).toContain('type the path');
  });

  it('with udev: dead ports left out, names kept short and printable', async () => {
    const list = () =>
      Promise.resolve([
        { path: `${dev}/ttyS1` },
        { path: `${dev}/ttyUSB2`, manufacturer: `FTDI\u0007${'x'.repeat(200)}` },
      ]);
    const { ports, fault } = await listPorts(list, dev, sys);
    expect(fault).toBeNull();
    expect(ports.map((port) => port.path)).toEqual([`${dev}/ttyUSB2`]);
    expect(ports[0]?.description).toMatch(/^FTDI x{70,75}$/);
  });

  it('another failure of udev is told with its words', async () => {
    const { fault } = await listPorts(rejected('EPERM'), dev, sys);
    expect(fault).toMatchObject({ code: 'ports-unlisted' });
    expect(fault?.cause).toContain('EPERM');
  });

  it('with a udev that never answers: what is really there, after a while', async () => {
    const { ports, fault } = await listPorts(() => new Promise(() => {}), dev, sys, 1);
    expect(ports.map((port) => port.path)).toContain(`${dev}/ttyUSB2`);
    expect(fault).toMatchObject({ code: 'ports-slow', remedy: expect.stringContaining('by its path') });
  });

  it('on this very machine it does not fail', async () => {
    const { ports } = await listPorts();
    for (const port of ports) expect(port.path).toMatch(/^(?:\/dev\/|COM)/);
  });
});
