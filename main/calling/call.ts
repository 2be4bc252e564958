/**
 * One call from Dial to idle: engine → modem → dial → link → connected → hung up, with redials between. The state machine
 * is `#drive`, read from top to bottom; the phases inside a dial come from the uplink.
 *
 * Cancel is one AbortController a call: every wait ends at once, then the line is hung up. What a failure means and
 * whether it is worth another try is the uplink's to say; here are only the pauses and the limit.
 */
import { GATEWAY_CLIENT } from '../../engine/contract.ts';
import { pause, unlessAborted, within } from '../abort.ts';
import type { Fault, Phase, Provider } from '../contract.ts';
import type { EngineSide } from '../engine-client/engine-side.ts';
import { bug, callUnderWay } from '../faults.ts';
import type { Clock, HandLine, Redial, UplinkCallbacks, UplinkPart, UplinkUp } from '../gateway-parts.ts';
import type { CountedCall } from '../usage/usage-book.ts';
import type { CallView } from './call-view.ts';
import { CallWatch, type Enough } from './call-watch.ts';
import type { CallOver } from './demand.ts';
import { FIRST_TRY, nextTry, type Tries } from './redial.ts';

/** Link numbers of the two calls; callers' begin beyond. */
export const FIRST_CALL = 1;
export const SECOND_CALL = 2;
/** How long an uplink may take to heed a cancel before it is hung up without manners. */
const CANCEL_PATIENCE_MS = 10_000;

export interface CallTarget {
  provider: Provider;
  password: string;
  pin?: string | null;
  /** A person wants this one call though hours or a limit stand against it. */
  anyway?: boolean;
}

export interface CallOptions {
  createUplink(callbacks: UplinkCallbacks): UplinkPart;
  engine: EngineSide;
  /** The link's number in the engine: 1 the first call's, 2 the second's. */
  link: number;
  model: CallView;
  clock: Clock;
  asksForApproval: boolean;
  /** Minutes without use after which a call is hung up; 0: never. */
  idleMinutes(): number;
  /** Hours, or a limit, that stand against calling again by itself. */
  against(provider: Provider): Fault | null;
  /** The far modem has answered: counts until `end`; null where calls are not counted. */
  count(provider: Provider, number: string, uplink: UplinkPart): CountedCall | null;
  /** Text with the far end before PPP, for the terminal; `undefined`: over. */
  talk(port: string, hand: HandLine | null | undefined): void;
  heard(port: string, bytes: Uint8Array): void;
  /** What to say while no call is under way; empty: nothing in particular. */
  restingText(): string;
  /** Told when the line is down for good. */
  over(over: CallOver): void;
  choosePort(
    provider: Provider,
    signal: AbortSignal,
  ): Promise<{ ok: true; path: string } | { ok: false; fault: Fault }>;
  /** Somebody may be on that port who has called in; null: it is ours until `leavePort`. */
  takePort(path: string): Promise<Fault | null>;
  leavePort(path: string): void;
}

interface Ended {
  fault: Fault;
  redial: Redial;
  /** How long the call was up, ms. */
  lastedMs: number;
}

interface Run {
  readonly abort: AbortController;
  now: boolean;
  portPath: string | null;
  uplink: UplinkPart | null;
  watch: CallWatch | null;
  /** Ends a call that is up, from outside. */
  end: ((fault: Fault, redial: Redial) => void) | null;
  ended: Promise<CallOver>;
}

export class Call {
  readonly #options: CallOptions;
  #run: Run | null = null;

  constructor(options: CallOptions) {
    this.#options = options;
  }

  get underWay(): boolean {
    return this.#run !== null;
  }

  get portPath(): string | null {
    return this.#run?.portPath ?? null;
  }

  get uplink(): UplinkPart | null {
    return this.#options.model.state.link === null ? null : (this.#run?.uplink ?? null);
  }

