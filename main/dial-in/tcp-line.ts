/**
 * A TCP port that takes calls, for emulated computers whose modems and serial ports are TCP connections (DOSBox, 86Box,
 * tcpser). Each connection is a caller, so many at most. Listens on this computer only, or on the LAN card, never elsewhere.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { CallerLineOf, Fault } from '../contract.ts';
import type { CallPart } from '../link/parts.ts';
import type { LostCause } from '../modem/call.ts';
import { GuessLimit } from './guess-limit.ts';
import { type AnsweringLine, type LineHost, Retry } from './line.ts';
import { Telnet } from './telnet.ts';

const LOOPBACK = '127.0.0.1';
/** A connection whose other end does not read is ended when so much waits for it, bytes. */
const MOST_WAITING = 1 << 20;
const KEPT = 65_536;
const WRONG = new Set(['caller-password', 'caller-unknown', 'caller-tries']);

export class TcpLine implements AnsweringLine {
  readonly #line: CallerLineOf<'tcp'>;
  readonly #host: LineHost;
  /** The gateway's address on the LAN; null: there is none. */
  readonly #lanAddress: () => string | null;
  readonly #abort = new AbortController();
  readonly #calls = new Set<Promise<unknown>>();
  readonly #guesses = new GuessLimit();
  #running: Promise<void> = Promise.resolve();

  constructor(line: CallerLineOf<'tcp'>, host: LineHost, lanAddress: () => string | null) {
    this.#line = line;
    this.#host = host;
    this.#lanAddress = lanAddress;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    await Promise.all(this.#calls);
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    const { tcpPort, reach } = this.#line;
    const retry = new Retry(this.#host.clock);
    while (!signal.aborted) {
      const address = reach === 'lan' ? this.#lanAddress() : LOOPBACK;
      const fault = address === null ? noLan : await this.#listen(address, tcpPort, signal);
      if (signal.aborted) return;
      if (fault !== null) this.#host.tell('fault', fault.sentence, fault);
      await retry.wait(signal);
    }
  }

  /** Null: told to stop. */
  #listen(address: string, port: number, signal: AbortSignal): Promise<Fault | null> {
    return new Promise((resolve) => {
      const server: Server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#take(socket));
      const stop = () => {
        server.close();
        resolve(null);
      };
      server.on('error', (error: NodeJS.ErrnoException) => {
        signal.removeEventListener('abort', stop);
        server.close();
        resolve(notListening(address, port, error));
      });
      server.listen(port, address, () => {
        this.#host.log('info', `Callers may connect to ${address}, port ${port}.`);
        this.#waiting(null);
      });
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
  }

  #take(socket: Socket): void {
    const from = socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'somebody';
    const barred = this.#guesses.bars(from, this.#host.clock.now());
    if (barred || this.#calls.size >= this.#line.callers || this.#abort.signal.aborted) {
      socket.on('error', () => socket.destroy());
      // What a modem says when all lines are taken. Nobody who then stays on keeps a socket of ours.
      socket.end('\r\nBUSY\r\n', () => socket.destroy());
      const why = barred
        ? 'too many wrong passwords came from there'
        : 'as many callers as allowed are on the line';
      this.#host.log('info', `Turned ${from} away: ${why}.`);
      return;
    }
    this.#host.log('info', `${from} connects.`);
    const call = new TcpCall(socket, this.#line.portRate);
    const served = this.#host.serve(call, from).then(({ fault, user }) => {
      if (WRONG.has(fault?.code ?? '')) this.#guesses.wrong(from, this.#host.clock.now());
      else if (user !== null) this.#guesses.right(from);
      this.#calls.delete(served);
      this.#waiting(fault);
    });
    this.#calls.add(served);
  }

  #waiting(fault: Fault | null): void {
    if (this.#abort.signal.aborted || this.#calls.size > 0) return;
    this.#host.tell('waiting', `Waiting for connections to port ${this.#line.tcpPort}`, fault);
  }
}

/** A connection as a call, at the pace a modem or cable of that rate would have. */
export class TcpCall implements CallPart {
  readonly line: { readonly pendingBytes: number };
  readonly carrierRate: number;
  readonly transmitRate: number;
  readonly portRate: number;
  readonly connectText = 'TCP';
  readonly errorCorrected = true;
  readonly compressed = false;
  readonly #socket: Socket;
  readonly #telnet: Telnet;
  #onData: ((bytes: Uint8Array) => void) | null = null;
  #onLost: ((cause: LostCause, detail: string) => void) | null = null;
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #lost: string | null = null;
  #told = false;

  constructor(socket: Socket, rate: number) {
    this.#socket = socket;
    this.carrierRate = rate;
    this.transmitRate = rate;
    this.portRate = rate;
    this.line = {
      get pendingBytes() {
        return socket.writableLength;
      },
    };
    this.#telnet = new Telnet((bytes) => void socket.write(bytes));
    let failure = 'The other side closed the connection.';
    socket.on('data', (bytes) => this.#receive(bytes));
    socket.on('error', (error) => {
      failure = error.message;
    });
    socket.on('close', () => {
      this.#lost = failure;
      this.#tell();
    });
  }

  get onData(): ((bytes: Uint8Array) => void) | null {
    return this.#onData;
  }

  set onData(reader: ((bytes: Uint8Array) => void) | null) {
    this.#onData = reader;
    const kept = this.#kept;
    this.#kept = [];
    this.#keptBytes = 0;
    if (reader !== null) for (const bytes of kept) reader(bytes);
  }

  get onLost(): ((cause: LostCause, detail: string) => void) | null {
    return this.#onLost;
  }

  set onLost(listener: ((cause: LostCause, detail: string) => void) | null) {
    this.#onLost = listener;
    this.#tell();
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.writableLength > MOST_WAITING) this.#socket.destroy();
    // Copied: the caller's buffer is used again before the socket has taken it.
    else if (this.#socket.writable) this.#socket.write(Uint8Array.from(this.#telnet.encode(bytes)));
  }

  async hangUp({ now }: { now?: boolean } = {}): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      if (now) socket.destroy();
      else {
        socket.end();
        // Whoever does not close too has had their time.
        setTimeout(() => socket.destroy(), 1_000).unref();
      }
    });
  }

  #receive(bytes: Uint8Array): void {
    const data = this.#telnet.decode(bytes);
    if (data.length === 0) return;
    if (this.#onData !== null) this.#onData(data);
    else if (this.#keptBytes < KEPT) {
      this.#kept.push(data.slice());
      this.#keptBytes += data.length;
    }
  }

  #tell(): void {
    if (this.#lost === null || this.#onLost === null || this.#told) return;
    this.#told = true;
    this.#onLost('carrier', this.#lost);
  }
}

const noLan: Fault = {
  code: 'line-no-lan',
  sentence: 'The line is open to the LAN, but no network card is chosen for one.',
  cause: 'Callers from the LAN are let in on that card only.',
  remedy: 'Choose the network card in Settings, or open the line to this computer only.',
};

function notListening(address: string, port: number, error: NodeJS.ErrnoException): Fault {
  const taken = error.code === 'EADDRINUSE';
  return {
    code: taken ? 'line-tcp-taken' : 'line-tcp',
    sentence: `Callers cannot connect to ${address}, port ${port}.`,
    cause: taken
      ? 'Another program listens on that port.'
      : error.code === 'EADDRNOTAVAIL'
        ? 'The network card does not have its address yet; it gets it when sharing begins.'
        : 'The system refused the port.',
    remedy: taken ? 'Choose another port for this line.' : 'It is tried again by itself.',
    detail: error.message,
  };
}
