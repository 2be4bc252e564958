// Starts the built headless gateway as its own process, as `npm start` does, and talks to it as the panel does:
// the same WebSocket, the same token, the same commands. Settings and runtime folders are its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import type {
  CommandArgument,
  CommandName,
  CommandResult,
  Meter,
  Outcome,
  State,
  StateEvent,
} from '../main/contract.ts';

/** The checkout: the nearest folder above with a package.json, whether this runs from source or from dist. */
export const ROOT = (() => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
})();

interface ServerMessage {
  type: 'welcome' | 'outcome' | 'state' | 'meter';
  id?: number;
  outcome?: Outcome<unknown>;
  event?: StateEvent | Meter;
}

export interface GatewayOptions {
  args?: string[];
  /** Shown as it comes when set; kept for failure messages always. */
  echo?: boolean;
  env?: Record<string, string>;
  /** A network namespace (a path below /run/netns) to run the whole gateway in. */
  namespace?: string;
}

export class GatewayProcess {
  readonly child: ChildProcess;
  readonly folder: string;
  output = '';
  state: Partial<State> = {};
  meter: Meter | null = null;
  /** Every event as it comes, for a face that is not this one. */
  onEvent: (kind: 'state' | 'meter', event: StateEvent | Meter) => void = () => {};
  private readonly socketWaiting = new Map<number, (outcome: Outcome<unknown>) => void>();
  private readonly listeners = new Set<() => void>();
  private socket: WebSocket | null = null;
  private nextId = 1;
  private exited = false;

  constructor(options: GatewayOptions = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'masq-gate-e2e-'));
    const program = [process.execPath, join(ROOT, 'dist', 'main', 'headless.js'), ...(options.args ?? [])];
    const command = options.namespace ? ['nsenter', `--net=${options.namespace}`, ...program] : program;
    this.child = spawn(command[0] as string, command.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.environment(), ...options.env },
    });
    const keep = (chunk: Buffer) => {
      this.output = (this.output + chunk.toString()).slice(-200_000);
      if (options.echo) process.stdout.write(chunk);
      this.wake();
    };
    this.child.stdout?.on('data', keep);
    this.child.stderr?.on('data', keep);
    this.child.on('exit', () => {
      this.exited = true;
      this.wake();
    });
  }

  /** The folders that keep this gateway apart from a person's own; the command line needs the same. */
  environment(): Record<string, string> {
    return {
      XDG_CONFIG_HOME: join(this.folder, 'config'),
      XDG_RUNTIME_DIR: this.folder,
      XDG_STATE_HOME: join(this.folder, 'state'),
    };
  }

  /** Resolves when `test` gives something; fails with the gateway's last words. */
  async until<T>(what: string, test: () => T | null | undefined | false, timeoutMs = 60_000): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const value = test();
      if (value !== null && value !== undefined && value !== false) return value;
      if (this.exited)
        throw new Error(`the gateway ended while waiting for ${what}:\n${this.output.slice(-3000)}`);
      const left = deadline - Date.now();
      if (left <= 0) {
        const { phase, activity, fault } = this.state;
        throw new Error(
          `${what} did not come in ${timeoutMs} ms; phase ${phase} (${activity}), fault ${JSON.stringify(fault)}\n${this.output.slice(-3000)}`,
        );
      }
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          this.listeners.delete(done);
          resolve();
        };
        const timer = setTimeout(done, Math.min(left, 500));
        this.listeners.add(done);
      });
    }
  }

  address(): Promise<string> {
    return this.until(
      'the panel address',
      () => this.output.match(/http:\/\/127\.0\.0\.1:\d+\/#\S+/)?.[0],
      30_000,
    );
  }

  async connect(): Promise<void> {
    const address = new URL(await this.address());
    const socket = new WebSocket(`ws://${address.host}/ws`, { origin: address.origin });
    this.socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('open', () => socket.send(JSON.stringify({ type: 'hello', token: address.hash.slice(1) })));
      socket.on('message', (data) => {
        const message = JSON.parse(data.toString()) as ServerMessage;
        if (message.type === 'welcome') resolve();
        this.receive(message);
      });
    });
    const snapshot = await this.must('snapshot', {});
    this.state = { ...snapshot.state, ...this.state };
  }

  private receive(message: ServerMessage): void {
    if (message.type === 'outcome')
      this.socketWaiting.get(message.id as number)?.(message.outcome as Outcome<unknown>);
    if (message.type === 'state') Object.assign(this.state, (message.event as StateEvent).patch);
    if (message.type === 'meter') {
      this.meter = message.event as Meter;
      this.state.clients = this.meter.clients;
    }
    if ((message.type === 'state' || message.type === 'meter') && message.event !== undefined) {
      this.onEvent(message.type, message.event);
    }
    this.wake();
  }

  private wake(): void {
    for (const listener of [...this.listeners]) listener();
  }

  call<N extends CommandName>(name: N, argument: CommandArgument<N>): Promise<Outcome<CommandResult<N>>> {
    const id = this.nextId++;
    return new Promise((resolve) => {
      this.socketWaiting.set(id, (outcome) => {
        this.socketWaiting.delete(id);
        resolve(outcome as Outcome<CommandResult<N>>);
      });
      this.socket?.send(JSON.stringify({ type: 'call', id, name, argument }));
    });
  }

  async must<N extends CommandName>(name: N, argument: CommandArgument<N>): Promise<CommandResult<N>> {
    const outcome = await this.call(name, argument);
    if (!outcome.ok) throw new Error(`${name}: ${outcome.fault.sentence} ${outcome.fault.detail ?? ''}`);
    return outcome.value;
  }

  /** Waits for a phase; a failure on the way is reported at once with its sentence. */
  phase(wanted: State['phase'], timeoutMs = 60_000): Promise<true> {
    return this.until(
      `phase ${wanted}`,
      () => {
        if (this.state.phase === wanted) return true;
        if (this.state.phase === 'failed') {
          throw new Error(
            `the call failed: ${JSON.stringify(this.state.fault)}\n${this.output.slice(-3000)}`,
          );
        }
        return null;
      },
      timeoutMs,
    );
  }

  /** Ends the gateway as a person's Ctrl-C does and waits until it is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.socket?.close();
    if (!this.exited) {
      this.child.kill(signal);
      await new Promise<void>((resolve) => {
        if (this.exited) resolve();
        else this.child.once('exit', () => resolve());
      });
    }
    rmSync(this.folder, { recursive: true, force: true });
    return this.child.exitCode;
  }
}
