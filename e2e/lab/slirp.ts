/**
 * A provider nobody here wrote: slirp on a pty behind an answering modem, a new one for each call. It prints a banner, then
 * speaks PPP without authentication, gives everybody 10.0.2.15, and passes TCP and UDP on as the user who runs it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Exchange } from '../../main/practice/exchange.ts';
import { answering } from '../../main/practice/hayes-settings.ts';
import { Pty } from '../../main/practice/pty.ts';
import { requirePackages, SLIRP_PACKAGES } from './packages.ts';
import { StreamTerminal } from './stream-terminal.ts';

export interface LabProvider {
  close(): Promise<void>;
}

/** Puts slirp under `number`; without `ppp` among its `words` it speaks SLIP. Rejects with the line to type if it is not installed. */
export async function slirpProvider(
  exchange: Exchange,
  number: string,
  words: readonly string[] = ['ppp'],
): Promise<LabProvider> {
  await requirePackages(SLIRP_PACKAGES);
  let child: ChildProcess | null = null;
  const terminal = new StreamTerminal((on) => {
    if (on) start();
    else child?.kill();
  });
  const pty = new Pty({
    data: (bytes) => {
      terminal.fromStream(bytes);
      return !paused;
    },
    opened: () => terminal.connect(stream),
    closed: () => terminal.connect(null),
    drained: () => terminal.drained(),
  });
  let paused = false;
  const stream = {
    write: (bytes: Uint8Array) => pty.write(bytes),
    queued: () => pty.queued,
    pause: () => {
      paused = true;
    },
    resume: () => {
      if (!paused) return;
      paused = false;
      pty.resume();
    },
  };

  const start = () => {
    const slave = openSync(pty.path, constants.O_RDWR | constants.O_NOCTTY);
    const started = spawn('setpriv', ['--pdeathsig', 'KILL', 'slirp-fullbolt', ...words], {
      stdio: [slave, slave, slave], // its words go to the last

      env: { HOME: tmpdir(), PATH: '/usr/bin:/bin', TERM: 'dumb' },
    });
    closeSync(slave);
    child = started;
    started.on('exit', () => {
      if (child === started) terminal.hangUp();
    });
  };

  const station = exchange.plug(terminal, number, answering());
  terminal.attach(station);
  return {
    async close() {
      const last = child;
      child = null;
      exchange.unplug(station);
      if (last && last.exitCode === null && last.signalCode === null) {
        const ended = new Promise((resolve) => last.once('exit', resolve));
        last.kill('SIGKILL');
        await ended;
      }
      await pty.close();
    },
  };
}
