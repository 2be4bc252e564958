/**
 * What stands behind an answering modem of the practice provider: PPP in the server role, perhaps after a login prompt, or
 * one of the things that are not PPP. Packets to the caller wait in one drop-tail FIFO, as at a real provider, and leave as
 * the modem takes them; PPP's own frames go before them. Only the assigned address may come in or is sent out.
 */

import { LoginDialogue } from '../dial-in/login-dialogue.ts';
import { PppSession } from '../ppp/session.ts';
import type { PppServerConfig } from '../ppp/types.ts';
import type { Clock } from './clock.ts';
import type { Service } from './numbers.ts';
import type { Station, Terminal } from './station.ts';

export interface AccessServerOptions {
  service: Service;
  /** Its own: it sets alarms on it. */
  clock: Clock;
  /** PPP without what the server decides by itself. */
  ppp: Omit<PppServerConfig, 'role' | 'assign'>;
  /** The next address for `user`, or null if none is left. */
  assign(user: string | null): string | null;
  checkLogin(user: string, password: string): boolean;
  /** Most bytes of IP that wait for the caller; what is over is dropped. */
  queueBytes: number;
  random(bytes: number): Uint8Array;
  /** A packet from the caller; good during the call only. */
  onPacket(packet: Uint8Array, offset: number, length: number): void;
}

/** Bytes that may wait for a server that only echoes. */
const ECHO_BYTES = 4096;
/** Room that is waited for before a frame goes on, bytes. */
const PIECE = 256;
/** After PPP has ended: time for its last frames to cross the line, then the receiver goes down. ms. */
const LAST_WORDS_MS = 600;
const LAST_WORDS_LIMIT_MS = 4_000;

export class AccessServer implements Terminal {
  readonly #options: AccessServerOptions;
  readonly #fifo: Uint8Array[] = [];
  #fifoBytes = 0;
  readonly #control: Uint8Array[] = [];
  #controlBytes = 0;
  /** The frame that is part of the way into the modem. */
  #pending: Uint8Array | null = null;
  #station: Station | null = null;
  #session: PppSession | null = null;
  #login: LoginDialogue | null = null;
  #address: string | null = null;
  #hangUpAt: number | null = null;
  #hangUpLimit = 0;
  #pumping = false;

  constructor(options: AccessServerOptions) {
    this.#options = options;
  }

  attach(station: Station): void {
    this.#station = station;
  }

  /** The caller's address while IP flows, else null. */
  get address(): string | null {
    return this.#session?.isUp ? this.#address : null;
  }

