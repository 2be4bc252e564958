/**
 * The authenticated socket between main and the engine (RUN_BASE/<uid>/engine.sock).
 *
 * A connection becomes the controller when the kernel says its process belongs to the owner (SO_PEERCRED) and its hello
 * carries the token; there is one controller at a time. Anything else is told why and closed. The engine outlives its
 * controller by MAIN_GRACE_MS; what then happens is the owner's business (`abandoned`). Knows nothing of packets' contents.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { chmodSync, chownSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import {
  type Fault,
  FrameReader,
  FrameWriter,
  type FromEngine,
  HEARTBEAT_LOST_MS,
  HEARTBEAT_MS,
  HELLO_MS,
  MAIN_GRACE_MS,
  PROTOCOL_VERSION,
  type ToEngine,
  toEngineSchema,
} from './contract.ts';
import { type PeerCredentials, peerCredentials, setSocketBuffers } from './host/libc.ts';

/** Small: what waits belongs in main's line scheduler, not in a socket. */
const SOCKET_BUFFER_BYTES = 48 * 1024;
/** The person may take long over the first approval, but by then main waits already. */
const FIRST_HELLO_MS = 60_000;
/** Connections that have not said hello yet. */
const MAX_STRANGERS = 8;

export type EngineRequest = Extract<ToEngine, { id: number }>;
type Hello = Extract<ToEngine, { type: 'hello' }>;
export type Answer = { ok: true; result?: unknown } | { ok: false; fault: Fault };

export interface SessionOptions {
  path: string;
  ownerUid: number;
  /** SHA-256 of the token. */
  tokenHash: Uint8Array;
  restarts: number;
}

export interface SessionEvents {
  request(message: EngineRequest): Promise<Answer>;
  packet(link: number, client: number, buffer: Uint8Array, offset: number, length: number): void;
  /** All packets of one read have been delivered. */
  batchEnd(): void;
  /** The controller can take packets again. */
  drained(): void;
  /** A controller came (true) or went (false). */
  controller(present: boolean): void;
  /** Nobody came, or came back, in time. */
  abandoned(reason: string): void;
  log(level: 'info' | 'warning' | 'error', text: string): void;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #events: SessionEvents;
  readonly #server: Server;
  readonly #strangers = new Set<Connection>();
  #controller: Connection | null = null;
  #grace: NodeJS.Timeout | null = null;
  #closing = false;

