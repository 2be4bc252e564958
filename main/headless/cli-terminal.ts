/** The person's side of the command line: text from a file or a pipe, a question with a yes or a no, single keys. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import type { Keys } from './cli-context.ts';

/** Far more than any rule file; keeps a device or an endless pipe from filling memory. */
const MAX_BYTES = 1 << 20;

/** `-` is standard input. Rejects when it cannot be read, or is larger than a megabyte. */
export async function readText(path: string): Promise<string> {
  const stream = path === '-' ? process.stdin : createReadStream(path);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk));
    length += chunk.length;
    if (length > MAX_BYTES) throw new Error('It is larger than a megabyte.');
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Null where standard input or output is no terminal. Ctrl-C, Ctrl-D and anything but y or yes mean no. */
export function asker(stop: AbortSignal): ((question: string) => Promise<boolean>) | null {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return null;
  return async (question) => {
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    const ended = new Promise<string>((resolve) => {
      terminal.once('close', () => resolve(''));
      terminal.once('SIGINT', () => resolve(''));
    });
    const answer = await Promise.race([terminal.question(question, { signal: stop }).catch(() => ''), ended]);
    terminal.close();
    return /^y(es)?$/i.test(answer.trim());
  };
}

/** Each key as it is pressed; from a pipe, whole lines. */
export function keyboard(): Keys {
  const { stdin, stdout } = process;
  return {
    show: (text) => void stdout.write(text),
    listen(pressed, ended) {
      const read = (chunk: Buffer) => pressed(chunk.toString('utf8').replaceAll('\n', '\r'));
      const raw = (on: boolean) => stdin.isTTY && stdin.setRawMode(on);
      raw(true);
      stdin.on('data', read).once('end', ended);
      return () => {
        raw(false);
        stdin.off('data', read).off('end', ended).pause();
      };
    },
  };
}
