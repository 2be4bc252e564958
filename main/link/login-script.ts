/**
 * A provider's own login script: waits for text, types text, pauses, and then leaves the line to PPP.
 *
 * Pure: octets and time in, octets and one ending out. A far end that begins PPP before the last step has let us in, and
 * ends the script. Times are ms of any fixed origin.
 */
import type { LoginStep } from '../contract.ts';
import { HeardText } from './heard-text.ts';

export type LoginEnd =
  /** What came after the last step: PPP's first octets, perhaps. */
  | { ok: true; rest: Uint8Array }
  /** `silent`: what was waited for did not come. `refused`: the far end said no. `unattended`: no person typed. */
  | { ok: false; reason: 'silent' | 'refused' | 'unattended'; waitedFor: string; heard: string };

export interface LoginSink {
  write(bytes: Uint8Array): void;
  /** What is being done, for a person: never the password. */
  activity(text: string): void;
  /** Once, and nothing after it. */
  ended(end: LoginEnd): void;
}

/** A talk with a text login, whoever knows what to say. */
export interface LoginTalk {
  begin(now: number): void;
  receive(bytes: Uint8Array, now: number): void;
  advance(now: number): void;
  nextDeadline(): number | null;
}

export interface Credentials {
  user: string;
  password: string;
}

/** How long a step waits for its text unless it says otherwise. */
const EXPECT_MS = 30_000;
const encoder = new TextEncoder();

/** `{user}` and `{password}` put in; all else as it stands. */
export function filledIn(text: string, { user, password }: Credentials): Uint8Array {
  const filled = text.replace(/\{(user|password)\}/g, (_, name) => (name === 'user' ? user : password));
  return encoder.encode(filled);
}

export class LoginScript implements LoginTalk {
  readonly #steps: readonly LoginStep[];
  readonly #credentials: Credentials;
  readonly #sink: LoginSink;
  readonly #heard = new HeardText();
  #at = 0;
  #deadline: number | null = null;
  #over = false;

  constructor(steps: readonly LoginStep[], credentials: Credentials, sink: LoginSink) {
    this.#steps = steps;
    this.#credentials = credentials;
    this.#sink = sink;
  }

  begin(now: number): void {
    this.#run(now);
  }

  receive(bytes: Uint8Array, now: number): void {
    if (this.#over) return;
    this.#heard.append(bytes);
    this.#run(now);
  }

  advance(now: number): void {
    if (this.#over || this.#deadline === null || now < this.#deadline) return;
    const step = this.#steps[this.#at];
    if (step?.do === 'expect') {
      this.#end({ ok: false, reason: 'silent', waitedFor: step.text, heard: this.#heard.shown });
      return;
    }
    this.#next();
    this.#run(now);
  }

  nextDeadline(): number | null {
    return this.#over ? null : this.#deadline;
  }

  #run(now: number): void {
    while (!this.#over) {
      const step = this.#steps[this.#at];
      if (step === undefined) {
        this.#end({ ok: true, rest: this.#heard.from(0) });
      } else if (step.do === 'send') {
        this.#sink.activity(`Typing ${step.text}`);
        this.#sink.write(filledIn(step.bare ? step.text : `${step.text}\r`, this.#credentials));
        this.#next();
      } else if (step.do === 'pause') {
        this.#deadline ??= now + step.seconds * 1000;
        return;
      } else if (!this.#found(step.text)) {
        const frame = this.#heard.frameAt;
        if (frame >= 0) {
          this.#end({ ok: true, rest: this.#heard.from(frame) });
          return;
        }
        if (this.#deadline === null) this.#sink.activity(`Waiting for “${step.text}”`);
        this.#deadline ??= now + (step.seconds === undefined ? EXPECT_MS : step.seconds * 1000);
        return;
      }
    }
  }

  #found(text: string): boolean {
    const at = this.#heard.text.toLowerCase().indexOf(text.toLowerCase());
    if (at < 0) return false;
    this.#heard.forget(at + text.length);
    this.#next();
    return true;
  }

  #next(): void {
    this.#at += 1;
    this.#deadline = null;
  }

  #end(end: LoginEnd): void {
    this.#over = true;
    this.#sink.ended(end);
  }
}
