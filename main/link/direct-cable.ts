/**
 * The handshake of a Windows “direct cable connection” before PPP: the guest says `CLIENT` until the host answers
 * `CLIENTSERVER`. Microsoft's own null-modem “modem” does it in place of AT commands; no RFC has it. Pure, both sides.
 *
 * Each is a LoginTalk like a login script: octets and time in, octets and one ending out. A peer that begins PPP at once
 * knows nothing of the handshake and ends it well.
 */
import { HeardText } from './heard-text.ts';
import type { LoginEnd, LoginSink, LoginTalk } from './login-script.ts';

const GUEST_SAYS = 'CLIENT';
const HOST_SAYS = 'CLIENTSERVER';

const REPEAT_MS = 1_000;
/** A host that is being started by its person takes a while. */
const REPEATS = 30;
/** After its answer the host begins PPP if the guest does not, unless `CLIENT` comes again: the answer was lost. */
const SETTLED_MS = 1_500;
/** A line that echoes what we say would go on for ever. */
const ANSWERS = 20;

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);

abstract class CableTalk implements LoginTalk {
  protected readonly sink: LoginSink;
  protected readonly heard = new HeardText();
  protected deadline: number | null = null;
  #over = false;

  constructor(sink: LoginSink) {
    this.sink = sink;
  }

  abstract begin(now: number): void;
  protected abstract read(now: number): void;
  protected abstract due(now: number): void;

  receive(bytes: Uint8Array, now: number): void {
    if (this.#over) return;
    this.heard.append(bytes);
    const frame = this.heard.frameAt;
    if (frame >= 0) this.end({ ok: true, rest: this.heard.from(frame) });
    else this.read(now);
  }

  advance(now: number): void {
    if (this.#over || this.deadline === null || now < this.deadline) return;
    this.deadline = null;
    this.due(now);
  }

  nextDeadline(): number | null {
    return this.#over ? null : this.deadline;
  }

  /** Forgets up to the end of `text`, if it was said. */
  protected said(text: string): boolean {
    const at = this.heard.text.indexOf(text);
    if (at >= 0) this.heard.forget(at + text.length);
    return at >= 0;
  }

  protected end(end: LoginEnd): void {
    this.#over = true;
    this.sink.ended(end);
  }

  protected silent(waitedFor: string): void {
    this.end({ ok: false, reason: 'silent', waitedFor, heard: this.heard.shown });
  }
}

/** The side that calls. */
export class DirectCableGuest extends CableTalk {
  #said = 0;

  begin(now: number): void {
    this.sink.activity('Asking the computer at the other end of the cable');
    this.due(now);
  }

  protected read(): void {
    if (this.said(HOST_SAYS)) this.end({ ok: true, rest: this.heard.from(0) });
  }

  protected due(now: number): void {
    if (this.#said === REPEATS) {
      this.silent(HOST_SAYS);
      return;
    }
    this.#said += 1;
    this.deadline = now + REPEAT_MS;
    this.sink.write(octets(GUEST_SAYS));
  }
}

/** The side that is called: waits for as long as it takes. */
export class DirectCableHost extends CableTalk {
  #answers = 0;

  begin(): void {}

  protected read(now: number): void {
    while (this.said(GUEST_SAYS)) {
      if (this.#answers === ANSWERS) {
        this.silent('PPP');
        return;
      }
      if (this.#answers === 0) this.sink.activity('A computer calls by the cable');
      this.#answers += 1;
      this.deadline = now + SETTLED_MS;
      this.sink.write(octets(HOST_SAYS));
    }
  }

  protected due(): void {
    this.end({ ok: true, rest: this.heard.from(0) });
  }
}
