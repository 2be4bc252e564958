/** For tests: a clock that is turned by hand, a modem, a call and a PPP session that do as they are told. */
import type { Fault } from '../contract.ts';
import type { LostCause } from '../modem/call.ts';
import type { DialFailure } from '../modem/result-codes.ts';
import { SlipSession } from '../ppp/slip-session.ts';
import type { PppClientConfig, PppServerConfig, PppSink, PppUp } from '../ppp/types.ts';
import type { CallPart, LinkClock, ModemPart, PppPart, UplinkParts } from './parts.ts';

/** Both ends of a call at 33.6 kbit/s as most tests want them. */
export const PPP_CLIENT: PppClientConfig = {
  role: 'client',
  user: 'someone',
  password: 'secret',
  mru: 1500,
  mtu: 576,
  lineRate: 33_600,
  vj: true,
  deflate: false,
  dns: true,
};
export const PPP_SERVER: PppServerConfig = {
  role: 'server',
  name: 'provider',
  mru: 1500,
  mtu: 1500,
  lineRate: 33_600,
  vj: true,
  deflate: false,
  local: '203.0.113.1',
  assign: () => '203.0.113.64',
  dns: ['198.51.100.53'],
  wins: [],
  authentication: ['chap-md5'],
  secret: () => 'secret',
};

export class ScriptedClock implements LinkClock {
  time = 0;
  readonly #timers = new Set<{ at: number; run: () => void }>();
  readonly #soon: (() => void)[] = [];

  now(): number {
    return this.time;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.time + milliseconds, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  soon(run: () => void): void {
    this.#soon.push(run);
  }

  get armed(): number {
    return this.#timers.size;
  }

  /** Lets `milliseconds` pass, timers in order, promises settled between. */
  async pass(milliseconds: number): Promise<void> {
    const until = this.time + milliseconds;
    for (;;) {
      await settled();
      while (this.#soon.length > 0) {
        this.#soon.shift()?.();
        await settled();
      }
      const next = [...this.#timers].sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > until) break;
      this.#timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    this.time = until;
  }
}

export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

export class ScriptedCall implements CallPart {
  readonly line = { pendingBytes: 0 };
  carrierRate: number | null = 33_600;
  transmitRate: number | null = 33_600;
  portRate = 115_200;
  connectText = 'CONNECT 33600';
  errorCorrected: boolean | null = true;
  compressed: boolean | null = false;
  onData: ((bytes: Uint8Array) => void) | null = null;
  onLost: ((cause: LostCause, detail: string) => void) | null = null;
  readonly written: { at: number; bytes: number }[] = [];
  /** All that was written, a character an octet. */
  typed = '';
  readonly hungUp: boolean[] = [];
  readonly #clock: LinkClock;

  constructor(clock: LinkClock) {
    this.#clock = clock;
  }

  write(bytes: Uint8Array): void {
    this.written.push({ at: this.#clock.now(), bytes: bytes.length });
    this.typed += String.fromCharCode(...bytes);
  }

  /** While true, only a hang-up in a hurry comes to an end. */
  clings = false;
  #letGo: () => void = () => {};

  async hangUp(options: { now?: boolean } = {}): Promise<void> {
    this.hungUp.push(options.now === true);
    if (options.now) this.#letGo();
    else if (this.clings)
      await new Promise<void>((resolve) => {
        this.#letGo = resolve;
      });
  }
}

export const UP: PppUp = {
  local: '203.0.113.64',
  peer: '203.0.113.1',
  dns: ['198.51.100.53'],
  mtu: 576,
  authentication: 'CHAP-MD5',
  compression: ['VJ'],
  user: 'someone',
  roundTrips: 3,
};

/** Frames are the packet with four octets around it; it comes up and goes down when told. */
export class ScriptedPpp implements PppPart {
  isUp = false;
  peerSpoke = false;
  readonly config: PppClientConfig;
  readonly sink: PppSink;
  readonly calls: string[] = [];
  answersGoodbye = true;
  readonly #frame = new Uint8Array(4096);

  constructor(config: PppClientConfig, sink: PppSink) {
    this.config = config;
    this.sink = sink;
  }

  lowerUp(): void {
    this.calls.push('lowerUp');
    this.sink.event({ type: 'phase', phase: 'establish' });
  }

  lowerDown(): void {
    this.calls.push('lowerDown');
    this.down('carrier-lost');
  }

  receive(bytes: Uint8Array): void {
    if (!this.isUp && !this.peerSpoke) return;
    this.sink.deliver(bytes, 0, bytes.length);
  }

  advance(): void {}

  nextDeadline(): null {
    return null;
  }

  encode(packet: Uint8Array, offset: number, length: number): Uint8Array {
    this.#frame.set(packet.subarray(offset, offset + length), 2);
    return this.#frame.subarray(0, length + 4);
  }

  sendEcho(): boolean {
    return false;
  }

  close(): void {
    this.calls.push('close');
    if (this.answersGoodbye) this.down('requested');
  }

  up(up: PppUp = UP): void {
    this.isUp = true;
    this.peerSpoke = true;
    this.sink.event({ type: 'up', up });
  }

  down(reason: Parameters<UplinkParts['closeReasonFault']>[0]): void {
    this.isUp = false;
    this.sink.event({ type: 'down', reason, detail: '' });
  }
}

function named(code: string): Fault {
  return { code, sentence: code, cause: '', remedy: '' };
}

/** A whole uplink's surroundings; change a member to script a mishap. */
export class ScriptedParts implements UplinkParts {
  readonly clock = new ScriptedClock();
  readonly call = new ScriptedCall(this.clock);
  ppp: ScriptedPpp | null = null;
  sessions = 0;
  openFault: Fault | null = null;
  initialiseFault: Fault | null = null;
  dialFailure: DialFailure | null = null;
  /** While set, dialling goes on until it is cancelled. */
  ringing = false;
  closed = 0;

  readonly modem: ModemPart = {
    initialise: async () => (this.initialiseFault ? { fault: this.initialiseFault } : { refused: ['L9'] }),
    dial: async ({ signal }) => {
      if (this.ringing && !signal.aborted)
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      if (signal.aborted) return { ok: false, fault: named('dial-cancelled'), kind: 'cancelled' };
      if (this.dialFailure)
        return { ok: false, fault: named(`dial-${this.dialFailure}`), kind: this.dialFailure };
      return { ok: true, call: this.call };
    },
    close: async () => {
      this.closed += 1;
    },
  };

  openModem: UplinkParts['openModem'] = async () =>
    this.openFault ? { ok: false, fault: this.openFault } : { ok: true, modem: this.modem };

  openCable: UplinkParts['openCable'] = async () =>
    this.openFault
      ? { ok: false, fault: this.openFault }
      : { ok: true, call: this.call, close: async () => this.modem.close() };

  createPpp: UplinkParts['createPpp'] = (config, sink) => {
    this.sessions += 1;
    this.ppp = new ScriptedPpp(config, sink);
    return this.ppp;
  };

  createSlip: UplinkParts['createSlip'] = (config, sink) => new SlipSession(config, sink);

  closeReasonFault: UplinkParts['closeReasonFault'] = (reason) => named(reason);
  lostCallFault: UplinkParts['lostCallFault'] = (cause) => named(`line-${cause}`);

  get session(): ScriptedPpp {
    if (this.ppp === null) throw new Error('PPP has not been started');
    return this.ppp;
  }
}
