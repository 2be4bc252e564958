/**
 * For tests: the hosts at both ends of a simulated line. A TCP that grows and cuts its window as today's do (RFC
 * 5681 with CUBIC's 0.7, initial window of ten, RACK and tail loss probe, selective and delayed acknowledgements), a ping, and keystrokes that are echoed.
 *
 * Real packets with real header fields, because the scheduler reads and rewrites them.
 */
import { ACK, ICMP, PacketView, SYN, TCP } from './packet-view.ts';
import type { SimulatedLine } from './simulated-line.ts';

const view = new PacketView();
const SCALE = 7;
const INITIAL_SEGMENTS = 10;
/** Linux sends a lone acknowledgement after this. */
const DELAYED_ACK_MS = 40;
const RECEIVE_WINDOW = 65_535;

export interface Segment {
  source: number;
  destination: number;
  sourcePort: number;
  destinationPort: number;
  seq: number;
  ack: number;
  flags: number;
  window: number;
  payload: number;
  id?: number;
  options?: number[];
}

export function ipPacket(protocol: number, source: number, destination: number, length: number): Uint8Array {
  const packet = new Uint8Array(length);
  const fields = new DataView(packet.buffer);
  packet[0] = 0x45;
  fields.setUint16(2, length);
  packet[8] = 64;
  packet[9] = protocol;
  fields.setUint32(12, source);
  fields.setUint32(16, destination);
  sealHeader(packet);
  return packet;
}

/** RFC 1071 over `length` octets from `from`, beginning with `sum`; not yet complemented. */
export function onesSum(bytes: Uint8Array, from: number, length: number, sum = 0): number {
  let total = sum;
  for (let i = 0; i < length; i++) total += (bytes[from + i] as number) << (i % 2 === 0 ? 8 : 0);
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return total;
}

/** The IP header checksum, put right. */
export function sealHeader(packet: Uint8Array): void {
  const fields = new DataView(packet.buffer, packet.byteOffset);
  fields.setUint16(10, 0);
  fields.setUint16(10, ~onesSum(packet, 0, 20) & 0xffff);
}

/** The sum that a TCP segment's checksum makes 0xffff (RFC 9293 §3.1, with the pseudo-header). */
export function tcpSum(packet: Uint8Array): number {
  return onesSum(packet, 20, packet.length - 20, onesSum(packet, 12, 8, TCP + packet.length - 20));
}

