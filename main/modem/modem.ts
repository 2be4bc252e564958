/**
 * A modem on a serial port: find it, set it up, dial, answer, hang up. The one door the rest of main uses.
 *
 * Theory of operation. The modem owns one Line through one Conversation (command mode). dial() and answer() lend the
 * line to a call; when the call is over, by whichever way, the conversation comes back here, or the port is closed and
 * is opened anew on the next call. One thing is done at a time: the caller waits for each promise.
 */
import type { Fault, Radio } from '../contract.ts';
import { type Answered, type AnswerOptions, answerCall } from './answer.ts';
import type { Call, DataCall } from './call.ts';
import { type CellularOptions, prepareCellular } from './cellular.ts';
import { type Clock, realClock } from './clock.ts';
import { Conversation } from './conversation.ts';
import { type Placing, placeCall } from './dial.ts';
import { findModem } from './find-modem.ts';
import type { HangUpResult } from './hang-up.ts';
import { identify, type ModemIdentity, type ModemKind } from './identity.ts';
import { type Initialised, initialiseModem } from './initialise.ts';
import type { Line } from './line.ts';
import { cancelledFault } from './modem-faults.ts';
import { modemManagerRuns } from './port-holder.ts';
import type { DialFailure } from './result-codes.ts';
import { type OpenedLine, openSerialLine } from './serial-line.ts';

export type { Answered, AnswerOptions, IncomingCall } from './answer.ts';
export type { Call, LostCause } from './call.ts';
export { lostCallFault } from './call-faults.ts';
export type { CallerId } from './caller-id.ts';
export type { CellularOptions } from './cellular.ts';
export type { Clock } from './clock.ts';
export type { Line } from './line.ts';
export { type DialFailure, REDIAL, type Redial } from './result-codes.ts';

/** What the driver stands on; tests hand in their own. */
export interface ModemGround {
  clock: Clock;
  openLine(path: string, rate: number): Promise<OpenedLine>;
  modemManagerRuns(): Promise<boolean>;
}
const REAL_GROUND: ModemGround = { clock: realClock, openLine: openSerialLine, modemManagerRuns };

export interface DialOptions {
  number: string;
  /** Do not wait for a dial tone (ATX3). */
  blindDial: boolean;
  /** The person's own settings, sent one by one after the base settings. */
  init: string[];
  /** How long the modem waits for the other one's carrier (S7), seconds; 60 if absent. */
  carrierWaitSeconds?: number;
  /** A mobile-network modem: SIM, access point. */
  cellular?: CellularOptions;
  /** Cancels. */
  signal: AbortSignal;
  onProgress(text: string): void;
}

export type DialResult =
  | { ok: true; call: Call; radio?: Radio }
  | { ok: false; fault: Fault; kind: DialFailure };
export type OpenedModem = { ok: true; modem: Modem } | { ok: false; fault: Fault };
export interface ProbeResult {
  isModem: boolean;
  /** The verdict in one sentence, whichever way it went. */
  sentence: string;
  fault: Fault | null;
  /** The modem's own name, or empty. */
  identity: string;
  kind?: ModemKind;
}

/** How long a port in use is tried again while ModemManager looks at a freshly plugged-in modem. */
const BUSY_WAIT = 15_000;

export class Modem {
  readonly path: string;
  /** bit/s between computer and modem, as found. */
  readonly rate: number;
  private readonly ground: ModemGround;
  private conversation: Conversation | null;
  private identity: ModemIdentity | null = null;
  /** The settings the modem has had since it was last in an unknown state; null: none. */
  private settings: string | null = null;
  private blind = false;
  private call: DataCall | null = null;
  private closed = false;

  private constructor(conversation: Conversation, rate: number, ground: ModemGround) {
    this.conversation = conversation;
    this.path = conversation.line.path;
    this.rate = rate;
    this.ground = ground;
  }

