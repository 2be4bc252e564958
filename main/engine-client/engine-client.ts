/**
 * Main's end of the engine's socket: has the engine launched, proves who it is and who we are, numbers requests, carries
 * packets, and finds the engine again when its supervisor restarts it. What the engine must then be told anew is the
 * gateway's to say (`back`). See engine/contract.ts for frames, messages and times.
 */
import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, type FromEngine, PROTOCOL_VERSION, RUN_BASE } from '../../engine/contract.ts';
import { chooseLauncher, supervisorCommand } from '../elevation/choose-launcher.ts';
import { diedEarly } from '../elevation/faults.ts';
import type { ElevationLauncher, SupervisorCommand } from '../elevation/launcher.ts';
import { leaveToken, type Token } from '../elevation/token.ts';
import { noEngine } from '../faults.ts';
import type { EngineEvents, EnginePart, EngineReply, EngineRequest } from '../gateway-parts.ts';
import { engineLost, engineRefused, engineUnsafe } from './engine-faults.ts';
import { EngineLine } from './engine-line.ts';

const LOOK_MS = 50;
const LOOK_AGAIN_MS = 500;
/** An engine without its main undoes and ends within this. */
const REFUSED_LIMIT_MS = 15_000;
/** The person may take their time over the password; beyond this they have gone home. */
const APPROVAL_LIMIT_MS = 15 * 60_000;
const STOP_LIMIT_MS = 10_000;

export interface EngineClientOptions {
  events: EngineEvents;
  launcher?: ElevationLauncher;
  /** The supervisor; this installation's when left out. */
  command?: SupervisorCommand;
  /** Another place than RUN_BASE, for tests run as root. */
  movedBase?: string;
}

type Started = { ok: true } | { ok: false; fault: Fault };
/** `refused`: most likely an engine that an earlier Masq-Gate left, which ends soon; or there are two of us. */
type Attempt =
  | { kind: 'up'; restarts: number }
  | { kind: 'absent' }
  | { kind: 'refused'; reason: string }
  | { kind: 'failed'; fault: Fault };

export class EngineClient implements EnginePart {
  readonly #events: EngineEvents;
  readonly #launcher: ElevationLauncher;
  readonly #command: SupervisorCommand | null;
  readonly #movedBase: string | null;
  readonly #path: string;
  readonly #uid = process.getuid?.() ?? -1;
  readonly #pending = new Map<number, (reply: EngineReply) => void>();
  #state: 'stopped' | 'starting' | 'running' | 'lost' = 'stopped';
  #starting: Promise<Started> | null = null;
  #exited: Promise<Fault | null> | null = null;
  #token: Token | null = null;
  #line: EngineLine | null = null;
  #nextId = 1;

  constructor(options: EngineClientOptions) {
    this.#events = options.events;
    this.#launcher = options.launcher ?? chooseLauncher();
    this.#command = options.command ?? null;
    this.#movedBase = options.movedBase ?? null;
    this.#path = join(this.#movedBase ?? RUN_BASE, String(this.#uid), 'engine.sock');
  }

  get state(): 'stopped' | 'starting' | 'running' | 'lost' {
    return this.#state;
  }

  /**
   * Has the engine started and says hello. An abort before the launch prevents it; later there is a question on the screen
   * that cannot be taken back, so the start goes on and a second call joins it.
   */
  start(signal: AbortSignal): Promise<Started> {
    if (this.#state === 'running') return Promise.resolve({ ok: true });
    if (signal.aborted) return Promise.resolve({ ok: false, fault: noEngine });
    this.#starting ??= this.#start().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  request(message: EngineRequest): Promise<EngineReply> {
    const line = this.#line;
    if (line === null || this.#state !== 'running') return Promise.resolve({ ok: false, fault: noEngine });
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#pending.set(id, resolve);
      line.writer.control({ ...message, id });
    });
  }

  /** Copies the packet; it leaves at the end of this turn of the event loop, with what else is sent in it. */
  sendPacket(link: number, client: number, buffer: Uint8Array, offset: number, length: number): void {
    this.#line?.packet(link, client, buffer, offset, length);
  }

  /** Packets given to `sendPacket` on this connection that found no room, because the engine did not take them in time. */
  get dropped(): number {
    return this.#line?.writer.dropped ?? 0;
  }

  /** Politely; returns when the engine has undone everything and its process has ended, or after ten seconds. */
  async stop(): Promise<void> {
    const exited = this.#exited;
    if (this.#state === 'running') {
      await within(STOP_LIMIT_MS, this.request({ type: 'stop' }));
    }
    this.#state = 'stopped';
    this.#line?.destroy();
    this.#dropLine(noEngine);
    this.#token?.remove();
    if (exited) await within(STOP_LIMIT_MS, exited);
  }

