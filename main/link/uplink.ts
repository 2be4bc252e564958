/**
 * One call to a provider from Dial to hung up: modem → call → PPP → up, told as phases, facts and one ending.
 *
 * An Uplink serves one dial and is thrown away. Whatever happens, and whenever it is cancelled, it leaves the line hung up
 * and the port closed, once. Whether to call again is only advised (`redial`); the gateway does it.
 */
import type { Fault, LogLevel, Phase, Provider, Radio } from '../contract.ts';
import type { DialOptions, UplinkCallbacks, UplinkMeter, UplinkPart, UplinkUp } from '../gateway-parts.ts';
import type { LostCause } from '../modem/call.ts';
import { REDIAL, type Redial } from '../modem/result-codes.ts';
import type { PppEvent, PppSink, PppUp } from '../ppp/types.ts';
import { lineOf, pppConfig, slipConfig, upOf } from './call-facts.ts';
import { type LinkEnd, LinkSession } from './link-session.ts';
import { loginFailure, type TalkEnd } from './log-in.ts';
import type { CallPart, ModemPart, PppPart, UplinkParts } from './parts.ts';
import { realParts } from './real-parts.ts';
import { Scheduler } from './scheduler.ts';
import { type LineShares, tellShares } from './shares.ts';
import { TextLogin } from './text-login.ts';
import { cancelled, REDIAL_LOST, REDIAL_PPP, readdressed } from './verdicts.ts';

export type { DialOptions, UplinkCallbacks, UplinkMeter, UplinkUp } from '../gateway-parts.ts';

/** How long a peer may take to answer our Terminate-Request before the line is dropped all the same. */
const GOODBYE_MS = 2_500;

type Outcome = { ok: true; up: UplinkUp } | { ok: false; fault: Fault; redial: Redial };
type Failure = Extract<Outcome, { ok: false }>;

export class Uplink implements UplinkPart {
  readonly #callbacks: UplinkCallbacks;
  readonly #parts: UplinkParts;
  readonly #abort = new AbortController();
  readonly #hurry = new AbortController();
  #modem: Pick<ModemPart, 'close'> | null = null;
  #call: CallPart | null = null;
  #radio: Radio | undefined;
  #session: LinkSession | null = null;
  #scheduler: Scheduler | null = null;
  #shares: LineShares = new Map();
  #dialling: Promise<unknown> | null = null;
  #releasing: Promise<void> | null = null;
  #portPath = '';
  #isUp = false;
  /** Where the end of PPP goes: first to the waiting dial, then to `lost`, at last nowhere. */
  #onEnd: ((failure: Failure) => void) | null = null;
  #onPrompt: (() => void) | null = null;
  /** The peer has said goodbye or there is nobody to say it to. */
  #pppOver: (() => void) | null = null;

  constructor(callbacks: UplinkCallbacks, parts: UplinkParts = realParts) {
    this.#callbacks = callbacks;
    this.#parts = parts;
  }

  /** `portPath` is a serial port or pty; `number` as given in the phonebook. Call once. */
  dial(options: DialOptions, signal: AbortSignal): Promise<Outcome> {
    const relay = () => this.#abort.abort();
    if (signal.aborted) relay();
    else signal.addEventListener('abort', relay, { once: true });
    const dialling = this.#dial(options)
      .then(async (outcome) => {
        if (!outcome.ok || !this.#abort.signal.aborted) return outcome;
        return this.#cancelled();
      })
      .then(async (outcome) => {
        if (!outcome.ok) await this.#release();
        return outcome;
      })
      .finally(() => signal.removeEventListener('abort', relay));
    this.#dialling = dialling;
    return dialling;
  }

  /** An IP packet for the line, from a client as the engine numbers them; copied into the queue, or dropped. */
  send(client: number, buffer: Uint8Array, offset: number, length: number): void {
    this.#session?.send(client, buffer, offset, length);
  }

  /** See UplinkPart. */
  setShares(shares: LineShares): void {
    if (this.#scheduler !== null) tellShares(this.#scheduler, this.#shares, shares, this.#parts.clock.now());
    this.#shares = shares;
  }

  /** Ends the call, or cancels the dial; resolves when the line is hung up and the port closed. `now`: no goodbyes. */
  async hangUp(options: { now?: boolean } = {}): Promise<void> {
    if (options.now) this.#hurry.abort();
    this.#abort.abort();
    await this.#dialling?.catch(() => undefined);
    await this.#release();
  }

  /** Octets of IP since the link came up; what waits in the queue, bytes, and the ms they will take; how long unused, ms. */
  meter(): UplinkMeter {
    return {
      bytesUp: this.#session?.bytesUp ?? 0,
      bytesDown: this.#session?.bytesDown ?? 0,
      queuedBytes: this.#scheduler?.queuedBytes ?? 0,
      queuedMs: this.#scheduler?.queuedMs ?? 0,
      idleMs: this.#session?.idleMs ?? 0,
    };
  }

  async #dial(options: DialOptions): Promise<Outcome> {
    const { provider, portPath, number } = options;
    const signal = this.#abort.signal;
    this.#portPath = portPath;
    if (provider.kind === 'cable') return this.#overCable(options);

    this.#phase('opening-modem', `Opening the modem on ${portPath}`);
    const opened = await this.#parts.openModem(portPath, provider.portRate, signal, (text) => {
      this.#log('info', 'modem', text);
      this.#phase('opening-modem', text);
    });
    if (!opened.ok)
      return signal.aborted ? this.#cancelled() : { ok: false, fault: opened.fault, redial: 'stop' };
    this.#modem = opened.modem;
    if (signal.aborted) return this.#cancelled();

