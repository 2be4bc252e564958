/**
 * A login that a person types: the line is theirs until they begin PPP, or the far end does. Pure.
 *
 * A call that nobody types to costs money, so it is given up after some minutes without a key.
 */
import { HeardText } from './heard-text.ts';
import type { LoginSink, LoginTalk } from './login-script.ts';

export const UNATTENDED_MS = 300_000;

export class ByHand implements LoginTalk {
  readonly #sink: LoginSink;
  readonly #heard = new HeardText();
  #deadline: number | null = null;

  constructor(sink: LoginSink) {
    this.#sink = sink;
  }

  begin(now: number): void {
    this.#deadline = now + UNATTENDED_MS;
    this.#sink.activity('Log in by hand in the terminal, then start PPP');
  }

  receive(bytes: Uint8Array): void {
    this.#heard.append(bytes);
    const frame = this.#heard.frameAt;
    if (frame >= 0) this.#end({ ok: true, rest: this.#heard.from(frame) });
  }

  type(bytes: Uint8Array, now: number): void {
    if (this.#deadline === null) return;
    this.#deadline = now + UNATTENDED_MS;
    this.#sink.write(bytes);
  }

  startPpp(): void {
    this.#end({ ok: true, rest: new Uint8Array(0) });
  }

  advance(now: number): void {
    if (this.#deadline === null || now < this.#deadline) return;
    this.#end({ ok: false, reason: 'unattended', waitedFor: 'a person', heard: this.#heard.shown });
  }

  nextDeadline(): number | null {
    return this.#deadline;
  }

  #end(end: Parameters<LoginSink['ended']>[0]): void {
    if (this.#deadline === null) return;
    this.#deadline = null;
    this.#sink.ended(end);
  }
}
