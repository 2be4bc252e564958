/** What the three kinds of line have in common: how they tell of themselves, and how they take a call. */
import type { Fault, LinePhase } from '../contract.ts';
import type { CallPart, LinkClock } from '../link/parts.ts';
import type { Answered, AnswerOptions } from '../modem/answer.ts';
import type { Line as ByteLine } from '../modem/line.ts';
import type { Flow } from '../modem/serial-line.ts';
import type { CallInEnd } from './call-in.ts';

/** A line that takes calls, while it is on. */
export interface AnsweringLine {
  start(): void;
  /** Resolves when nothing of it is left; calls on it are ended by whoever began them. */
  stop(): Promise<void>;
}

export interface LineHost {
  readonly clock: LinkClock;
  /** Resolves when the call has ended and is hung up. */
  serve(call: CallPart, from: string | null, early?: Uint8Array): Promise<CallInEnd>;
  /** `fault` not named: stays as it is. */
  tell(phase: LinePhase, activity: string, fault?: Fault | null): void;
  log(level: 'info' | 'warning' | 'debug', text: string): void;
}

/** A modem that answers. */
export interface AnsweringModem {
  answer(options: AnswerOptions & { init: string[] }): Promise<Answered>;
  close(): Promise<void>;
}

/** What lines are made of, so that they can be tested without. */
export interface LineParts {
  openModem(
    path: string,
    rate: number,
    signal: AbortSignal,
    onProgress: (text: string) => void,
  ): Promise<{ ok: true; modem: AnsweringModem } | { ok: false; fault: Fault }>;
  openCable(
    path: string,
    rate: number,
    flow: Flow,
  ): Promise<{ ok: true; line: ByteLine } | { ok: false; fault: Fault }>;
}

/** Between two tries to open a port that cannot be had, ms. */
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 60_000;

/** Growing pauses between tries. */
export class Retry {
  #pause = FIRST_RETRY_MS;
  readonly #clock: LinkClock;

  constructor(clock: LinkClock) {
    this.#clock = clock;
  }

  succeeded(): void {
    this.#pause = FIRST_RETRY_MS;
  }

  /** False: told to stop. */
  async wait(signal: AbortSignal): Promise<boolean> {
    const pause = this.#pause;
    this.#pause = Math.min(LAST_RETRY_MS, pause * 2);
    return sleep(pause, this.#clock, signal);
  }
}

/** False: told to stop before. */
export function sleep(milliseconds: number, clock: LinkClock, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const onAbort = () => {
      cancel();
      resolve(false);
    };
    const cancel = clock.after(milliseconds, () => {
      signal.removeEventListener('abort', onAbort);
      resolve(true);
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
