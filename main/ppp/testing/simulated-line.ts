/**
 * A telephone line in simulated time for tests: two PPP sessions, a rate, a delay, loss and bit errors, one seed.
 * Nothing here waits: `run` jumps from event to event. The same seed gives the same call, octet for octet.
 */
import { PppSession } from '../session.ts';
import type { PppClientConfig, PppEvent, PppServerConfig, PppUp } from '../types.ts';

/** Uniform in [0, 1), the same sequence for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function randomBytes(random: () => number): (bytes: number) => Uint8Array {
  return (bytes) => Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256));
}

export const CLIENT: PppClientConfig = {
  role: 'client',
  user: 'ann',
  password: 'secret',
  mru: 1500,
  mtu: 1500,
  lineRate: 33_600,
  vj: true,
  deflate: false,
  dns: true,
};

export const SERVER: PppServerConfig = {
  role: 'server',
  name: 'provider',
  local: '203.0.113.1',
  assign: () => '203.0.113.64',
  dns: ['198.51.100.53', '198.51.100.54'],
  wins: [],
  authentication: ['chap-md5', 'pap'],
  secret: (user) => (user === 'ann' ? 'secret' : null),
  mru: 1500,
  mtu: 1500,
  lineRate: 33_600,
  vj: true,
  deflate: false,
};

export interface LineTerms {
  /** bit/s each way; 10 bits an octet. */
  rate: number;
  /** One way, milliseconds. */
  delay: number;
  /** Probability that a chunk (a frame, or a piece of one) vanishes, and that an octet has a bit flipped. */
  loss: number;
  bitErrors: number;
  /** Probability that one bit of a chunk is flipped. */
  frameErrors: number;
  seed: number;
}

interface Arrival {
  at: number;
  to: End;
  bytes: Uint8Array;
}

/** One side: its session, and all it was told. */
export class End {
  readonly session: PppSession;
  readonly events: PppEvent[] = [];
  readonly packets: Uint8Array[] = [];
  /** Sees what this side sends before the line does; may replace it. */
  tap: (frame: Uint8Array) => Uint8Array = (frame) => frame;
  busyUntil = 0;

  constructor(
    config: PppClientConfig | PppServerConfig,
    random: (bytes: number) => Uint8Array,
    transmit: (from: End, bytes: Uint8Array) => void,
  ) {
    this.session = new PppSession(
      config,
      {
        control: (frame) => transmit(this, this.tap(frame.slice())),
        deliver: (packet, offset, length) => {
          this.packets.push(packet.slice(offset, offset + length));
        },
        event: (event) => {
          this.events.push(event);
        },
      },
      random,
    );
  }

  get up(): PppUp | undefined {
    return this.events.findLast((event) => event.type === 'up')?.up;
  }

  get down(): { reason: string; detail: string } | undefined {
    return this.events.findLast((event) => event.type === 'down');
  }

  get log(): string[] {
    return this.events.flatMap((event) => (event.type === 'log' ? [event.text] : []));
  }
}

export class SimulatedLine {
  now = 0;
  readonly client: End;
  readonly server: End;
  readonly terms: LineTerms;
  private readonly random: () => number;
  private arrivals: Arrival[] = [];
  private cut = false;

  constructor(
    client: Partial<PppClientConfig> = {},
    server: Partial<PppServerConfig> = {},
    terms: Partial<LineTerms> = {},
  ) {
    this.terms = { rate: 33_600, delay: 60, loss: 0, bitErrors: 0, frameErrors: 0, seed: 1, ...terms };
    this.random = seeded(this.terms.seed);
    const bytes = randomBytes(seeded(this.terms.seed + 1));
    this.client = new End({ ...CLIENT, ...client }, bytes, (from, chunk) => this.transmit(from, chunk));
    this.server = new End({ ...SERVER, ...server }, bytes, (from, chunk) => this.transmit(from, chunk));
  }

  get ends(): readonly End[] {
    return [this.client, this.server];
  }

  /** Carrier at both ends. */
  connect(): this {
    this.cut = false;
    for (const end of this.ends) end.session.lowerUp(this.now);
    return this;
  }

  /** The carrier drops: what is under way is lost. */
  drop(): void {
    this.cut = true;
    this.arrivals = [];
    for (const end of this.ends) end.session.lowerDown(this.now);
  }

  /** Sends an IP packet from one end. */
  send(from: End, packet: Uint8Array): void {
    const frame = from.session.encode(packet, 0, packet.length, this.now);
    if (frame.length > 0) this.transmit(from, frame.slice());
  }

  /** Puts octets on the line as they are. */
  transmit(from: End, chunk: Uint8Array): void {
    if (this.cut) return;
    from.busyUntil = Math.max(from.busyUntil, this.now) + (chunk.length * 10_000) / this.terms.rate;
    if (this.random() < this.terms.loss) return;
    const bytes = chunk.map((byte) =>
      this.random() < this.terms.bitErrors ? byte ^ (1 << Math.floor(this.random() * 8)) : byte,
    );
    if (this.random() < this.terms.frameErrors) {
      const at = Math.floor(this.random() * bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(this.random() * 8));
    }
    const to = from === this.client ? this.server : this.client;
    this.arrivals.push({ at: from.busyUntil + this.terms.delay, to, bytes });
  }

  /** Runs until `until` holds or `milliseconds` have passed or nothing is left to happen. */
  run(milliseconds: number, until: () => boolean = () => false): this {
    const end = this.now + milliseconds;
    while (!until()) {
      let next = Number.POSITIVE_INFINITY;
      for (const arrival of this.arrivals) next = Math.min(next, arrival.at);
      for (const { session } of this.ends) next = Math.min(next, session.nextDeadline() ?? next);
      if (next > end) {
        this.now = end;
        return this;
      }
      this.now = Math.max(this.now, next);
      const index = this.arrivals.findIndex(({ at }) => at <= this.now);
      if (index >= 0) {
        const [arrival] = this.arrivals.splice(index, 1);
        arrival?.to.session.receive(arrival.bytes, this.now);
      } else for (const { session } of this.ends) session.advance(this.now);
    }
    return this;
  }

  runUntilUp(milliseconds = 60_000): this {
    return this.run(milliseconds, () => this.client.session.isUp && this.server.session.isUp);
  }

  runUntilDown(milliseconds = 300_000): this {
    return this.run(milliseconds, () => this.ends.every((end) => end.down !== undefined));
  }
}
