/**
 * Keeps the provider's queue short, which we do not own: the far TCP is let send no more than the line and two packets hold.
 *
 * The lever is the window our side offers in its acknowledgements (RFC 9293 §3.8.6): each flow gets its share of what the
 * line carries in a round trip and two segments more, from the SYN on, so that slow start cannot pile up seconds. With
 * several flows the acknowledgements that ask for more go out in turn (ack-gate.ts).
 * A right edge once offered is never taken back (RFC 7323 §2.4); a window is only ever made smaller than the receiver's
 * own. UDP and connections whose SYN was not seen are left alone.
 */
import { AckGate } from './ack-gate.ts';
import { LEAST_FLIGHT } from './line-rate.ts';
import { OpeningGate } from './opening-gate.ts';
import { NO_SLOT } from './packet-pool.ts';
import { ACK, ahead, type PacketView, rewriteWindow, SYN } from './packet-view.ts';
import type { Connection } from './tcp-table.ts';
import { TokenBucket } from './token-bucket.ts';

/** A flow that has received no full segment for so long takes no share, ms. */
const ACTIVE_MS = 2_000;
/** Before the handshake has shown it, ms. */
const ROUND_TRIP_GUESS = 250;
const LONGEST_ROUND_TRIP = 1_500;
/** Over which the line's own rate is measured, ms. */
const MEASURE_MS = 3_000;
/** Packets are counted with headers that the line carries compressed, and as whole packets. */
const HEADERS = 1.1;
/** A turn of two segments a flow may take so long; with more flows it is one segment. */
const TURN_MS = 1_800;

export class InboundControl {
  readonly gate = new AckGate();
  readonly #openings = new OpeningGate();
  /** Octets a second towards us. */
  #rate: number;
  readonly #active = new Set<Connection>();
  /** Of clients with a limit of their own. */
  readonly #limits = new Map<number, TokenBucket>();
  /** What the line usually has yet to send before one of our acknowledgements, ms. */
  #wait = 0;
  #measureFrom = 0;
  #measured = 0;
  /** Windows made smaller. */
  clamped = 0;

  constructor(rate: number) {
    this.#rate = rate;
  }

