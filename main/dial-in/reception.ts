/**
 * The first part of an answered call: who speaks what. Hears every byte until that is decided (first-bytes.ts), shows the
 * text login to whoever types or is silent (login-dialogue.ts), and into longer silence has PPP begun from our side, which
 * is taken back if somebody types after all.
 */
import { HOST_SAYS } from '../link/direct-cable.ts';
import type { LinkClock } from '../link/parts.ts';
import { FirstBytes, type Opening } from './first-bytes.ts';
import { type LoginChoice, LoginDialogue, type LoginOutcome } from './login-dialogue.ts';

/** Silence before the login is shown, and before PPP begins by itself, ms. */
export const PROMPT_AFTER_MS = 1_000;
export const PPP_AFTER_MS = 3_000;
const GREETING = 'Masq-Gate';
const MOST_ANSWERS = 20;
const NOTHING = new Uint8Array(0);

export interface ReceptionOptions {
  clock: LinkClock;
  /** A cable has no person at its end: no prompt, no typing. */
  text: boolean;
  /** Take SLIP without a login. */
  slip: boolean;
  /** For the text login, ms. */
  limitMs: number;
}

export interface ReceptionSink {
  write(text: string): void;
  check(user: string, password: string): boolean | string;
  /** `user`: who logged in by text; null: nobody did, PPP asks. */
  begin(protocol: LoginChoice, user: string | null, rest: Uint8Array): void;
  /** SLIP without a login. */
  slip(rest: Uint8Array): void;
  /** What was begun into silence is to be forgotten. */
  takeBack(): void;
  refused(why: 'tries' | 'time'): void;
  log(text: string): void;
}

export class Reception {
  readonly #options: ReceptionOptions;
  readonly #sink: ReceptionSink;
  #detector: FirstBytes;
  #login: LoginDialogue | null = null;
  #cancelLimit: () => void = () => {};
  #cancels: (() => void)[] = [];
  #typed = false;
  /** `answered`: PPP was begun after the cable's greeting, and nothing has come of it yet. */
  #state: 'listening' | 'guessing' | 'answered' | 'over' = 'listening';
  #answers = 0;

  constructor(options: ReceptionOptions, sink: ReceptionSink) {
    this.#options = options;
    this.#sink = sink;
    this.#detector = new FirstBytes({ slip: options.slip });
    const { clock, text } = options;
    if (text) this.#cancels.push(clock.after(PROMPT_AFTER_MS, () => this.#prompt()));
    this.#cancels.push(clock.after(PPP_AFTER_MS, () => this.#guess()));
  }

  /** Who speaks what is settled, or PPP was begun into silence. */
  get decided(): boolean {
    return this.#state !== 'listening';
  }

  receive(bytes: Uint8Array): void {
    if (this.#state === 'over') return;
    const opening = this.#detector.push(bytes);
    if (this.#state === 'answered') {
      if (opening === 'cable') this.#answer();
      return;
    }
    if (this.#state === 'guessing') {
      // Only what PPP cannot be: the session that listens hears the rest.
      const types = this.#options.text && bytes.every((octet) => isKey(octet & 0x7f));
      if (opening !== 'cable' && !types) return;
      this.#state = 'listening';
      this.#sink.takeBack();
    }
    if (opening !== null) this.#open(opening);
    else if (this.#login !== null || (this.#options.text && bytes.some((octet) => isKey(octet & 0x7f)))) {
      this.#prompt();
      this.#typed = true;
      this.#login?.receive(bytes);
    }
  }

  /** PPP answered, or the call is over. */
  stop(): void {
    this.#state = 'over';
    this.#endLogin();
    for (const cancel of this.#cancels) cancel();
  }

  #open(opening: Opening): void {
    this.#sink.log(`The caller speaks ${opening === 'cable' ? 'the direct-cable handshake' : opening}.`);
    const { rest } = this.#detector;
    this.stop();
    if (opening === 'slip') this.#sink.slip(rest);
    else {
      if (opening === 'cable') this.#answer();
      this.#sink.begin('ppp', null, rest);
    }
  }

  /** The guest says `CLIENT` again if our answer was lost. A line that echoes would go on for ever. */
  #answer(): void {
    if (this.#answers === MOST_ANSWERS) return;
    this.#answers++;
    this.#state = 'answered';
    this.#detector = new FirstBytes({ slip: false });
    this.#sink.write(HOST_SAYS);
  }

  #prompt(): void {
    if (this.#login !== null || this.#state !== 'listening') return;
    const { clock, limitMs } = this.#options;
    const login = new LoginDialogue(
      {
        greeting: GREETING,
        tries: 3,
        limitMs,
        choices: ['ppp', 'slip', 'cslip'],
        check: (user, password) => this.#sink.check(user, password),
      },
      { write: (text) => this.#sink.write(text), ended: (outcome) => this.#ended(outcome) },
    );
    this.#login = login;
    login.begin(clock.now());
    this.#cancelLimit = clock.after(limitMs, () => login.advance(clock.now()));
  }

  #ended(outcome: LoginOutcome): void {
    this.stop();
    if (outcome.kind === 'refused') this.#sink.refused(outcome.why);
    else this.#sink.begin(outcome.kind, outcome.user, NOTHING);
  }

  #guess(): void {
    if (this.#state !== 'listening' || this.#typed) return;
    this.#endLogin();
    this.#state = 'guessing';
    this.#sink.begin('ppp', null, NOTHING);
  }

  #endLogin(): void {
    this.#cancelLimit();
    this.#login = null;
  }
}

/** A key somebody may press: printable, Return, rubout. */
function isKey(octet: number): boolean {
  return (octet >= 32 && octet < 127) || octet === 13 || octet === 10 || octet === 8;
}