  /** Opens the port, asks what is there, and closes it again. */
  static async probe(
    path: string,
    rate: number,
    signal: AbortSignal,
    onProgress: (text: string) => void,
    ground: ModemGround = REAL_GROUND,
  ): Promise<ProbeResult> {
    const opened = await Modem.open(path, rate, signal, onProgress, ground);
    if (!opened.ok) {
      const { fault } = opened;
      return { isModem: false, sentence: fault.sentence, fault, identity: '' };
    }
    const { modem } = opened;
    const { text, kind } = await modem.identify(signal);
    await modem.close();
    const what = {
      telephone: 'A modem',
      cellular: 'A mobile modem',
      satellite: 'A satellite modem',
      emulated: 'An emulated modem',
    };
    const name = text === '' ? '' : ` (${text})`;
    return {
      isModem: true,
      sentence: `${what[kind]} answers at ${modem.rate} bit/s${name}.`,
      fault: null,
      identity: text,
      kind,
    };
  }

  /** Opens the port and finds the modem and its rate; afterwards it answers AT. Never rejects. */
  static async open(
    path: string,
    rate: number,
    signal: AbortSignal,
    onProgress: (text: string) => void,
    ground: ModemGround = REAL_GROUND,
  ): Promise<OpenedModem> {
    const opened = await openPatiently(path, rate, signal, onProgress, ground);
    if (!opened.ok) return opened;
    const conversation = new Conversation(opened.line, ground.clock);
    const found = await findModem(conversation, rate, signal, onProgress);
    if (found.ok && !signal.aborted) return { ok: true, modem: new Modem(conversation, found.rate, ground) };
    await opened.line.close();
    return { ok: false, fault: found.ok ? cancelledFault() : found.fault };
  }

  private async identify(signal: AbortSignal): Promise<ModemIdentity> {
    if (this.identity === null && this.conversation)
      this.identity = await identify(this.conversation, signal);
    return this.identity ?? { text: '', kind: 'telephone', usRobotics: false };
  }

  /** Puts the modem into a known state. `refused`: settings it did not take, which is no fault. Never rejects. */
  async initialise(
    init: string[],
    signal: AbortSignal,
    onProgress: (text: string) => void,
  ): Promise<Initialised> {
    const ready = await this.ensureOpen(signal, onProgress);
    if (!ready.ok) return { fault: ready.fault };
    const identity = await this.identify(signal);
    const result = await initialiseModem(ready.conversation, identity, init, signal, onProgress);
    this.settings = 'refused' in result ? settingsKey(init) : null;
    this.blind = false;
    return result;
  }

  /** Dials; sets the modem up first unless that has been done with the same settings. Never rejects. */
  async dial(options: DialOptions): Promise<DialResult> {
    const { signal, onProgress } = options;
    const ready = await this.makeReady(options.init, signal, onProgress);
    if (!ready.ok) return ready;
    const { conversation } = ready;
    let radio: Radio | null = null;
    if (options.cellular) {
      const cellular = await prepareCellular(conversation, options.cellular, signal, onProgress);
      if (!cellular.ok) return cellular;
      radio = cellular.radio;
    }
    if (options.blindDial !== this.blind) {
      // Old modems know X3 under no other name than X1 or X0.
      for (const setting of options.blindDial ? ['ATX3', 'ATX1', 'ATX0'] : ['ATX4']) {
        const reply = await conversation.send(setting, 1500, signal);
        if (reply.outcome !== 'result' || reply.result.kind === 'ok') break;
      }
      this.blind = options.blindDial;
    }
    const dialled = await placeCall(
      this.placing(conversation),
      options.number,
      options.carrierWaitSeconds,
      signal,
      onProgress,
    );
    if (!dialled.ok) return dialled;
    this.call = dialled.call;
    return radio === null ? dialled : { ...dialled, radio };
  }

