/**
 * One side of an AT dialogue over a Line: send a command, wait for its result code, one at a time.
 *
 * While it is attached it owns the line's onData and onClose. After CONNECT the bytes that follow are kept in `early`
 * until a call takes the line over. It retries nothing; callers decide.
 */
import type { Clock } from './clock.ts';
import { Dialogue, type DialogueEvent } from './dialogue.ts';
import type { Line, LineEnd } from './line.ts';
import type { ResultCode } from './result-codes.ts';

export type Reply =
  | { outcome: 'result'; result: ResultCode; lines: string[] }
  /** No result code in the time given; `lines` is what came instead. */
  | { outcome: 'silent'; lines: string[] }
  | { outcome: 'cancelled' }
  | { outcome: 'closed'; cause: LineEnd; detail: string };

/** What has been received since the last forget(): how a probe tells silence, an echo and a stranger apart. */
export interface Hearing {
  bytes: number;
  printable: number;
  echoes: number;
  results: number;
  ppp: boolean;
  lines: string[];
}

type Waiter = (event: DialogueEvent | { type: 'closed' } | { type: 'cancelled' }) => void;

const HEARD_LINES = 20;
/** Between a result and the next command: old modems miss what comes sooner. */
const BREATH = 40;

export class Conversation {
  readonly line: Line;
  readonly clock: Clock;
  heard: Hearing = nothing();
  /** How the line ended, or null while it is open. */
  ended: { cause: LineEnd; detail: string } | null = null;
  /** Data that came after CONNECT before a call took the line. */
  early: Uint8Array[] = [];
  /** Told once when the line ends, by a call that has lent its line back. */
  onEnd: (() => void) | null = null;
  private readonly dialogue = new Dialogue();
  private waiter: Waiter | null = null;
  private lastResultAt = Number.NEGATIVE_INFINITY;

  constructor(line: Line, clock: Clock) {
    this.line = line;
    this.clock = clock;
    this.attach();
  }

  /** Takes the line (again), in command mode. */
  attach(): void {
    this.dialogue.reset();
    this.early = [];
    this.line.onData = (bytes) => this.receive(bytes);
    this.line.onClose = (cause, detail) => {
      this.ended = { cause, detail };
      this.waiter?.({ type: 'closed' });
      this.onEnd?.();
    };
  }

  forget(): void {
    this.heard = nothing();
  }

  /** What stands without a line end, such as a `login: ` prompt. */
  get unfinished(): string {
    return this.dialogue.unfinished;
  }

  /**
   * Sends `command` and waits for its result at most `timeout` ms. Progress codes (RING, RINGING) and information lines
   * go to `onLine` and do not end the wait.
   */
  async send(
    command: string,
    timeout: number,
    signal?: AbortSignal,
    onLine?: (text: string, result: ResultCode | null) => void,
  ): Promise<Reply> {
    const pause = this.lastResultAt + BREATH - this.clock.now();
    if (pause > 0) await this.clock.sleep(pause, signal);
    if (this.ended) return { outcome: 'closed', ...this.ended };
    if (signal?.aborted) return { outcome: 'cancelled' };
    this.dialogue.sent(command);
    this.write(`${command}\r`);
    return this.awaitResult(timeout, signal, onLine);
  }

  /** Sends bytes as they are: a lone CR, or `+++`. */
  write(text: string): void {
    this.line.write(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
  }

  /** Waits for a result code without sending anything. `timeout` may be Infinity. */
  async awaitResult(
    timeout: number,
    signal?: AbortSignal,
    onLine?: (text: string, result: ResultCode | null) => void,
  ): Promise<Reply> {
    if (this.ended) return { outcome: 'closed', ...this.ended };
    const lines: string[] = [];
    const done = new AbortController();
    const reply = new Promise<Reply>((resolve) => {
      this.waiter = (event) => {
        if (event.type === 'closed' && this.ended) resolve({ outcome: 'closed', ...this.ended });
        else if (event.type === 'line') {
          if (lines.length < 100) lines.push(event.text);
          onLine?.(event.text, null);
        } else if (event.type === 'result') {
          const { kind } = event.result;
          if (kind === 'ring' || kind === 'ringing') onLine?.(event.result.text, event.result);
          else resolve({ outcome: 'result', result: event.result, lines });
        }
      };
      const whenAborted = () => resolve({ outcome: 'cancelled' });
      if (signal?.aborted) whenAborted();
      signal?.addEventListener('abort', whenAborted, { once: true, signal: done.signal });
      if (timeout !== Number.POSITIVE_INFINITY)
        void this.clock.sleep(timeout, done.signal).then((elapsed) => {
          if (elapsed) resolve({ outcome: 'silent', lines });
        });
    });
    const answer = await reply;
    this.waiter = null;
    done.abort();
    if (answer.outcome === 'result') this.lastResultAt = this.clock.now();
    return answer;
  }

  /** Waits until nothing has come for `quiet` ms, at most `limit` ms: late answers must not meet the next command. */
  async settle(quiet: number, limit: number, signal?: AbortSignal): Promise<void> {
    const end = this.clock.now() + limit;
    for (;;) {
      const before = this.heard.bytes;
      const left = Math.min(quiet, end - this.clock.now());
      if (left <= 0 || !(await this.clock.sleep(left, signal)) || this.ended) return;
      if (this.heard.bytes === before) return;
    }
  }

  private receive(bytes: Uint8Array): void {
    this.heard.bytes += bytes.length;
    for (const byte of bytes)
      if ((byte >= 0x20 && byte <= 0x7e) || byte === 0x0d || byte === 0x0a) this.heard.printable++;
    const { events, data } = this.dialogue.push(bytes);
    for (const event of events) {
      this.note(event);
      this.waiter?.(event);
    }
    if (data !== null && data.length > 0) this.early.push(data.slice());
  }

  private note(event: DialogueEvent): void {
    if (event.type === 'echo') this.heard.echoes++;
    else if (event.type === 'result') this.heard.results++;
    else if (event.type === 'ppp') this.heard.ppp = true;
    else if (this.heard.lines.length < HEARD_LINES) this.heard.lines.push(event.text);
  }
}

function nothing(): Hearing {
  return { bytes: 0, printable: 0, echoes: 0, results: 0, ppp: false, lines: [] };
}

/** The reply is OK. */
export function isOk(reply: Reply): boolean {
  return reply.outcome === 'result' && reply.result.kind === 'ok';
}