  async #start(): Promise<Started> {
    const found =
      this.#command === null ? supervisorCommand() : { ok: true as const, command: this.#command };
    if (!found.ok) return found;
    const left = leaveToken(this.#uid, this.#movedBase);
    if (!left.ok) return left;
    this.#token = left.token;
    this.#state = 'starting';
    const exited = this.#launcher.launch(found.command, this.#movedBase).exited;
    this.#exited = exited;
    const attempt = await this.#reach(exited);
    left.token.remove();
    if (attempt.kind === 'up') {
      void exited.then((fault) => this.#supervisorEnded(fault));
      return { ok: true };
    }
    this.#state = 'stopped';
    return { ok: false, fault: attempt.kind === 'failed' ? attempt.fault : diedEarly('') };
  }

  /** Tries the socket until the engine says welcome, the supervisor has ended, or nobody waits any more. */
  async #reach(exited: Promise<Fault | null>): Promise<Attempt> {
    let ended: { fault: Fault | null } | null = null;
    void exited.then((fault) => {
      ended = { fault };
    });
    const limit = performance.now() + APPROVAL_LIMIT_MS;
    let refusedSince: number | null = null;
    while (performance.now() < limit && (this.#state === 'starting' || this.#state === 'lost')) {
      const attempt = await this.#connect();
      const over = ended as { fault: Fault | null } | null;
      if (over !== null && attempt.kind !== 'up') {
        return over.fault === null ? attempt : { kind: 'failed', fault: over.fault };
      }
      if (attempt.kind === 'up' || attempt.kind === 'failed') return attempt;
      if (attempt.kind === 'refused') {
        refusedSince ??= performance.now();
        if (performance.now() - refusedSince > REFUSED_LIMIT_MS) {
          return { kind: 'failed', fault: engineRefused(attempt.reason) };
        }
      }
      await sleep(attempt.kind === 'refused' ? LOOK_AGAIN_MS : LOOK_MS);
    }
    return { kind: 'absent' };
  }

  #connect(): Promise<Attempt> {
    const safety = this.#checkSocket();
    if (safety !== 'safe') {
      return Promise.resolve(
        safety === 'absent' ? { kind: 'absent' } : { kind: 'failed', fault: engineUnsafe(safety) },
      );
    }
    return new Promise((resolve) => {
      let settled = false;
      const settle = (attempt: Attempt): void => {
        if (!settled) resolve(attempt);
        settled = true;
      };
      const line = new EngineLine(this.#path, {
        open: () => {
          line.writer.control({ type: 'hello', protocol: PROTOCOL_VERSION, token: this.#token?.text ?? '' });
        },
        message: (message) => {
          if (message.type === 'welcome') {
            this.#line = line;
            this.#state = 'running';
            settle({ kind: 'up', restarts: message.restarts });
          }
          if (message.type === 'refused') settle({ kind: 'refused', reason: message.reason });
          this.#message(message);
        },
        packet: this.#events.packet,
        closed: (reason) => {
          settle({ kind: 'absent' });
          if (this.#line === line) this.#lost(reason);
        },
      });
    });
  }

  /** Only root can have made the directory, and only we may speak on the socket. */
  #checkSocket(): 'safe' | 'absent' | string {
    try {
      const directory = lstatSync(dirname(this.#path));
      const socket = lstatSync(this.#path);
      if (!directory.isDirectory() || directory.uid !== 0 || (directory.mode & 0o022) !== 0) {
        return `${dirname(this.#path)} is not root’s alone`;
      }
      // Between bind and chown it is root's for a moment.
      if (socket.isSocket() && socket.uid === 0 && this.#uid !== 0) return 'absent';
      return socket.isSocket() && socket.uid === this.#uid
        ? 'safe'
        : `${this.#path} is not this user’s socket`;
    } catch {
      return 'absent';
    }
  }

  #message(message: FromEngine): void {
    if (message.type === 'reply' || message.type === 'reply-fault') {
      const resolve = this.#pending.get(message.id);
      this.#pending.delete(message.id);
      resolve?.(
        message.type === 'reply' ? { ok: true, result: message.result } : { ok: false, fault: message.fault },
      );
      return;
    }
    if (message.type !== 'pong') this.#events.message(message);
  }

  #lost(reason: string): void {
    const fault = engineLost(reason);
    const wasRunning = this.#state === 'running';
    this.#dropLine(fault);
    if (!wasRunning) return;
    this.#state = 'lost';
    this.#events.lost(fault);
    void this.#comeBack();
  }

  async #comeBack(): Promise<void> {
    const exited = this.#exited;
    if (exited === null) return;
    const attempt = await this.#reach(exited);
    if (attempt.kind === 'up') this.#events.back(attempt.restarts);
    else if (attempt.kind === 'failed' && this.#state === 'lost') {
      this.#state = 'stopped';
      this.#events.lost(attempt.fault);
    }
  }

  /** It has told its reason; a connection still open is about to close. */
  #supervisorEnded(fault: Fault | null): void {
    if (fault === null && this.#state === 'lost') this.#state = 'stopped';
  }

  #dropLine(fault: Fault): void {
    this.#line = null;
    for (const resolve of this.#pending.values()) resolve({ ok: false, fault });
    this.#pending.clear();
  }
}

/** Waits for a promise that never rejects, but not for ever. */
async function within(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([promise, limit]);
  clearTimeout(timer);
}
