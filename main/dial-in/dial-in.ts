/**
 * Dial-in: the lines that take calls, the calls on them, their addresses and their links to the engine.
 *
 * Theory of operation. `review` compares the lines as they are set with those that run, and starts and stops what differs;
 * the engine is made ready first, for without it a caller would find a dead end. Each line hands its calls to `serve`, where
 * a CallIn lives from answering to hung up. A modem on which the gateway itself dials is given away for that long (`yield`).
 */
import type { LinkUp } from '../../engine/contract.ts';
import type {
  Caller,
  CallerLine,
  DialInSettings,
  Fault,
  LinePhase,
  LineState,
  LogLevel,
  Outcome,
} from '../contract.ts';
import type { CallPart, LinkClock, PppPart } from '../link/parts.ts';
import type { PppServerConfig, PppSink } from '../ppp/types.ts';
import { AddressPool } from './address-pool.ts';
import { CableLine } from './cable-line.ts';
import { CallIn, type CallInEnd, type CallInHost } from './call-in.ts';
import { callerOnModem, lineYielded, unknownCall } from './faults.ts';
import type { AnsweringLine, LineHost, LineParts } from './line.ts';
import { ModemLine } from './modem-line.ts';
import { TcpLine } from './tcp-line.ts';

/** Uplinks have the numbers below; callers go round in these, so that a number rests before it is another's. */
const FIRST_LINK = 16;
const LAST_LINK = 0x0fff;
/** XON and XOFF, which the far end is asked to escape on a cable that uses them (RFC 1662 §7.1). */
const ACCM_XON_XOFF = 0x000a0000;

/** What it is made of; real-parts.ts has the real ones. */
export interface DialInParts extends LineParts {
  readonly clock: LinkClock;
  createPpp(config: PppServerConfig, sink: PppSink): PppPart;
}

export interface DialInOptions {
  date(): Date;
  parts: DialInParts;
  settings(): DialInSettings;
  find(user: string): Caller | null;
  password(user: string): string | null;
  /** The gateway's own address on the LAN; null: no LAN. */
  lanAddress(): string | null;
  /** Name servers for callers. */
  dns(): string[];
  /** Addresses that no caller is given. */
  reserved(address: string): boolean;
  /** Null: ready. */
  engineReady(signal: AbortSignal): Promise<Fault | null>;
  linkUp(up: LinkUp): Promise<Fault | null>;
  linkDown(link: number): Promise<void>;
  packet(link: number, buffer: Uint8Array, offset: number, length: number): void;
  /** Lines or calls are other than they were. */
  changed(): void;
  log(level: LogLevel, part: string, text: string): void;
}

interface Running {
  settings: CallerLine;
  /** Where it listens on the LAN; null: it does not. */
  lanAddress: string | null;
  line: AnsweringLine;
  stopping: Promise<void> | null;
}

export class DialIn {
  readonly #options: DialInOptions;
  readonly #running = new Map<string, Running>();
  readonly #states = new Map<string, LineState>();
  readonly #calls = new Map<number, CallIn>();
  readonly #addresses = new Map<number, string>();
  readonly #pool = new AddressPool();
  /** Ports that the gateway dials on. */
  readonly #yielded = new Set<string>();
  #extra: CallerLine[] = [];
  #arming: AbortController | null = null;
  #notReady: Fault | null = null;
  #closed = false;
  #next = FIRST_LINK;

  constructor(options: DialInOptions) {
    this.#options = options;
  }

  /** A line beside those of the settings, such as practice's; null takes it away. */
  setExtra(lines: CallerLine[]): void {
    this.#extra = lines;
    this.review();
  }

