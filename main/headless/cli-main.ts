#!/usr/bin/env node
// Entry of dist/main/cli.js: the command line on this process's own arguments, output and signals.
import { join } from 'node:path';
import { CONTROL_SOCKET } from '../faces/control-socket.ts';
import { runtimeDirectory } from '../settings/directories.ts';
import { runCli } from './cli.ts';
import { thisHost } from './cli-doctor-host.ts';
import { asker, keyboard, readText } from './cli-terminal.ts';

const stop = new AbortController();
process.on('SIGINT', () => stop.abort());
// `masq-gate log -f | head` closes our output; that is no error.
process.stdout.on('error', () => process.exit(0));
try {
  process.exitCode = await runCli(process.argv.slice(2), {
    controlPath: join(runtimeDirectory(), CONTROL_SOCKET),
    now: Date.now,
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
    stop: stop.signal,
    readText,
    ask: asker(stop.signal),
    keys: keyboard(),
    doctor: thisHost(),
  });
} catch (error) {
  process.stderr.write(`masq-gate: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
