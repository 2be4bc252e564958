// Entry of dist/main/headless.js: the gateway without Electron, on this process's own arguments, output and signals.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { composeGateway } from '../compose.ts';
import { readAppFiles } from '../faces/app-files.ts';
import { CONTROL_SOCKET } from '../faces/control-socket.ts';
import { runtimeDirectory } from '../settings/directories.ts';
import { readVersion } from '../version.ts';
import { parseFlags, runHeadless, USAGE } from './host.ts';

const out = (line: string) => void process.stdout.write(`${line}\n`);
const err = (line: string) => void process.stderr.write(`${line}\n`);
// A closed terminal or pipe must not end a call in the middle of hanging up.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.on(signal, () => {
    if (stop.signal.aborted && signal === 'SIGINT') process.exit(130); // a second Ctrl-C: the engine tidies up alone
    stop.abort();
  });
let code = 0;
const onBug = (error: unknown) => {
  err(`masq-gate: a mistake in the program: ${error instanceof Error ? error.stack : String(error)}`);
  code = 1;
  stop.abort();
};
process.on('uncaughtException', onBug);
process.on('unhandledRejection', onBug);

const flags = parseFlags(process.argv.slice(2));
if (flags === null) {
  err(USAGE);
  process.exit(2);
}
try {
  const version = readVersion(import.meta.url);
  const ended = await runHeadless({
    flags,
    controlPath: join(runtimeDirectory(), CONTROL_SOCKET),
    version,
    files: readAppFiles(fileURLToPath(new URL('../app', import.meta.url))),
    createGateway: () => composeGateway({ version, cipher: null }),
    out,
    err,
    stop: stop.signal,
  });
  code ||= ended;
} catch (error) {
  err(`masq-gate: ${error instanceof Error ? error.message : String(error)}`);
  code = 1;
}
process.exit(code);