  /** A client's weight beside the others, and the octets a second it may receive, null: no limit of its own. */
  setShare(client: number, weight: number, limit: number | null, now: number): void {
    this.gate.weigh(client, weight);
    if (limit === (this.#limits.get(client)?.rate ?? null)) return;
    if (limit === null) this.#limits.delete(client);
    else this.#limits.set(client, new TokenBucket(limit, now));
  }

  /** A TCP packet from the line. */
  incoming(connection: Connection, view: PacketView, now: number): void {
    if ((view.flags & SYN) !== 0) {
      connection.received = view.endSeq;
      connection.receivedKnown = true;
      if (connection.synAt >= 0 && (view.flags & ACK) !== 0) {
        // Less what stood in the provider's queue when it was asked.
        connection.roundTrip = Math.max(
          1,
          now - connection.synAt - (connection.synBehind / this.#rate) * 1000,
        );
        connection.synAt = -1;
      }
      connection.lastReceivedAt = now;
      this.#active.add(connection);
      return;
    }
    this.#limits.get(connection.client)?.charge(view.length, now);
    if (view.payload === 0) return;
    this.#openings.opened(connection);
    if (!connection.receivedKnown || ahead(view.endSeq, connection.received) > 0) {
      connection.received = view.endSeq;
      connection.receivedKnown = true;
    }
    // Keystrokes and small answers are no download.
    if (view.payload < connection.segment / 2) return;
    connection.lastReceivedAt = now;
    this.#active.add(connection);
  }

  /** Octets of any kind came from the line: a line that carries more than its modem said is given more. */
  heard(octets: number, now: number): void {
    this.#measured += octets;
    const elapsed = now - this.#measureFrom;
    if (elapsed < MEASURE_MS) return;
    const rate = (this.#measured / elapsed) * 1000;
    if (elapsed < 2 * MEASURE_MS && rate > this.#rate * HEADERS) this.#rate = rate / HEADERS;
    this.#measureFrom = now;
    this.#measured = 0;
  }

  /**
   * A TCP packet of ours that is about to be queued. True: it is an acknowledgement that is to wait, see `hold`; else its
   * window has been rewritten in `buffer`. `wait` is what the line has yet to send before it, ms.
   */
  outgoing(connection: Connection, view: PacketView, buffer: Uint8Array, now: number, wait: number): boolean {
    this.#wait += (wait - this.#wait) / 16;
    const opening = (view.flags & SYN) !== 0;
    const answers = (view.flags & ACK) !== 0;
    if (opening && !answers) {
      if (this.#openings.mustWait(connection, this.#isShort(now), now)) return true;
      this.#open(connection, view, buffer, now, wait);
      return false;
    }
    if (opening) this.#begin(connection, view, buffer);
    // The window of a SYN is never scaled (RFC 7323 §2.2).
    const scale = opening ? 0 : connection.scale;
    if (view.payload >= connection.segment / 2) this.#openings.opened(connection);
    if (scale < 0 || !answers) return false;
    if (!opening && this.#mustWait(connection, view, buffer, now)) return true;
    this.#offer(connection, view, buffer, scale, now);
    return false;
  }

  /** Keeps the SYN or acknowledgement in `slot` back; returns the slot of an older one that it replaces, or NO_SLOT. */
  hold(connection: Connection, slot: number, view: PacketView, now: number): number {
    if ((view.flags & SYN) !== 0) return this.#openings.hold(connection, slot);
    const limit = this.#limits.get(connection.client);
    if (limit === undefined || limit.isReady(now)) return this.gate.hold(connection, slot, now);
    return this.gate.holdUntil(connection, slot, limit.readyAt(now), now);
  }

  /** When `release` may have something though nothing has come; Infinity: nothing is held back. */
  nextDeadline(): number {
    return Math.min(this.gate.nextDeadline(), this.#openings.nextDeadline());
  }

  /** The next connection whose packet is to be let out, if one is overdue or there is room; null: none. */
  release(now: number): Connection | null {
    const opening = this.#openings.isEmpty ? null : this.#openings.release(this.#isShort(now), now);
    if (opening !== null) return opening;
    if (this.gate.isEmpty) return null;
    const overdue = this.gate.overdue(now);
    if (overdue !== null) return overdue;
    const next = this.gate.next();
    if (next === null) return null;
    return this.#hasRoom(next, now) ? next : null;
  }

  /** `view` is on the packet that `release` gave the connection of; `wait` as for `outgoing`. */
  letOut(connection: Connection, view: PacketView, buffer: Uint8Array, now: number, wait: number): void {
    if ((view.flags & SYN) !== 0) {
      this.#open(connection, view, buffer, now, wait);
      return;
    }
    this.gate.charge(connection, this.#turnOctets(connection));
    this.#offer(connection, view, buffer, connection.scale, now);
  }

  /** A SYN of either side's opening; what was known of the connection is void. */
  #begin(connection: Connection, view: PacketView, buffer: Uint8Array): void {
    connection.segment = Math.max(64, view.maximumSegment(buffer));
    connection.edgeKnown = false;
    connection.acknowledgedKnown = false;
  }

  /** Our SYN goes out. It is about to ask for something: many at once must not each take the whole line for theirs. */
  #open(connection: Connection, view: PacketView, buffer: Uint8Array, now: number, wait: number): void {
    this.#begin(connection, view, buffer);
    connection.synAt = now + wait;
    connection.synBehind = this.gate.asked(this.#active, now);
    connection.lastReceivedAt = now;
    this.#active.add(connection);
    this.#openings.began(connection, now);
    const share = this.#share(connection, now);
    if (view.window > share) this.#rewrite(view, buffer, share);
  }

  #mustWait(connection: Connection, view: PacketView, buffer: Uint8Array, now: number): boolean {
    const advances = connection.acknowledgedKnown && ahead(view.ack, connection.acknowledged) > 0;
    if (!advances || !view.isPureAck || !view.plainOptions(buffer) || this.gate.isFull) return false;
    this.#forgetIdle(now);
    if (!this.#active.has(connection)) return false;
    if (this.#limits.get(connection.client)?.isReady(now) === false) return true;
    if (this.#active.size < 2) return false;
    if (connection.held !== NO_SLOT) return true;
    return this.gate.hasTurns || !this.#hasRoom(connection, now);
  }

  /** Whether what has been asked for and has not come is no more than the line should have to bring. */
  #isShort(now: number): boolean {
    const asked = this.gate.asked(this.#active, now);
    if (asked === 0) return true;
    let budget = Number.POSITIVE_INFINITY;
    for (const connection of this.#active) budget = Math.min(budget, this.#budget(connection));
    return asked <= budget;
  }

  /** Whether the connection may ask for its turn's octets; the shortest round trip says how much fills the line. */
  #hasRoom(connection: Connection, now: number): boolean {
    const asked = this.gate.asked(this.#active, now);
    if (asked === 0) return true;
    let budget = this.#budget(connection);
    for (const other of this.#active) budget = Math.min(budget, this.#budget(other));
    return asked + this.#turnOctets(connection) <= budget;
  }

  /** Writes the window into the packet and remembers its right edge. */
  #offer(connection: Connection, view: PacketView, buffer: Uint8Array, scale: number, now: number): void {
    const unit = 2 ** scale;
    const share = this.#share(connection, now) / unit;
    // Large steps: the next one up may be three segments more, so that most of it must be wanted.
    let steps = unit > connection.segment / 2 ? Math.max(1, Math.floor(share + 0.25)) : Math.ceil(share);
    // Rounded up to the unit of the scale: down would take back what was offered.
    if (connection.edgeKnown) steps = Math.max(steps, Math.ceil(ahead(connection.edge, view.ack) / unit));
    const window = Math.min(view.window, steps);
    const edge = (view.ack + window * unit) >>> 0;
    if (!connection.edgeKnown || ahead(edge, connection.edge) > 0) {
      connection.edge = edge;
      connection.edgeKnown = true;
      if (connection.grantedAt > 0) connection.turn = now - connection.grantedAt;
      connection.behind = (this.gate.asked(this.#active, now) / this.#rate) * 1000;
      connection.grantedAt = now;
    }
    if (!connection.acknowledgedKnown || ahead(view.ack, connection.acknowledged) > 0)
      connection.acknowledged = view.ack;
    connection.acknowledgedKnown = true;
    if (window < view.window) this.#rewrite(view, buffer, window);
  }

  #forgetIdle(now: number): void {
    for (const other of this.#active) if (now - other.lastReceivedAt > ACTIVE_MS) this.#active.delete(other);
  }

  /** What may be on its way to us in all, bytes. */
  #budget({ roundTrip, segment }: Connection): number {
    const known = roundTrip !== Number.POSITIVE_INFINITY;
    const time = 2 * this.#wait + (known ? Math.min(roundTrip, LONGEST_ROUND_TRIP) : ROUND_TRIP_GUESS);
    // One is on the line, one at its far end, one waits for the acknowledgement that receivers send for every second.
    return Math.max(LEAST_FLIGHT, Math.round((this.#rate * time) / 1000 / segment) + 2) * segment;
  }

  /** What one connection may have on its way, bytes. */
  #share(connection: Connection, now: number): number {
    this.#forgetIdle(now);
    if (this.#limits.has(connection.client)) return this.#turnOctets(connection);
    // Those with a limit of their own leave most of the line.
    for (const other of this.#active)
      if (other !== connection && !this.#limits.has(other.client)) return this.#turnOctets(connection);
    return this.#budget(connection);
  }

  /** What one of several connections may ask for in its turn: two segments, because receivers acknowledge every second. */
  #turnOctets({ segment, client }: Connection): number {
    const rate = Math.min(this.#rate, this.#limits.get(client)?.rate ?? this.#rate);
    const turn = (this.#active.size * 2 * segment * 1000) / rate;
    return turn > TURN_MS ? segment : 2 * segment;
  }

  #rewrite(view: PacketView, buffer: Uint8Array, window: number): void {
    rewriteWindow(view, buffer, window);
    this.clamped += 1;
  }
}