export function tcpPacket(segment: Segment): Uint8Array {
  const options = segment.options ?? [];
  const header = 20 + options.length;
  const packet = ipPacket(TCP, segment.source, segment.destination, 20 + header + segment.payload);
  const fields = new DataView(packet.buffer);
  fields.setUint16(4, segment.id ?? 0);
  fields.setUint16(20, segment.sourcePort);
  fields.setUint16(22, segment.destinationPort);
  fields.setUint32(24, segment.seq >>> 0);
  fields.setUint32(28, segment.ack >>> 0);
  packet[32] = (header / 4) << 4;
  packet[33] = segment.flags;
  fields.setUint16(34, segment.window);
  packet.set(options, 40);
  sealHeader(packet);
  fields.setUint16(36, ~tcpSum(packet) & 0xffff);
  return packet;
}

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
  readonly #segment: number;
  readonly #total: number;
  readonly #onDone: () => void;
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
    this.#timeout = this.#smoothed + Math.max(200, 4 * this.#variance);
  }

  /** A tail loss probe first (RFC 8985 §7), then the retransmission timeout. */
  #arm(): void {
    const probe = !this.#probed && this.#smoothed > 0;
    const wait = probe ? Math.min(this.#timeout, 2 * this.#smoothed + DELAYED_ACK_MS) : this.#timeout;
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
    this.#line.after(DELAYED_ACK_MS, () => {
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

/** Both sides' demultiplexing, and the things that answer at once. */
export class Hosts {
  readonly #line: SimulatedLine;
  readonly #transfers = new Map<number, Transfer>();
  readonly #waiting = new Map<number, number>();
  /** Our address: the masquerade has put it in front of every client. */
  readonly address = 0xcb007140;
  readonly server = 0xc6336450;
  #nextPort = 20_000;
  #nextEcho = 1;

  constructor(line: SimulatedLine) {
    this.#line = line;
    line.attachInside(this.address, (packet) => this.#arrived(packet, true));
    line.attachOutside(this.server, (packet) => this.#arrived(packet, false));
  }

  transfer(
    direction: Direction,
    client: number,
    options: { total?: number; startAt?: number; onDone?: () => void } = {},
  ): Transfer {
    const transfer = new Transfer(this.#line, {
      direction,
      client,
      host: this.address,
      server: this.server,
      port: this.#nextPort++,
      ...options,
    });
    this.#transfers.set(transfer.port, transfer);
    return transfer;
  }

  /** Echo requests of 84 octets, one every `every` ms; the round trips are put into `times`. */
  ping(client: number, every: number, times: number[]): void {
    const ping = () => {
      const id = this.#nextEcho++ & 0xffff;
      const packet = ipPacket(ICMP, this.address, this.server, 84);
      packet[20] = 8;
      new DataView(packet.buffer).setUint32(24, id);
      this.#await(id, times);
      this.#line.sendUp(client, packet);
      this.#line.after(every * (0.8 + 0.4 * this.#line.random()), ping);
    };
    this.#line.after(every, ping);
  }

  /** One octet of TCP every `every` ms, echoed by the far side. */
  keystrokes(client: number, every: number, times: number[]): void {
    const port = this.#nextPort++;
    let seq = 1;
    const type = () => {
      this.#await(0x10000 + seq, times);
      this.#line.sendUp(
        client,
        tcpPacket({
          source: this.address,
          destination: this.server,
          sourcePort: port,
          destinationPort: 22,
          seq,
          ack: seq,
          flags: ACK | 0x08,
          window: 500,
          payload: 1,
        }),
      );
      seq += 1;
      this.#line.after(every * (0.8 + 0.4 * this.#line.random()), type);
    };
    this.#line.after(every, type);
  }

  #await(id: number, times: number[]): void {
    const sentAt = this.#line.now;
    this.#waiting.set(id, sentAt);
    this.#times.set(id, times);
  }

  readonly #times = new Map<number, number[]>();

  #answered(id: number): void {
    const sentAt = this.#waiting.get(id);
    if (sentAt === undefined) return;
    this.#times.get(id)?.push(this.#line.now - sentAt);
    this.#waiting.delete(id);
    this.#times.delete(id);
  }

  #arrived(packet: Uint8Array, inside: boolean): void {
    view.read(packet, 0, packet.length);
    if (view.protocol === ICMP) {
      const id = new DataView(packet.buffer).getUint32(24);
      if (inside) {
        this.#answered(id);
        return;
      }
      const reply = packet.slice();
      const fields = new DataView(reply.buffer);
      fields.setUint32(12, this.server);
      fields.setUint32(16, this.address);
      reply[20] = 0;
      this.#line.sendDown(reply);
      return;
    }
    const localPort = inside ? view.destinationPort : view.sourcePort;
    const remotePort = inside ? view.sourcePort : view.destinationPort;
    if (remotePort === 22) this.#keystroke(inside, localPort);
    else this.#transfers.get(localPort)?.receive(packet, inside);
  }

  #keystroke(inside: boolean, port: number): void {
    const { seq, payload } = view;
    if (payload === 0) return;
    if (inside) {
      this.#answered(0x10000 + seq);
      return;
    }
    this.#line.sendDown(
      tcpPacket({
        source: this.server,
        destination: this.address,
        sourcePort: 22,
        destinationPort: port,
        seq,
        ack: (seq + 1) >>> 0,
        flags: ACK | 0x08,
        window: 500,
        payload: 1,
      }),
    );
  }
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Jain's index: 1 when all get the same. */
export function fairness(values: readonly number[]): number {
  const sum = values.reduce((a, b) => a + b, 0);
  const squares = values.reduce((a, b) => a + b * b, 0);
  return (sum * sum) / (values.length * squares);
}
