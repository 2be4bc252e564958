/** Newline-delimited text from a socket, with a limit on how much of an unfinished line is held. */
import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';

/** A line longer than `limit` characters ends the connection. */
export function readLines(socket: Socket, limit: number, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  let held = 0;
  socket.on('data', (chunk: Buffer) => {
    const lines = decoder.write(chunk).split('\n');
    const rest = lines.pop() ?? '';
    for (const line of lines) {
      const whole = parts.join('') + line;
      parts = [];
      held = 0;
      if (!socket.destroyed) onLine(whole);
    }
    parts.push(rest);
    held += rest.length;
    if (held > limit) socket.destroy();
  });
}
