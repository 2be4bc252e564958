/**
 * Lets connections open one after the other: each gets its first segment before the next may ask for any.
 *
 * A page that opens a dozen at once would have the provider queue a dozen first windows, seconds of line, which no window
 * takes back; and far ends that see their first round trip so long send everything twice. A SYN that waits here costs nobody
 * anything: its sender's own repetition takes its place. Clients take turns. Times ms.
 */
import { NO_SLOT } from './packet-pool.ts';
import type { Connection } from './tcp-table.ts';

/** A far end that says nothing keeps the others waiting for so long. */
const SILENT_MS = 350;
/** One opens after so long although the provider's queue is as long as it may be. */
const FULL_MS = 1_500;
const HELD_LIMIT = 32;

export class OpeningGate {
  readonly #opening = new Set<Connection>();
  #waiting: Connection[] = [];
  #lastClient = -1;
  #lastBegan = Number.NEGATIVE_INFINITY;

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Whether a SYN of `connection` is to be kept back. `room`: the provider's queue is short enough for what it will ask for. */
  mustWait(connection: Connection, room: boolean, now: number): boolean {
    if (connection.held !== NO_SLOT) return true;
    return this.#waiting.length < HELD_LIMIT && (!this.isEmpty || this.#isBusy(room, now));
  }

  /** Keeps `slot`; returns the one it replaces, or NO_SLOT. */
  hold(connection: Connection, slot: number): number {
    const replaced = connection.held;
    connection.held = slot;
    if (replaced !== NO_SLOT) return replaced;
    this.#waiting.push(connection);
    return NO_SLOT;
  }

  /** The next whose SYN may go, taken out of those that wait; null: none. */
  release(room: boolean, now: number): Connection | null {
    if (this.isEmpty || this.#isBusy(room, now)) return null;
    // A repetition that waited is not needed once what it repeats was answered: `held` is taken then.
    this.#waiting = this.#waiting.filter(({ held }) => held !== NO_SLOT);
    const [oldest] = this.#waiting;
    if (oldest === undefined) return null;
    const next = this.#waiting.find(({ client }) => client !== this.#lastClient) ?? oldest;
    this.#waiting = this.#waiting.filter((connection) => connection !== next);
    return next;
  }

  /** Its SYN goes out. */
  began(connection: Connection, now: number): void {
    this.#lastBegan = now;
    this.#lastClient = connection.client;
    this.#opening.add(connection);
  }

  /** It has received data, or sends a lot. */
  opened(connection: Connection): void {
    this.#opening.delete(connection);
  }

  /** When `release` is worth asking again although nothing has come; Infinity if nothing waits. */
  nextDeadline(): number {
    if (this.isEmpty) return Number.POSITIVE_INFINITY;
    if (this.#opening.size === 0) return this.#lastBegan + FULL_MS;
    let due = Number.NEGATIVE_INFINITY;
    for (const { lastReceivedAt } of this.#opening) due = Math.max(due, lastReceivedAt + SILENT_MS);
    return due;
  }

  #isBusy(room: boolean, now: number): boolean {
    for (const connection of this.#opening)
      if (now - connection.lastReceivedAt >= SILENT_MS) this.#opening.delete(connection);
    return this.#opening.size > 0 || (!room && now - this.#lastBegan < FULL_MS);
  }
}
