/**
 * A call in data mode: transparent both ways, watching for its own loss, and able to end itself.
 *
 * It owns the line's onData and onClose from CONNECT until hangUp() has handed the line back to command mode.
 */
import { CarrierText, SILENCE, watchDcd } from './carrier.ts';
import type { Clock } from './clock.ts';
import type { ConnectFacts } from './connect-text.ts';
import type { Conversation } from './conversation.ts';
import { type HangUpResult, hangUpLine } from './hang-up.ts';
import type { Line, LineSignals } from './line.ts';

export type LostCause = 'carrier' | 'unplugged' | 'error';

export interface Call {
  /** In data mode; the call owns its onData and onClose. */
  readonly line: Line;
  /** bit/s on the telephone line, towards us where the ways differ; null if the modem said none. */
  readonly carrierRate: number | null;
  /** bit/s on the telephone line, away from us; null if the modem said none. */
  readonly transmitRate: number | null;
  /** bit/s between computer and modem. */
  readonly portRate: number;
  /** The modem's own words. */
  readonly connectText: string;
  readonly errorCorrected: boolean | null;
  readonly compressed: boolean | null;
  /** Bytes after the line end of CONNECT, those of the same read included; they are kept until this is set. */
  onData: ((bytes: Uint8Array) => void) | null;
  /** Exactly once, and not after hangUp(). Told at once if the loss came before this was set. */
  onLost: ((cause: LostCause, detail: string) => void) | null;
  write(bytes: Uint8Array): void;
  /**
   * Ends the call and leaves the modem in command mode or its port closed. `now`: the quickest way, and the port is
   * closed; so is the rest of a hang-up that is under way. Resolves always; a second call waits for the first.
   */
  hangUp(options?: { now?: boolean }): Promise<void>;
}

/** Bytes kept while nobody reads: more than any banner or first frames. */
const KEPT = 65_536;

export interface CallSetup {
  conversation: Conversation;
  clock: Clock;
  facts: ConnectFacts;
  portRate: number;
  connectText: string;
  /** Modem signals before dialling. */
  before: LineSignals | null;
  reopen: (() => Promise<Line | null>) | null;
  /** The call is over, however it ended, and this is the conversation to go on with. */
  onOver: (result: HangUpResult) => void;
}

export class DataCall implements Call {
  readonly line: Line;
  readonly carrierRate: number | null;
  readonly transmitRate: number | null;
  readonly portRate: number;
  readonly connectText: string;
  readonly errorCorrected: boolean | null;
  readonly compressed: boolean | null;
  private readonly setup: CallSetup;
  private readonly words = new CarrierText();
  private readonly over = new AbortController();
  private reader: ((bytes: Uint8Array) => void) | null = null;
  private kept: Uint8Array[] = [];
  private keptBytes = 0;
  private listener: ((cause: LostCause, detail: string) => void) | null = null;
  private lost: { cause: LostCause; detail: string } | null = null;
  private told = false;
  private dcdBelieved = false;
  private silence: AbortController | null = null;
  private readonly hurry = new AbortController();
  private ending: Promise<void> | null = null;

  constructor(setup: CallSetup) {
    this.setup = setup;
    this.line = setup.conversation.line;
    this.carrierRate = setup.facts.carrierRate;
    this.transmitRate = setup.facts.transmitRate;
    this.errorCorrected = setup.facts.errorCorrected;
    this.compressed = setup.facts.compressed;
    this.portRate = setup.portRate;
    this.connectText = setup.connectText;
    const early = setup.conversation.early;
    setup.conversation.early = [];
    this.line.onData = (bytes) => this.receive(bytes);
    this.line.onClose = (cause, detail) => {
      setup.conversation.ended = { cause, detail };
      this.lose(cause === 'closed' ? 'error' : cause, detail);
    };
    for (const bytes of early) this.receive(bytes);
    if (setup.conversation.ended) this.lose('unplugged', setup.conversation.ended.detail);
    void this.watch();
  }

  get onData(): ((bytes: Uint8Array) => void) | null {
    return this.reader;
  }

  set onData(reader: ((bytes: Uint8Array) => void) | null) {
    this.reader = reader;
    while (this.reader && this.kept.length > 0) {
      const bytes = this.kept.shift() as Uint8Array;
      this.keptBytes -= bytes.length;
      this.reader(bytes);
    }
  }

  get onLost(): ((cause: LostCause, detail: string) => void) | null {
    return this.listener;
  }

  set onLost(listener: ((cause: LostCause, detail: string) => void) | null) {
    this.listener = listener;
    this.tell();
  }

  write(bytes: Uint8Array): void {
    if (!this.lost && !this.ending) this.line.write(bytes);
  }

  hangUp(options: { now?: boolean } = {}): Promise<void> {
    this.told = true;
    this.over.abort();
    if (options.now) this.hurry.abort();
    this.ending ??= this.end();
    return this.ending;
  }

  private async end(): Promise<void> {
    const { conversation, clock, reopen } = this.setup;
    let result: HangUpResult = { way: 'closed', conversation: null };
    if (!conversation.ended) {
      conversation.attach();
      try {
        result = await hangUpLine({ conversation, clock, reopen }, this.hurry.signal);
      } catch {
        // A Line that breaks its word must not keep a costly call open: close what there is.
        await this.line.close();
      }
    }
    this.setup.onOver(result);
  }

  private receive(bytes: Uint8Array): void {
    this.silence?.abort();
    this.silence = null;
    if (!this.dcdBelieved) this.listenForWords(bytes);
    if (this.reader && this.kept.length === 0) this.reader(bytes);
    else if (this.keptBytes + bytes.length <= KEPT) {
      this.kept.push(bytes.slice());
      this.keptBytes += bytes.length;
    }
  }

  private listenForWords(bytes: Uint8Array): void {
    const verdict = this.words.push(bytes);
    if (verdict === 'lost') this.lose('carrier', 'The modem said NO CARRIER.');
    if (verdict !== 'perhaps') return;
    const silence = new AbortController();
    this.silence = silence;
    const either = AbortSignal.any([silence.signal, this.over.signal]);
    void this.setup.clock.sleep(SILENCE, either).then((silent) => {
      if (silent) this.lose('carrier', 'The modem said NO CARRIER, and nothing after it.');
    });
  }

  private async watch(): Promise<void> {
    const { clock, before } = this.setup;
    const believed = () => {
      this.dcdBelieved = true;
    };
    if (await watchDcd(this.line, clock, before, believed, this.over.signal))
      this.lose('carrier', 'The modem dropped its carrier signal (DCD).');
  }

  private lose(cause: LostCause, detail: string): void {
    if (this.lost || this.ending) return;
    this.lost = { cause, detail };
    this.over.abort();
    // After the bytes that came before it, and never from within the reader's own call.
    queueMicrotask(() => this.tell());
  }

  private tell(): void {
    if (this.told || !this.lost || !this.listener) return;
    this.told = true;
    this.listener(this.lost.cause, this.lost.detail);
  }
}
