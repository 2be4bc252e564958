/** For tests: a byte line in simulated time, a computer that calls over it, and a house around an answered call. */
import type { LinkUp } from '../../engine/contract.ts';
import { type Caller, DIAL_IN_DEFAULT, type DialInSettings, type Fault, NEW_CALLER } from '../contract.ts';
import type { CallPart } from '../link/parts.ts';
import { ScriptedClock } from '../link/scripted-parts.ts';
import type { LostCause } from '../modem/call.ts';
import { PppSession } from '../ppp/session.ts';
import { randomBytes, seeded } from '../ppp/testing/simulated-line.ts';
import type { PppClientConfig, PppEvent, PppUp } from '../ppp/types.ts';
import { CallIn, type CallInHost, type CallInOptions } from './call-in.ts';

export { ScriptedClock } from '../link/scripted-parts.ts';

const DELAY_MS = 30;

/** One end of a telephone line whose modems are ideal: each write arrives whole, after a while. */
export class WireEnd implements CallPart {
  readonly line = { pendingBytes: 0 };
  carrierRate: number | null = 33_600;
  transmitRate: number | null = 33_600;
  portRate = 115_200;
  connectText = 'CONNECT 33600';
  errorCorrected: boolean | null = true;
  compressed: boolean | null = true;
  onLost: ((cause: LostCause, detail: string) => void) | null = null;
  other: WireEnd | null = null;
  readonly hungUp: boolean[] = [];
  readonly #clock: ScriptedClock;
  #onData: ((bytes: Uint8Array) => void) | null = null;
  #kept: Uint8Array[] = [];
  cut = false;

  constructor(clock: ScriptedClock) {
    this.#clock = clock;
  }

  get onData() {
    return this.#onData;
  }

  set onData(reader: ((bytes: Uint8Array) => void) | null) {
    this.#onData = reader;
    while (this.#onData !== null && this.#kept.length > 0) this.#onData(this.#kept.shift() as Uint8Array);
  }

  write(bytes: Uint8Array): void {
    const copy = bytes.slice();
    this.#clock.after(DELAY_MS, () => {
      if (!this.cut) this.other?.arrive(copy);
    });
  }

  arrive(bytes: Uint8Array): void {
    if (this.#onData === null) this.#kept.push(bytes);
    else this.#onData(bytes);
  }

  /** The carrier is gone, for both. */
  drop(cause: LostCause = 'carrier'): void {
    for (const end of [this, this.other]) {
      if (end === null || end.cut) continue;
      end.cut = true;
      end.onLost?.(cause, 'dropped');
    }
  }

  async hangUp(options: { now?: boolean } = {}): Promise<void> {
    this.hungUp.push(options.now === true);
    this.cut = true;
    const { other } = this;
    if (other !== null && !other.cut) {
      other.cut = true;
      other.onLost?.('carrier', 'the other end hung up');
    }
  }
}

export function wire(clock: ScriptedClock): { near: WireEnd; far: WireEnd } {
  const [near, far] = [new WireEnd(clock), new WireEnd(clock)];
  near.other = far;
  far.other = near;
  return { near, far };
}

/** A computer that calls: types, or speaks PPP. */
export class RetroComputer {
  readonly events: PppEvent[] = [];
  readonly packets: Uint8Array[] = [];
  /** All that was read before PPP began. */
  text = '';
  session: PppSession | null = null;
  readonly #end: WireEnd;
  readonly #clock: ScriptedClock;
  #cancel: () => void = () => {};

  constructor(end: WireEnd, clock: ScriptedClock) {
    this.#end = end;
    this.#clock = clock;
    end.onData = (bytes) => {
      if (this.session === null) this.text += Buffer.from(bytes).toString('latin1');
      else {
        this.session.receive(bytes, clock.now());
        this.#after();
      }
    };
    end.onLost = () => {
      this.session?.lowerDown(clock.now());
      this.#cancel();
    };
  }

  type(text: string): void {
    this.#end.write(Buffer.from(text, 'latin1'));
  }

