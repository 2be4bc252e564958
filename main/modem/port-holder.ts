/**
 * Who holds a serial port, and who may use it: from /proc/locks, /proc/<pid>/fd, UUCP lock files and the groups of Linux.
 *
 * Answers are hints for a sentence: what another user's process has open is hidden, so `null` means "not seen".
 */
import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename } from 'node:path';
import type { PortAccess, PortHolder } from './port-faults.ts';

async function processName(pid: number): Promise<string | null> {
  try {
    return (await readFile(`/proc/${pid}/comm`, 'utf8')).trim() || null;
  } catch {
    return null;
  }
}

async function processes(): Promise<number[]> {
  try {
    return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  } catch {
    return [];
  }
}

export async function modemManagerRuns(): Promise<boolean> {
  for (const pid of await processes()) if ((await processName(pid)) === 'ModemManager') return true;
  return false;
}

/** The process that holds the port, or null if none was seen. */
export async function portHolder(path: string): Promise<PortHolder | null> {
  const device = await realpath(path).catch(() => path);
  for (const pid of [await lockOwner(device), await uucpOwner(device), await opener(device)]) {
    const name = pid === null ? null : await processName(pid);
    if (pid !== null && name !== null) return { pid, name };
  }
  return null;
}

/** /proc/locks names the device and inode of the locked file, in hexadecimal `major:minor:inode`. */
async function lockOwner(device: string): Promise<number | null> {
  try {
    const { dev, ino } = await stat(device);
    const major = ((dev >>> 8) & 0xfff).toString(16).padStart(2, '0');
    const minor = ((dev & 0xff) | ((dev >>> 12) & 0xfff00)).toString(16).padStart(2, '0');
    const wanted = `${major}:${minor}:${ino}`;
    for (const line of (await readFile('/proc/locks', 'utf8')).split('\n')) {
      const words = line.split(/\s+/);
      if (words[1] === 'FLOCK' && words[5] === wanted && Number(words[4]) > 0) return Number(words[4]);
    }
  } catch {
    // No /proc, or the device is gone: nothing is known.
  }
  return null;
}

async function uucpOwner(device: string): Promise<number | null> {
  for (const directory of ['/run/lock', '/var/lock'])
    try {
      const pid = Number((await readFile(`${directory}/LCK..${basename(device)}`, 'utf8')).trim());
      if (Number.isInteger(pid) && pid > 0 && pid !== process.pid) return pid;
    } catch {
      // No such lock.
    }
  return null;
}

async function opener(device: string): Promise<number | null> {
  for (const pid of await processes()) {
    if (pid === process.pid) continue;
    const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const file of files) {
      const target = await readlink(`/proc/${pid}/fd/${file}`).catch(() => '');
      if (target === device) return pid;
    }
  }
  return null;
}

/** What stands between this user and a port the system forbids. */
export async function portAccess(path: string): Promise<PortAccess> {
  const uid = process.geteuid?.() ?? -1;
  let user = String(uid);
  try {
    user = userInfo().username;
  } catch {
    // An account without a name.
  }
  try {
    const { gid, mode } = await stat(path);
    if ((mode & 0o060) !== 0o060 || gid === 0) return { group: null, user, joinedLater: false };
    const groups = await readFile('/etc/group', 'utf8');
    for (const line of groups.split('\n')) {
      const [name, , id, members] = line.split(':');
      if (name === undefined || Number(id) !== gid) continue;
      return { group: name, user, joinedLater: (members ?? '').split(',').includes(user) };
    }
    return { group: String(gid), user, joinedLater: false };
  } catch {
    return { group: null, user, joinedLater: false };
  }
}
