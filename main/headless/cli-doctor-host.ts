/** This very computer, as `masq-gate doctor` asks it. Reads only; what cannot be read counts as not there. */
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { POLICY_FILE, supervisorCommand } from '../elevation/choose-launcher.ts';
import { portAccess, portHolder } from '../modem/port-holder.ts';
import { listPorts } from '../modem/ports.ts';
import { configDirectory } from '../settings/directories.ts';
import type { DoctorHost } from './cli-doctor-checks.ts';

/** Where root's programs are looked for, as the engine does. */
const TOOL_FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export function thisHost(): DoctorHost {
  return {
    user: {
      name: attempt(() => userInfo().username, String(process.getuid?.() ?? '')),
      isRoot: process.getuid?.() === 0,
      groups: groupNames(),
      desktop: process.env.XDG_CURRENT_DESKTOP,
    },
    node: process.version,
    engineFiles() {
      const supervisor = supervisorCommand();
      return supervisor.ok ? dirname(supervisor.command.at(-1) ?? '') : supervisor.fault;
    },
    tun: () =>
      attempt<'device' | 'other' | 'missing'>(
        () => (statSync('/dev/net/tun').isCharacterDevice() ? 'device' : 'other'),
        'missing',
      ),
    findTool: (name) => TOOL_FOLDERS.map((folder) => join(folder, name)).find(isExecutable) ?? null,
    programs: () =>
      attempt(() => readdirSync('/proc'), [])
        .filter((name) => /^\d+$/.test(name))
        .map((pid) => attempt(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim(), '')),
    hasPolicy: existsSync(POLICY_FILE),
    async ports() {
      const { ports, fault } = await listPorts();
      const found = ports.map(async ({ path, description }) => ({
        path,
        description,
        allowed: may(path, constants.R_OK | constants.W_OK),
        access: await portAccess(path),
        holder: await portHolder(path),
      }));
      return { ports: await Promise.all(found), fault };
    },
    async settings() {
      const path = join(configDirectory(), 'settings.json');
      try {
        return { path, text: await readFile(path, 'utf8') };
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { path, text: null };
        return { path, error: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

const may = (path: string, mode: number) =>
  attempt(() => {
    accessSync(path, mode);
    return true;
  }, false);

const isExecutable = (path: string) => may(path, constants.X_OK);

/** The groups this session has now, by name: joining one counts from the next login on. */
function groupNames(): string[] {
  const ids = new Set(attempt(() => process.getgroups?.() ?? [], []));
  return attempt(() => readFileSync('/etc/group', 'utf8'), '')
    .split('\n')
    .map((line) => line.split(':'))
    .filter(([name, , id]) => name !== undefined && id !== undefined && id !== '' && ids.has(Number(id)))
    .map(([name]) => name as string);
}
