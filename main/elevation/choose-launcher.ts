/** Which way to root fits this computer, and where the supervisor lies. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Fault } from '../../engine/contract.ts';
import { directLauncher } from './direct.ts';
import { engineFilesMissing } from './faults.ts';
import type { ElevationLauncher, SupervisorCommand } from './launcher.ts';
import { PKEXEC, pkexecLauncher } from './pkexec.ts';
import { sudoPromptLauncher } from './sudo-prompt.ts';

/** Installed by the package beside a root-owned engine; without it pkexec would ask about “node”. */
export const POLICY_FILE = '/usr/share/polkit-1/actions/org.masq-gate.engine.policy';

export function chooseLauncher(): ElevationLauncher {
  if (process.getuid?.() === 0) return directLauncher;
  return existsSync(POLICY_FILE) && existsSync(PKEXEC) ? pkexecLauncher : sudoPromptLauncher;
}

/** The supervisor of this installation: in the package's resources, else beside the built main. */
export function supervisorCommand(): { ok: true; command: SupervisorCommand } | { ok: false; fault: Fault } {
  const { resourcesPath } = process as { resourcesPath?: string };
  const here = dirname(fileURLToPath(import.meta.url));
  const folders = [...(resourcesPath ? [join(resourcesPath, 'engine')] : []), join(here, '..', 'engine')];
  const folder = folders.find((one) => existsSync(join(one, 'supervisor.cjs'))) ?? folders.at(-1) ?? here;
  const supervisor = join(folder, 'supervisor.cjs');
  if (!existsSync(supervisor)) return { ok: false, fault: engineFilesMissing(supervisor) };
  return { ok: true, command: [nodeBinary(folder), supervisor] };
}

/** Never Electron's own binary: its runAsNode fuse is off. The package brings a Node beside the engine. */
function nodeBinary(folder: string): string {
  const own = join(folder, 'node');
  if (existsSync(own)) return own;
  if (!('electron' in process.versions)) return process.execPath;
  return ['/usr/local/bin/node', '/usr/bin/node'].find((path) => existsSync(path)) ?? '/usr/bin/node';
}
