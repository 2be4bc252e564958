/**
 * A Linux guest under qemu's software emulation, which needs no rights: Debian's kernel over this machine's own root file
 * system (read only, with a scratch layer), and serial ports that come out here as sockets. For what needs a kernel of its
 * own, as pppd does. Boots in about 5 s; the boot files are made once and kept in the cache directory.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, Socket } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GUEST_PACKAGES, requirePackages } from '../packages.ts';
import { smallSocketPair } from './socket-pair.ts';

export interface GuestOptions {
  /** A bash script, run as root in the guest; the guest is switched off when it ends. */
  script: string;
  /** How many serial ports besides the console: ttyS1 to ttyS3. */
  lines: 0 | 1 | 2 | 3;
  /** The least that the sockets behind the ports can hold: flow control reaches the guest at once, as by RTS/CTS. */
  smallBuffers?: boolean;
}

export interface Guest {
  /** The far ends of ttyS1 and so on. */
  readonly lines: readonly Socket[];
  /** All that the guest has printed. */
  output(): string;
  /** Resolves when the output matches; rejects with the output if the guest ends before. */
  printed(pattern: RegExp): Promise<void>;
  stop(): Promise<void>;
}

/** One for each line: the PC's own choice has ttyS3 share with ttyS1 and ttyS2 with the console, and then lines stall. */
const INTERRUPTS = [3, 5, 7];
/** A child's file descriptors after its standard ones. */
const FIRST_INHERITED = 3;
/** What a paused socket with small buffers may read ahead. */
const HELD_BYTES = 16;
const run = promisify(execFile);

/** Where the boot files are, made now if need be. Rejects with the line to type if a package is missing. */
export async function prepareGuest(): Promise<string> {
  await requirePackages(GUEST_PACKAGES);
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'masq-gate-lab');
  const directory = join(cache, 'guest-1');
  if (!existsSync(join(directory, 'initrd.gz'))) {
    mkdirSync(cache, { recursive: true });
    await run(new URL('prepare.sh', import.meta.url).pathname, [directory]);
  }
  return directory;
}

/** Boots a guest. Its lines are connected when this resolves, its script has just begun or is about to. */
export async function startGuest(options: GuestOptions): Promise<Guest> {
  const boot = await prepareGuest();
  const place = mkdtempSync(join(tmpdir(), 'masq-gate-guest-'));
  const script = join(place, 'script');
  writeFileSync(script, options.script);
  const waiting: Promise<Socket>[] = [];
  const servers: Server[] = [];
  const ports: string[] = [];
  const inherited: number[] = [];
  for (let line = 1; line <= options.lines; line += 1) {
    ports.push('-device', `isa-serial,chardev=line${line},index=${line},irq=${INTERRUPTS[line - 1]}`);
    if (options.smallBuffers) {
      const [near, far] = smallSocketPair();
      // Without this a paused socket goes on to read 16 KB, seconds of a slow line.
      const held = { fd: near, readableHighWaterMark: HELD_BYTES };
      waiting.push(Promise.resolve(new Socket(held)));
      ports.push('-chardev', `socket,id=line${line},fd=${FIRST_INHERITED + inherited.length}`);
      inherited.push(far);
      continue;
    }
    const path = join(place, `line-${line}`);
    const server = createServer();
    servers.push(server);
    waiting.push(new Promise((resolve) => server.once('connection', resolve)));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    ports.push('-chardev', `socket,id=line${line},path=${path}`);
  }
  const machine = [
    '-accel',
    'tcg',
    '-cpu',
    'max',
    '-m',
    '512',
    '-display',
    'none',
    '-no-reboot',
    '-nic',
    'none',
  ];
  const root = 'local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap';
  const kernel = ['-kernel', join(boot, 'vmlinuz'), '-initrd', join(boot, 'initrd.gz')];
  const qemu = ['qemu-system-x86_64', ...machine, ...kernel, '-virtfs', root]
    .concat(['-append', `console=ttyS0 quiet panic=1 lab_script=${script}`])
    .concat(['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'])
    .concat(ports);
  // The guest does not outlive a test run that is killed.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...qemu], {
    stdio: ['ignore', 'pipe', 'pipe', ...inherited],
  });
  for (const fd of inherited) closeSync(fd);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
  }

  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    for (const server of servers) server.close();
    rmSync(place, { recursive: true, force: true });
  };
  const lines = await Promise.race([Promise.all(waiting), ended.then(() => null)]);
  if (!lines) {
    await stop();
    throw new Error(`The guest did not start:\n${text}`);
  }
  for (const line of lines) line.on('error', () => {}); // the guest's end is told by `ended`
  return { lines, output: () => text, printed: (pattern) => printed(child, () => text, pattern), stop };
}

function printed(child: ChildProcess, output: () => string, pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (finish: () => void) => {
      child.stdout?.off('data', look);
      child.off('close', gone);
      finish();
    };
    const look = () => {
      if (pattern.test(output())) done(resolve);
    };
    const gone = () =>
      done(() => reject(new Error(`The guest ended before it printed ${pattern}:\n${output()}`)));
    child.stdout?.on('data', look);
    child.once('close', gone);
    if (child.exitCode !== null || child.signalCode !== null) gone();
    else look();
  });
}
