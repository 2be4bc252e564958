// What the scripted peers are made of: TCP and UDP with an end to every wait, the gate at which servers hold back what they have
// to send, and the one line in which a client says how it went.
import { createSocket, type RemoteInfo, type Socket as Udp } from 'node:dgram';
import { createConnection, createServer, type Socket } from 'node:net';

/** How long a client waits for what should come: longer where the proof keeps it waiting. */
export const WAIT_MS = Number(process.env.PROOF_WAIT_MS ?? 1_500);
/** How long a server waits for its client. */
export const PATIENCE_MS = 10_000;

/** A reason for a script to have failed, as a person would say it. */
export class Failed extends Error {}

/** Both ends of one protocol, written from its published layout. */
export interface Script {
  /** Resolves to a word on how it went; throws Failed. `own` is the address of this end. */
  client(server: string, own: string): Promise<string>;
  /** Serves until the process ends. `gate` resolves when it may send what a helper awaits. */
  serve(own: string, gate: () => Promise<void>): Promise<void>;
}

async function within<T>(what: string, wait: Promise<T>, ms = WAIT_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Failed(`no ${what}`)), ms);
  });
  return Promise.race([wait, late]).finally(() => clearTimeout(timer));
}

/** A TCP connection, read by lengths or up to a text. */
export class Stream {
  readonly socket: Socket;
  #bytes = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
    socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** From this end's own address; servers have several. */
  static connect(host: string, port: number, own?: string, ownPort?: number): Promise<Stream> {
    const from = { ...(own && { localAddress: own }), ...(ownPort && { localPort: ownPort }) };
    const socket = createConnection({ host, port, ...from });
    const opened = new Promise<Stream>((resolve, reject) => {
      const stream = new Stream(socket);
      socket.once('connect', () => resolve(stream));
      socket.once('error', (error) => reject(new Failed(`no connection to ${port}: ${error.message}`)));
    });
    return within(`connection to ${port}`, opened);
  }

  write(bytes: Uint8Array | string): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  async read(length: number, what: string, ms = WAIT_MS): Promise<Buffer> {
    await this.#until(() => this.#bytes.length >= length, what, ms);
    return this.#take(length);
  }

  /** Up to and with `end`. */
  async readTo(end: string, what: string, ms = WAIT_MS): Promise<string> {
    await this.#until(() => this.#bytes.includes(end), what, ms);
    return this.#take(this.#bytes.indexOf(end) + end.length).toString('latin1');
  }

  async #until(isSo: () => boolean, what: string, ms: number): Promise<void> {
    const wait = async () => {
      while (!isSo()) {
        if (this.#ended) throw new Failed(`the connection ended before ${what}`);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    };
    await within(what, wait(), ms);
  }

  #take(length: number): Buffer {
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  end(): void {
    this.socket.destroy();
  }
}

/** A TCP port that hands out who comes. */
export interface Listener {
  readonly port: number;
  accept(what: string, ms?: number): Promise<Stream>;
  close(): void;
}

export function listen(port: number, address: string): Promise<Listener> {
  const waiting: Stream[] = [];
  const takers: ((stream: Stream) => void)[] = [];
  const server = createServer((socket) => {
    const stream = new Stream(socket);
    const taker = takers.shift();
    if (taker) taker(stream);
    else waiting.push(stream);
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new Failed(error.message)));
    server.listen(port, address, () =>
      resolve({
        port: (server.address() as { port: number }).port,
        accept: (what, ms = WAIT_MS) => {
          const come = waiting.shift();
          return come
            ? Promise.resolve(come)
            : within(what, new Promise<Stream>((take) => takers.push(take)), ms);
        },
        close: () => server.close(),
      }),
    );
  });
}

/** Serves each that comes; a client's mistake ends only its own connection. */
export async function serveTcp(
  port: number,
  address: string,
  serve: (stream: Stream, remote: string, remotePort: number) => Promise<void>,
): Promise<void> {
  const server = createServer((socket) => {
    const stream = new Stream(socket);
    serve(stream, socket.remoteAddress ?? '', socket.remotePort ?? 0)
      .catch(() => {})
      .finally(() => stream.end());
  });
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
}

export interface Datagram {
  readonly bytes: Buffer;
  readonly from: RemoteInfo;
}

/** A UDP port. */
export class Port {
  readonly #socket: Udp;
  readonly #waiting: Datagram[] = [];
  readonly #takers: ((datagram: Datagram) => void)[] = [];

  private constructor(socket: Udp) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('message', (bytes, from) => {
      const taker = this.#takers.shift();
      if (taker) taker({ bytes, from });
      else this.#waiting.push({ bytes, from });
    });
  }

  static open(port: number, address: string): Promise<Port> {
    const socket = createSocket('udp4');
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => reject(new Failed(error.message)));
      socket.bind(port, address, () => resolve(new Port(socket)));
    });
  }

  get number(): number {
    return this.#socket.address().port;
  }

  send(bytes: Uint8Array | string, port: number, address: string): void {
    if (port > 0 && port < 65_536) this.#socket.send(bytes, port, address);
  }

  receive(what: string, ms = WAIT_MS): Promise<Datagram> {
    const come = this.#waiting.shift();
    if (come) return Promise.resolve(come);
    return within(what, new Promise<Datagram>((take) => this.#takers.push(take)), ms);
  }

  /** Every datagram to `serve`; a client's mistake harms no other. */
  async serve(serve: (datagram: Datagram) => Promise<void>): Promise<void> {
    for (;;) {
      const datagram = await new Promise<Datagram>((take) => {
        const come = this.#waiting.shift();
        if (come) take(come);
        else this.#takers.push(take);
      });
      void serve(datagram).catch(() => {});
    }
  }

  close(): void {
    this.#socket.close();
  }
}

export function need(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Failed(otherwise);
}

export function u16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, i) => {
    bytes.writeUInt16BE(value, i * 2);
  });
  return bytes;
}

/** The four octets of an address. */
export function octets(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

export function dotted(bytes: Buffer, at: number): string {
  return [...bytes.subarray(at, at + 4)].join('.');
}
