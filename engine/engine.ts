/**
 * The engine process: joins the socket to main, the router and the host, and ends in good order.
 *
 * It ends by itself when main says stop, stays away too long, or when the supervisor dies (its standard input ends); each
 * time the host is put back first, and lines left open by a vanished main are hung up. Decides nothing about packets.
 */
import { randomInt } from 'node:crypto';
import { rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Birth, birthSchema, ENDED_FOR_GOOD, ENDED_WELL, GUARD_FILE } from './birth.ts';
import {
  copyBytes,
  type EngineConfig,
  type Fault,
  type FromEngine,
  type LogLevel,
  MAX_PACKET_BYTES,
  PRACTICE_LINK,
} from './contract.ts';
import { diskFault, fault, type Outcome } from './host/faults.ts';
import { Host } from './host/host.ts';
import { Journal } from './host/journal.ts';
import { hangUp } from './host/line-guard.ts';
import { DNS_ALIAS, Router, TUN_ADDRESS } from './router.ts';
import { type Answer, type EngineRequest, Session } from './session.ts';

const TICK_MS = 250;
/** Clients twice a second, helpers and counters once: every second and every fourth tick. */
const CLIENTS_TICKS = 2;
const COUNTERS_TICKS = 4;
/** What a helper may add to a packet. */
const ROOM_BYTES = 256;

/** Milliseconds since the epoch that never go back, whatever is done to the computer's clock. */
const now = (): number => performance.timeOrigin + performance.now();

class Engine {
  readonly #birth: Birth;
  readonly #session: Session;
  readonly #host: Host;
  readonly #router: Router;
  readonly #work = new Uint8Array(MAX_PACKET_BYTES + ROOM_BYTES);
  readonly #faults = new Map<string, Fault>();
  readonly #told = new Map<FromEngine['type'], string>();
  #lineDue: Promise<unknown> = Promise.resolve();
  #guardedLines: readonly string[];
  #hasController = false;
  #ticks = 0;
  #ending: Promise<void> | null = null;

