/** One connection to the engine's socket: read at once and always into one buffer, heartbeat, frames. Decides nothing. */
import { connect, type Socket } from 'node:net';
import {
  FrameReader,
  FrameWriter,
  type FromEngine,
  fromEngineSchema,
  HEARTBEAT_LOST_MS,
  HEARTBEAT_MS,
} from '../engine/contract.ts';

const READ_BYTES = 64 * 1024;

export interface EngineLineEvents {
  open(): void;
  message(message: FromEngine): void;
  packet(link: number, client: number, buffer: Uint8Array, offset: number, length: number): void;
  closed(reason: string): void;
}

export class EngineLine {
  readonly writer: FrameWriter;
  readonly #socket: Socket;
  #lastHeard = performance.now();
  #reason = 'The connection closed.';
  #flushDue = false;

  constructor(path: string, events: EngineLineEvents) {
    const reader = new FrameReader({
      control: (text) => {
        const message = parse(text);
        if (message === null) this.#abandon('It sent a message that does not fit the protocol.');
        else events.message(message);
      },
      packet: events.packet,
      bad: (reason) => this.#abandon(`It sent ${reason}.`),
    });
    this.#socket = connect({
      path,
      onread: {
        buffer: new Uint8Array(READ_BYTES),
        callback: (bytes, buffer) => {
          this.#lastHeard = performance.now();
          reader.push(buffer, bytes);
          return true;
        },
      },
    });
    const socket = this.#socket;
    this.writer = new FrameWriter((bytes, done) => void socket.write(bytes, done));
    const heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
    socket.on('connect', () => events.open());
    socket.on('error', (error) => {
      this.#reason = error.message;
    });
    socket.on('close', () => {
      clearInterval(heartbeat);
      events.closed(this.#reason);
    });
  }

  packet(link: number, client: number, buffer: Uint8Array, offset: number, length: number): void {
    this.writer.packet(link, client, buffer, offset, length);
    if (this.#flushDue) return;
    this.#flushDue = true;
    setImmediate(() => {
      this.#flushDue = false;
      this.writer.flush();
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #beat(): void {
    if (performance.now() - this.#lastHeard > HEARTBEAT_LOST_MS)
      this.#abandon('It has not been heard for too long.');
    else this.writer.control({ type: 'ping' });
  }

  #abandon(reason: string): void {
    this.#reason = reason;
    this.#socket.destroy();
  }
}

function parse(text: string): FromEngine | null {
  try {
    return fromEngineSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
