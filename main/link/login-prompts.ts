/**
 * The built-in login script: answers the usual prompts of a terminal server, then leaves the line to PPP. Pure.
 *
 * Theory of operation. It is begun when PPP had no answer, so that PPP's first frames lie in the far end's line of input.
 * A Return and, if a password is asked for that line, another one clear it away (`waking`); the next login prompt is
 * answered in earnest. A prompt counts when it is the last thing said and nothing followed for a while. After the password
 * comes PPP itself, words that announce it, or a command prompt, at which `ppp` (or `slip`) is typed once. SLIP says nothing
 * of itself: where a line is silent from the start it is taken to be running.
 */
import type { Provider } from '../contract.ts';
import { HeardText } from './heard-text.ts';
import { type Credentials, filledIn, type LoginEnd, type LoginSink, type LoginTalk } from './login-script.ts';

const ASKS_NAME = /(?:login|log-in|user ?name|user ?id|userid|user)\s*[:>?]\s*$/i;
const ASKS_PASSWORD = /(?:password|passwd|passcode|pass ?phrase)\s*[:>?]\s*$/i;
const SAYS_NO =
  /incorrect|invalid|denied|fail(?:ed|ure)|unauthori[sz]ed|not (?:valid|known|allowed)|bad login/i;
const ANNOUNCES_PPP = /\bppp\b|packet mode|your ip address/i;
const ANNOUNCES_SLIP = /\bc?slip\b|address/i;
const ASKS_COMMAND = /[>$#%]\s*$/;
const PROMPT_ANYWHERE = /(?:login|user ?name|user ?id|password)\s*[:>]/i;

/** A prompt is the last thing said for so long. */
const QUIET_MS = 300;
/** Without a prompt and without PPP for so long after the password, PPP is begun all the same. */
const SETTLED_MS = 2_000;
const WAKE_MS = 5_000;
const WAKES = 3;
const LIMIT_MS = 60_000;

/** Whether text that came instead of PPP asks who we are. */
export function asksForLogin(text: string): boolean {
  return PROMPT_ANYWHERE.test(text);
}

type State = 'waking' | 'name-given' | 'password-given' | 'command-given';

export class LoginPrompts implements LoginTalk {
  readonly #credentials: Credentials;
  readonly #sink: LoginSink;
  readonly #link: Provider['link'];
  readonly #heard = new HeardText();
  #heardAny = false;
  #state: State = 'waking';
  #wakes = 0;
  #wokeAt = 0;
  #limit = 0;
  #deadline: number | null = null;
  #over = false;

  /** `link`: what is to run after the login. */
  constructor(credentials: Credentials, sink: LoginSink, link: Provider['link'] = 'ppp') {
    this.#credentials = credentials;
    this.#sink = sink;
    this.#link = link;
  }

  begin(now: number): void {
    this.#limit = now + LIMIT_MS;
    this.#wake(now);
  }

  receive(bytes: Uint8Array, now: number): void {
    if (this.#over) return;
    this.#heard.append(bytes);
    this.#heardAny ||= bytes.length > 0;
    const frame = this.#heard.frameAt;
    // While waking it is our own, echoed.
    if (frame >= 0 && this.#state !== 'waking') {
      this.#end({ ok: true, rest: this.#heard.from(frame) });
      return;
    }
    const { text } = this.#heard;
    const asked = this.#state === 'waking' || ASKS_NAME.test(text) || ASKS_PASSWORD.test(text);
    const patience = this.#state === 'name-given' ? WAKE_MS : SETTLED_MS;
    this.#deadline = Math.min(this.#limit, now + (asked ? QUIET_MS : patience));
  }

  advance(now: number): void {
    if (this.#over || this.#deadline === null || now < this.#deadline) return;
    const { text } = this.#heard;
    if (now >= this.#limit) this.#fail('silent');
    else if (this.#state === 'waking') this.#awake(text, now);
    else if (ASKS_PASSWORD.test(text) && this.#state === 'name-given') {
      this.#sink.activity('Giving the password');
      this.#type('{password}', 'password-given', now);
    } else if (ASKS_NAME.test(text) || ASKS_PASSWORD.test(text)) this.#fail('refused');
    else if (ASKS_COMMAND.test(text) && !this.#announced(text) && this.#state !== 'command-given') {
      this.#sink.activity(`Asking for ${this.#link.toUpperCase()}`);
      this.#type(this.#link, 'command-given', now);
    } else if (this.#state === 'password-given' && SAYS_NO.test(text)) this.#fail('refused');
    // The words of a SLIP server may hold our address.
    else this.#end({ ok: true, rest: this.#heard.from(this.#link === 'ppp' ? this.#heard.length : 0) });
  }

  #announced(text: string): boolean {
    return (this.#link === 'ppp' ? ANNOUNCES_PPP : ANNOUNCES_SLIP).test(text);
  }

  nextDeadline(): number | null {
    return this.#over ? null : this.#deadline;
  }

  #awake(text: string, now: number): void {
    if (ASKS_NAME.test(text)) {
      this.#sink.activity('Giving the user name');
      this.#type('{user}', 'name-given', now);
    } else if (ASKS_PASSWORD.test(text) || now - this.#wokeAt >= WAKE_MS) this.#wake(now);
    else this.#deadline = this.#wokeAt + WAKE_MS;
  }

  #wake(now: number): void {
    if (this.#wakes === WAKES) {
      this.#fail('silent');
      return;
    }
    this.#wakes += 1;
    this.#wokeAt = now;
    this.#sink.activity('Looking for a login prompt');
    this.#type('', 'waking', now);
    this.#deadline = now + WAKE_MS;
  }

  #type(text: string, state: State, now: number): void {
    this.#heard.forget(this.#heard.length);
    this.#state = state;
    this.#deadline = Math.min(this.#limit, now + (state === 'name-given' ? 3 * WAKE_MS : WAKE_MS));
    this.#sink.write(filledIn(`${text}\r`, this.#credentials));
  }

  #fail(reason: 'silent' | 'refused'): void {
    if (reason === 'silent' && this.#link !== 'ppp' && !this.#heardAny) {
      this.#end({ ok: true, rest: new Uint8Array(0) });
      return;
    }
    const waitedFor = this.#state === 'waking' ? 'a login prompt' : this.#link.toUpperCase();
    this.#end({ ok: false, reason, waitedFor, heard: this.#heard.shown });
  }

  #end(end: LoginEnd): void {
    this.#over = true;
    this.#sink.ended(end);
  }
}