  constructor(options: SessionOptions, events: SessionEvents) {
    this.#options = options;
    this.#events = events;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  listen(): Promise<void> {
    const { path, ownerUid } = this.#options;
    rmSync(path, { force: true });
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      // Made 0600 for root under the process's umask, then given to the owner: never open to a third in between.
      this.#server.listen(path, () => {
        chmodSync(path, 0o600);
        chownSync(path, ownerUid, -1);
        const wait = this.#options.restarts === 0 ? FIRST_HELLO_MS : MAIN_GRACE_MS;
        this.#waitForController(wait, 'nobody said hello');
        resolve();
      });
    });
  }

  get congested(): boolean {
    return this.#controller?.writer.congested ?? false;
  }

  get dropped(): number {
    return this.#controller?.writer.dropped ?? 0;
  }

  /** Sent if there is a controller; otherwise there is nobody to tell. */
  send(message: FromEngine): void {
    this.#controller?.writer.control(message);
  }

  packet(link: number, client: number, buffer: Uint8Array, offset: number, length: number): void {
    this.#controller?.writer.packet(link, client, buffer, offset, length);
  }

  flush(): void {
    this.#controller?.writer.flush();
  }

  /** Nobody new is let in; who is connected gets what was queued for them. */
  async close(): Promise<void> {
    if (this.#grace) clearTimeout(this.#grace);
    this.#closing = true;
    rmSync(this.#options.path, { force: true });
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const connection of [this.#controller, ...this.#strangers]) connection?.end();
    await closed;
  }

  #waitForController(milliseconds: number, reason: string): void {
    this.#grace = setTimeout(() => this.#events.abandoned(reason), milliseconds);
  }

  #accept(socket: Socket): void {
    const fd = (socket as unknown as { _handle?: { fd?: number } })._handle?.fd ?? -1;
    const peer = peerCredentials(fd);
    const connection = new Connection(socket, {
      hello: (message) => this.#hello(connection, message),
      request: async (message) => {
        const answer = await this.#events.request(message);
        if (answer.ok)
          connection.writer.control({ type: 'reply', id: message.id, ok: true, result: answer.result });
        else connection.writer.control({ type: 'reply-fault', id: message.id, fault: answer.fault });
      },
      packet: this.#events.packet,
      batchEnd: () => this.#events.batchEnd(),
      refused: (reason) =>
        this.#events.log('warning', `Connection ended: ${reason} (${describePeer(peer)}).`),
      closed: () => this.#closed(connection),
    });
    connection.writer.onDrain = () => this.#events.drained();
    this.#strangers.add(connection);
    const objection = this.#objection(peer);
    if (objection !== null) connection.refuse(objection);
    else setSocketBuffers(fd, SOCKET_BUFFER_BYTES);
  }

  /** Why this process may not even say hello. */
  #objection(peer: PeerCredentials | null): string | null {
    if (this.#closing) return 'the engine is ending';
    if (this.#strangers.size > MAX_STRANGERS) return 'too many connections at once';
    if (peer === null) return 'the kernel does not say who this is';
    if (peer.uid === this.#options.ownerUid) return null;
    return `user ${peer.uid} is not the owner of this engine`;
  }

  /** Why this hello does not make a controller. */
  #helloObjection(message: Hello): string | null {
    const hash = createHash('sha256').update(message.token).digest();
    if (!timingSafeEqual(hash, this.#options.tokenHash)) return 'the token is wrong';
    if (message.protocol !== PROTOCOL_VERSION) {
      return `the engine speaks version ${PROTOCOL_VERSION} of the protocol, the caller version ${message.protocol}`;
    }
    return this.#controller ? 'another controller is connected' : null;
  }

  #hello(connection: Connection, message: Hello): void {
    const objection = this.#closing ? 'the engine is ending' : this.#helloObjection(message);
    if (objection !== null) {
      connection.refuse(objection);
      return;
    }
    if (this.#grace) clearTimeout(this.#grace);
    this.#grace = null;
    this.#strangers.delete(connection);
    this.#controller = connection;
    connection.welcome();
    connection.writer.control({
      type: 'welcome',
      protocol: PROTOCOL_VERSION,
      pid: process.pid,
      restarts: this.#options.restarts,
    });
    this.#events.controller(true);
  }

  #closed(connection: Connection): void {
    if (this.#strangers.delete(connection)) return;
    this.#controller = null;
    if (this.#closing) return;
    this.#events.controller(false);
    this.#events.log(
      'warning',
      `The program that controls this engine is gone; waiting ${MAIN_GRACE_MS / 1000} s.`,
    );
    this.#waitForController(MAIN_GRACE_MS, 'the program that controls it did not come back');
  }
}

interface ConnectionEvents {
  hello(message: Hello): void;
  request(message: EngineRequest): Promise<void>;
  packet(link: number, client: number, buffer: Uint8Array, offset: number, length: number): void;
  batchEnd(): void;
  refused(reason: string): void;
  closed(): void;
}

/** One accepted socket: frames in and out, hello limit, heartbeat. */
class Connection {
  readonly writer: FrameWriter;
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  #welcome = false;
  #over = false;
  #lastHeard = performance.now();
  readonly #helloLimit: NodeJS.Timeout;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(socket: Socket, events: ConnectionEvents) {
    this.#socket = socket;
    this.#events = events;
    this.writer = new FrameWriter((bytes, done) => void socket.write(bytes, done));
    const reader = new FrameReader({
      control: (text) => this.#control(text),
      packet: (link, client, buffer, offset, length) => {
        if (this.#over) return;
        if (this.#welcome) events.packet(link, client, buffer, offset, length);
        else this.refuse('a packet before hello');
      },
      bad: (reason) => this.refuse(`bad frame: ${reason}`),
    });
    this.#helloLimit = setTimeout(() => this.refuse('no hello in time'), HELLO_MS);
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
    socket.on('data', (chunk: Buffer) => {
      if (this.#over) return;
      this.#lastHeard = performance.now();
      reader.push(chunk);
      if (this.#welcome) events.batchEnd();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#quiet();
      events.closed();
    });
  }

  welcome(): void {
    clearTimeout(this.#helloLimit);
    this.#welcome = true;
  }

  /** Tells the other side why, logs it, and closes. */
  refuse(reason: string): void {
    if (this.#over) return;
    this.#events.refused(reason);
    this.writer.control({ type: 'refused', reason: reason.slice(0, 400) });
    this.end();
  }

  /** Sends what is queued, then closes. */
  end(): void {
    this.#quiet();
    this.writer.finish(() => this.#socket.end());
    setTimeout(() => this.#socket.destroy(), 500).unref();
  }

  #quiet(): void {
    this.#over = true;
    clearTimeout(this.#helloLimit);
    clearInterval(this.#heartbeat);
  }

  #control(text: string): void {
    if (this.#over) return;
    const message = parse(text);
    if (message === null) this.refuse('a message that does not fit the protocol');
    else if (message.type === 'hello' && this.#welcome) this.refuse('hello twice');
    else if (message.type === 'hello') this.#events.hello(message);
    else if (!this.#welcome) this.refuse(`${message.type} before hello`);
    else if (message.type === 'ping') this.writer.control({ type: 'pong' });
    else void this.#events.request(message);
  }

  #beat(): void {
    if (this.#welcome && performance.now() - this.#lastHeard > HEARTBEAT_LOST_MS) {
      this.#events.refused(`nothing heard for ${HEARTBEAT_LOST_MS / 1000} s`);
      this.#quiet();
      this.#socket.destroy();
    }
  }
}

function parse(text: string): ToEngine | null {
  try {
    return toEngineSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function describePeer(peer: PeerCredentials | null): string {
  return peer === null ? 'unknown process' : `process ${peer.pid}, user ${peer.uid}`;
}