  /** An IPv4 packet for the caller: queued, or dropped if the queue is full. */
  send(packet: Uint8Array, offset: number, length: number): void {
    if (!this.#session?.isUp) return;
    if (this.#fifoBytes + length > this.#options.queueBytes) return;
    this.#fifo.push(packet.slice(offset, offset + length));
    this.#fifoBytes += length;
    this.#pump();
  }

  close(): void {
    this.#options.clock.alarm(null, () => {});
  }

  room(): number {
    return this.#options.service === 'echo'
      ? Math.max(0, ECHO_BYTES - this.#controlBytes)
      : Number.MAX_SAFE_INTEGER;
  }

  fromModem(bytes: Uint8Array): void {
    const { service, clock } = this.#options;
    if (this.#session) {
      this.#session.receive(bytes, clock.now());
      this.#after();
    } else if (this.#login) this.#login.receive(bytes);
    else if (service === 'echo' && this.#station?.modem.online) this.#write(bytes);
  }

  ready(): void {
    this.#pump();
  }

  portRate(): number {
    return 115_200;
  }

  carrierDetect(on: boolean): void {
    if (!on) this.#carrierGone();
    else if (this.#options.service === 'ppp') this.#startPpp(null);
    else if (this.#options.service === 'login' || this.#options.service === 'prompt') this.#startLogin();
  }

  #startLogin(): void {
    const knows = this.#options.service === 'login';
    this.#login = new LoginDialogue(
      {
        greeting: 'Practice terminal server',
        tries: Number.POSITIVE_INFINITY,
        limitMs: null,
        choices: ['ppp'],
        check: (user, password) => knows && this.#options.checkLogin(user, password),
      },
      {
        write: (text) => this.#write(Buffer.from(text, 'latin1')),
        ended: (outcome) => {
          if (outcome.kind !== 'refused') this.#startPpp(outcome.user);
        },
      },
    );
    this.#login.begin(this.#options.clock.now());
  }

  #startPpp(loggedIn: string | null): void {
    const { ppp, clock, random } = this.#options;
    this.#login = null;
    const session: PppSession = new PppSession(
      {
        ...ppp,
        role: 'server',
        authentication: loggedIn === null ? ppp.authentication : [],
        assign: (user) => {
          this.#address ??= this.#options.assign(user ?? loggedIn);
          return this.#address;
        },
      },
      {
        control: (frame) => this.#write(frame),
        deliver: (packet, offset, length) => this.#deliver(packet, offset, length),
        event: (event) => {
          if (event.type === 'down' && this.#session === session) this.#lastWords();
        },
      },
      random,
    );
    this.#session = session;
    session.lowerUp(clock.now());
    this.#after();
  }

  #deliver(packet: Uint8Array, offset: number, length: number): void {
    if (length >= 20 && this.#address !== null && dotted(packet, offset + 12) === this.#address) {
      this.#options.onPacket(packet, offset, length);
    }
  }

  #carrierGone(): void {
    const session = this.#session;
    this.#session = null;
    this.#login = null;
    this.#address = null;
    this.#pending = null;
    this.#hangUpAt = null;
    this.#fifo.length = 0;
    this.#control.length = 0;
    this.#fifoBytes = 0;
    this.#controlBytes = 0;
    this.#options.clock.alarm(null, () => {});
    session?.lowerDown(this.#options.clock.now());
  }

  #lastWords(): void {
    const now = this.#options.clock.now();
    this.#fifo.length = 0;
    this.#fifoBytes = 0;
    this.#hangUpAt = now + LAST_WORDS_MS;
    this.#hangUpLimit = now + LAST_WORDS_LIMIT_MS;
  }

  #write(bytes: Uint8Array): void {
    this.#control.push(bytes.slice());
    this.#controlBytes += bytes.length;
    this.#pump();
  }

  #pump(): void {
    const station = this.#station;
    if (this.#pumping || !station) return;
    this.#pumping = true;
    for (let frame = this.#next(); frame; frame = this.#next()) {
      const room = station.room();
      if (room < Math.min(frame.length, PIECE)) {
        // Encoding reuses its buffer, so that what has to wait is copied.
        this.#pending = frame.slice();
        break;
      }
      this.#pending = room < frame.length ? frame.slice(room) : null;
      station.send(frame.subarray(0, room));
    }
    this.#pumping = false;
    if (this.#pending) station.whenRoom(Math.min(this.#pending.length, PIECE));
  }

  #next(): Uint8Array | null {
    if (this.#pending) return this.#pending;
    const control = this.#control.shift();
    if (control) {
      this.#controlBytes -= control.length;
      return control;
    }
    const packet = this.#fifo.shift();
    if (!packet || !this.#session) return null;
    this.#fifoBytes -= packet.length;
    return this.#session.encode(packet, 0, packet.length, this.#options.clock.now());
  }

  /** Sets the alarm for the session's next deadline, or for the end of its last words. */
  #after(): void {
    const { clock } = this.#options;
    const deadline = this.#hangUpAt ?? this.#session?.nextDeadline() ?? null;
    clock.alarm(deadline, () => this.#alarm());
  }

  #alarm(): void {
    const now = this.#options.clock.now();
    if (this.#hangUpAt === null) this.#session?.advance(now);
    else if (now >= this.#hangUpAt) {
      const unsent = this.#pending !== null || this.#control.length > 0 || (this.#station?.queued() ?? 0) > 0;
      if (unsent && now < this.#hangUpLimit) this.#hangUpAt = now + LAST_WORDS_MS;
      else {
        this.#hangUpAt = null;
        this.#station?.dtr(false);
        this.#station?.dtr(true);
        return;
      }
    }
    this.#after();
  }
}

function dotted(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}
