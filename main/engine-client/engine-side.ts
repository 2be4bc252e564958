/**
 * The gateway's side of the engine: has it started, configured and told which links are up, and again when it comes back.
 *
 * Wanted links are kept here, so that an engine that restarted under a running call gets the same picture as a new one.
 * An engine that stays away for ENGINE_AWAY_MS, or whose client has given it up, is gone for good.
 */
import {
  type EngineConfig,
  type Fault,
  type FromEngine,
  type LinkUp,
  serialPathSchema,
} from '../../engine/contract.ts';
import { unlessAborted } from '../abort.ts';
import type { Client } from '../contract.ts';
import { engineGone, noEngine } from '../faults.ts';
import type { Clock, EngineEvents, EnginePart, EngineReply, EngineRequest } from '../gateway-parts.ts';
import type { ReadModel } from '../read-model.ts';

/** Longer than the supervisor needs to undo, start again and be found by the client. */
export const ENGINE_AWAY_MS = 20_000;
const ENGINE_LOST = 'engine-lost';

type Ready = { ok: true } | { ok: false; fault: Fault };

/** An engine that is lost: until it is back with everything told (null), or gone for good. */
interface Away {
  over: Promise<Fault | null>;
  end(fault: Fault | null): void;
}

export interface EngineSideOptions {
  create(events: EngineEvents): EnginePart;
  model: ReadModel;
  clock: Clock;
  config(): EngineConfig;
  realPath(path: string): string;
  packet: EngineEvents['packet'];
  /** The engine is gone for good. True when a call has ended by it, and so tells of it. */
  gone(fault: Fault): boolean;
  /** A packet asks for the line. */
  wanted(client: string, reason: string): void;
}

export class EngineSide {
  readonly #options: EngineSideOptions;
  readonly #engine: EnginePart;
  readonly #links = new Map<number, LinkUp>();
  /** Links that the running engine has been told of. */
  readonly #known = new Set<LinkUp>();
  readonly #hostFaults = new Set<string>();
  readonly #guarded = new Map<number, string>();
  #away: Away | null = null;

