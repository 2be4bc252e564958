/**
 * Dial-in as the gateway has it: joined to settings, engine and read model, and in practice to the computer that calls in
 * over the practice exchange.
 */
import { DNS_ALIAS, PRACTICE } from '../../engine/contract.ts';
import {
  type Caller,
  type CallerLine,
  emptyDialIn,
  type Fault,
  NEW_CALLER,
  type Outcome,
  type PracticeCaller,
  type Settings,
} from '../contract.ts';
import type { EngineSide } from '../engine-client/engine-side.ts';
import { noEngine } from '../faults.ts';
import type { Clock, PracticeCallerPart } from '../gateway-parts.ts';
import type { ReadModel } from '../read-model.ts';
import { numberOf } from './address-pool.ts';
import type { CallerBook } from './caller-book.ts';
import { DialIn, type DialInParts } from './dial-in.ts';
import { noPracticeCaller } from './faults.ts';

/** The line on which the gateway answers in practice; not among the settings. */
export const PRACTICE_LINE_ID = 'practice';

export interface DialInSideOptions {
  parts: DialInParts;
  clock: Clock;
  model: ReadModel;
  engine: EngineSide;
  book: CallerBook;
  settings(): Settings;
}

type Done = Outcome<Record<string, never>>;

export class DialInSide {
  readonly #options: DialInSideOptions;
  readonly #dialIn: DialIn;
  #practice: PracticeCallerPart | null = null;
  #practiceLine: CallerLine | null = null;
  /** The practice computer calls as soon as the line can answer. */
  #callsSoon = false;

