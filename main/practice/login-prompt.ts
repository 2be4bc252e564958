/**
 * The text a terminal server greets its caller with before PPP: `login:` and `Password:`, echo for the one and none for the
 * other. Bytes in, bytes out; it knows no PPP.
 */

export interface LoginSink {
  write(text: string): void;
  /** The right name and password were typed. */
  passed(user: string): void;
}

const LINE_LIMIT = 64;

export class LoginPrompt {
  readonly #sink: LoginSink;
  readonly #check: (user: string, password: string) => boolean;
  #user: string | null = null;
  #line = '';

  constructor(sink: LoginSink, check: (user: string, password: string) => boolean) {
    this.#sink = sink;
    this.#check = check;
    sink.write('\r\nPractice terminal server\r\n\r\nlogin: ');
  }

  receive(bytes: Uint8Array): void {
    for (const raw of bytes) {
      const byte = raw & 0x7f;
      if (byte === 13) this.#enter();
      else if (byte === 8 || byte === 127) this.#line = this.#line.slice(0, -1);
      else if (byte >= 32 && this.#line.length < LINE_LIMIT) {
        this.#line += String.fromCharCode(byte);
        if (this.#user === null) this.#sink.write(String.fromCharCode(byte));
      }
    }
  }

  #enter(): void {
    const line = this.#line;
    this.#line = '';
    this.#sink.write('\r\n');
    if (this.#user === null) {
      if (line !== '') this.#user = line;
      this.#sink.write(line === '' ? 'login: ' : 'Password: ');
      return;
    }
    const user = this.#user;
    this.#user = null;
    if (this.#check(user, line)) {
      this.#sink.write('Starting PPP.\r\n');
      this.#sink.passed(user);
    } else this.#sink.write('Login incorrect\r\n\r\nlogin: ');
  }
}
