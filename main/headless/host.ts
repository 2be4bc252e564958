/**
 * The gateway without Electron: the panel on loopback and the control socket around one gateway, from start to signal.
 * `main.ts` hands in the real gateway, the process and its signals.
 */
import { randomBytes } from 'node:crypto';
import type { LogLine } from '../contract.ts';
import type { AppFiles } from '../faces/app-files.ts';
import { CommandRouter } from '../faces/command-router.ts';
import { connectControl } from '../faces/control-client.ts';
import { claimInstance } from '../faces/control-socket.ts';
import type { FaceHost } from '../faces/face-connection.ts';
import type { Gateway } from '../gateway.ts';
import { formatLogLine } from '../log.ts';
import { type Panel, startPanel } from './panel-server.ts';

export interface HeadlessFlags {
  /** 0 for any free port. */
  port: number;
  /** Dial the practice line at once. */
  practice: boolean;
}

export interface HeadlessOptions {
  flags: HeadlessFlags;
  controlPath: string;
  version: string;
  files: AppFiles;
  createGateway(): Promise<Gateway>;
  out(line: string): void;
  err(line: string): void;
  /** Aborted by SIGTERM, SIGINT or SIGHUP. */
  stop: AbortSignal;
}

export const USAGE = 'Usage: npm start [-- --practice] [--port NUMBER]';

/** Null when the arguments are not understood. */
export function parseFlags(argv: readonly string[]): HeadlessFlags | null {
  const flags: HeadlessFlags = { port: 0, practice: false };
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index];
    if (argument === '--practice') flags.practice = true;
    else if (argument === '--port') {
      const text = argv[++index] ?? '';
      if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) return null;
      flags.port = Number(text);
    } else return null;
  }
  return flags;
}

/** Runs until stopped; the exit code. */
export async function runHeadless(options: HeadlessOptions): Promise<number> {
  const { flags, out, err, stop } = options;
  const claim = await claimInstance(options.controlPath, true);
  if (!claim.first) {
    const { address, pid } = claim.about;
    out(
      `masq-gate: already running (process ${pid})${address === null ? ' in its window.' : ` at ${address}`}`,
    );
    return flags.practice ? practiseThere(options) : 0;
  }
  const { control } = claim;
  let panel: Panel;
  try {
    panel = await startPanel({
      port: flags.port,
      token: randomBytes(32).toString('hex'),
      files: options.files,
    });
  } catch (error) {
    err(`masq-gate: the panel cannot use port ${flags.port}: ${String(error)}. Choose another with --port.`);
    await control.close();
    return 1;
  }
  const gateway = await options.createGateway();
  const { model } = gateway;
  const router = new CommandRouter({
    handlers: gateway.commands,
    log: (text) => model.log('error', 'faces', text),
  });
  const host: FaceHost = {
    model,
    router,
    about: () => ({
      type: 'about',
      pid: process.pid,
      face: 'headless',
      version: options.version,
      address: panel.address,
    }),
    show: () => out(`masq-gate: the panel is at ${panel.address}`),
  };
  const print = (lines: readonly LogLine[]) => {
    for (const line of lines) if (line.level !== 'debug') err(formatLogLine(line));
  };
  // What was said before anybody listened: settings that could not be read, above all.
  print(model.snapshot().log);
  model.onState(({ log }) => print(log));
  panel.serve(host);
  control.serve(host);
  await gateway.open();
  out(`masq-gate: the panel is at ${panel.address}`);
  if (flags.practice) {
    const outcome = await gateway.commands.practice({});
    if (!outcome.ok) err(`masq-gate: ${outcome.fault.sentence} ${outcome.fault.remedy}`);
  }
  await new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });
  out('masq-gate: hanging up and tidying away …');
  await gateway.close();
  await panel.close();
  await control.close();
  return 0;
}

/** A second start with --practice: the running gateway dials it. */
async function practiseThere({ controlPath, err }: HeadlessOptions): Promise<number> {
  const client = await connectControl(controlPath);
  const outcome = await client?.call('practice', {});
  client?.close();
  if (outcome?.ok) return 0;
  err(`masq-gate: ${outcome ? `${outcome.fault.sentence} ${outcome.fault.remedy}` : 'it does not answer.'}`);
  return 1;
}
