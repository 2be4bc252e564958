/**
 * The text login of a terminal server: `login:` with echo, `Password:` without, then PPP, SLIP or CSLIP. Bytes and time in,
 * bytes and one end out; it knows nothing of what comes after.
 *
 * `ppp` typed for a name starts PPP, which asks who calls by itself: what many people try first.
 */
export type LoginChoice = 'ppp' | 'slip' | 'cslip';
export type LoginOutcome =
  | { kind: LoginChoice; user: string | null }
  | { kind: 'refused'; why: 'tries' | 'time'; user: string };

export interface LoginOptions {
  greeting: string;
  /** Passwords that may be wrong before the caller is sent away. */
  tries: number;
  /** For the whole login, ms; null: for ever. */
  limitMs: number | null;
  /** More than one: the caller is asked, and Return takes the first. */
  choices: readonly LoginChoice[];
  /** Whether name and password are right; a sentence says why the caller may not come in all the same. */
  check(user: string, password: string): boolean | string;
}

export interface LoginSink {
  write(text: string): void;
  /** Once, and the last thing that happens. */
  ended(outcome: LoginOutcome): void;
}

const LINE_LIMIT = 64;
const names: Record<LoginChoice, string> = { ppp: 'PPP', slip: 'SLIP', cslip: 'CSLIP' };

export class LoginDialogue {
  readonly #options: LoginOptions;
  readonly #sink: LoginSink;
  #asks: 'name' | 'password' | 'choice' | 'nothing' = 'name';
  #user = '';
  #line = '';
  #wrong = 0;
  #afterReturn = false;
  #deadline: number | null = null;

  constructor(options: LoginOptions, sink: LoginSink) {
    this.#options = options;
    this.#sink = sink;
  }

  begin(now: number): void {
    const { limitMs, greeting } = this.#options;
    this.#deadline = limitMs === null ? null : now + limitMs;
    this.#sink.write(`\r\n${greeting}\r\n\r\n`);
    this.#askName();
  }

  nextDeadline(): number | null {
    return this.#asks === 'nothing' ? null : this.#deadline;
  }

  advance(now: number): void {
    if (this.#asks === 'nothing' || this.#deadline === null || now < this.#deadline) return;
    this.#sink.write('\r\n\r\nToo slow. Goodbye.\r\n');
    this.#end({ kind: 'refused', why: 'time', user: this.#user });
  }

  receive(bytes: Uint8Array): void {
    for (const raw of bytes) {
      if (this.#asks === 'nothing') return;
      this.#key(raw & 0x7f); // some terminals send parity
    }
  }

  #key(key: number): void {
    const wasReturn = this.#afterReturn;
    this.#afterReturn = key === 13;
    if (key === 13 || (key === 10 && !wasReturn)) this.#enter();
    else if (key === 3 || key === 4 || key === 21) {
      // ^C, ^D and ^U: begin this line anew.
      this.#line = '';
      this.#sink.write('\r\n');
      this.#askName();
    } else if ((key === 8 || key === 127) && this.#line !== '') {
      this.#line = this.#line.slice(0, -1);
      if (this.#asks !== 'password') this.#sink.write('\b \b');
    } else if (key >= 32 && key < 127 && this.#line.length < LINE_LIMIT) {
      const letter = String.fromCharCode(key);
      this.#line += letter;
      if (this.#asks !== 'password') this.#sink.write(letter);
    }
  }

  #enter(): void {
    const line = this.#line;
    this.#line = '';
    this.#sink.write('\r\n');
    if (this.#asks === 'name') this.#named(line.trim());
    else if (this.#asks === 'password') this.#tried(line);
    else this.#chosen(line.trim().toLowerCase());
  }

  #named(name: string): void {
    this.#user = name;
    if (name === '') this.#askName();
    else if (name.toLowerCase() === 'ppp') this.#start('ppp', null);
    else {
      this.#asks = 'password';
      this.#sink.write('Password: ');
    }
  }

  #tried(password: string): void {
    const verdict = this.#options.check(this.#user, password);
    if (verdict === true) {
      const [first] = this.#options.choices;
      if (this.#options.choices.length > 1) this.#askChoice();
      else this.#start(first ?? 'ppp', this.#user);
      return;
    }
    this.#wrong++;
    this.#sink.write(`${verdict === false ? 'Login incorrect' : verdict}\r\n`);
    if (this.#wrong < this.#options.tries) {
      this.#sink.write('\r\n');
      this.#askName();
    } else {
      this.#sink.write('Goodbye.\r\n');
      this.#end({ kind: 'refused', why: 'tries', user: this.#user });
    }
  }

  #chosen(word: string): void {
    const { choices } = this.#options;
    const choice = word === '' ? choices[0] : choices.find((known) => known === word);
    if (choice === undefined) this.#askChoice();
    else this.#start(choice, this.#user);
  }

  #askName(): void {
    this.#asks = 'name';
    this.#sink.write('login: ');
  }

  #askChoice(): void {
    this.#asks = 'choice';
    this.#sink.write(`Start ${this.#options.choices.map((choice) => names[choice]).join(', ')}? [PPP] `);
  }

  #start(choice: LoginChoice, user: string | null): void {
    this.#sink.write(`Starting ${names[choice]}.\r\n`);
    this.#end({ kind: choice, user });
  }

  #end(outcome: LoginOutcome): void {
    this.#asks = 'nothing';
    this.#sink.ended(outcome);
  }
}
