// `npm start [-- --practice]`: sets up, builds if need be, then opens Electron where its binary and a display exist,
// else the local panel.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { root, setup } from './setup.mjs';

setup('run');
await build({ ifStale: true });

const electron = join(root, 'node_modules', 'electron', 'dist', 'electron');
const display = process.env.WAYLAND_DISPLAY ?? process.env.DISPLAY;
const isRoot = process.getuid?.() === 0;
const why = !existsSync(electron)
  ? "Electron's binary is not installed"
  : !display
    ? 'there is no display'
    : isRoot
      ? 'Electron does not run as root'
      : null;
if (why !== null)
  console.log(`masq-gate: ${why}, so the same window opens as a local panel in your browser.`);
const [command, ...before] =
  why === null ? [electron, root] : [process.execPath, join(root, 'dist', 'main', 'headless.js')];
const child = spawn(command, [...before, ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
