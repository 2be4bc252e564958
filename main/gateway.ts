/**
 * The gateway: joins settings, call, engine and practice line, and answers the commands of the contract.
 *
 * The phases of a call are in calling/, the engine's life in engine-client/, practice in practice/; what the faces
 * see is the read model. No protocol knowledge here.
 */
import { within } from './abort.ts';
import { notEnding, untilText } from './calling/call-rules.ts';
import { Calls } from './calling/calls.ts';
import { changedShares, sharesByNumber } from './calling/client-shares.ts';
import { Demand } from './calling/demand.ts';
import { Dialling } from './calling/dialling.ts';
import { Phonebook, providerViews, tellUnsaved } from './calling/phonebook.ts';
import { Timetable } from './calling/timetable.ts';
import type { CallState, Fault, Forward, Outcome, Settings } from './contract.ts';
import { CallerBook } from './dial-in/caller-book.ts';
import { DialInSide } from './dial-in/dial-in-side.ts';
import { fetchOf, refusalsOf, sessionsOf } from './engine-client/engine-answers.ts';
import { engineConfig } from './engine-client/engine-config.ts';
import { EngineSide } from './engine-client/engine-side.ts';
import type { CommandHandlers } from './faces/command-router.ts';
import { lanNotChosen, providerInUse } from './faults.ts';
import type { GatewayParts } from './gateway-parts.ts';
import { MeterTicker } from './meter-ticker.ts';
import { WRONG_PIN } from './modem/call-faults.ts';
import { Ports } from './ports.ts';
import { PRACTICE_PROVIDER_ID, PracticeSide } from './practice/practice-side.ts';
import { initialState, ReadModel } from './read-model.ts';
import { readRules } from './rule-import/rule-import.ts';
import type { SecretStore } from './settings/secrets.ts';
import type { SettingsStore } from './settings/store.ts';
import { TerminalSide } from './terminal/terminal-side.ts';
import { UsageSide } from './usage/usage-side.ts';
import type { UsageStore } from './usage/usage-store.ts';

/** How long a polite goodbye may take when the program ends. */
const CLOSE_PATIENCE_MS = 8_000;

export interface GatewayOptions {
  parts: GatewayParts;
  settings: SettingsStore;
  secrets: SecretStore;
  usage: UsageStore;
  /** What reading the settings had to tell. */
  faults: readonly Fault[];
}

const done: Outcome<Record<string, never>> = { ok: true, value: {} };
const refused = (fault: Fault) => ({ ok: false as const, fault });

export class Gateway {
  readonly model: ReadModel;
  readonly commands: CommandHandlers;
  readonly #parts: GatewayParts;
  readonly #settings: SettingsStore;
  readonly #engine: EngineSide;
  readonly #calls: Calls;
  readonly #demand: Demand;
  readonly #dialling: Dialling;
  readonly #timetable: Timetable;
  readonly #usage: UsageSide;
  readonly #terminal: TerminalSide;
  readonly #practice: PracticeSide;
  readonly #ports: Ports;
  readonly #phonebook: Phonebook;
  readonly #callers: CallerBook;
  readonly #dialIn: DialInSide;
  readonly #meter: MeterTicker;