  constructor(options: EngineSideOptions) {
    this.#options = options;
    this.#engine = options.create({
      message: (message) => this.#onMessage(message),
      packet: options.packet,
      lost: (fault) => this.#onLost(fault),
      back: (restarts) => void this.#onBack(restarts),
    });
  }

  get running(): boolean {
    return this.#options.model.state.engine === 'running';
  }

  /** Starts the engine if need be and gives it the configuration. Null when cancelled. */
  async ready(signal: AbortSignal): Promise<Ready | null> {
    const { model } = this.#options;
    if (this.#away !== null) {
      // Its supervisor starts it again; a second start would ask the person a second time.
      const over = await unlessAborted(
        this.#away.over.then((fault) => ({ fault })),
        signal,
      );
      if (over === null) return null;
      if (over.fault !== null) return { ok: false, fault: over.fault };
    }
    if (!this.running) {
      model.set({ engine: 'starting' });
      this.#known.clear();
      const starting = this.#engine.start(signal);
      // Approval may come after the wait was given up: the engine then runs all the same.
      starting.then(
        (started) => model.set({ engine: started.ok ? 'running' : 'stopped' }),
        () => model.set({ engine: 'stopped' }),
      );
      const started = await unlessAborted(starting, signal);
      if (started === null) return null;
      if (!started.ok) return started;
      model.hostFault(ENGINE_LOST, null);
    }
    return unlessAborted(this.#tellAll(), signal);
  }

  /** After a change of settings; null when all is well or nothing runs. */
  async configure(): Promise<Fault | null> {
    if (!this.running) return null;
    const reply = await this.#engine.request({ type: 'configure', config: this.#options.config() });
    return reply.ok ? null : reply.fault;
  }

  /** A link to be told up with the next configuration, and whenever the engine comes back. */
  want(up: LinkUp): void {
    this.#links.set(up.link, up);
  }

  /** Waits for an engine that is on its way back. */
  async linkUp(up: LinkUp): Promise<Fault | null> {
    this.#links.set(up.link, up);
    const reply = await this.request({ type: 'link-up', up });
    if (reply.ok) {
      if (this.#links.get(up.link) === up) this.#known.add(up);
      return null;
    }
    // Lost just now: the line is up and costs money, and the engine may be back in a second with this link told.
    const fault = this.#away === null ? reply.fault : await this.#away.over;
    if (fault !== null) this.#links.delete(up.link);
    return fault;
  }

  async linkDown(link: number): Promise<void> {
    const up = this.#links.get(link);
    if (up === undefined) return;
    this.#links.delete(link);
    this.#known.delete(up);
    if (!this.running) return;
    await this.#told({ type: 'link-down', link });
  }

  /** The port with this link's call on it, which the engine hangs up should this process die; null when there is none. */
  async guard(link: number, path: string | null): Promise<void> {
    const device = path === null ? null : this.#options.realPath(path);
    if (device !== null && !serialPathSchema.safeParse(device).success) {
      this.#options.model.log('warning', 'gateway', `The engine cannot watch over the line on ${device}.`);
      return;
    }
    if (device === (this.#guarded.get(link) ?? null)) return;
    if (device === null) this.#guarded.delete(link);
    else this.#guarded.set(link, device);
    if (this.running) await this.#told(this.#guards());
  }

  #guards(): EngineRequest {
    return { type: 'guard-lines', paths: [...new Set(this.#guarded.values())] };
  }

  request(message: EngineRequest): Promise<EngineReply> {
    return this.running ? this.#engine.request(message) : Promise.resolve({ ok: false, fault: noEngine });
  }

  sendPacket(link: number, client: number, buffer: Uint8Array, offset: number, length: number): void {
    this.#engine.sendPacket(link, client, buffer, offset, length);
  }

  async stop(): Promise<void> {
    this.#endAway(noEngine);
    this.#links.clear();
    this.#known.clear();
    await this.#engine.stop();
    for (const code of this.#hostFaults) this.#options.model.hostFault(code, null);
    this.#hostFaults.clear();
    this.#options.model.set({ engine: 'stopped', clients: [], portLeases: [] });
  }

  async #tellAll(): Promise<Ready> {
    const configured = await this.#engine.request({ type: 'configure', config: this.#options.config() });
    if (!configured.ok) return configured;
    for (const up of this.#links.values()) {
      if (this.#known.has(up)) continue;
      const reply = await this.#engine.request({ type: 'link-up', up });
      if (reply.ok) this.#known.add(up);
      // A caller that the host has no place for any more does not end the call of all.
      else if (up.role === 'caller') this.#options.model.log('warning', 'engine', reply.fault.sentence);
      else return reply;
    }
    return this.#guarded.size === 0 ? { ok: true } : this.#engine.request(this.#guards());
  }

  async #told(message: EngineRequest): Promise<void> {
    const reply = await this.#engine.request(message);
    if (!reply.ok) this.#options.model.log('warning', 'engine', `${message.type}: ${reply.fault.sentence}`);
  }

  #onLost(fault: Fault): void {
    const { model, clock } = this.#options;
    model.set({ engine: 'lost' });
    this.#known.clear();
    model.log('error', 'engine', `${fault.sentence} ${fault.cause}`);
    this.#away ??= away();
    const { over } = this.#away;
    if (this.#engine.state === 'stopped') {
      this.#gone(fault);
      return;
    }
    model.hostFault(ENGINE_LOST, fault);
    const cancel = clock.after(ENGINE_AWAY_MS, () => this.#gone(fault));
    void over.then(cancel);
  }

  #gone(why: Fault): void {
    const { model, gone } = this.#options;
    const fault = { ...engineGone, detail: `${why.sentence} ${why.cause}`.slice(0, 4000) };
    model.set({ engine: 'stopped', clients: [], portLeases: [] });
    this.#endAway(fault);
    model.hostFault(ENGINE_LOST, gone(fault) ? null : fault);
  }

  async #onBack(restarts: number): Promise<void> {
    const { model } = this.#options;
    model.set({ engine: 'running' });
    model.log(
      'warning',
      'engine',
      `The engine is back (restarted ${restarts} times); telling it what stands.`,
    );
    const told = await this.#tellAll();
    if (!told.ok && !this.running) return; // lost once more in between
    this.#endAway(told.ok ? null : told.fault);
    if (told.ok) return;
    model.log('error', 'engine', told.fault.sentence);
    this.#options.gone(told.fault);
  }

  #endAway(fault: Fault | null): void {
    this.#away?.end(fault);
    this.#away = null;
    this.#options.model.hostFault(ENGINE_LOST, null);
  }

  #onMessage(message: FromEngine): void {
    const { model } = this.#options;
    switch (message.type) {
      case 'clients': {
        const changed = clientFacts(message.clients) !== clientFacts(model.state.clients);
        if (changed) model.set({ clients: message.clients });
        else model.quietly({ clients: message.clients });
        return;
      }
      case 'helpers':
        model.set({ helpers: message.helpers });
        return;
      case 'counters':
        model.set({ counters: message.counters });
        return;
      case 'port-leases':
        model.set({ portLeases: message.leases });
        return;
      case 'log':
        model.log(message.line.level, message.line.part, message.line.text);
        return;
      case 'host-fault':
        this.#hostFaults.add(message.code);
        model.hostFault(message.code, message.fault);
        if (message.fault) model.log('warning', 'engine', message.fault.sentence);
        return;
      case 'readdressed':
        model.log('info', 'engine', readdressedText(message));
        return;
      case 'want-line':
        this.#options.wanted(message.client, message.reason);
        return;
      default:
        return; // welcome, refused, pong and replies are the client's own business
    }
  }
}

function readdressedText({ from, to, moved, reset, held }: FromEngine & { type: 'readdressed' }): string {
  const sent = `${held} ${held === 1 ? 'packet' : 'packets'} that waited for the line sent`;
  if (from === '0.0.0.0') return `The address is ${to}: ${sent}.`;
  return `Address changed from ${from} to ${to}: ${moved} mappings moved, ${reset} connections told to start again, ${sent}.`;
}

/** What of the clients is news; their rates and counts go with the meter. */
function clientFacts(clients: readonly Client[]): string {
  return clients.map((c) => `${c.id} ${c.address} ${c.mac} ${c.name} ${c.paused} ${c.kind}`).join('\n');
}

function away(): Away {
  let end: Away['end'] = () => {};
  const over = new Promise<Fault | null>((resolve) => {
    end = resolve;
  });
  return { over, end };
}
