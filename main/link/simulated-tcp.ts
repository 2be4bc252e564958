/**
 * For tests: a TCP that grows and cuts its window as today's do (RFC 5681 with CUBIC's 0.7, initial window of ten, RACK and
 * tail loss probe, selective and delayed acknowledgements), both ends in one object.
 *
 * Real packets with real header fields, because the scheduler reads and rewrites them; selective acknowledgements are
 * carried beside them. No window probes: a receiver here never closes its window.
 */
import { ACK, PacketView, SYN } from './packet-view.ts';
import type { SimulatedLine } from './simulated-line.ts';
import { tcpPacket } from './simulated-packets.ts';

const view = new PacketView();
const SCALE = 7;
const INITIAL_SEGMENTS = 10;
/** Linux sends a lone acknowledgement after this. */
const DELAYED_ACK_MS = 40;
/** Linux's, also what it grants a lone segment's acknowledgement before it probes. */
const LEAST_TIMEOUT_MS = 200;
const RECEIVE_WINDOW = 65_535;

export type Direction = 'up' | 'down';

interface Sent {
  seq: number;
  length: number;
  sentAt: number;
  arrived: boolean;
  lost: boolean;
  again: boolean;
}

/** One transfer; the LAN host opens the connection and either sends or receives. */
export class Transfer {
  readonly #line: SimulatedLine;
  readonly #direction: Direction;
  readonly #client: number;
  readonly #host: number;
  readonly #server: number;
  readonly #port: number;
  #segment: number;
  readonly #total: number;
  readonly #onDone: () => void;
  readonly #delayedAckMs: number;
  // The sender, sequence numbers from 1; segments by their first octet.
  #next = 1;
  #unacked = 1;
  #window = 0;
  #congestion: number;
  #threshold = Number.POSITIVE_INFINITY;
  #recover = 0;
  #recovering = false;
  readonly #flight = new Map<number, Sent>();
  /** When the latest segment known to have arrived was sent (RFC 8985). */
  #latest = -1;
  #smoothed = 0;
  #variance = 0;
  #timeout = 1000;
  #timer = 0;
  #probed = false;
  #open = false;
  // The receiver.
  #expected = 1;
  readonly #early = new Map<number, number>();
  #owed = 0;
  #delayed = 0;
  #nextId = 0;
  readonly #selective = new Map<number, ReadonlyMap<number, number>>();
  startedAt = 0;
  /** Octets that arrived in order. */
  delivered = 0;
  retransmitted = 0;
  timeouts = 0;

