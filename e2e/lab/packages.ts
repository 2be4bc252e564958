/** What the lab needs of the Debian system, and the one line that installs what is missing. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const GUEST_PACKAGES = ['qemu-system-x86', 'busybox-static', 'cpio', 'kmod', 'xz-utils', 'ppp'];
export const SLIRP_PACKAGES = ['slirp'];

/** Throws with the line to type if any of `packages` is not installed. */
export async function requirePackages(packages: readonly string[]): Promise<void> {
  const format = ['-W', '-f', `\${Package} \${db:Status-Status}\\n`, ...packages];
  // dpkg-query fails when it knows one of them not at all, and still lists the others.
  const { stdout } = await run('dpkg-query', format).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? '',
  }));
  const installed = new Set(
    stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  const missing = packages.filter((name) => !installed.has(name));
  if (missing.length > 0) throw new Error(`The lab needs: apt-get install -y ${missing.join(' ')}`);
}
