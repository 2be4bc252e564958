/**
 * Keeps the provider's queue short, which we do not own: the far TCP is let send no more than the line and one packet hold.
 *
 * The lever is the window our side offers in its acknowledgements (RFC 9293 §3.8.6): each flow gets its share of what the
 * line carries in a round trip and two segments more, from the SYN on, so that slow start cannot pile up seconds.
 * A right edge once offered is never taken back (RFC 7323 §2.4); a window is only ever made smaller than the receiver's
 * own. UDP and connections whose SYN was not seen are left alone.
 */
import { ACK, adjustChecksum, ahead, type PacketView, put16, SYN, u16 } from './packet-view.ts';
import type { Connection } from './tcp-table.ts';

/** A flow that has received nothing for so long takes no share, ms. */
const ACTIVE_MS = 2_000;
/** Before the handshake has shown it, ms. */
const ROUND_TRIP_GUESS = 250;
const LONGEST_ROUND_TRIP = 1_500;
/** Over which the line's own rate is measured, ms. */
const MEASURE_MS = 1_000;

export class InboundControl {
  /** Octets a second towards us. */
  #rate: number;
  readonly #active = new Set<Connection>();
  #measureFrom = 0;
  #measured = 0;
  /** Windows made smaller. */
  clamped = 0;

  constructor(rate: number) {
    this.#rate = rate;
  }

  get activeFlows(): number {
    return this.#active.size;
  }

  /** A TCP packet from the line. */
  incoming(connection: Connection, view: PacketView, now: number): void {
    if ((view.flags & SYN) !== 0) {
      connection.received = view.endSeq;
      connection.receivedKnown = true;
      if (connection.synAt >= 0 && (view.flags & ACK) !== 0) {
        connection.roundTrip = Math.min(connection.roundTrip, now - connection.synAt);
        connection.synAt = -1;
      }
      return;
    }
    if (view.payload === 0) return;
    if (!connection.receivedKnown || ahead(view.endSeq, connection.received) > 0) {
      connection.received = view.endSeq;
      connection.receivedKnown = true;
    }
    connection.lastReceivedAt = now;
    this.#active.add(connection);
  }

  /** Octets of any kind came from the line: a line that carries more than its modem said is given more. */
  heard(octets: number, now: number): void {
    this.#measured += octets;
    const elapsed = now - this.#measureFrom;
    if (elapsed < MEASURE_MS) return;
    if (elapsed < 2 * MEASURE_MS) this.#rate = Math.max(this.#rate, (this.#measured / elapsed) * 1000);
    this.#measureFrom = now;
    this.#measured = 0;
  }

  /** A TCP packet of ours that is about to be queued: its window is rewritten in `buffer`. */
  outgoing(connection: Connection, view: PacketView, buffer: Uint8Array, now: number): void {
    const opening = (view.flags & SYN) !== 0;
    if (opening) {
      connection.segment = Math.max(64, view.maximumSegment(buffer));
      connection.edgeKnown = false;
      if ((view.flags & ACK) === 0) connection.synAt = now;
    }
    // The window of a SYN is never scaled (RFC 7323 §2.2).
    const scale = opening ? 0 : connection.scale;
    if (scale < 0) return;
    const share = this.#share(connection, now);
    if ((view.flags & ACK) === 0) {
      if (opening && view.window > share) this.#rewrite(view, buffer, share);
      return;
    }
    const unit = 2 ** scale;
    let allowed = share;
    if (connection.edgeKnown) allowed = Math.max(allowed, ahead(connection.edge, view.ack));
    // Rounded up to the unit of the scale: down would take back what was offered.
    const window = Math.min(view.window, Math.ceil(allowed / unit));
    const edge = (view.ack + window * unit) >>> 0;
    if (!connection.edgeKnown || ahead(edge, connection.edge) > 0) connection.edge = edge;
    connection.edgeKnown = true;
    if (window < view.window) this.#rewrite(view, buffer, window);
  }

  /** What one connection may have on its way to us, bytes. */
  #share(connection: Connection, now: number): number {
    for (const other of this.#active) if (now - other.lastReceivedAt > ACTIVE_MS) this.#active.delete(other);
    const flows = Math.max(1, this.#active.size + (this.#active.has(connection) ? 0 : 1));
    const known = connection.roundTrip !== Number.POSITIVE_INFINITY;
    const roundTrip = known ? Math.min(connection.roundTrip, LONGEST_ROUND_TRIP) : ROUND_TRIP_GUESS;
    const { segment } = connection;
    const budget = (this.#rate * roundTrip) / 1000 + 2 * segment;
    return segment * Math.max(2, Math.ceil(budget / segment / flows));
  }

  #rewrite(view: PacketView, buffer: Uint8Array, window: number): void {
    const at = view.transport;
    put16(buffer, at + 14, window);
    put16(buffer, at + 16, adjustChecksum(u16(buffer, at + 16), view.window, window));
    this.clamped += 1;
  }
}