  ppp(change: Partial<PppClientConfig> = {}): void {
    this.session = new PppSession(
      {
        role: 'client',
        user: 'retro',
        password: 'win95',
        dns: true,
        mru: 1500,
        mtu: 1500,
        lineRate: 33_600,
        vj: true,
        deflate: false,
        ...change,
      },
      {
        control: (frame) => this.#end.write(frame),
        deliver: (packet, offset, length) => this.packets.push(packet.slice(offset, offset + length)),
        event: (event) => this.events.push(event),
      },
      randomBytes(seeded(7)),
    );
    this.session.lowerUp(this.#clock.now());
    this.#after();
  }

  get up(): PppUp | null {
    const event = this.events.findLast(({ type }) => type === 'up');
    return event?.type === 'up' ? event.up : null;
  }

  get down(): string | null {
    const event = this.events.find(({ type }) => type === 'down');
    return event?.type === 'down' ? event.reason : null;
  }

  send(packet: Uint8Array): void {
    const frame = this.session?.encode(packet, 0, packet.length, this.#clock.now());
    if (frame !== undefined && frame.length > 0) this.#end.write(frame);
  }

  close(): void {
    this.session?.close(this.#clock.now());
    this.#after();
  }

  #after(): void {
    this.#cancel();
    const due = this.session?.nextDeadline() ?? null;
    if (due === null) return;
    this.#cancel = this.#clock.after(Math.max(0, due - this.#clock.now()), () => {
      this.session?.advance(this.#clock.now());
      this.#after();
    });
  }
}

export const caller = (change: Partial<Caller> = {}): Caller => ({ ...NEW_CALLER, user: 'retro', ...change });

/** The house around answered calls, with everything they did to it. */
export class House implements CallInHost {
  readonly clock = new ScriptedClock();
  dialIn: DialInSettings = { ...DIAL_IN_DEFAULT, callers: [caller()] };
  readonly passwords = new Map([['retro', 'win95']]);
  readonly links = new Map<number, LinkUp>();
  readonly addresses = new Map<number, string>();
  readonly packets: Uint8Array[] = [];
  readonly said: string[] = [];
  readonly calls: CallIn[] = [];
  linkFault: Fault | null = null;
  start = new Date(2026, 10, 26, 12, 0);
  #next = 16;

  call(far: WireEnd, change: Partial<CallInOptions['line']> = {}, early?: Uint8Array): CallIn {
    const near = far.other as WireEnd;
    const call: CallIn = new CallIn(
      {
        id: this.#next++,
        line: { id: 'one', kind: 'modem', slipUser: null, ...change },
        call: near,
        from: '5550123',
        ...(early === undefined ? {} : { early }),
      },
      this,
    );
    this.calls.push(call);
    void call.ended.then(() => {
      this.addresses.delete(call.state.id);
      this.calls.splice(this.calls.indexOf(call), 1);
    });
    call.start();
    return call;
  }

  date(): Date {
    return new Date(this.start.getTime() + this.clock.now());
  }
  settings(): DialInSettings {
    return this.dialIn;
  }
  find(user: string): Caller | null {
    return this.dialIn.callers.find((one) => one.user.toLowerCase() === user.toLowerCase()) ?? null;
  }
  password(user: string): string | null {
    return this.passwords.get(user.toLowerCase()) ?? null;
  }
  callsOf(user: string, but: number): number {
    return this.calls.filter(({ state }) => state.user === user && state.id !== but).length;
  }
  takeAddress({ address }: Caller, call: number): string | null {
    const free = address ?? `192.168.67.${10 + this.addresses.size}`;
    if ([...this.addresses.values()].includes(free) || this.addresses.size >= 3) return null;
    this.addresses.set(call, free);
    return free;
  }
  dns(): string[] {
    return ['192.0.0.6'];
  }
  createPpp(...[config, sink]: Parameters<CallInHost['createPpp']>) {
    return new PppSession(config, sink, randomBytes(seeded(3)));
  }
  async linkUp(up: LinkUp): Promise<Fault | null> {
    if (this.linkFault === null) this.links.set(up.link, up);
    return this.linkFault;
  }
  async linkDown(link: number): Promise<void> {
    this.links.delete(link);
  }
  packet(_link: number, buffer: Uint8Array, offset: number, length: number): void {
    this.packets.push(buffer.slice(offset, offset + length));
  }
  changed(): void {}
  log(_level: string, text: string): void {
    this.said.push(text);
  }

  /** Nothing of any call is left. */
  get clean(): boolean {
    return this.links.size + this.addresses.size + this.calls.length === 0;
  }
}
