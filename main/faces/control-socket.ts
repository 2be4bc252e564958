/**
 * The Unix socket in the user's private runtime directory: the command line's way to the running gateway, and the proof
 * that one runs. Whoever can open it is its owner, by directory (0700) and mode (0600); so it asks for no token.
 */
import { chmodSync, statSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { within } from '../abort.ts';
import { systemClock } from '../gateway-parts.ts';
import { connectControl } from './control-client.ts';
import { FaceConnection, type FaceHost } from './face-connection.ts';
import { readLines } from './lines.ts';
import { type About, MAX_MESSAGE_BYTES } from './messages.ts';

export const CONTROL_SOCKET = 'control.sock';
/** How long a gateway that is just starting may take to say who it is. */
const ANSWER_MS = 10_000;

export type Claim = { first: true; control: ControlSocket } | { first: false; about: About };

/**
 * Becomes the one gateway of this user, or says who is. A socket left by a crash is taken over. Nothing is answered before
 * `serve`. With `show` the running one is asked to bring its window forward.
 */
export async function claimInstance(path: string, show: boolean): Promise<Claim> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const server = await listen(path);
    if (server !== null) return { first: true, control: new ControlSocket(server, path) };
    const inode = inodeOf(path);
    const client = await connectControl(path);
    if (client !== null) {
      try {
        const about = await within(client.about(show), ANSWER_MS, systemClock);
        if (about === null)
          throw new Error('Masq-Gate runs already, but does not answer. End it, then start again.');
        return { first: false, about };
      } finally {
        client.close();
      }
    }
    // Nobody listens: a leftover, unless another start has just replaced it.
    if (inode !== null && inodeOf(path) === inode) unlinkSync(path);
  }
  throw new Error(`Another Masq-Gate is starting or hangs; if there is none, remove ${path}.`);
}

export class ControlSocket {
  readonly #server: Server;
  readonly #path: string;
  readonly #inode: number | null;
  readonly #sockets = new Set<Socket>();
  readonly #early: Socket[] = [];
  #host: FaceHost | null = null;

  constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
    this.#inode = inodeOf(path);
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
      if (this.#host === null) this.#early.push(socket);
      else attach(socket, this.#host);
    });
  }

  /** From now on commands are answered, those of callers who already wait too. */
  serve(host: FaceHost): void {
    this.#host = host;
    for (const socket of this.#early.splice(0)) attach(socket, host);
  }

  /** Sends what is still due, then lets go of the name. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroySoon();
    await closed;
    if (inodeOf(this.#path) === this.#inode && this.#inode !== null) unlinkSync(this.#path);
  }
}

function attach(socket: Socket, host: FaceHost): void {
  const connection = new FaceConnection(
    host,
    {
      send: (text) => socket.write(`${text}\n`),
      backlog: () => socket.writableLength,
      close: () => socket.destroy(),
    },
    null,
  );
  socket.on('close', () => connection.closed());
  readLines(socket, MAX_MESSAGE_BYTES, (line) => connection.receive(line));
}

function listen(path: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen(path, () => {
      chmodSync(path, 0o600);
      resolve(server);
    });
  });
}

function inodeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? null;
}