  get lines(): LineState[] {
    return this.#all.map(
      ({ id }) => this.#states.get(id) ?? { id, phase: 'off', activity: '', since: 0, fault: null },
    );
  }

  get calls() {
    return [...this.#calls.values()].map((call) => ({ ...call.refresh() }));
  }

  get #all(): CallerLine[] {
    return [...this.#options.settings().lines, ...this.#extra];
  }

  /** Settings, the engine or the ports have changed. `retry`: ask for the engine again though it was refused. */
  review(retry = false): void {
    if (this.#closed) return;
    if (retry) this.#notReady = null;
    const wanted = new Map(this.#all.filter((line) => line.on).map((line) => [line.id, line]));
    for (const [id, running] of this.#running) if (!this.#stays(running, wanted.get(id))) this.#stop(id);
    for (const id of this.#states.keys())
      if (!this.#all.some((line) => line.id === id)) this.#states.delete(id);
    for (const line of this.#all)
      if (!line.on && !this.#running.has(line.id)) this.#tell(line.id, 'off', '', null);
    for (const line of wanted.values()) {
      if (!this.#isYielded(line)) continue;
      if (!this.#running.has(line.id)) this.#tell(line.id, 'fault', lineYielded.sentence, lineYielded);
      wanted.delete(line.id);
    }
    const missing = [...wanted.values()].filter(({ id }) => !this.#running.has(id));
    if (missing.length > 0) void this.#startWhenReady(missing);
    this.#dropStrangers();
    this.#options.changed();
  }

  /** An IP packet from the engine; false: not for a caller. */
  send(link: number, client: number, buffer: Uint8Array, offset: number, length: number): boolean {
    if (link < FIRST_LINK || link > LAST_LINK) return false;
    this.#calls.get(link)?.send(client, buffer, offset, length);
    return true;
  }

  async hangUp(id: number): Promise<Outcome<Record<string, never>>> {
    const call = this.#calls.get(id);
    if (call === undefined) return { ok: false, fault: unknownCall };
    await call.hangUp();
    return { ok: true, value: {} };
  }

  /** The gateway wants to dial on this port: the line gives it up, unless a caller is on it. */
  async yield(path: string): Promise<Fault | null> {
    const line = this.#all.find((one) => one.kind !== 'tcp' && one.port === path);
    if (line === undefined || !this.#running.has(line.id)) return null;
    if ([...this.#calls.values()].some(({ state }) => state.line === line.id))
      return callerOnModem(line.name);
    this.#yielded.add(path);
    this.review();
    await this.#running.get(line.id)?.stopping;
    return null;
  }

  /** The call on that port is over. */
  takeBack(path: string): void {
    if (this.#yielded.delete(path)) this.review();
  }

  /** The engine is gone for good: nobody can be served until it is asked for again. */
  async abandon(fault: Fault): Promise<void> {
    this.#notReady = fault;
    await Promise.all([...this.#calls.values()].map((call) => call.hangUp({ fault })));
    for (const id of [...this.#running.keys()]) this.#stop(id);
    for (const line of this.#all) if (line.on) this.#tell(line.id, 'fault', fault.sentence, fault);
  }

  /** Every line that is to stop has stopped. */
  async settled(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ stopping }) => stopping));
  }

  /** Hangs up on everybody, and gives back every port. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#arming?.abort();
    await Promise.all([...this.#running.keys()].map((id) => this.#stop(id)));
  }

  async #startWhenReady(lines: readonly CallerLine[]): Promise<void> {
    if (this.#notReady !== null) {
      const fault = this.#notReady;
      for (const { id } of lines) this.#tell(id, 'fault', fault.sentence, fault);
      return;
    }
    if (this.#arming !== null) return;
    const arming = new AbortController();
    this.#arming = arming;
    for (const { id } of lines) this.#tell(id, 'starting', 'Preparing the network', null);
    const fault = await this.#options.engineReady(arming.signal);
    this.#arming = null;
    if (this.#closed || arming.signal.aborted) return;
    if (fault !== null) {
      this.#notReady = fault;
      this.#options.log('warning', 'dial-in', `No calls can be taken: ${fault.sentence} ${fault.remedy}`);
      this.review();
      return;
    }
    // As set by now.
    for (const line of this.#all)
      if (line.on && !this.#running.has(line.id) && !this.#isYielded(line)) this.#start(line);
  }

  #start(settings: CallerLine): void {
    const { parts, lanAddress } = this.#options;
    const { clock } = parts;
    const part = settings.name;
    const host: LineHost = {
      clock,
      serve: (call, from, early) => this.#serve(settings, call, from, early),
      tell: (phase, activity, fault) => {
        if (this.#running.get(settings.id)?.settings === settings)
          this.#tell(settings.id, phase, activity, fault);
      },
      log: (level, text) => this.#options.log(level, 'dial-in', `${part}: ${text}`),
    };
    const line =
      settings.kind === 'modem'
        ? new ModemLine(settings, host, parts)
        : settings.kind === 'cable'
          ? new CableLine(settings, host, parts)
          : new TcpLine(settings, host, lanAddress);
    this.#running.set(settings.id, { settings, lanAddress: this.#lanOf(settings), line, stopping: null });
    line.start();
  }

  #stop(id: string): Promise<void> {
    const running = this.#running.get(id);
    if (running === undefined) return Promise.resolve();
    running.stopping ??= this.#end(id, running);
    return running.stopping;
  }

  async #end(id: string, { line }: Running): Promise<void> {
    const stopped = line.stop();
    const calls = [...this.#calls.values()].filter(({ state }) => state.line === id);
    await Promise.all(calls.map((call) => call.hangUp()));
    await stopped;
    this.#running.delete(id);
    if (!this.#closed) this.review();
  }

  async #serve(
    line: CallerLine,
    call: CallPart,
    from: string | null,
    early?: Uint8Array,
  ): Promise<CallInEnd> {
    const id = this.#freeLink();
    const accm = line.kind === 'cable' && line.flow === 'xon-xoff' ? { accm: ACCM_XON_XOFF } : {};
    const callIn = new CallIn(
      {
        id,
        line: { id: line.id, kind: line.kind, slipUser: line.slipUser, ...accm },
        call,
        from,
        ...(early === undefined ? {} : { early }),
      },
      this.#houseOf(line),
    );
    this.#calls.set(id, callIn);
    // A new call: what became of the last is no news any more.
    this.#tell(line.id, 'answering', 'Answering', null);
    this.#follow(line.id, callIn);
    this.#options.changed();
    callIn.start();
    // Answered in the moment in which the line was told to stop: its calls have been hung up without this one.
    if (this.#running.get(line.id)?.stopping !== null) void callIn.hangUp();
    const end = await callIn.ended;
    this.#calls.delete(id);
    this.#addresses.delete(id);
    const state = this.#states.get(line.id);
    if (end.fault !== null && state !== undefined)
      this.#tell(line.id, state.phase, state.activity, end.fault);
    this.#options.changed();
    return end;
  }

  #houseOf(line: CallerLine): CallInHost {
    const { parts, settings, find, password, dns, linkUp, linkDown, packet } = this.#options;
    return {
      clock: parts.clock,
      date: () => this.#options.date(),
      settings,
      find,
      password,
      dns,
      linkUp,
      linkDown,
      packet,
      callsOf: (user, butCall) =>
        [...this.#calls.values()].filter(({ state }) => state.user === user && state.id !== butCall).length,
      takeAddress: (caller, call) => this.#takeAddress(caller, call),
      createPpp: (config, sink) => parts.createPpp(config, sink),
      changed: () => {
        for (const call of this.#calls.values()) if (call.state.line === line.id) this.#follow(line.id, call);
        this.#options.changed();
      },
      log: (level, text) => this.#options.log(level, 'dial-in', `${line.name}: ${text}`),
    };
  }

  #takeAddress(caller: Caller, call: number): string | null {
    const { settings, reserved } = this.#options;
    const { pool, callers, local } = settings();
    const fixed = callers.flatMap(({ address }) => (address === null ? [] : [address]));
    const address = this.#pool.take(caller.user, caller.address, {
      ...pool,
      reserved: (one) => one === local || fixed.includes(one) || reserved(one),
      taken: new Set(this.#addresses.values()),
    });
    if (address !== null) this.#addresses.set(call, address);
    return address;
  }

  /** The line shows what its call is about. */
  #follow(id: string, { state }: CallIn): void {
    const { phase, user, from } = state;
    const who = user === null ? (from ?? 'a caller') : `“${user}”`;
    const words: Record<typeof phase, string> = {
      answering: `Listening to ${who}`,
      'logging-in': `${who} is logging in`,
      connected: `${who} is on the line`,
      'hanging-up': `Hanging up on ${who}`,
    };
    this.#tell(id, phase, words[phase]);
  }

  #tell(id: string, phase: LinePhase, activity: string, fault?: Fault | null): void {
    const before = this.#states.get(id);
    const since = before?.phase === phase ? before.since : this.#options.date().getTime();
    const after = {
      id,
      phase,
      activity,
      since,
      fault: fault === undefined ? (before?.fault ?? null) : fault,
    };
    if (
      before !== undefined &&
      before.phase === phase &&
      before.activity === activity &&
      before.fault === after.fault
    )
      return;
    this.#states.set(id, after);
    this.#options.changed();
  }

  /** Whether a line that runs may go on as it is. */
  #stays({ settings, lanAddress }: Running, wanted: CallerLine | undefined): boolean {
    return sameLine(settings, wanted) && this.#lanOf(settings) === lanAddress && !this.#isYielded(settings);
  }

  #lanOf(line: CallerLine): string | null {
    return line.kind === 'tcp' && line.reach === 'lan' ? this.#options.lanAddress() : null;
  }

  #isYielded(line: CallerLine): boolean {
    return line.kind !== 'tcp' && this.#yielded.has(line.port);
  }

  /** Calls of those who may no longer call. */
  #dropStrangers(): void {
    for (const call of this.#calls.values()) {
      const { user, phase } = call.state;
      if (user !== null && phase === 'connected' && this.#options.find(user)?.on !== true) void call.hangUp();
    }
  }

  #freeLink(): number {
    while (this.#calls.has(this.#next)) this.#next = this.#next >= LAST_LINK ? FIRST_LINK : this.#next + 1;
    const link = this.#next;
    this.#next = link >= LAST_LINK ? FIRST_LINK : link + 1;
    return link;
  }
}

/** Whether a change of settings leaves the line as it is; its name does. */
function sameLine(a: CallerLine, b: CallerLine | undefined): boolean {
  return b !== undefined && JSON.stringify({ ...a, name: '' }) === JSON.stringify({ ...b, name: '' });
}