  /** Starts the call; a fault only if one is under way already. */
  start(target: CallTarget): Fault | null {
    if (this.#run !== null) return callUnderWay;
    const run: Run = {
      abort: new AbortController(),
      now: false,
      portPath: null,
      uplink: null,
      watch: null,
      end: null,
      ended: Promise.resolve({ kind: 'hung-up' }),
    };
    this.#run = run;
    this.#options.model.set({ fault: null, providerId: target.provider.id, link: null });
    run.ended = this.#drive(target, run)
      .catch(async (error: unknown) => {
        await run.uplink?.hangUp({ now: true }).catch(() => undefined);
        return this.#fail(bug('the call', error), 'stop');
      })
      .then((over) => {
        this.#run = null;
        this.#options.over(over);
        return over;
      });
    return null;
  }

  /** Ends the call or cancels what is under way; resolves when the line is down. Without a call, nothing. */
  async hangUp(now: boolean): Promise<void> {
    const run = this.#run;
    if (run === null) return;
    run.now ||= now;
    this.#phase('hanging-up', now ? 'Hanging up at once' : 'Saying goodbye and hanging up');
    run.abort.abort();
    if (now) await run.uplink?.hangUp({ now: true });
    await run.ended;
  }

  /** A person wants the call to go on though it is about to be hung up; false when it is not. */
  stay(): boolean {
    return this.#run?.watch?.stay() ?? false;
  }

  /** From the engine: it is gone for good, so a call that dials or is up cannot go on. False when there is none. */
  abandon(fault: Fault): boolean {
    const end = this.#run?.end ?? null;
    end?.(fault, 'stop');
    return end !== null;
  }

  async #drive(target: CallTarget, run: Run): Promise<CallOver> {
    const { provider } = target;
    const signal = run.abort.signal;
    const policy = {
      // A cable has none, and is tried again all the same.
      numbers: Math.max(1, provider.numbers.length),
      tries: provider.redialTries,
      firstPauseSeconds: provider.redialPauseSeconds,
    };
    let tries = FIRST_TRY;
    for (;;) {
      const ended = await this.#attempt(target, provider.numbers[tries.numberIndex] ?? '', run);
      if (ended === null || signal.aborted) return this.#idle(null);
      if ('goodbye' in ended) return this.#idle(ended);
      const next = nextTry(policy, tries, ended);
      if (next === null) return this.#fail(ended.fault, ended.redial);
      tries = next.tries;
      this.#log('warning', ended.fault.sentence);
      this.#options.model.set({ fault: ended.fault });
      await this.#waitToRedial(provider, next.waitSeconds, tries, signal);
      if (signal.aborted) return this.#idle(null);
      const against = this.#options.against(provider);
      if (against !== null) return this.#fail(against, 'again');
    }
  }

  /** One try, from the engine to the end of the call. Null when cancelled. */
  async #attempt(target: CallTarget, number: string, run: Run): Promise<Ended | Enough | null> {
    const { link, engine, model, choosePort, takePort, leavePort } = this.#options;
    const signal = run.abort.signal;
    const asking = this.#options.asksForApproval
      ? 'Waiting for the administrator’s approval'
      : 'Starting the engine';
    this.#phase('starting-engine', engine.running ? 'Preparing the network' : asking);
    const ready = await engine.ready(signal);
    if (ready === null) return null;
    if (!ready.ok) return { fault: ready.fault, redial: 'stop', lastedMs: 0 };

