/**
 * What a slow line does to the TCP that crosses it: no timestamps (tcp-timestamps.ts), segments by the
 * rate (line-rate.ts), windows that keep both queues short
 * (inbound.ts, outbound.ts), and SYNs and acknowledgements that wait until there is room for what they ask for.
 *
 * The scheduler gives it every TCP packet of either direction, and files what it lets go.
 */
import { InboundControl } from './inbound.ts';
import { inboundSegment, TCP_HEADERS } from './line-rate.ts';
import { OutboundControl } from './outbound.ts';
import { NO_SLOT, type PacketPool, SLOT_BYTES } from './packet-pool.ts';
import { ACK, lowerMaximumSegment, type PacketView, SYN } from './packet-view.ts';
import { TcpTable } from './tcp-table.ts';
import { takeTimestampsOut } from './tcp-timestamps.ts';

/** TCP timestamps are worth their octets on lines faster than this, octets a second. */
const TIMESTAMPS_UP_TO = 16_000;

export class TcpShaping {
  readonly #pool: PacketPool;
  readonly #connections = new TcpTable();
  readonly #inbound: InboundControl | null;
  readonly #outbound: OutboundControl | null;
  readonly #takesTimestamps: boolean;
  readonly #down: number | null;
  readonly #mtu: number;
  /** Whose packet `release` gave. */
  client = 0;

  /** Octets a second away from us and towards us; null: unknown, that way is left alone. `mtu` in bytes. */
  constructor(pool: PacketPool, up: number | null, down: number | null, mtu: number) {
    this.#pool = pool;
    this.#inbound = down === null ? null : new InboundControl(down);
    this.#outbound = up === null ? null : new OutboundControl(mtu - TCP_HEADERS);
    this.#down = down;
    this.#mtu = mtu;
    this.#takesTimestamps = up !== null && up <= TIMESTAMPS_UP_TO;
  }

  /** Windows made smaller. */
  get clamped(): number {
    return (this.#inbound?.clamped ?? 0) + (this.#outbound?.clamped ?? 0);
  }

  /** A client's weight beside the others, and the octets a second it may receive, or null. */
  setShare(client: number, weight: number, limit: number | null, now: number): void {
    this.#inbound?.setShare(client, weight, limit, now);
  }

  /** Octets of any kind came from the line. */
  heard(octets: number, now: number): void {
    this.#inbound?.heard(octets, now);
  }

  /**
   * A packet of ours in `slot`, which `view` has read. True: it waits here. `wait`: what the line has yet to send before
   * it, ms.
   */
  outgoing(slot: number, client: number, view: PacketView, wait: number, now: number): boolean {
    const inbound = this.#inbound;
    if (inbound === null && this.#outbound === null) return false;
    const buffer = this.#pool.buffer;
    const opening = (view.flags & SYN) !== 0;
    if (opening && this.#takesTimestamps) takeTimestampsOut(view, buffer);
    if (opening && this.#down !== null) {
      const unit = 2 ** Math.max(0, view.windowScale(buffer));
      lowerMaximumSegment(view, buffer, inboundSegment(this.#down, this.#mtu, unit));
    }
    const connection = this.#connections.find(view, true, now);
    if (connection === null) return false;
    connection.client = client;
    if (opening) connection.offeredScale = view.windowScale(buffer);
    this.#outbound?.outgoing(connection, view, now);
    if (inbound === null) return false;
    const waits = inbound.outgoing(connection, view, buffer, now, wait);
    const older = waits ? inbound.hold(connection, slot, view, now) : inbound.gate.take(connection);
    if (older !== NO_SLOT) this.#pool.release(older);
    return waits;
  }

  /** A packet from the line, changed in `buffer`. `rate`: octets a second away from us now, null: not paced. */
  incoming(view: PacketView, buffer: Uint8Array, rate: number | null, now: number): void {
    if (this.#inbound === null && this.#outbound === null) return;
    const opening = (view.flags & SYN) !== 0;
    if (opening && this.#takesTimestamps) takeTimestampsOut(view, buffer);
    const connection = this.#connections.find(view, false, now);
    if (connection === null) return;
    if (opening) {
      const scale = view.windowScale(buffer);
      connection.peerSynSeen = true;
      connection.peerOffersScale = scale >= 0;
      connection.peerOfferedScale = Math.max(0, scale);
      if ((view.flags & ACK) === 0) connection.edgeKnown = false;
    }
    this.#inbound?.incoming(connection, view, now);
    if (rate !== null) this.#outbound?.incoming(connection, view, buffer, rate, now);
  }

  /** The slot of a packet that has waited long enough, `view` and `client` on it; NO_SLOT: none. */
  release(view: PacketView, wait: number, now: number): number {
    const inbound = this.#inbound;
    const connection = inbound?.release(now) ?? null;
    if (inbound === null || connection === null) return NO_SLOT;
    const slot = inbound.gate.take(connection);
    view.read(this.#pool.buffer, slot * SLOT_BYTES, this.#pool.lengthOf(slot));
    inbound.letOut(connection, view, this.#pool.buffer, now, wait);
    this.client = connection.client;
    return slot;
  }

  /** When `release` may have something though nothing has come; Infinity: nothing waits. */
  nextDeadline(): number {
    return this.#inbound?.nextDeadline() ?? Number.POSITIVE_INFINITY;
  }
}