  /** Waits for a call and takes it. Never rejects. */
  async answer(options: AnswerOptions & { init: string[] }): Promise<Answered> {
    const ready = await this.makeReady(options.init, options.signal, options.onProgress);
    if (!ready.ok) {
      const kind = ready.kind === 'cancelled' ? 'cancelled' : 'lost';
      return { ok: false, fault: ready.fault, kind, incoming: null };
    }
    const answered = await answerCall(this.placing(ready.conversation), options);
    if (answered.ok) this.call = answered.call;
    return answered;
  }

  /** Hangs up if need be and closes the port, which drops DTR. Idempotent; resolves always. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.call) await this.call.hangUp({ now: true });
    const conversation = this.conversation;
    this.conversation = null;
    if (conversation) await conversation.line.close();
  }

  private placing(conversation: Conversation): Placing {
    return {
      conversation,
      clock: this.ground.clock,
      portRate: this.rate,
      reopen: () => this.reopenLine(),
      onOver: (result) => this.takeBack(result),
    };
  }

  private async reopenLine(): Promise<Line | null> {
    if (this.closed) return null;
    const opened = await this.ground.openLine(this.path, this.rate);
    return opened.ok ? opened.line : null;
  }

  private takeBack(result: HangUpResult): void {
    this.call = null;
    if (this.closed && result.conversation) void result.conversation.line.close();
    this.conversation = this.closed ? null : result.conversation;
    // &D3, a reopened port and noise after NO CARRIER all may have changed them: sent again, in half a second.
    this.settings = null;
  }

  private async makeReady(
    init: string[],
    signal: AbortSignal,
    onProgress: (text: string) => void,
  ): Promise<{ ok: true; conversation: Conversation } | { ok: false; fault: Fault; kind: DialFailure }> {
    const ready = await this.ensureOpen(signal, onProgress);
    if (!ready.ok) return { ok: false, fault: ready.fault, kind: kindOf(ready.fault) };
    if (this.settings === settingsKey(init)) return ready;
    const result = await this.initialise(init, signal, onProgress);
    return 'fault' in result ? { ok: false, fault: result.fault, kind: kindOf(result.fault) } : ready;
  }

  /** The conversation with the modem, on the port opened anew if the last call had to close it. */
  private async ensureOpen(
    signal: AbortSignal,
    onProgress: (text: string) => void,
  ): Promise<{ ok: true; conversation: Conversation } | { ok: false; fault: Fault }> {
    if (this.call) await this.call.hangUp();
    if (this.closed) return { ok: false, fault: cancelledFault() };
    if (this.conversation && !this.conversation.ended) return { ok: true, conversation: this.conversation };
    this.settings = null;
    const opened = await openPatiently(this.path, this.rate, signal, onProgress, this.ground);
    if (!opened.ok) return opened;
    const conversation = new Conversation(opened.line, this.ground.clock);
    const found = await findModem(conversation, this.rate, signal, onProgress);
    if (found.ok && !this.closed) {
      this.conversation = conversation;
      return { ok: true, conversation };
    }
    await opened.line.close();
    return { ok: false, fault: found.ok ? cancelledFault() : found.fault };
  }
}

async function openPatiently(
  path: string,
  rate: number,
  signal: AbortSignal,
  onProgress: (text: string) => void,
  ground: ModemGround,
): Promise<OpenedLine> {
  const end = ground.clock.now() + BUSY_WAIT;
  for (;;) {
    if (signal.aborted) return { ok: false, fault: cancelledFault() };
    const opened = await ground.openLine(path, rate);
    if (opened.ok || opened.fault.code !== 'port-busy' || ground.clock.now() >= end) return opened;
    if (!(await ground.modemManagerRuns())) return opened;
    onProgress('ModemManager is looking at the modem; waiting until it is done');
    await ground.clock.sleep(1000, signal);
  }
}

function kindOf(fault: Fault): DialFailure {
  if (fault.code === 'cancelled') return 'cancelled';
  if (fault.code === 'modem-silent' || fault.code === 'modem-garbled') return 'silent';
  return fault.code === 'modem-refused' ? 'refused' : 'lost';
}

function settingsKey(init: readonly string[]): string {
  return init.join('\r');
}
