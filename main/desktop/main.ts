// Entry of dist/main/desktop.js: the gateway in Electron, with window, tray, and the command line's socket beside them.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { composeGateway } from '../compose.ts';
import { readAppFiles } from '../faces/app-files.ts';
import { CommandRouter } from '../faces/command-router.ts';
import { CONTROL_SOCKET, claimInstance } from '../faces/control-socket.ts';
import { systemClock } from '../gateway-parts.ts';
import { runtimeDirectory } from '../settings/directories.ts';
import { readVersion } from '../version.ts';
import { electronPlatform, exit, isPackaged, keyring, prepare, whenReady } from './electron.ts';
import { keyringCipher } from './keyring.ts';
import { Shell } from './shell.ts';
import { hasTrayHost } from './tray-host.ts';

prepare();

async function main(): Promise<void> {
  const claim = await claimInstance(join(runtimeDirectory(), CONTROL_SOCKET), true);
  if (!claim.first) {
    const { address, pid } = claim.about;
    const where = address === null ? 'its window was brought forward' : `see ${address}`;
    process.stdout.write(`masq-gate: already running (process ${pid}); ${where}\n`);
    exit(0);
    return;
  }
  await whenReady();
  const version = readVersion(import.meta.url);
  const gateway = await composeGateway({ version, cipher: keyringCipher(keyring()) });
  const router = new CommandRouter({
    handlers: gateway.commands,
    log: (text) => gateway.model.log('error', 'faces', text),
  });
  const shell = new Shell({
    platform: electronPlatform(),
    gateway,
    router,
    files: readAppFiles(fileURLToPath(new URL('../app', import.meta.url))),
    preload: fileURLToPath(new URL('./preload.cjs', import.meta.url)),
    packaged: isPackaged(),
    clock: systemClock,
    hasTrayHost: () => hasTrayHost(),
    version,
    release: () => claim.control.close(),
  });
  const onBug = (error: unknown) => {
    process.stderr.write(
      `masq-gate: a mistake in the program: ${error instanceof Error ? error.stack : error}\n`,
    );
    void shell.quit();
  };
  process.on('uncaughtException', onBug);
  process.on('unhandledRejection', onBug);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void shell.quit());
  claim.control.serve({
    model: gateway.model,
    router,
    about: () => shell.about(),
    show: () => shell.show(),
  });
  await shell.start();
  await gateway.open();
  if (process.argv.includes('--practice')) await gateway.commands.practice({});
}

main().catch((error: unknown) => {
  process.stderr.write(`masq-gate: ${error instanceof Error ? error.stack : String(error)}\n`);
  exit(1);
});
