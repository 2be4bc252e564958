/**
 * Which serial ports this computer has: serialport's list (udev), or /dev and /sys themselves where udev is missing.
 *
 * Names the kernel keeps for hardware that is not there (ttyS0 to ttyS31 on most PCs) are left out.
 */
import { readdir, readFile, realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { SerialPort } from 'serialport';
import type { Fault } from '../contract.ts';
import { listingFailed, noUdev, udevHangs } from './port-faults.ts';

export interface FoundPort {
  path: string;
  description: string;
}

interface KnownPort {
  path: string;
  manufacturer?: string | undefined;
  pnpId?: string | undefined;
}

const PORT_NAME = /^(?:tty(?:S|USB|ACM|AMA|O|XRUSB|WCH|MFD)|rfcomm)\d+$/;

/** udev answers in a fraction of a second; beyond this it hangs. */
const LIMIT_MS = 5_000;
const SLOW = 'ETIMEDOUT';

/** A udevadm that hangs cannot be ended from here: its answer is waited for by all, and no second one is started. */
let asked: Promise<KnownPort[]> | null = null;
function askUdev(): Promise<KnownPort[]> {
  asked ??= SerialPort.list().finally(() => {
    asked = null;
  });
  return asked;
}

/** Never rejects. `fault`: why names or ports may be missing; what was found is listed all the same. */
export async function listPorts(
  list: () => Promise<KnownPort[]> = askUdev,
  deviceFolder = '/dev',
  sysFolder = '/sys/class/tty',
  limitMs = LIMIT_MS,
): Promise<{ ports: FoundPort[]; fault: Fault | null }> {
  let known: KnownPort[] = [];
  let error: NodeJS.ErrnoException | null = null;
  try {
    known = await inTime(list(), limitMs);
  } catch (why) {
    error = why as NodeJS.ErrnoException;
  }
  if (error || known.length === 0) {
    const seen = new Set(known.map((port) => port.path));
    for (const name of await readdir(deviceFolder).catch(() => []))
      if (PORT_NAME.test(name) && !seen.has(`${deviceFolder}/${name}`))
        known.push({ path: `${deviceFolder}/${name}` });
  }
  const ports: FoundPort[] = [];
  for (const port of known.sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }))) {
    const name = basename(port.path);
    if (await isDead(`${sysFolder}/${name}`)) continue;
    ports.push({ path: port.path, description: await describe(port, `${sysFolder}/${name}`) });
  }
  if (!error) return { ports, fault: null };
  if (error.code === SLOW) return { ports, fault: udevHangs() };
  return { ports, fault: error.code === 'ENOENT' ? noUdev(ports.length > 0) : listingFailed(error.message) };
}

async function inTime<T>(answer: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('udevadm hangs'), { code: SLOW })), limitMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The 8250 driver gives type 0 (unknown) to ports at whose address no chip answered. */
async function isDead(sysPath: string): Promise<boolean> {
  try {
    return (await readFile(`${sysPath}/type`, 'utf8')).trim() === '0';
  } catch {
    return false;
  }
}

async function describe(port: KnownPort, sysPath: string): Promise<string> {
  const name = basename(port.path);
  const product = await usbProduct(sysPath);
  const words = product ?? port.manufacturer ?? port.pnpId ?? null;
  // Devices describe themselves: keep what they say to one short printable line.
  const clean = words
    ?.replace(/[^\x20-\x7e\u00a0-\uffff]/g, ' ')
    .trim()
    .slice(0, 80);
  if (clean) return clean;
  if (/^ttyS/.test(name)) return `Serial port ${Number(name.slice(4)) + 1}`;
  if (/^ttyACM/.test(name)) return 'USB modem';
  if (/^ttyUSB/.test(name)) return 'USB serial adapter';
  if (/^rfcomm/.test(name)) return 'Bluetooth serial port';
  return 'Serial port';
}

/** Maker and product of the USB device a tty belongs to: climb from its sysfs folder to the first that has them. */
async function usbProduct(sysPath: string): Promise<string | null> {
  let folder = await realpath(`${sysPath}/device`).catch(() => null);
  for (let i = 0; folder !== null && i < 6 && folder !== '/'; i++) {
    const product = await readFile(`${folder}/product`, 'utf8').catch(() => null);
    if (product !== null) {
      const maker = (await readFile(`${folder}/manufacturer`, 'utf8').catch(() => '')).trim();
      return product.startsWith(maker) ? product.trim() : `${maker} ${product.trim()}`;
    }
    folder = dirname(folder);
  }
  return null;
}