    this.#phase('initialising-modem', 'Setting up the modem');
    const initialised = await opened.modem.initialise(provider.modemInit, signal, (text) => {
      this.#log('info', 'modem', text);
      this.#phase('initialising-modem', text);
    });
    if (signal.aborted) return this.#cancelled();
    if ('fault' in initialised) return { ok: false, fault: initialised.fault, redial: 'stop' };
    for (const setting of initialised.refused)
      this.#log('warning', 'modem', `The modem does not know the setting ${setting}; going on without it.`);

    this.#phase('dialling', `Dialling ${number}`);
    const dialled = await opened.modem.dial({
      number,
      blindDial: provider.blindDial,
      init: provider.modemInit,
      carrierWaitSeconds: provider.carrierWaitSeconds,
      ...(provider.kind === 'cellular' ? { cellular: { apn: provider.apn, pin: options.pin ?? null } } : {}),
      signal,
      onProgress: (text) => {
        this.#log('info', 'modem', text);
        this.#phase('dialling', text);
      },
    });
    if (!dialled.ok) {
      if (signal.aborted) return this.#cancelled();
      return { ok: false, fault: dialled.fault, redial: REDIAL[dialled.kind] };
    }
    this.#call = dialled.call;
    this.#radio = dialled.radio;
    if (signal.aborted) return this.#cancelled();
    this.#log('info', 'modem', `The far modem answered: ${dialled.call.connectText}`);
    this.#callbacks.answered?.();
    return this.#logIn(dialled.call, options);
  }

  /** No modem, no number, nobody to answer: the line is up with the port. */
  async #overCable(options: DialOptions): Promise<Outcome> {
    const { provider, portPath } = options;
    this.#phase('opening-modem', `Opening the cable on ${portPath}`);
    const opened = await this.#parts.openCable(portPath, provider.portRate, provider.flow);
    if (!opened.ok) return { ok: false, fault: opened.fault, redial: 'stop' };
    this.#modem = opened;
    this.#call = opened.call;
    if (this.#abort.signal.aborted) return this.#cancelled();
    this.#callbacks.answered?.();
    return this.#logIn(opened.call, options);
  }

  #phase(phase: Phase, activity: string): void {
    this.#callbacks.phase(phase, activity);
  }

  #log(level: LogLevel, part: string, text: string): void {
    this.#callbacks.log(level, part, text);
  }

  #cancelled(): Failure {
    return { ok: false, fault: cancelled, redial: 'stop' };
  }

  /** From CONNECT to the address: a login script of the provider's own first, the usual prompts where PPP meets text. */
  async #logIn(call: CallPart, options: DialOptions): Promise<Outcome> {
    const { loginScript, link } = options.provider;
    const login = new TextLogin(call, options, this.#callbacks, this.#parts.clock, this.#abort.signal);
    let script = TextLogin.scriptOf(options.provider);
    let watch = loginScript === 'auto' && link === 'ppp' && script === null;
    const scheduler = new Scheduler(lineOf(call, options.provider));
    this.#scheduler = scheduler;
    tellShares(scheduler, new Map(), this.#shares, this.#parts.clock.now());
    for (;;) {
      let rest: Uint8Array = new Uint8Array(0);
      if (script !== null) {
        const talked = await login.run(script);
        if (!talked.ok) return this.#talkFailed(talked, options.provider);
        rest = talked.rest;
      }
      if (link !== 'ppp') return this.#startSlip(call, options.provider, login, scheduler, rest);
      const config = pppConfig(call, options.provider, options.password);
      const create = (sink: PppSink) => this.#parts.createPpp(config, sink);
      const outcome = await this.#negotiate(call, options.provider, create, scheduler, rest, watch);
      if (outcome !== 'prompt') return outcome;
      script = 'auto';
      watch = false;
    }
  }

  #talkFailed(end: Extract<TalkEnd, { ok: false }>, provider: Provider): Failure {
    if (end.reason === 'cancelled') return this.#cancelled();
    return { ok: false, ...(end.reason === 'line' ? this.#lost(end) : loginFailure(end, provider)) };
  }

  /** SLIP needs only to know its addresses: the provider's settings have them, or its words after the login. */
  async #startSlip(
    call: CallPart,
    provider: Provider,
    login: TextLogin,
    scheduler: Scheduler,
    rest: Uint8Array,
  ): Promise<Outcome> {
    const end = await login.slipAddresses(rest);
    if (!end.ok) return this.#talkFailed(end, provider);
    const config = slipConfig(call, provider, end.addresses);
    const create = (sink: PppSink) => this.#parts.createSlip(config, sink);
    // It is up with the carrier, so that no prompt is ever in its way.
    return (await this.#negotiate(call, provider, create, scheduler, end.rest, false)) as Outcome;
  }

  /** PPP (or SLIP) up to the address. `prompt`: only where watched for, a text login is in the way. */
  #negotiate(
    call: CallPart,
    provider: Provider,
    create: (sink: PppSink) => PppPart,
    scheduler: Scheduler,
    rest: Uint8Array,
    watchForPrompt: boolean,
  ): Promise<Outcome | 'prompt'> {
    return new Promise((resolve) => {
      let first: PppUp | null = null;
      this.#onEnd = resolve;
      this.#onPrompt = () => resolve('prompt');
      const onAbort = () => resolve(this.#cancelled());
      this.#abort.signal.addEventListener('abort', onAbort, { once: true });
      const session = new LinkSession(
        call,
        this.#parts.clock,
        scheduler,
        {
          packet: (buffer, offset, length) => this.#callbacks.packet(buffer, offset, length),
          event: (event) => {
            if (event.type !== 'up') return this.#pppEvent(event);
            if (first !== null) return this.#upAgain(first, event.up);
            first = event.up;
            this.#isUp = true;
            this.#abort.signal.removeEventListener('abort', onAbort);
            this.#onEnd = ({ fault, redial }) => {
              if (!this.#abort.signal.aborted) this.#callbacks.lost(fault, redial);
            };
            resolve({ ok: true, up: upOf(call, provider, this.#radio, event.up) });
          },
          ended: (end) => this.#ended(end),
        },
        create,
      );
      this.#session = session;
      session.start(rest, watchForPrompt);
    });
  }

  #pppEvent(event: PppEvent): void {
    if (event.type === 'log') this.#log(this.#isUp ? 'debug' : 'info', 'ppp', event.text);
    if (event.type !== 'phase') return;
    if (event.phase === 'establish') this.#phase('negotiating', 'Agreeing on the link with the provider');
    if (event.phase === 'authenticate') this.#phase('authenticating', 'Sending user name and password');
    if (event.phase === 'network') this.#phase('configuring', 'Asking for an address');
  }

  #upAgain(before: PppUp, after: PppUp): void {
    if (before.local === after.local && before.peer === after.peer) {
      this.#log('info', 'ppp', 'The provider negotiated again; the address stays.');
      return;
    }
    this.#finish({ ok: false, fault: readdressed(before.local, after.local), redial: 'again' });
  }

  #ended(end: LinkEnd): void {
    this.#pppOver?.();
    if (end.kind === 'prompt') this.#onPrompt?.();
    else if (end.kind === 'line') this.#finish({ ok: false, ...this.#lost(end) });
    else {
      const fault = this.#parts.closeReasonFault(end.reason, end.detail);
      this.#finish({ ok: false, fault, redial: REDIAL_PPP[end.reason] });
    }
  }

  #lost({ cause, detail }: { cause: LostCause; detail: string }): { fault: Fault; redial: Redial } {
    return { fault: this.#parts.lostCallFault(cause, this.#portPath, detail), redial: REDIAL_LOST[cause] };
  }

  #finish(failure: Failure): void {
    const onEnd = this.#onEnd;
    this.#onEnd = null;
    onEnd?.(failure);
    void this.#release();
  }

  #release(): Promise<void> {
    // Not at once: the end of PPP within it comes back here.
    this.#releasing ??= Promise.resolve().then(() => this.#hangUpLine());
    return this.#releasing;
  }

  async #hangUpLine(): Promise<void> {
    this.#onEnd = null;
    const call = this.#call;
    if (call !== null) {
      if (this.#abort.signal.aborted) this.#phase('hanging-up', 'Hanging up');
      if (!this.#hurry.signal.aborted) await this.#goodbye();
      this.#session?.detach();
      // Told once more when a hurry comes in the middle of it.
      const hurry = () => void call.hangUp({ now: true }).catch((error: unknown) => this.#mishap(error));
      this.#hurry.signal.addEventListener('abort', hurry, { once: true });
      await call.hangUp({ now: this.#hurry.signal.aborted }).catch((error: unknown) => this.#mishap(error));
      this.#hurry.signal.removeEventListener('abort', hurry);
    }
    await Promise.resolve(this.#modem?.close()).catch((error: unknown) => this.#mishap(error));
  }

  #mishap(error: unknown): void {
    this.#log('warning', 'modem', `While hanging up: ${error instanceof Error ? error.message : error}`);
  }

  /** Terminate-Request, and the answer to it: not waited for longer than `GOODBYE_MS`, nor once there is a hurry. */
  async #goodbye(): Promise<void> {
    const session = this.#session;
    if (session === null || session.isOver) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.clock.after(GOODBYE_MS, resolve);
      this.#pppOver = () => {
        cancel();
        resolve();
      };
      this.#hurry.signal.addEventListener('abort', this.#pppOver, { once: true });
      session.close();
    });
  }
}
