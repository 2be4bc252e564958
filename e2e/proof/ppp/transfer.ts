// Data both ways at once over TCP, compared by their sums: one connection that we fill and the far end sums up, one that the
// far end fills with a file we know. The far end is a few lines of perl in a guest, or the same served here.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';

export const SINK_PORT = 7001;
export const SOURCE_PORT = 7002;

const sum = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Half of it text, which compresses, half of it not; every octet value occurs. */
function makeData(length: number): Buffer {
  const data = Buffer.alloc(length);
  let state = 7;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    data[i] = (i >> 11) & 1 ? state >>> 16 : 'the quick brown fox jumps over it; '.charCodeAt(i % 35);
  }
  return data;
}

export function writeData(path: string, length: number): Buffer {
  const data = makeData(length);
  writeFileSync(path, data);
  return data;
}

/** Lines of a guest's script: both ports, for ever, the source with the file `path`. */
export function farEndLines(path: string): string[] {
  const program = [
    'use IO::Socket::INET; $SIG{CHLD} = "IGNORE";',
    `for my $port (${SINK_PORT}, ${SOURCE_PORT}) { next if fork;`,
    'my $s = IO::Socket::INET->new(LocalPort => $port, Listen => 5, ReuseAddr => 1) or die;',
    'while (1) { my $c = $s->accept or next; next if fork; my $b;',
    `if ($port == ${SINK_PORT}) { open STDIN, "<&", $c; open STDOUT, ">&", $c; exec "sha256sum"; }`,
    `else { open my $f, "<", "${path}"; syswrite $c, $b while sysread $f, $b, 4096; }`,
    'close $c; exit; } }',
  ];
  return [`perl -e '${program.join(' ')}' &`, 'wait $!'];
}

/** The same on this computer's loopback, for a far end that leads there (slirp). */
export async function farEndHere(path: string): Promise<() => void> {
  const servers: [number, Server][] = [
    [
      SINK_PORT,
      createServer({ allowHalfOpen: true }, (socket) => {
        const hash = createHash('sha256');
        socket.on('data', (bytes) => hash.update(bytes));
        socket.on('end', () => socket.end(hash.digest('hex')));
        socket.on('error', () => {});
      }),
    ],
    [
      SOURCE_PORT,
      createServer((socket) => {
        socket.on('error', () => {});
        socket.end(readFileSync(path));
      }),
    ],
  ];
  for (const [port, server] of servers)
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return () => {
    for (const [, server] of servers) server.close();
  };
}

function talk(host: string, port: number, send: Uint8Array | null, limitMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect({ host, port, allowHalfOpen: true });
    const late = setTimeout(() => socket.destroy(new Error(`no end in ${limitMs / 1000} s`)), limitMs);
    socket.on('connect', () => (send ? socket.end(send) : socket.end()));
    socket.on('data', (bytes) => parts.push(bytes));
    socket.on('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
    socket.on('end', () => {
      clearTimeout(late);
      resolve(Buffer.concat(parts));
    });
  });
}

/** Rejects if an octet is missing or wrong, either way; resolves to the seconds it took. */
export async function transfer(host: string, data: Buffer, limitMs = 45_000): Promise<number> {
  const began = performance.now();
  const [told, came] = await Promise.all([
    talk(host, SINK_PORT, data, limitMs),
    talk(host, SOURCE_PORT, null, limitMs),
  ]);
  if (told.toString('latin1', 0, 64) !== sum(data))
    throw new Error('the data arrived there with another sum');
  if (sum(came) !== sum(data))
    throw new Error(`the data arrived here with another sum (${came.length} octets)`);
  return (performance.now() - began) / 1000;
}
