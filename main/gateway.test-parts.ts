/** Scripted parts for the gateway's tests: a clock moved by hand, an uplink, an engine and a practice line one can lead. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fault, LinkFacts, Phase, Provider } from './contract.ts';
import { NEW_PROVIDER } from './contract.ts';
import { realDialInParts } from './dial-in/real-parts.ts';
import { Gateway } from './gateway.ts';
import type {
  Clock,
  DialOptions,
  EngineEvents,
  EnginePart,
  EngineReply,
  EngineRequest,
  GatewayParts,
  LineShare,
  PracticePart,
  UplinkCallbacks,
  UplinkPart,
  UplinkUp,
} from './gateway-parts.ts';
import type { RawLine } from './modem/raw-line.ts';
import { openSecretStore } from './settings/secrets.ts';
import { SettingsStore } from './settings/store.ts';
import { UsageStore } from './usage/usage-store.ts';

export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export class HandClock implements Clock {
  #now = 1_800_000_000_000;
  #timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.#now + milliseconds, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Moves time on, timer by timer, letting promises settle in between. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      await settle();
      const next = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = next.at;
      next.run();
    }
    this.#now = end;
    await settle();
  }
}

export const aFault = (code: string): Fault => ({
  code,
  sentence: `It is ${code}.`,
  cause: `Because ${code}.`,
  remedy: 'Mend it.',
});

export const facts: LinkFacts = {
  carrierRate: 33_600,
  portRate: 115_200,
  connectText: 'CONNECT 33600/ARQ/V34/LAPM',
  errorCorrected: true,
  local: '203.0.113.64',
  peer: '203.0.113.1',
  dns: ['198.51.100.53'],
  mtu: 576,
  authentication: 'PAP',
  compression: [],
  connectedAt: 0,
  bytesUp: 0,
  bytesDown: 0,
};

type DialResult = Awaited<ReturnType<UplinkPart['dial']>>;

export class ScriptedUplink implements UplinkPart {
  readonly callbacks: UplinkCallbacks;
  readonly sent: { client: number; bytes: number[] }[] = [];
  readonly hangUps: boolean[] = [];
  shares: ReadonlyMap<number, LineShare> = new Map();
  options: DialOptions | null = null;
  bytesUp = 0;
  bytesDown = 0;
  /** Since a user last sent something. */
  idleMs = () => 0;
  /** An uplink that does not heed a cancel. */
  deaf = false;
  #resolve: (result: DialResult) => void = () => {};

  constructor(callbacks: UplinkCallbacks) {
    this.callbacks = callbacks;
  }

  dial(options: DialOptions, signal: AbortSignal): Promise<DialResult> {
    this.options = options;
    return new Promise((resolve) => {
      this.#resolve = resolve;
      signal.addEventListener('abort', () => {
        if (!this.deaf) resolve({ ok: false, fault: aFault('cancelled'), redial: 'stop' });
      });
    });
  }

  phase(phase: Phase): void {
    this.callbacks.phase(phase, `now ${phase}`);
  }

  up(change: Partial<UplinkUp['up']> = {}): Promise<void> {
    const { local, peer, dns, mtu } = facts;
    this.#resolve({ ok: true, up: { facts, up: { local, peer, dns: [...dns], mtu, ...change } } });
    return settle();
  }

  fail(fault: Fault, again: boolean): Promise<void> {
    this.#resolve({ ok: false, fault, redial: again ? 'again' : 'stop' });
    return settle();
  }

  async lose(fault: Fault, again: boolean): Promise<void> {
    this.callbacks.lost(fault, again ? 'again' : 'stop');
    await settle();
  }

  send(client: number, buffer: Uint8Array, offset: number, length: number): void {
    this.sent.push({ client, bytes: [...buffer.subarray(offset, offset + length)] });
  }

  setShares(shares: ReadonlyMap<number, LineShare>): void {
    this.shares = shares;
  }

  async hangUp(options?: { now?: boolean }): Promise<void> {
    this.hangUps.push(options?.now ?? false);
  }

  meter() {
    return {
      bytesUp: this.bytesUp,
      bytesDown: this.bytesDown,
      queuedBytes: 0,
      queuedMs: 0,
      idleMs: this.idleMs(),
    };
  }
}

export class ScriptedEngine implements EnginePart {
  readonly events: EngineEvents;
  state: EnginePart['state'] = 'stopped';
  readonly requests: EngineRequest[] = [];
  readonly packets: { link: number; bytes: number[] }[] = [];
  starts = 0;
  stopped = false;
  startResult: { ok: true } | { ok: false; fault: Fault } | 'pending' = { ok: true };
  replies: Partial<Record<EngineRequest['type'], EngineReply>> = {};