  constructor(
    line: SimulatedLine,
    options: {
      direction: Direction;
      client: number;
      host: number;
      server: number;
      port: number;
      total?: number;
      startAt?: number;
      onDone?: () => void;
      delayedAckMs?: number;
    },
  ) {
    this.#line = line;
    this.#direction = options.direction;
    this.#client = options.client;
    this.#host = options.host;
    this.#server = options.server;
    this.#port = options.port;
    this.#segment = line.model.mtu - 40;
    this.#total = options.total ?? Number.POSITIVE_INFINITY;
    this.#onDone = options.onDone ?? (() => {});
    this.#delayedAckMs = options.delayedAckMs ?? DELAYED_ACK_MS;
    this.#congestion = INITIAL_SEGMENTS * this.#segment;
    line.after(options.startAt ?? 0, () => this.#connect());
  }

  /** A packet from the line or the LAN that belongs to this connection. */
  receive(packet: Uint8Array, inside: boolean): void {
    view.read(packet, 0, packet.length);
    const { flags, seq, ack, window, payload } = view;
    const selective = this.#selective.get(new DataView(packet.buffer).getUint16(4));
    if ((flags & SYN) !== 0) {
      if (inside) {
        this.#atHost(1, ACK, 0);
        if (this.#direction === 'up') this.#opened(window);
      } else {
        if (this.#direction === 'down') {
          this.#segment = Math.min(this.#segment, view.maximumSegment(packet));
          this.#congestion = INITIAL_SEGMENTS * this.#segment;
        }
        this.#fromServer(0, 1, SYN | ACK, RECEIVE_WINDOW, 0);
      }
      return;
    }
    if ((this.#direction === 'up') === inside) {
      // The last packet of the handshake stands for the request of a download.
      if (!this.#open) this.#opened(window * 2 ** SCALE);
      else this.#acknowledged(ack, window * 2 ** SCALE, selective);
    } else if (payload > 0) {
      this.#arrived(seq, payload);
    }
  }

  get port(): number {
    return this.#port;
  }

  #connect(): void {
    this.startedAt = this.#line.now;
    this.#atHost(0, SYN, 0);
    const again = () => {
      if (this.#open || this.#expected > 1) return;
      this.#atHost(0, SYN, 0);
      this.#line.after(3000, again);
    };
    this.#line.after(3000, again);
  }

  #opened(window: number): void {
    if (this.#open) return;
    this.#window = window;
    this.#open = true;
    this.#send();
  }

  // Sending

  #send(): void {
    if (!this.#open) return;
    let pipe = 0;
    for (const segment of this.#flight.values())
      if (!segment.arrived && !segment.lost) pipe += segment.length;
    for (const segment of this.#flight.values()) {
      if (pipe + segment.length > this.#congestion && pipe > 0) break;
      if (!segment.lost) continue;
      segment.lost = false;
      segment.again = true;
      this.retransmitted += 1;
      this.#transmit(segment);
      pipe += segment.length;
    }
    const edge = this.#unacked + this.#window;
    while (this.#next < 1 + this.#total) {
      const length = Math.min(this.#segment, 1 + this.#total - this.#next);
      if (this.#next + length > edge || pipe + length > this.#congestion) break;
      const segment = { seq: this.#next, length, sentAt: 0, arrived: false, lost: false, again: false };
      this.#flight.set(this.#next, segment);
      this.#next += length;
      pipe += length;
      this.#transmit(segment);
    }
    if (this.#flight.size > 0 && this.#timer === 0) this.#arm();
  }

  #transmit(segment: Sent): void {
    segment.sentAt = this.#line.now;
    if (this.#direction === 'up') this.#atHost(segment.seq, ACK, segment.length);
    else this.#fromServer(segment.seq, 1, ACK, RECEIVE_WINDOW >> SCALE, segment.length);
  }

  #acknowledged(ack: number, window: number, selective: ReadonlyMap<number, number> | undefined): void {
    this.#window = window;
    const octets = Math.max(0, ack - this.#unacked);
    let newest = -1;
    let arrived = 0;
    for (const segment of this.#flight.values()) {
      const below = segment.seq + segment.length <= ack;
      if (!segment.arrived && (below || selective?.has(segment.seq))) {
        segment.arrived = true;
        segment.lost = false;
        this.#latest = Math.max(this.#latest, segment.sentAt);
        if (!segment.again) newest = Math.max(newest, segment.sentAt);
      }
      if (below) this.#flight.delete(segment.seq);
      else if (segment.arrived) arrived += 1;
    }
    this.#unacked = Math.max(this.#unacked, ack);
    if (newest >= 0) this.#measure(this.#line.now - newest);
    this.#findLost(arrived);
    if (this.#recovering && ack >= this.#recover) this.#recovering = false;
    if (octets > 0 && !this.#recovering) {
      if (this.#congestion < this.#threshold) this.#congestion += Math.min(octets, 2 * this.#segment);
      else this.#congestion += (this.#segment * octets) / this.#congestion;
    }
    if (octets > 0 || newest >= 0) {
      this.#timer = 0;
      this.#probed = false;
    }
    if (this.#unacked >= 1 + this.#total) {
      this.#onDone();
      return;
    }
    this.#send();
  }

  /** RFC 8985: lost is what was sent before something that arrived; a little later while reordering is possible. */
  #findLost(arrived: number): void {
    const patience = this.#recovering || arrived >= 3 ? 0 : this.#smoothed / 4;
    let lost = false;
    for (const segment of this.#flight.values()) {
      if (segment.arrived || segment.lost || segment.sentAt + patience >= this.#latest) continue;
      segment.lost = true;
      lost = true;
    }
    if (!lost || this.#recovering) return;
    this.#recovering = true;
    this.#recover = this.#next;
    this.#threshold = Math.max(2 * this.#segment, this.#congestion * 0.7);
    this.#congestion = this.#threshold;
  }

  #measure(sample: number): void {
    if (this.#smoothed === 0) {
      this.#smoothed = sample;
      this.#variance = sample / 2;
    } else {
      this.#variance = 0.75 * this.#variance + 0.25 * Math.abs(sample - this.#smoothed);
      this.#smoothed = 0.875 * this.#smoothed + 0.125 * sample;
    }
    this.#timeout = this.#smoothed + Math.max(LEAST_TIMEOUT_MS, 4 * this.#variance);
  }

  /** A tail loss probe first (RFC 8985 §7), then the retransmission timeout. */
  #arm(): void {
    const probe = !this.#probed && this.#smoothed > 0;
    const wait = probe
      ? Math.min(this.#timeout, 2 * this.#smoothed + (this.#flight.size === 1 ? LEAST_TIMEOUT_MS : 2))
      : this.#timeout;
    const due = this.#line.now + wait;
    this.#timer = due;
    this.#line.after(wait, () => {
      if (this.#timer !== due || this.#flight.size === 0) return;
      this.#timer = 0;
      if (probe) {
        this.#probed = true;
        const last = [...this.#flight.values()].filter((segment) => !segment.arrived).at(-1);
        if (last !== undefined) {
          last.again = true;
          this.retransmitted += 1;
          this.#transmit(last);
        }
        this.#arm();
        return;
      }
      this.timeouts += 1;
      this.#threshold = Math.max(2 * this.#segment, this.#congestion / 2);
      this.#congestion = this.#segment;
      this.#recovering = true;
      this.#recover = this.#next;
      this.#timeout = Math.min(60_000, this.#timeout * 2);
      for (const segment of this.#flight.values()) segment.lost = !segment.arrived;
      this.#send();
    });
  }

  // Receiving

  #arrived(seq: number, payload: number): void {
    const end = seq + payload;
    if (seq > this.#expected) {
      this.#early.set(seq, end);
      this.#acknowledge();
      return;
    }
    if (end <= this.#expected) {
      this.#acknowledge();
      return;
    }
    this.delivered += end - this.#expected;
    this.#expected = end;
    const hadEarly = this.#early.size > 0;
    for (
      let more = this.#early.get(this.#expected);
      more !== undefined;
      more = this.#early.get(this.#expected)
    ) {
      this.#early.delete(this.#expected);
      this.delivered += more - this.#expected;
      this.#expected = more;
    }
    this.#owed += 1;
    if (this.#owed >= 2 || hadEarly) {
      this.#acknowledge();
      return;
    }
    const delayed = ++this.#delayed;
    this.#line.after(this.#delayedAckMs, () => {
      if (delayed === this.#delayed && this.#owed > 0) this.#acknowledge();
    });
  }

  #acknowledge(): void {
    this.#owed = 0;
    this.#delayed += 1;
    // Stands for the SACK option, by the IP identification.
    this.#nextId = (this.#nextId % 0xfffe) + 1;
    this.#selective.set(this.#nextId, new Map(this.#early));
    this.#selective.delete(this.#nextId - 500);
    if (this.#direction === 'up') this.#fromServer(1, this.#expected, ACK, RECEIVE_WINDOW >> SCALE, 0);
    else this.#atHost(1, ACK, 0);
  }

  /** The LAN host sends; what it has received is acknowledged with everything but its SYN. */
  #atHost(seq: number, flags: number, payload: number): void {
    const opening = (flags & SYN) !== 0;
    const segmentOption = [2, 4, this.#segment >> 8, this.#segment & 0xff];
    this.#line.sendUp(
      this.#client,
      tcpPacket({
        source: this.#host,
        destination: this.#server,
        sourcePort: this.#port,
        destinationPort: 80,
        seq,
        ack: opening ? 0 : this.#direction === 'down' ? this.#expected : 1,
        flags,
        window: opening ? RECEIVE_WINDOW : RECEIVE_WINDOW >> SCALE,
        payload,
        id: payload === 0 && !opening ? this.#nextId : 0,
        ...(opening ? { options: [...segmentOption, 1, 3, 3, SCALE] } : {}),
      }),
    );
  }

  #fromServer(seq: number, ack: number, flags: number, window: number, payload: number): void {
    const opening = (flags & SYN) !== 0;
    this.#line.sendDown(
      tcpPacket({
        source: this.#server,
        destination: this.#host,
        sourcePort: 80,
        destinationPort: this.#port,
        seq,
        ack,
        flags,
        window,
        payload,
        id: payload === 0 && !opening ? this.#nextId : 0,
        ...(opening ? { options: [1, 3, 3, SCALE] } : {}),
      }),
    );
  }
}
