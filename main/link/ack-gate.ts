/**
 * Several downloads at once: lets out an acknowledgement that asks for more only when the provider's queue has room.
 *
 * Each flow needs a segment or two in flight, so that windows alone leave the provider's queue as many segments long as
 * there are flows. What has been asked for and has not come is counted over all flows; above the budget the next
 * acknowledgements wait here, one a flow (a newer replaces it), and go out in turn by client, then by flow: the line
 * towards us is shared as fairly as the one away. None waits so long that the far side takes its data for lost: the time
 * grows with what the flow is used to. Nothing but pure, advancing acknowledgements is ever held. Times ms, sizes bytes.
 */
import { DeficitRoundRobin, type Member } from './drr.ts';
import { NO_SLOT } from './packet-pool.ts';
import { ahead } from './packet-view.ts';
import type { Connection } from './tcp-table.ts';

const QUANTUM = 576;
/** A retransmission timer is three round trips at first, later at least 200 ms above them. */
const SHORTEST_HOLD_MS = 120;
const LONGEST_HOLD_MS = 6_000;
/** A far side that measures round trips follows so much from one to the next, and takes nothing for lost. */
const STRETCH = 1.08;
const HELD_LIMIT = 128;
/** What was asked for and has not come after what was ahead of it, a round trip and so long will not: there is nothing to send. */
const UNUSED_MS = 800;

class GateClient implements Member {
  deficit = 0;
  weight = 1;
  list: Member['list'] = 'none';
  nextMember: Member | null = null;
  readonly flows = new DeficitRoundRobin<Connection>(QUANTUM);
}

export class AckGate {
  readonly #clients = new Map<number, GateClient>();
  readonly #turns = new DeficitRoundRobin<GateClient>(QUANTUM);
  readonly #held = new Set<Connection>();
  /** Held back by their client's own limit, until so long. */
  readonly #limited = new Map<Connection, number>();
  /** Acknowledgements that had to wait. */
  delayed = 0;

  /** What all of `active` have asked for and not yet received. */
  asked(active: Iterable<Connection>, now: number): number {
    let asked = 0;
    for (const connection of active) asked += expected(connection, now);
    return asked;
  }

  get isFull(): boolean {
    return this.#held.size + this.#limited.size >= HELD_LIMIT;
  }

  get isEmpty(): boolean {
    return this.#held.size + this.#limited.size === 0;
  }

  /** Somebody waits for a turn, not for the end of a limit. */
  get hasTurns(): boolean {
    return this.#held.size > 0;
  }

  /** A client's turns beside the others'. */
  weigh(client: number, weight: number): void {
    this.#client(client).weight = weight;
  }

  /** Keeps `slot` as the waiting acknowledgement of a connection whose client has used up its own limit, until `due`. */
  holdUntil(connection: Connection, slot: number, due: number, now: number): number {
    const replaced = this.take(connection);
    connection.held = slot;
    if (replaced === NO_SLOT) {
      this.delayed += 1;
      connection.heldAt = now;
    }
    this.#limited.set(connection, Math.min(due, longestHold(connection)));
    return replaced;
  }

  /** Keeps `slot` as the connection's waiting acknowledgement; returns the one it replaces, or NO_SLOT. */
  hold(connection: Connection, slot: number, now: number): number {
    const replaced = connection.held;
    connection.held = slot;
    if (replaced !== NO_SLOT) return replaced;
    this.delayed += 1;
    connection.heldAt = now;
    this.#held.add(connection);
    const gate = this.#client(connection.client);
    gate.flows.activate(connection);
    this.#turns.activate(gate);
    return NO_SLOT;
  }

  /** Takes back the waiting acknowledgement: a later packet says it too. NO_SLOT if there is none. */
  take(connection: Connection): number {
    const slot = connection.held;
    connection.held = NO_SLOT;
    this.#held.delete(connection);
    this.#limited.delete(connection);
    if (slot !== NO_SLOT && this.isEmpty) this.#forgetTurns();
    return slot;
  }

  /** One that has waited as long as it may. */
  overdue(now: number): Connection | null {
    for (const [connection, due] of this.#limited) if (now >= due) return connection;
    for (const connection of this.#held) if (now >= dueAt(connection)) return connection;
    return null;
  }

  /** Whose turn it is to ask for more. */
  next(): Connection | null {
    for (;;) {
      const gate = this.#turns.turn();
      if (gate === null) return null;
      const connection = gate.flows.turn();
      if (connection === null) this.#turns.empty(gate);
      else if (!this.#held.has(connection)) gate.flows.empty(connection);
      else return connection;
    }
  }

  /** `connection` has been let ask for so much. */
  charge(connection: Connection, octets: number): void {
    connection.deficit -= octets;
    const gate = this.#clients.get(connection.client);
    if (gate !== undefined) gate.deficit -= octets;
  }

  /** When the first of those that wait is overdue; Infinity if none does. */
  nextDeadline(): number {
    let due = Number.POSITIVE_INFINITY;
    for (const limited of this.#limited.values()) due = Math.min(due, limited);
    for (const connection of this.#held) due = Math.min(due, dueAt(connection));
    return due;
  }

  /** Those that did not wait for their turn are still among the turns, and would be kept for ever. */
  #forgetTurns(): void {
    for (let gate = this.#turns.turn(); gate !== null; gate = this.#turns.turn()) {
      gate.flows.clear();
      this.#turns.rest(gate);
    }
  }

  #client(number: number): GateClient {
    let client = this.#clients.get(number);
    if (client === undefined) {
      client = new GateClient();
      this.#clients.set(number, client);
    }
    return client;
  }
}

/** A client's own limit may stretch what a flow is used to, step by step. */
function longestHold({ heldAt, grantedAt, turn }: Connection): number {
  return Math.min(heldAt + LONGEST_HOLD_MS, Math.max(heldAt + SHORTEST_HOLD_MS, grantedAt + STRETCH * turn));
}

function dueAt(connection: Connection): number {
  return connection.heldAt + Math.min(LONGEST_HOLD_MS, Math.max(SHORTEST_HOLD_MS, connection.turn));
}

/** What has been asked for and is still to come, in whole segments: less than one is not sent. */
function expected(connection: Connection, now: number): number {
  if (!connection.edgeKnown || !connection.receivedKnown) return 0;
  const roundTrip = connection.roundTrip === Number.POSITIVE_INFINITY ? 300 : connection.roundTrip;
  const due = Math.max(connection.grantedAt + connection.behind, connection.lastReceivedAt);
  if (now - due > roundTrip + UNUSED_MS) return 0;
  const open = Math.max(0, ahead(connection.edge, connection.received));
  return open - (open % connection.segment);
}
