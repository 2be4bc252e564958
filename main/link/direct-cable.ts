/**
 * The handshake of a Windows “direct cable connection” before PPP, as the guest: says `CLIENT` until the host answers
 * `CLIENTSERVER`. Microsoft's own null-modem “modem” does it in place of AT commands; no RFC has it. Pure; the host's part
 * is main/dial-in/reception.ts.
 *
 * A LoginTalk like a login script: octets and time in, octets and one ending out. A peer that begins PPP at once knows
 * nothing of the handshake and ends it well.
 */
import { HeardText } from './heard-text.ts';
import type { LoginEnd, LoginSink, LoginTalk } from './login-script.ts';

const GUEST_SAYS = 'CLIENT';
export const HOST_SAYS = 'CLIENTSERVER';

const REPEAT_MS = 1_000;
/** A host that is being started by its person takes a while. */
const REPEATS = 30;

export class DirectCableGuest implements LoginTalk {
  readonly #sink: LoginSink;
  readonly #heard = new HeardText();
  /** Null: over. */
  #deadline: number | null = null;
  #said = 0;

  constructor(sink: LoginSink) {
    this.#sink = sink;
  }

  begin(now: number): void {
    this.#sink.activity('Asking the computer at the other end of the cable');
    this.#ask(now);
  }

  receive(bytes: Uint8Array): void {
    if (this.#deadline === null) return;
    this.#heard.append(bytes);
    const frame = this.#heard.frameAt;
    const answer = this.#heard.text.indexOf(HOST_SAYS);
    if (frame >= 0) this.#end({ ok: true, rest: this.#heard.from(frame) });
    else if (answer >= 0) this.#end({ ok: true, rest: this.#heard.from(answer + HOST_SAYS.length) });
  }

  advance(now: number): void {
    if (this.#deadline === null || now < this.#deadline) return;
    if (this.#said < REPEATS) this.#ask(now);
    else this.#end({ ok: false, reason: 'silent', waitedFor: HOST_SAYS, heard: this.#heard.shown });
  }

  nextDeadline(): number | null {
    return this.#deadline;
  }

  #ask(now: number): void {
    this.#said += 1;
    this.#deadline = now + REPEAT_MS;
    this.#sink.write(new TextEncoder().encode(GUEST_SAYS));
  }

  #end(end: LoginEnd): void {
    this.#deadline = null;
    this.#sink.ended(end);
  }
}
