import { SerialPort } from 'serialport';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from './clock.ts';
import { Exchange } from './exchange.ts';
import { answering } from './hayes-settings.ts';
import { PtyTerminal } from './pty-terminal.ts';
import type { Station, Terminal } from './station.ts';

/** Sends back what it hears, and holds what the modem has no room for. */
class Echo implements Terminal {
  station: Station | null = null;
  readonly #held: Uint8Array[] = [];
  #bytes = 0;
  room(): number {
    return Math.max(0, 65_536 - this.#bytes);
  }
  fromModem(bytes: Uint8Array): void {
    this.#held.push(bytes.slice());
    this.#bytes += bytes.length;
    this.ready();
  }
  ready(): void {
    for (let first = this.#held[0]; first && this.station; first = this.#held[0]) {
      const part = first.subarray(0, this.station.room());
      if (part.length === first.length) this.#held.shift();
      else this.#held[0] = first.subarray(part.length);
      this.#bytes -= part.length;
      if (part.length > 0) this.station.send(part);
      else {
        this.station.whenRoom(1);
        break;
      }
    }
  }
  carrierDetect(): void {}
  portRate(): number {
    return 115_200;
  }
}

const openings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of openings.splice(0)) await close();
});

function town(rate: number, bufferBytes: number) {
  const exchange = new Exchange({
    clock: systemClock(),
    rate,
    delayMs: 0,
    bufferBytes,
    random: Math.random,
    timing: { routing: 10, ringEvery: 100, training: 10 },
  });
  const plug = new PtyTerminal(bufferBytes);
  plug.attach(exchange.plug(plug));
  const echo = new Echo();
  echo.station = exchange.plug(echo, '555-0113', answering());
  openings.push(async () => {
    exchange.close();
    await plug.close();
  });
  return { exchange, path: plug.path };
}

async function openPort(path: string) {
  const port = new SerialPort({ path, baudRate: 57_600, rtscts: true, autoOpen: false });
  let chunks: Buffer[] = [];
  let length = 0;
  port.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
  });
  port.on('error', () => {});
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
  const close = () => new Promise<void>((resolve) => (port.isOpen ? port.close(() => resolve()) : resolve()));
  openings.unshift(close);
  const until = async (what: () => boolean) => {
    while (!what()) await new Promise((resolve) => setTimeout(resolve, 2));
  };
  return {
    close,
    length: () => length,
    write: (bytes: Buffer) => port.write(bytes),
    until,
    /** Sends a command and waits for `answer`; forgets what came until its line end. */
    async ask(command: string, answer: string): Promise<string> {
      port.write(`${command}\r`);
      const wanted = new RegExp(`${answer}[^\\r]*\\r\\n`);
      await until(() => wanted.test(Buffer.concat(chunks).toString('latin1')));
      const text = Buffer.concat(chunks).toString('latin1');
      chunks = [];
      length = 0;
      return text;
    },
    heard: () => Buffer.concat(chunks),
  };
}

it('is a modem to serialport: dialled, hung up by closing the port, dialled again', async () => {
  const t = town(33_600, 2048);
  for (let round = 0; round < 2; round += 1) {
    const port = await openPort(t.path);
    await port.ask('ATE0', 'OK');
    expect(await port.ask('ATDT5550113', 'CONNECT')).toBe('\r\nCONNECT 57600\r\n');
    const began = performance.now();
    port.write(Buffer.alloc(1000, 85));
    await port.until(() => port.length() === 1000);
    // Sent and echoed at 33.6 kbit/s: the way there and back overlap but for a block.
    expect(performance.now() - began).toBeGreaterThan(230);
    expect(t.exchange.callsUp).toBe(1);
    await port.close();
    await port.until(() => t.exchange.callsUp === 0);
  }
});

it('carries megabytes unthrottled, and loses none of them', async () => {
  const t = town(0, 65_536);
  const port = await openPort(t.path);
  await port.ask('ATE0', 'OK');
  await port.ask('ATDT5550113', 'CONNECT');
  const all = Buffer.from(Array.from({ length: 2_000_000 }, (_, i) => (i * 7 + (i >> 8)) & 255));
  for (let at = 0; at < all.length; at += 16_384) {
    port.write(all.subarray(at, at + 16_384));
    await port.until(() => at - port.length() < 65_536);
  }
  await port.until(() => port.length() >= all.length);
  expect(port.heard().equals(all)).toBe(true);
});