  constructor(birth: Birth) {
    this.#birth = birth;
    this.#guardedLines = birth.guardedLines;
    this.#session = new Session(
      {
        path: join(birth.directory, 'engine.sock'),
        ownerUid: birth.ownerUid,
        tokenHash: Buffer.from(birth.tokenHash, 'hex'),
        restarts: birth.restarts,
      },
      {
        request: (message) => this.#request(message),
        packet: (link, _client, buffer, offset, length) => this.#fromMain(link, buffer, offset, length),
        batchEnd: () => this.#session.flush(),
        drained: () => this.#host.resume(),
        controller: (present) => this.#controller(present),
        abandoned: (reason) => void this.end(reason),
        log: (level, text) => this.#log(level, 'engine', text),
      },
    );
    this.#host = new Host(
      { journal: new Journal(), directory: birth.directory, tunAddress: TUN_ADDRESS, dnsAlias: DNS_ALIAS },
      {
        fromHost: (buffer, length) => this.#router.fromHost(buffer, 0, length, now()),
        fromPractice: (buffer, length) => this.#session.packet(PRACTICE_LINK, 0, buffer, 0, length),
        batchEnd: () => this.#batchEnd(),
        portRequest: (bytes, source) => this.#router.portMapping(bytes, source, now()),
        describe: (address, described) => this.#router.clients.describe(address, described, now()),
        fault: (code, value) => this.#hostFault(code, value),
        log: (level, text) => this.#log(level, 'host', text),
      },
    );
    this.#router = new Router(
      {
        toHost: (buffer, offset, length) => this.#host.toHost(buffer, offset, length),
        toLink: (link, client, buffer, offset, length) =>
          this.#session.packet(link, client, buffer, offset, length),
        wantLine: (client, reason) => this.#session.send({ type: 'want-line', client, reason }),
        readdressed: (from, to, moved, reset, held) =>
          this.#session.send({ type: 'readdressed', from, to, moved, reset, held }),
        log: (level, text) => this.#log(level, 'router', text),
      },
      randomInt,
      now(),
    );
  }

  async start(): Promise<void> {
    await this.#session.listen();
    setInterval(() => this.#tick(), TICK_MS);
  }

  /** Puts the host back, hangs up a line that nobody holds any more, and ends the process. Once. */
  end(reason: string): Promise<void> {
    this.#ending ??= this.#end(reason);
    return this.#ending;
  }

  async #end(reason: string): Promise<void> {
    this.#log('info', 'engine', `The engine ends: ${reason}.`);
    const orphans = this.#hasController ? [] : this.#guardedLines;
    // In line behind what is under way, so that nothing is built after the undoing.
    const undone = this.#inLine(() => this.#host.tearDown());
    await Promise.all([undone, ...orphans.map(hangUp)]);
    rmSync(join(this.#birth.directory, GUARD_FILE), { force: true });
    await this.#session.close();
    process.exit(ENDED_WELL);
  }

  #controller(present: boolean): void {
    this.#hasController = present;
    this.#told.clear();
    if (present) {
      for (const [code, value] of this.#faults)
        this.#session.send({ type: 'host-fault', code, fault: value });
    }
    this.#host.resume();
  }

  /** The packet lies in the socket's buffer, hard by the next one; helpers need room, so it is copied out. */
  #fromMain(link: number, buffer: Uint8Array, offset: number, length: number): void {
    if (link === PRACTICE_LINK) {
      this.#host.toPractice(buffer, offset, length);
      return;
    }
    copyBytes(buffer, offset, this.#work, 0, length);
    this.#router.fromLink(link, this.#work, 0, length, now());
  }

  #batchEnd(): void {
    this.#session.flush();
    if (this.#session.congested) this.#host.pause();
  }

  /** Changes of the host are made one after another, in the order they were asked for. */
  #inLine<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#lineDue.then(work);
    this.#lineDue = result.catch(() => {});
    return result;
  }

  async #request(message: EngineRequest): Promise<Answer> {
    try {
      return await this.#answer(message);
    } catch (error) {
      return { ok: false, fault: diskFault(error) ?? bug(message.type, error) };
    }
  }

  async #answer(message: EngineRequest): Promise<Answer> {
    switch (message.type) {
      case 'configure':
        return this.#inLine(() => this.#configure(message.config));
      case 'link-up':
        return this.#inLine(async () => {
          const outcome = await this.#host.linkUp(message.up);
          if (outcome.ok && message.up.role !== 'practice') this.#router.linkUp(message.up, now());
          this.#session.flush();
          return answer(outcome);
        });
      case 'link-down':
        return this.#inLine(async () => {
          if (message.link !== PRACTICE_LINK) this.#router.linkDown(message.link, now());
          await this.#host.linkDown(message.link);
          this.#session.flush();
          return { ok: true };
        });
      case 'guard-lines':
        this.#guard(message.paths);
        return { ok: true };
      case 'sessions':
        return { ok: true, result: this.#router.sessions(message.limit, now()) };
      case 'refusals':
        return { ok: true, result: this.#router.refusals() };
      case 'cut':
        this.#router.cut(message.client, now());
        this.#session.flush();
        return { ok: true };
      case 'practice-fetch':
        return answer(await this.#host.practiceFetch(message.host));
      case 'stop':
        await this.#inLine(() => this.#host.tearDown());
        setImmediate(() => void this.end('it was asked to'));
        return { ok: true };
    }
  }

  async #configure(config: EngineConfig): Promise<Answer> {
    const outcome = await this.#host.apply(config);
    const lan = outcome.ok ? outcome.value : null;
    const { masquerade, access, forwards, triggers, portMapping, helpers, demand, demandRules } = config;
    this.#router.configure(
      {
        lan: lan === null ? null : { address: lan.address, prefix: lan.prefix },
        masquerade,
        access,
        forwards,
        triggers,
        portMapping,
        helpers,
        demand,
        demandRules,
        spread: config.spread,
        together: config.together,
      },
      now(),
    );
    this.#host.servePortMapping(portMapping?.pcp === true || portMapping?.natPmp === true);
    return answer(outcome);
  }

  #guard(paths: readonly string[]): void {
    this.#guardedLines = paths;
    const file = join(this.#birth.directory, GUARD_FILE);
    if (paths.length === 0) rmSync(file, { force: true });
    else writeFileSync(file, JSON.stringify(paths), { mode: 0o600 });
  }

  #tick(): void {
    const at = now();
    this.#router.tick(at);
    for (const message of this.#router.portMappingAnnouncements(at)) this.#host.announcePorts(message);
    this.#session.flush();
    this.#ticks++;
    if (!this.#hasController) return;
    if (this.#ticks % CLIENTS_TICKS === 0)
      this.#tell({ type: 'clients', clients: this.#router.clients.list(at) });
    if (this.#ticks % COUNTERS_TICKS !== 0) return;
    const counters = {
      ...this.#router.counters(),
      socketDrops: this.#session.dropped,
      tunDrops: this.#host.dropped,
    };
    this.#tell({ type: 'counters', counters });
    this.#tell({ type: 'helpers', helpers: this.#router.helperStates() });
    const leases = this.#router.portLeases(at);
    if (leases.length > 0 || this.#told.has('port-leases')) this.#tell({ type: 'port-leases', leases });
  }

  /** Only when it differs from what was last told. */
  #tell(message: FromEngine): void {
    const text = JSON.stringify(message);
    if (this.#told.get(message.type) === text) return;
    this.#told.set(message.type, text);
    this.#session.send(message);
  }

  #hostFault(code: string, value: Fault | null): void {
    if (value === null && !this.#faults.has(code)) return;
    if (value === null) this.#faults.delete(code);
    else this.#faults.set(code, value);
    this.#session.send({ type: 'host-fault', code, fault: value });
  }

  #log(level: LogLevel, part: string, text: string): void {
    this.#session.send({
      type: 'log',
      line: { at: Math.round(now()), level, part, text: text.slice(0, 2000) },
    });
  }
}

function answer(outcome: Outcome<unknown>): Answer {
  if (!outcome.ok) return outcome;
  return outcome.value === null ? { ok: true } : { ok: true, result: outcome.value };
}

function bug(where: string, error: unknown): Fault {
  return fault(
    'engine-error',
    `Something went wrong inside the engine while it was busy with “${where}”.`,
    'This is a mistake in the program, not in what you did.',
    'Hang up and dial again; if it stays, send the log with a report.',
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  );
}

/** The supervisor reads what is written here when this process ends. */
function lastWords(text: string): void {
  try {
    writeSync(2, `${text}\n`);
  } catch {}
}

process.umask(0o077);
const birthLine = createInterface({ input: process.stdin });
let engine: Engine | null = null;
birthLine.once('line', (line) => {
  try {
    engine = new Engine(birthSchema.parse(JSON.parse(line)));
  } catch (error) {
    lastWords(JSON.stringify({ fault: bug('starting', error) }));
    process.exit(ENDED_FOR_GOOD);
  }
  void engine.start().catch((error: unknown) => {
    lastWords(JSON.stringify({ fault: diskFault(error) ?? bug('opening its socket', error) }));
    process.exit(ENDED_FOR_GOOD);
  });
});
birthLine.once('close', () => {
  if (engine) void engine.end('its supervisor is gone');
  else process.exit(ENDED_FOR_GOOD);
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => void engine?.end(`it was told to by ${signal}`));
}
