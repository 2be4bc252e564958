/** Runs the host's own tools (`ip`, `nft`, `nmcli`) without a shell, with a fixed search path and a time limit. */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';

/** Root's usual places; the caller's PATH is not trusted. */
const SEARCH = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
export const TOOL_ENVIRONMENT = { PATH: SEARCH.join(':'), LC_ALL: 'C' };
const LIMIT_MS = 10_000;

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** The absolute path of a tool, or null when this machine has none. */
export function findTool(name: string): string | null {
  for (const folder of SEARCH) {
    try {
      accessSync(`${folder}/${name}`, constants.X_OK);
      return `${folder}/${name}`;
    } catch {}
  }
  return null;
}

/** Code 127 when the tool is missing, as a shell would say. */
export function run(tool: string, args: readonly string[], input = ''): Promise<Ran> {
  const path = findTool(tool);
  if (path === null) return Promise.resolve({ code: 127, stdout: '', stderr: `${tool}: not found` });
  return new Promise((resolve) => {
    const child = execFile(
      path,
      [...args],
      { env: TOOL_ENVIRONMENT, cwd: '/', timeout: LIMIT_MS, maxBuffer: 16 << 20, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
        resolve({ code, stdout, stderr: stderr || (error ? error.message : '') });
      },
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** JSON that `ip -j` or `nft -j` printed; null when it printed none. */
export async function runJson(tool: string, args: readonly string[]): Promise<unknown> {
  const ran = await run(tool, args);
  if (ran.code !== 0) return null;
  try {
    return JSON.parse(ran.stdout || '[]');
  } catch {
    return null;
  }
}
