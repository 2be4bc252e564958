// Runs a command with networks, mounts, /run and /tmp of its own, so that two of this project's runs do not meet: there is one
// masq0, one practice LAN, one /run/masq-gate on a host. Root only; needs util-linux's unshare, which every Debian has.
// As a program: `node apart.mjs COMMAND…`, already inside the new namespaces: mounts, raises loopback, becomes the command.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(import.meta.url);

/** Resolves with the exit status and all that the command printed, which is everything a person wants to see of it. */
export function runApart(command, cwd) {
  return new Promise((resolve) => {
    const own = ['--mount', '--net', '--pid', '--fork', '--kill-child'];
    const child = spawn('unshare', [...own, process.execPath, program, ...command], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const printed = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => printed.push(chunk));
    const end = (status) => resolve({ status, output: Buffer.concat(printed).toString() });
    child.once('error', (error) => {
      printed.push(Buffer.from(`${error}\n`));
      end(1);
    });
    child.once('close', (status) => end(status ?? 1));
  });
}

if (process.argv[1] === program) {
  const mount = (...words) => execFileSync('mount', words);
  mount('--make-rprivate', '/');
  mount('-t', 'proc', 'proc', '/proc');
  mount('-t', 'tmpfs', 'tmpfs', '/run');
  mount('-t', 'tmpfs', '-o', 'mode=1777', 'tmpfs', '/tmp');
  for (const folder of ['/run/lock', '/run/netns', '/run/user']) mkdirSync(folder);
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  const [command, ...words] = process.argv.slice(2);
  process.exit(spawnSync(command, words, { stdio: 'inherit' }).status ?? 1);
}
