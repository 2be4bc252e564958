/**
 * Practice: the built-in line and provider, and its Internet joined to the engine as PRACTICE_LINK. Above the serial port
 * the call is like any other. Leaving it lets the engine take the practice hosts down.
 */
import { PRACTICE, PRACTICE_LINK } from '../../engine/contract.ts';
import type { CallTarget } from '../calling/call.ts';
import { type Fault, NEW_PROVIDER } from '../contract.ts';
import type { EngineSide } from '../engine-client/engine-side.ts';
import type { PracticeCallerPart, PracticePart } from '../gateway-parts.ts';
import type { ReadModel } from '../read-model.ts';

export const PRACTICE_PROVIDER_ID = 'practice';

export interface PracticeSideOptions {
  start(): Promise<PracticePart>;
  engine: EngineSide;
  model: ReadModel;
  /** The exchange is up, with a computer that can call in; it is gone (null). */
  up(caller: PracticeCallerPart | null): void;
  /** It is about to go. */
  down(): Promise<void>;
}

export class PracticeSide {
  readonly #options: PracticeSideOptions;
  #line: PracticePart | null = null;
  #beginning: Promise<{ ok: true } | { ok: false; fault: Fault }> | null = null;

  constructor(options: PracticeSideOptions) {
    this.#options = options;
  }

  get on(): boolean {
    return this.#line !== null;
  }

  /** The practice modem's port, for the list of ports. */
  get port(): { path: string; description: string } | null {
    return this.#line === null ? null : { path: this.#line.portPath, description: 'Practice line' };
  }

  /** The other practice modem's port, for a second call. */
  get secondPort(): string | null {
    return this.#line?.secondPortPath ?? null;
  }

  get target(): CallTarget | null {
    if (this.#line === null) return null;
    const { number, user, password } = this.#line.provider;
    const provider = {
      ...NEW_PROVIDER,
      id: PRACTICE_PROVIDER_ID,
      name: 'Practice provider',
      numbers: [number],
      user,
      port: this.#line.portPath,
    };
    return { provider, password };
  }

  /** Puts up the exchange; the topology follows when the engine is next configured. */
  begin(): Promise<{ ok: true } | { ok: false; fault: Fault }> {
    this.#beginning ??= this.#begin().finally(() => {
      this.#beginning = null;
    });
    return this.#beginning;
  }

  async #begin(): Promise<{ ok: true } | { ok: false; fault: Fault }> {
    if (this.#line !== null) return { ok: true };
    const { engine, model } = this.#options;
    let line: PracticePart;
    try {
      line = await this.#options.start();
    } catch (error) {
      return { ok: false, fault: notStarted(error) };
    }
    line.onInternetPacket = (packet, offset, length) =>
      engine.sendPacket(PRACTICE_LINK, 0, packet, offset, length);
    this.#line = line;
    model.set({ practice: true });
    this.#options.up(line.caller);
    model.log('info', 'practice', `The practice line is up on ${line.portPath}.`);
    engine.want({
      link: PRACTICE_LINK,
      role: 'practice',
      local: PRACTICE.provider.address,
      peer: PRACTICE.provider.poolFirst,
      dns: [PRACTICE.provider.dns],
      mtu: 1500,
    });
    return { ok: true };
  }

  /** True when the packet was the practice Internet's, and has gone to the provider. */
  fromEngine(link: number, buffer: Uint8Array, offset: number, length: number): boolean {
    if (link !== PRACTICE_LINK) return false;
    this.#line?.fromInternet(buffer, offset, length);
    return true;
  }

  async close(): Promise<void> {
    if (this.#line === null) return;
    await this.#options.down();
    const line = this.#line;
    if (line === null) return;
    this.#line = null;
    this.#options.up(null);
    const { engine, model } = this.#options;
    model.set({ practice: false });
    await engine.linkDown(PRACTICE_LINK);
    const fault = await engine.configure();
    if (fault !== null) model.log('warning', 'engine', fault.sentence);
    await line.close();
  }
}

function notStarted(error: unknown): Fault {
  return {
    code: 'practice-line',
    sentence: 'The practice line could not be put up.',
    cause: 'It needs pseudo-terminals (/dev/ptmx), which this system did not give.',
    remedy: 'See to it that /dev/pts is mounted and try again.',
    detail: String(error),
  };
}