  constructor({ parts, settings, secrets, usage, faults }: GatewayOptions) {
    this.#parts = parts;
    this.#settings = settings;
    this.model = new ReadModel(
      initialState({
        since: parts.clock.now(),
        providers: providerViews(settings, secrets),
        settings: settings.settings,
        secrets: secrets.kind,
        version: parts.version,
      }),
      parts.clock,
    );
    const { model } = this;
    this.#phonebook = new Phonebook(settings, secrets, model);
    this.#callers = new CallerBook(settings, secrets, model, (dialIn) => this.#changeSettings({ dialIn }));
    const { clock } = parts;
    this.#engine = new EngineSide({
      create: (events) => parts.createEngine(events),
      model,
      clock,
      config: () => engineConfig(this.#settings.settings, model.state.practice, this.#demand.tellHolds()),
      realPath: (path) => parts.realPath(path),
      packet: (link, client, buffer, offset, length) => {
        if (this.#practice.fromEngine(link, buffer, offset, length)) return;
        if (this.#dialIn.send(link, client, buffer, offset, length)) return;
        this.#calls.send(link, client, buffer, offset, length);
      },
      gone: (fault) => {
        const calling = this.#calls.abandon(fault);
        return this.#dialIn.abandon(fault) || calling;
      },
      wanted: (client, reason) => void this.#demand.wanted(client, reason),
    });
    this.#practice = new PracticeSide({
      start: () => parts.startPracticeLine(),
      engine: this.#engine,
      model,
      up: (caller) => this.#dialIn.practice(caller),
      down: () => this.#dialIn.endPractice(),
    });
    this.#dialIn = new DialInSide({
      parts: parts.dialIn,
      clock,
      model,
      engine: this.#engine,
      book: this.#callers,
      settings: () => this.#settings.settings,
    });
    this.#ports = new Ports(parts, model, () => this.#practice.port);
    this.#usage = new UsageSide(usage, model, clock);
    this.#terminal = new TerminalSide({
      model,
      clock,
      takePort: (path) => this.#dialIn.yield(path),
      leavePort: (path) => this.#dialIn.takeBack(path),
      openLine: (path, rate) => parts.openTerminal(path, rate),
      hangUp: () => this.#calls.first.hangUp(false),
    });
    this.#calls = new Calls({
      settings: () => this.#settings.settings,
      providers: () => this.#settings.providers,
      practice: this.#practice,
      ports: this.#ports,
      targetOf: (provider) => this.#dialling.targetOf(provider),
      createUplink: (callbacks) => parts.createUplink(callbacks),
      engine: this.#engine,
      model,
      clock,
      asksForApproval: parts.asksForApproval,
      idleMinutes: () => (this.#timetable.keepsUp ? 0 : this.#settings.settings.idleMinutes),
      against: (provider) => this.#dialling.against(provider),
      count: (provider, number, uplink, view) =>
        provider.id === PRACTICE_PROVIDER_ID ? null : this.#usage.begin(provider, number, uplink, view),
      talk: (port, hand) => this.#terminal.talk(port, hand),
      heard: (port, bytes) => this.#terminal.said(port, bytes),
      takePort: (path) => this.#dialIn.yield(path),
      leavePort: (path) => this.#dialIn.takeBack(path),
      restingText: () => this.#demand.restingText,
      over: (over) => this.#demand.callOver(over),
    });
    this.#demand = new Demand({
      model,
      clock,
      engine: this.#engine,
      isSet: () => this.#settings.settings.demand,
      providerId: () => this.#dialling.demanded()?.id ?? null,
      prepare: (id) => this.#dialling.putUpPractice(id),
      callUnderWay: () => this.#calls.first.underWay,
      barred: () => {
        const until = this.model.state.neverDialUntil;
        return until === null ? '' : `Nothing dials ${untilText(until, clock.now())}`;
      },
      dial: (id) => this.#dialling.dialUnasked(id),
    });
    this.#timetable = new Timetable({
      model,
      clock,
      settings: () => this.#settings.settings,
      callUnderWay: () => this.#calls.first.underWay,
      mayTry: () => this.#demand.against === null || this.#demand.against === 'person',
      providerId: () => this.#dialling.demanded()?.id ?? null,
      dial: (id) => this.#dialling.dialUnasked(id),
      changed: () => this.#demand.review(),
    });
    this.#dialling = new Dialling({
      model,
      settings,
      secrets,
      practice: this.#practice,
      calls: this.#calls,
      usage: this.#usage,
      timetable: this.#timetable,
      terminal: this.#terminal,
      ports: this.#ports,
    });
    this.#meter = new MeterTicker(
      model,
      clock,
      [
        { view: model, uplink: () => this.#calls.first.uplink },
        { view: this.#calls.second.view, uplink: () => this.#calls.second.call.uplink },
      ],
      () => this.#dialIn.meters,
    );
    this.commands = this.#handlers();
    for (const fault of faults) {
      model.hostFault(fault.code, fault);
      model.log('error', 'settings', `${fault.sentence} ${fault.cause} ${fault.remedy}`);
    }
    model.onState(({ patch }) => {
      if (patch.fault !== undefined) this.#forgetWrongPin(this.model.state);
      if (patch.second) this.#forgetWrongPin(patch.second);
      if (patch.phase !== undefined || patch.settings !== undefined) this.#hintAtLan();
      if (patch.phase === 'connected' || patch.settings) void this.#calls.second.review();
      if (patch.phase === 'connected' || patch.second || patch.settings || patch.clients) this.#tellShares();
      if (patch.engine === 'running') this.#dialIn.review(true);
      const { engine, practice, providers, settings } = patch;
      if ([engine, practice, providers, settings].some((part) => part !== undefined)) this.#demand.review();
    });
  }

  /** Looks around once: ports, network cards. */
  async open(): Promise<void> {
    this.#meter.start();
    this.#timetable.start();
    this.model.log('info', 'gateway', `Masq-Gate ${this.#parts.version} is ready.`);
    await this.#refresh();
    void this.#demand.arm();
    this.#dialIn.review();
  }

  /** Hangs up, has the engine undo everything, takes the practice line down. Politeness has a limit. */
  async close(): Promise<void> {
    this.#demand.close();
    this.#timetable.stop();
    const polite = await within(
      this.#calls.hangUp(false).then(() => true),
      CLOSE_PATIENCE_MS,
      this.#parts.clock,
    );
    if (polite === null) await within(this.#calls.hangUp(true), CLOSE_PATIENCE_MS, this.#parts.clock);
    await within(this.#terminal.closeModem(), CLOSE_PATIENCE_MS, this.#parts.clock);
    await within(this.#dialIn.close(), CLOSE_PATIENCE_MS, this.#parts.clock);
    this.#meter.stop();
    await within(this.#engine.stop(), CLOSE_PATIENCE_MS, this.#parts.clock);
    await this.#practice.close();
    await this.#usage.close();
  }

  #handlers(): CommandHandlers {
    return {
      snapshot: async () => ({ ok: true, value: this.model.snapshot() }),
      dial: async ({ providerId, anyway = false, call }) => {
        const { second } = this.#calls;
        this.#demand.encourage();
        this.#timetable.encourage();
        second.encourage();
        if (call !== 'second') return this.#dialling.dial(providerId, anyway);
        await this.#terminal.closeModem();
        return second.dial(anyway);
      },
      hangUp: async ({ now = false, call }) => {
        const { first, second } = this.#calls;
        if (call !== 'second' || !first.underWay) {
          this.#demand.suspend();
          this.#timetable.suspend();
        }
        await (call === 'second' ? second.hangUp(now) : this.#calls.hangUp(now));
        return done;
      },
      practice: () => {
        this.#demand.encourage();
        this.#calls.second.encourage();
        return this.#dialling.dialPractice();
      },
      endPractice: async () => {
        await this.#leavePractice();
        return done;
      },
      practiceFetch: async ({ host }) =>
        fetchOf(await this.#engine.request({ type: 'practice-fetch', host })),
      saveProvider: ({ provider, password, pin }) => this.#phonebook.save(provider, password, pin ?? null),
      removeProvider: async ({ id }) =>
        this.#calls.isOn(id) ? refused(providerInUse) : this.#phonebook.remove(id),
      saveSettings: ({ patch }) => this.#changeSettings(withoutUndefined(patch)),
      refreshPorts: async () => {
        await this.#refresh();
        return done;
      },
      probePort: ({ path }) => this.#ports.probe(path, this.#calls.portsTaken),
      terminalOpen: ({ port }) => this.#dialling.openTerminal(port),
      terminalType: async ({ text }) => this.#terminal.type(text),
      terminalStartPpp: async () => this.#terminal.startPpp(),
      terminalClose: () => this.#terminal.close(),
      stayOnline: async () => (this.#calls.stay() ? done : refused(notEnding)),
      usage: async ({ month }) => ({ ok: true, value: this.#usage.report(month) }),
      setHelper: ({ name, setting }) =>
        this.#changeSettings({ helpers: { ...this.#settings.settings.helpers, [name]: setting } }),
      pauseClient: ({ address, paused }) => this.#pauseClient(address, paused),
      shareClient: (change) =>
        this.#changeSettings({ shares: changedShares(this.#settings.settings.shares, change) }),
      addForward: ({ forward }) =>
        this.#changeSettings({ forwards: [...this.#forwardsBut(forward.id), forward] }),
      removeForward: ({ id }) => this.#changeSettings({ forwards: this.#forwardsBut(id) }),
      sessions: async ({ limit }) => sessionsOf(await this.#engine.request({ type: 'sessions', limit })),
      refusals: async () => refusalsOf(await this.#engine.request({ type: 'refusals' })),
      importRules: async ({ source }) => ({ ok: true, value: readRules(source, this.#settings.settings) }),
      setLine: ({ line }) => this.#callers.setLine(line),
      removeLine: ({ id }) => this.#callers.removeLine(id),
      saveCaller: ({ caller, password }) => this.#callers.saveCaller(caller, password),
      removeCaller: ({ user }) => this.#callers.removeCaller(user),
      hangUpCaller: ({ call }) => this.#dialIn.hangUp(call),
      practiceCaller: ({ deed }) => this.#practiceCaller(deed),
      practiceCallerFetch: () => this.#dialIn.practiceFetch(),
      clearFault: async () => {
        this.model.set({ fault: null });
        this.#calls.second.clearFault();
        for (const code of ['settings-broken', 'settings-unreadable', 'passwords-broken', 'usage-broken'])
          this.model.hostFault(code, null);
        if (this.model.state.phase === 'failed')
          this.model.set({
            phase: 'idle',
            activity: this.#demand.restingText,
            since: this.#parts.clock.now(),
          });
        return done;
      },
    };
  }

  async #practiceCaller(deed: 'call' | 'hang-up'): Promise<Outcome<Record<string, never>>> {
    if (deed === 'hang-up') return this.#dialIn.practiceHangUp();
    const begun = await this.#practice.begin();
    return begun.ok ? this.#dialIn.practiceCall() : begun;
  }

  async #leavePractice(): Promise<void> {
    if (!this.#practice.on) return;
    await this.#calls.hangUp(false);
    await this.#practice.close();
    if (this.model.state.providerId === PRACTICE_PROVIDER_ID) this.model.set({ providerId: null });
  }

  /** The change holds, is told to the engine, and is saved; each may have something to say. */
  async #changeSettings(patch: Partial<Settings>): Promise<Outcome<Record<string, never>>> {
    const wasOnDemand = this.#settings.settings.demand;
    const saved = this.#settings.change({ settings: { ...this.#settings.settings, ...patch } });
    this.model.set({ settings: this.#settings.settings });
    this.#timetable.review();
    if (this.#settings.settings.demand && !wasOnDemand) this.#demand.encourage();
    const [notSaved, notTaken] = [await saved, await this.#engine.configure()];
    tellUnsaved(this.model, 'settings', notSaved);
    void this.#demand.arm();
    this.#dialIn.review(patch.dialIn !== undefined);
    if (notTaken !== null) this.model.log('error', 'engine', `${notTaken.sentence} ${notTaken.remedy}`);
    const fault = notTaken ?? notSaved;
    return fault === null ? done : refused(fault);
  }

  async #pauseClient(address: string, paused: boolean): Promise<Outcome<Record<string, never>>> {
    const { access } = this.#settings.settings;
    const others = access.paused.filter((known) => known !== address);
    const outcome = await this.#changeSettings({
      access: { ...access, paused: paused ? [...others, address] : others },
    });
    if (paused) await this.#engine.request({ type: 'cut', client: address });
    return outcome;
  }

  #tellShares(): void {
    const { settings, clients } = this.model.state;
    const shares = sharesByNumber(settings.shares, clients);
    for (const uplink of this.#calls.uplinks) uplink.setShares(shares);
  }

  #forwardsBut(id: string): Forward[] {
    return this.#settings.settings.forwards.filter((forward) => forward.id !== id);
  }

  async #refresh(): Promise<void> {
    this.model.set({ lanCandidates: this.#parts.listLanCandidates() });
    await this.#ports.refresh();
  }

  #forgetWrongPin({ fault, providerId }: Readonly<CallState>): void {
    if (fault?.code === WRONG_PIN && providerId !== null) void this.#phonebook.forgetPin(providerId);
  }

  #hintAtLan(): void {
    const { phase, practice, settings } = this.model.state;
    const missing = phase === 'connected' && !practice && settings.lan === null;
    this.model.hostFault(lanNotChosen.code, missing ? lanNotChosen : null);
  }
}

function withoutUndefined(patch: { [K in keyof Settings]?: Settings[K] | undefined }): Partial<Settings> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
}