  constructor(events: EngineEvents) {
    this.events = events;
  }

  async start(): Promise<{ ok: true } | { ok: false; fault: Fault }> {
    this.starts += 1;
    this.state = 'running';
    return this.startResult === 'pending' ? new Promise(() => {}) : this.startResult;
  }

  async request(message: EngineRequest): Promise<EngineReply> {
    this.requests.push(message);
    return this.replies[message.type] ?? { ok: true, result: undefined };
  }

  sendPacket(link: number, _client: number, buffer: Uint8Array, offset: number, length: number): void {
    this.packets.push({ link, bytes: [...buffer.subarray(offset, offset + length)] });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.state = 'stopped';
  }

  asked(type: EngineRequest['type']): EngineRequest[] {
    return this.requests.filter((request) => request.type === type);
  }
}

export class ScriptedPractice implements PracticePart {
  readonly portPath = '/dev/pts/9';
  readonly secondPortPath = '/dev/pts/10';
  readonly provider = { number: '555-0100', user: 'guest', password: 'dial-up' };
  readonly received: number[][] = [];
  readonly caller = {
    answerPort: '/dev/pts/8',
    user: 'retro',
    password: 'practice',
    onState: null,
    call() {},
    hangUp() {},
    fetch: async () => ({ ok: false as const, fault: aFault('away') }),
  };
  onInternetPacket: ((packet: Uint8Array, offset: number, length: number) => void) | null = null;
  closed = false;

  fromInternet(packet: Uint8Array, offset: number, length: number): void {
    this.received.push([...packet.subarray(offset, offset + length)]);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

export class ScriptedRawLine implements RawLine {
  readonly path: string;
  typed = '';
  closed = false;
  onData: RawLine['onData'] = null;
  onClose: RawLine['onClose'] = null;

  constructor(path: string) {
    this.path = path;
  }

  write(bytes: Uint8Array): void {
    this.typed += String.fromCharCode(...bytes);
  }

  say(text: string): void {
    this.onData?.(new TextEncoder().encode(text));
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

export const provider: Provider = {
  ...NEW_PROVIDER,
  id: 'home',
  name: 'Home',
  numbers: ['555-0100', '555-0199'],
  user: 'me',
  port: '/dev/ttyUSB0',
};

export async function scriptedGateway(
  directory = mkdtempSync(join(tmpdir(), 'masq-gateway-')),
  real: Partial<GatewayParts> = {},
) {
  const clock = new HandClock();
  const uplinks: ScriptedUplink[] = [];
  const practices: ScriptedPractice[] = [];
  const held: { engine: ScriptedEngine | null } = { engine: null };
  const modems = new Set<string>();
  const terminals: ScriptedRawLine[] = [];
  const parts: GatewayParts = {
    clock,
    createUplink(callbacks) {
      const uplink = new ScriptedUplink(callbacks);
      uplinks.push(uplink);
      return uplink;
    },
    createEngine(events) {
      held.engine = new ScriptedEngine(events);
      return held.engine;
    },
    async startPracticeLine() {
      const practice = new ScriptedPractice();
      practices.push(practice);
      return practice;
    },
    listPorts: async () => ({
      ports: [
        { path: '/dev/ttyS0', description: 'Serial port' },
        { path: '/dev/ttyUSB0', description: 'USB modem' },
      ],
      fault: null,
    }),
    probe: async (path) => ({
      isModem: modems.has(path),
      sentence: modems.has(path) ? 'A modem.' : 'Silent.',
    }),
    async openTerminal(path) {
      const line = new ScriptedRawLine(path);
      terminals.push(line);
      return { ok: true, line };
    },
    listLanCandidates: () => [],
    realPath: (path) => path,
    dialIn: realDialInParts,
    asksForApproval: true,
    version: '0.0.0-test',
    ...real,
  };
  const { store: settings, fault } = await SettingsStore.open({ directory, now: clock.now.bind(clock) });
  const { store: secrets } = await openSecretStore({ directory, now: clock.now.bind(clock), cipher: null });
  const { store: usage } = await UsageStore.open({ directory, now: clock.now.bind(clock) });
  const gateway = new Gateway({ parts, settings, secrets, usage, faults: fault === null ? [] : [fault] });
  // Idle when another engine was put in its place.
  const engine = held.engine ?? new ScriptedEngine({ message() {}, packet() {}, lost() {}, back() {} });
  return { gateway, clock, uplinks, practices, engine, modems, terminals, directory };
}

export type ScriptedGateway = Awaited<ReturnType<typeof scriptedGateway>>;
