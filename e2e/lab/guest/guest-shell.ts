/**
 * Commands for a guest that is running: one of its serial ports as the input and output of a shell. A line to the guest is
 * one bash command, what it prints comes back, then a mark with its exit code.
 */
import type { Socket } from 'node:net';

const MARK = /\r?\n?<<lab (\d+)>>\n/;

/** Lines of the guest's script that serve `port` for ever; say LAB-READY first. */
export const shellLines = (port: string): string[] => [
  `stty -F ${port} raw -echo 115200`,
  `exec 9<>${port}`,
  'while IFS= read -r words <&9; do',
  '  bash -c "$words" < /dev/null >&9 2>&1 9>&-; echo "<<lab $?>>" >&9',
  'done',
];

export class GuestShell {
  readonly #line: Socket;
  #heard = '';
  #look: () => void = () => {};
  #last: Promise<unknown> = Promise.resolve();

  constructor(line: Socket) {
    this.#line = line;
    line.on('data', (bytes: Buffer) => {
      this.#heard += bytes.toString('latin1');
      this.#look();
    });
  }

  /** What `command`, one line, printed. Rejects with it if its exit code is not 0, or after `limitMs`. */
  run(command: string, limitMs = 30_000): Promise<string> {
    const result = this.#last.then(() => this.#run(command, limitMs));
    this.#last = result.catch(() => undefined);
    return result;
  }

  #run(command: string, limitMs: number): Promise<string> {
    this.#heard = '';
    this.#line.write(`${command}\n`);
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () =>
          reject(new Error(`in the guest: “${command}” did not end in ${limitMs / 1000} s; ${this.#heard}`)),
        limitMs,
      );
      this.#look = () => {
        const end = MARK.exec(this.#heard);
        if (end === null) return;
        clearTimeout(late);
        this.#look = () => {};
        const printed = this.#heard.slice(0, end.index);
        if (end[1] === '0') resolve(printed);
        else reject(new Error(`in the guest: “${command}” ended with ${end[1]}: ${printed}`));
      };
      this.#look();
    });
  }
}
