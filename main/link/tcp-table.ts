/**
 * The TCP connections that cross the line, as far as the scheduler must know them: window scale, right edge, round trip.
 *
 * Keyed as the line sees them, from our address. It holds at most `LIMIT` connections and forgets idle ones;
 * one that it has not seen begin is known by its sequence numbers only, and its window is left alone.
 */
import type { Member } from './drr.ts';
import { NO_SLOT } from './packet-pool.ts';
import { ACK, type PacketView, RST, SYN } from './packet-view.ts';

const LIMIT = 2048;
const LOOKED_AT = 8;

export class Connection implements Member {
  local = 0;
  localPort = 0;
  remote = 0;
  remotePort = 0;
  lastUsed = 0;
  /** Of our side, from its SYN; -1: not offered; -2: its SYN was not seen. */
  offeredScale = -2;
  /** Whether the far side's SYN was seen, and its offer. */
  peerSynSeen = false;
  peerOffersScale = false;
  peerOfferedScale = 0;
  /** Right edge of the window the far side has been let offer; valid once `peerEdgeKnown`. */
  peerEdge = 0;
  peerEdgeKnown = false;
  /** When our side last sent a large segment, ms. */
  lastSentAt = Number.NEGATIVE_INFINITY;
  /** Right edge of the window our side has been let offer; valid once `edgeKnown`. */
  edge = 0;
  edgeKnown = false;
  /** Highest sequence number received from the line, one past. */
  received = 0;
  receivedKnown = false;
  lastReceivedAt = Number.NEGATIVE_INFINITY;
  /** What our side takes in one segment, bytes. */
  segment = 536;
  /** One past the SYN it was made for. */
  opened = 0;
  /** From SYN to SYN-ACK, ms. */
  roundTrip = Number.POSITIVE_INFINITY;
  synAt = -1;
  /** What was still to come from the line when the SYN went out, bytes. */
  synBehind = 0;
  /** Highest acknowledgement of our side that was let out. */
  acknowledged = 0;
  acknowledgedKnown = false;
  /** When the right edge last moved, and how long what the others had asked for would take the line then, ms. */
  grantedAt = Number.NEGATIVE_INFINITY;
  behind = 0;
  /** An acknowledgement that waits in ack-gate.ts, since when, and whose. */
  held = NO_SLOT;
  heldAt = 0;
  client = 0;
  /** Time between the last two acknowledgements let out, ms. */
  turn = 0;
  // Its place among the flows of its client there.
  deficit = 0;
  weight = 1;
  list: Member['list'] = 'none';
  nextMember: Member | null = null;

  /** Windows of the far side are to be shifted by this; -1: not known. */
  get peerScale(): number {
    if (this.offeredScale === -2 || !this.peerSynSeen) return -1;
    return this.offeredScale >= 0 && this.peerOffersScale ? this.peerOfferedScale : 0;
  }

  /** Windows of our side are to be shifted by this; -1: not known. Scaling needs both offers (RFC 7323 §2.2). */
  get scale(): number {
    if (this.offeredScale === -2 || !this.peerSynSeen) return -1;
    return this.offeredScale >= 0 && this.peerOffersScale ? this.offeredScale : 0;
  }
}

export class TcpTable {
  readonly #connections = new Map<number, Connection>();

  get size(): number {
    return this.#connections.size;
  }

  values(): IterableIterator<Connection> {
    return this.#connections.values();
  }

  /** The connection of a packet that leaves (`outgoing`) or arrives; made if it begins one, else null if unknown. */
  find(view: PacketView, outgoing: boolean, now: number): Connection | null {
    const local = outgoing ? view.source : view.destination;
    const remote = outgoing ? view.destination : view.source;
    const localPort = outgoing ? view.sourcePort : view.destinationPort;
    const remotePort = outgoing ? view.destinationPort : view.sourcePort;
    const key = hash(local, remote, localPort, remotePort);
    let connection = this.#connections.get(key);
    const known =
      connection !== undefined &&
      connection.local === local &&
      connection.remote === remote &&
      connection.localPort === localPort &&
      connection.remotePort === remotePort;
    const opening = (view.flags & SYN) !== 0 && (view.flags & ACK) === 0;
    if ((view.flags & RST) !== 0) {
      if (known) this.#connections.delete(key);
      return null;
    }
    // A repeated SYN of a connection already under way is a retransmission, one with another number a new connection.
    if (known && connection !== undefined && !(opening && outgoing && connection.opened !== view.endSeq)) {
      connection.lastUsed = now;
      return connection;
    }
    if (connection !== undefined && !known && now - connection.lastUsed < 60_000) return null;
    if (!opening && !outgoing) return null;
    connection = new Connection();
    connection.local = local;
    connection.remote = remote;
    connection.localPort = localPort;
    connection.remotePort = remotePort;
    connection.lastUsed = now;
    connection.opened = view.endSeq;
    this.#connections.delete(key);
    this.#connections.set(key, connection);
    if (this.#connections.size > LIMIT) this.#forgetIdle();
    return connection;
  }

  /** One of the oldest goes: the idlest of a few; those still in use go to the back of the order. */
  #forgetIdle(): void {
    let idle = -1;
    let since = Number.POSITIVE_INFINITY;
    let seen = 0;
    const passed: [number, Connection][] = [];
    for (const entry of this.#connections) {
      if (++seen > LOOKED_AT) break;
      const { lastUsed } = entry[1];
      passed.push(entry);
      if (lastUsed >= since) continue;
      idle = entry[0];
      since = lastUsed;
    }
    for (const [key, connection] of passed) {
      this.#connections.delete(key);
      if (key !== idle) this.#connections.set(key, connection);
    }
  }
}

function hash(local: number, remote: number, localPort: number, remotePort: number): number {
  let h = Math.imul(local ^ Math.imul(remote, 0x85ebca6b), 0x9e3779b1);
  h ^= h >>> 16;
  h = Math.imul(h ^ ((localPort << 16) | remotePort), 0xc2b2ae35);
  return h ^ (h >>> 15);
}
