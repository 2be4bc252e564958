/**
 * Keeps our own queue short without losing anything: what a sender of ours may have on its way is what the line holds and a
 * few packets, told to it by the window in the acknowledgements that come for it (RFC 9293 §3.8.6).
 *
 * The same rules as for the way towards us (inbound.ts): a right edge once offered is never taken back, a window only ever
 * made smaller, connections whose SYN was not seen left alone. Times ms, rates octets a second.
 */
import { ACK, ahead, type PacketView, rewriteWindow, SYN } from './packet-view.ts';
import type { Connection } from './tcp-table.ts';

/** A flow that has sent no large segment for so long takes no share. */
const ACTIVE_MS = 4_000;
/** A sender alone may keep the line busy for so long before its acknowledgement comes. */
const ROUND_TRIP_MS = 1_200;
/** Each has one on the line or waiting for its turn, and others behind it that tell of its loss. */
const SEGMENTS = 4;

export class OutboundControl {
  readonly #segment: number;
  readonly #active = new Set<Connection>();
  /** Windows made smaller. */
  clamped = 0;

  /** `segment`: payload of the largest packet sent, bytes. */
  constructor(segment: number) {
    this.#segment = segment;
  }

  /** A TCP packet of ours. */
  outgoing(connection: Connection, view: PacketView, now: number): void {
    if (view.payload < this.#segment / 2) return;
    connection.lastSentAt = now;
    this.#active.add(connection);
  }

  /** A TCP packet from the line, whose window is rewritten in `buffer`. `rate`: of the line away from us. */
  incoming(connection: Connection, view: PacketView, buffer: Uint8Array, rate: number, now: number): void {
    if ((view.flags & ACK) === 0) return;
    const opening = (view.flags & SYN) !== 0;
    if (opening) connection.peerEdgeKnown = false;
    const scale = opening ? 0 : connection.peerScale;
    if (scale < 0) return;
    const unit = 2 ** scale;
    let allowed = this.#share(connection, rate, now);
    if (connection.peerEdgeKnown) allowed = Math.max(allowed, ahead(connection.peerEdge, view.ack));
    const window = Math.min(view.window, Math.ceil(allowed / unit));
    const edge = (view.ack + window * unit) >>> 0;
    if (!connection.peerEdgeKnown || ahead(edge, connection.peerEdge) > 0) connection.peerEdge = edge;
    connection.peerEdgeKnown = true;
    if (window === view.window) return;
    rewriteWindow(view, buffer, window);
    this.clamped += 1;
  }

  #share(connection: Connection, rate: number, now: number): number {
    for (const other of this.#active) if (now - other.lastSentAt > ACTIVE_MS) this.#active.delete(other);
    const flows = this.#active.size + (this.#active.has(connection) ? 0 : 1);
    return Math.ceil((rate * ROUND_TRIP_MS) / 1000 / flows) + SEGMENTS * this.#segment;
  }
}