  constructor(options: DialInSideOptions) {
    this.#options = options;
    const { parts, clock, model, engine, book, settings } = options;
    this.#dialIn = new DialIn({
      parts,
      date: () => new Date(clock.now()),
      settings: () => settings().dialIn,
      find: (user) => this.#practiceUser(user) ?? book.find(user),
      password: (user) =>
        this.#practiceUser(user) === null ? book.password(user) : (this.#practice?.password ?? null),
      lanAddress: () => this.#lanAddress(),
      // With a LAN our own server answers, names of its computers too; without one the provider's do, whichever it is.
      dns: () => [this.#lanAddress() ?? DNS_ALIAS],
      reserved: (address) => this.#isReserved(address),
      engineReady: (signal) => this.#engineReady(signal),
      linkUp: (up) => engine.linkUp(up),
      linkDown: (link) => engine.linkDown(link),
      packet: (link, buffer, offset, length) => engine.sendPacket(link, 0, buffer, offset, length),
      changed: () => this.#tell(),
      log: (level, part, text) => model.log(level, part, text),
    });
  }

  /** Settings or surroundings have changed; `retry`: a person did it, so that the engine may be asked for again. */
  review(retry = false): void {
    this.#dialIn.review(retry);
  }

  send(link: number, client: number, buffer: Uint8Array, offset: number, length: number): boolean {
    return this.#dialIn.send(link, client, buffer, offset, length);
  }

  hangUp(call: number): Promise<Done> {
    return this.#dialIn.hangUp(call);
  }

  /** The gateway wants to dial on this port. */
  yield(path: string): Promise<Fault | null> {
    return this.#dialIn.yield(path);
  }

  takeBack(path: string): void {
    this.#dialIn.takeBack(path);
  }

  /** Calls of callers: their bytes so far. */
  get meters(): { id: number; bytesIn: number; bytesOut: number }[] {
    return this.#dialIn.calls.map(({ id, bytesIn, bytesOut }) => ({ id, bytesIn, bytesOut }));
  }

  /** The engine is gone for good. True: somebody was on the line. */
  abandon(fault: Fault): boolean {
    const anybody = this.#dialIn.calls.length > 0;
    void this.#dialIn.abandon(fault);
    return anybody;
  }

  /** The practice exchange is up (its calling computer), or down (null). */
  practice(caller: PracticeCallerPart | null): void {
    if (this.#practice !== null) this.#practice.onState = null;
    this.#practice = caller;
    if (caller === null) this.#practiceLine = null;
    const { model } = this.#options;
    model.set({ dialIn: { ...model.state.dialIn, practiceCaller: emptyDialIn.practiceCaller } });
    if (caller !== null)
      caller.onState = (state) => model.set({ dialIn: { ...model.state.dialIn, practiceCaller: state } });
    this.#dialIn.setExtra(this.#practiceLine === null ? [] : [this.#practiceLine]);
  }

  /** Has the practice computer call in; the line that answers it comes up with the first call. */
  practiceCall(): Done {
    const caller = this.#practice;
    if (caller === null) return { ok: false, fault: noPracticeCaller };
    this.#practiceLine ??= {
      kind: 'modem',
      id: PRACTICE_LINE_ID,
      name: 'Practice: 555-0197',
      on: true,
      slipUser: null,
      port: caller.answerPort,
      portRate: 115_200,
      modemInit: [],
      rings: 2,
      callerId: true,
      ringPatterns: [],
    };
    const { phase } = this.#options.model.state.dialIn.practiceCaller;
    if (phase === 'calling' || phase === 'connected') return { ok: true, value: {} };
    this.#callsSoon = true;
    this.#practiceStands('calling', 'Waiting until the line is ready');
    this.#dialIn.setExtra([this.#practiceLine]);
    this.#callWhenReady();
    return { ok: true, value: {} };
  }

  practiceHangUp(): Done {
    if (this.#callsSoon) this.#practiceStands('idle', '');
    this.#callsSoon = false;
    this.#practice?.hangUp();
    return { ok: true, value: {} };
  }

  async practiceFetch() {
    if (this.#practice === null) return { ok: false as const, fault: noPracticeCaller };
    const fetched = await this.#practice.fetch();
    return fetched.ok ? { ok: true as const, value: fetched.page } : fetched;
  }

  /** Before practice goes: its line and the call on it. */
  async endPractice(): Promise<void> {
    if (this.#practiceLine === null) return;
    this.#practiceLine = null;
    this.#dialIn.setExtra([]);
    await this.#dialIn.settled();
  }

  close(): Promise<void> {
    return this.#dialIn.close();
  }

  #tell(): void {
    const { model } = this.#options;
    const { lines, calls } = this.#dialIn;
    model.set({ dialIn: { ...model.state.dialIn, lines, calls } });
    this.#callWhenReady();
  }

  #callWhenReady(): void {
    const line = this.#dialIn.lines.find(({ id }) => id === PRACTICE_LINE_ID);
    if (!this.#callsSoon || (line?.phase !== 'waiting' && line?.phase !== 'fault')) return;
    this.#callsSoon = false;
    if (line.phase === 'waiting') this.#practice?.call();
    else this.#practiceStands('failed', line.activity);
  }

  #practiceStands(phase: PracticeCaller['phase'], activity: string): void {
    const { model } = this.#options;
    model.set({ dialIn: { ...model.state.dialIn, practiceCaller: { phase, activity, address: null } } });
  }

  #practiceUser(user: string): Caller | null {
    const caller = this.#practiceLine === null ? null : this.#practice;
    if (caller === null || caller.user.toLowerCase() !== user.toLowerCase()) return null;
    return { ...NEW_CALLER, user: caller.user };
  }

  #lanAddress(): string | null {
    if (this.#options.model.state.practice) return PRACTICE.lanAddress;
    return this.#options.settings().lan?.address ?? null;
  }

  #isReserved(address: string): boolean {
    const { model, settings } = this.#options;
    const { lan } = settings();
    if (address === this.#lanAddress()) return true;
    if (model.state.clients.some((client) => client.kind === 'lan' && client.address === address))
      return true;
    const dhcp = lan?.dhcp ?? null;
    if (dhcp === null) return false;
    return numberOf(address) >= numberOf(dhcp.first) && numberOf(address) <= numberOf(dhcp.last);
  }

  async #engineReady(signal: AbortSignal): Promise<Fault | null> {
    const ready = await this.#options.engine.ready(signal);
    if (ready === null) return noEngine;
    return ready.ok ? null : ready.fault;
  }
}