    this.#phase('opening-modem', 'Opening the modem');
    const port = await unlessAborted(choosePort(target.provider, signal), signal);
    if (port === null) return null;
    if (!port.ok) return { fault: port.fault, redial: 'stop', lastedMs: 0 };
    const taken = await takePort(port.path);
    if (taken !== null) return { fault: taken, redial: 'stop', lastedMs: 0 };
    run.portPath = port.path;
    await engine.guard(link, port.path);
    try {
      if (signal.aborted) return null;
      return await this.#dialAndStay(target, number, port.path, run);
    } finally {
      run.uplink = null;
      run.end = null;
      run.portPath = null;
      model.set({ link: null });
      await engine.linkDown(link);
      await engine.guard(link, null);
      leavePort(port.path);
    }
  }

  async #dialAndStay(
    target: CallTarget,
    number: string,
    portPath: string,
    run: Run,
  ): Promise<Ended | Enough | null> {
    const { link, engine, model, clock, createUplink } = this.#options;
    const signal = run.abort.signal;
    let live = true;
    const giveUp = new AbortController();
    let end: (ended: { fault: Fault; redial: Redial }) => void = () => {};
    const ending = new Promise<{ fault: Fault; redial: Redial }>((resolve) => {
      end = resolve;
    });
    run.end = (fault, redial) => end({ fault, redial });
    const counting: { call: CountedCall | null } = { call: null };
    const uplink = createUplink({
      phase: (phase, activity) => {
        if (live && !signal.aborted) this.#phase(phase, activity);
      },
      log: (level, part, text) => model.log(level, part, text),
      packet: (buffer, offset, length) => engine.sendPacket(link, GATEWAY_CLIENT, buffer, offset, length),
      answered: () => {
        counting.call ??= this.#options.count(target.provider, number, uplink);
      },
      talk: (hand) => this.#options.talk(portPath, hand),
      heard: (bytes) => this.#options.heard(portPath, bytes),
      lost: (fault, redial) => end({ fault, redial }),
    });
    run.uplink = uplink;
    const hangUp = () => within(uplink.hangUp({ now: run.now }), CANCEL_PATIENCE_MS, clock);
    try {
      const dialling = uplink.dial(
        { provider: target.provider, password: target.password, pin: target.pin ?? null, number, portPath },
        AbortSignal.any([signal, giveUp.signal]),
      );
      const dialled = await Promise.race([unlessAborted(dialling, signal), ending]);
      if (dialled === null || !('ok' in dialled)) {
        giveUp.abort();
        await within(dialling, CANCEL_PATIENCE_MS, clock);
        await hangUp();
        return dialled && { ...dialled, lastedMs: 0 };
      }
      if (!dialled.ok) return { fault: dialled.fault, redial: dialled.redial, lastedMs: 0 };

      this.#phase('configuring', 'Giving the link to the engine');
      const refused = await unlessAborted(
        this.#takeLink(dialled.up, target.provider).then((fault) => ({ fault })),
        signal,
      );
      if (refused === null || refused.fault !== null) {
        await hangUp();
        return refused?.fault ? { fault: refused.fault, redial: 'stop', lastedMs: 0 } : null;
      }
      const connectedAt = clock.now();
      const facts = dialled.up.facts;
      model.set({ link: { ...facts, connectedAt }, fault: null });
      this.#phase('connected', `Connected to ${target.provider.name}`);
      this.#log('info', `Connected: ${facts.connectText}, address ${dialled.up.up.local}.`);

      const watch = new CallWatch({
        uplink,
        model,
        clock,
        provider: target.provider,
        idleMinutes: this.#options.idleMinutes,
        usage: () => counting.call?.now() ?? null,
        beyondLimit: target.anyway ?? false,
      });
      run.watch = watch;
      const ended = await unlessAborted(Promise.race([ending, watch.enough]), signal);
      run.watch = null;
      watch.stop();
      const figures = uplink.meter();
      const lastedMs = clock.now() - connectedAt;
      this.#log(
        'info',
        `Call ended after ${Math.round(lastedMs / 1000)} s: ${figures.bytesDown} bytes in, ${figures.bytesUp} bytes out.`,
      );
      if (ended === null) this.#phase('hanging-up', 'Hanging up');
      else if ('goodbye' in ended) this.#phase('hanging-up', ended.goodbye);
      // At once, so that what a computer sends from now on is held or refused, not given to a line that goes down.
      const taken = engine.linkDown(link);
      await hangUp();
      await taken;
      return ended === null || 'goodbye' in ended ? ended : { ...ended, lastedMs };
    } finally {
      live = false;
      counting.call?.end();
    }
  }

  #takeLink({ facts, up }: UplinkUp, provider: Provider): Promise<Fault | null> {
    const dns = (up.dns.length > 0 ? up.dns : provider.dns).slice(0, 4);
    const mtu = Math.min(1500, Math.max(128, up.mtu));
    return this.#options.engine.linkUp({
      link: this.#options.link,
      role: 'uplink',
      local: up.local,
      peer: up.peer,
      dns,
      mtu,
      rate: Math.max(50, Math.round(facts.carrierRate ?? facts.portRate)),
    });
  }

  async #waitToRedial(provider: Provider, seconds: number, tries: Tries, signal: AbortSignal): Promise<void> {
    const { model, clock } = this.#options;
    const number = provider.numbers[tries.numberIndex] ?? provider.name;
    this.#phase('waiting-to-redial', '');
    for (let left = seconds; left > 0 && !signal.aborted; left--) {
      model.set({
        activity: `Trying ${number} again in ${left} s (${tries.failures} of ${provider.redialTries})`,
      });
      await pause(1000, clock, signal);
    }
  }

  #phase(phase: Phase, activity: string): void {
    const { model, clock } = this.#options;
    if (model.state.phase === phase) model.set({ activity });
    else model.set({ phase, activity, since: clock.now() });
  }

  #idle(enough: Enough | null): CallOver {
    const why = enough?.sentence ?? '';
    this.#options.model.set({ fault: null });
    this.#phase('idle', this.#options.restingText() || why);
    this.#log('info', why || 'Hung up.');
    return { kind: enough === null ? 'hung-up' : 'idle' };
  }

  #fail(fault: Fault, redial: Redial): CallOver {
    this.#options.model.set({ fault });
    this.#phase('failed', fault.sentence);
    this.#log('error', `${fault.sentence} ${fault.remedy}`);
    return { kind: 'failed', redial };
  }

  #log(level: 'info' | 'warning' | 'error', text: string): void {
    this.#options.model.log(level, 'gateway', text);
  }
}
