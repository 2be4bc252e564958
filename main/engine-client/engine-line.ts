/** One connection to the engine's socket: read at once and always into one buffer, heartbeat, frames. Decides nothing. */
import { connect, type Socket } from 'node:net';
import {
  FrameReader,
  FrameWriter,
  type FromEngine,
  fromEngineSchema,
  HEARTBEAT_LOST_MS,
  HEARTBEAT_MS,
  LINE_BATCH_BYTES,
} from '../../engine/contract.ts';

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
  readonly #events: EngineLineEvents;
  #droppedTold = 0;
  #lastHeard = performance.now();
  #reason = 'The connection closed.';
  #flushDue = false;

  constructor(path: string, events: EngineLineEvents) {
    this.#events = events;
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
    this.writer = new FrameWriter((bytes, done) => void socket.write(bytes, done), LINE_BATCH_BYTES);
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
    this.#tellDropped();
  }

  /** A loss of our own making is never silent. */
  #tellDropped(): void {
    const { dropped } = this.writer;
    if (dropped === this.#droppedTold) return;
    const text = `${dropped - this.#droppedTold} packets from the line were dropped, because the engine did not take them in time.`;
    this.#droppedTold = dropped;
    this.#events.message({ type: 'log', line: { at: Date.now(), level: 'warning', part: 'engine', text } });
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
