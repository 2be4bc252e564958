/**
 * A computer that calls by a modem and speaks PPP, for tests here and in the lab: the port by serialport, the AT dialogue
 * bare, then a PppSession in the client role. It has no queue of its own and paces nothing.
 */
import { randomBytes } from 'node:crypto';
import { SerialPort } from 'serialport';
import { type PppEvent, PppSession, type PppUp } from '../ppp/session.ts';

export interface CallerOptions {
  user?: string;
  password?: string;
  vj?: boolean;
  deflate?: boolean;
  lineRate?: number;
  mru?: number;
}

export class Caller {
  readonly events: PppEvent[] = [];
  /** Copies of the packets that arrived. */
  readonly packets: Uint8Array[] = [];
  /** Everything that was read before PPP began. */
  text = '';
  readonly #port: SerialPort;
  #session: PppSession | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(path: string) {
    this.#port = new SerialPort({ path, baudRate: 115_200, rtscts: true, autoOpen: false });
    this.#port.on('error', () => {}); // writes cancelled by closing
    this.#port.on('data', (bytes: Buffer) => this.#receive(bytes));
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => this.#port.open((error) => (error ? reject(error) : resolve())));
  }

  write(text: string): void {
    this.#port.write(Buffer.from(text, 'latin1'));
  }

  /** Sends an AT line and gives back the first answer that `pattern` finds. */
  async ask(line: string, pattern: RegExp): Promise<string> {
    this.text = '';
    this.write(`${line}\r`);
    return this.expect(pattern);
  }

  async expect(pattern: RegExp): Promise<string> {
    await this.until(() => pattern.test(this.text));
    return pattern.exec(this.text)?.[0] ?? '';
  }

  /** Dials, with tones of 1 ms, and stops at CONNECT, or at what came instead. */
  async dial(number: string): Promise<string> {
    await this.ask('ATE0W2S11=1', /OK\r\n/);
    const answer = await this.ask(
      `ATDT${number}`,
      /(?:CONNECT[^\r]*|BUSY|NO [A-Z]+|VOICE|ERROR|DELAYED|BLACKLISTED)\r\n/,
    );
    return answer.trim();
  }

  /** Starts PPP; what has arrived by now is part of it. */
  startPpp(options: CallerOptions = {}): PppSession {
    const session = new PppSession(
      {
        role: 'client',
        user: options.user ?? 'practice',
        password: options.password ?? 'practice',
        dns: true,
        mru: options.mru ?? 1500,
        mtu: 1500,
        lineRate: options.lineRate ?? 33_600,
        vj: options.vj ?? true,
        deflate: options.deflate ?? false,
      },
      {
        control: (frame) => this.#port.write(Buffer.from(frame)),
        deliver: (packet, offset, length) => this.packets.push(packet.slice(offset, offset + length)),
        event: (event) => this.events.push(event),
      },
      (count) => randomBytes(count),
    );
    this.#session = session;
    session.lowerUp(performance.now());
    const early = this.text.slice(this.text.search(/CONNECT[^\r]*\r\n/)).replace(/^CONNECT[^\r]*\r\n/, '');
    if (early !== '') session.receive(Buffer.from(early, 'latin1'), performance.now());
    this.#after();
    return session;
  }

  /** Waits for IPCP; throws with the reason if the session ends before. */
  async up(): Promise<PppUp> {
    await this.until(() => this.events.some((event) => event.type === 'up' || event.type === 'down'));
    for (const event of this.events) {
      if (event.type === 'up') return event.up;
      if (event.type === 'down') throw new Error(`${event.reason}: ${event.detail}`);
    }
    throw new Error('no event');
  }

  async down(): Promise<string> {
    await this.until(() => this.events.some((event) => event.type === 'down'));
    const event = this.events.find((one) => one.type === 'down');
    return event?.type === 'down' ? event.reason : '';
  }

  /** Sends an IPv4 packet by the link. */
  send(packet: Uint8Array): void {
    const frame = this.#session?.encode(packet, 0, packet.length, performance.now());
    if (frame && frame.length > 0) this.#port.write(Buffer.from(frame));
  }

  hangUp(): void {
    this.#session?.close(performance.now());
    this.#after();
  }

  async until(what: () => boolean): Promise<void> {
    while (!what()) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  close(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#session = null;
    return new Promise((resolve) => (this.#port.isOpen ? this.#port.close(() => resolve()) : resolve()));
  }

  #receive(bytes: Buffer): void {
    if (!this.#session) this.text += bytes.toString('latin1');
    this.#session?.receive(bytes, performance.now());
    this.#after();
  }

  #after(): void {
    if (this.#timer) clearTimeout(this.#timer);
    const deadline = this.#session?.nextDeadline() ?? null;
    if (deadline === null) return;
    this.#timer = setTimeout(
      () => {
        this.#session?.advance(performance.now());
        this.#after();
      },
      Math.max(0, deadline - performance.now()),
    );
  }
}

/** An IPv4 packet with a UDP-shaped body of `length` bytes in all, for tests. */
export function packet(from: string, to: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set([0x45, 0, length >> 8, length & 255, 0, 1, 0, 0, 64, 17]);
  bytes.set(from.split('.').map(Number), 12);
  bytes.set(to.split('.').map(Number), 16);
  for (let i = 20; i < length; i += 1) bytes[i] = (i * 13) & 255;
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = ~(sum + (sum >> 16)) & 0xffff;
  bytes[10] = sum >> 8;
  bytes[11] = sum & 255;
  return bytes;
}
