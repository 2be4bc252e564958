// Expiry: a wheel of one-second slots through the session records. A packet only moves its session's expiry time; the wheel
// looks at a session when its slot comes and puts it back if it has lived on, so that the cost of expiry is spread and small.
import { S_EXPIRES, S_SCHEDULED, S_WHEEL_NEXT, S_WHEEL_PREVIOUS, SESSION_WORDS } from './record.ts';
import type { Table } from './table.ts';

export const QUARTERS = 4;
const SLOTS = 1024;
/** Most sessions looked at in one turn; what is left waits for the next. */
const TURN = 8192;

export class Wheel {
  readonly #table: Table;
  readonly #heads = new Int32Array(SLOTS).fill(-1);
  /** The second (since the router began) whose slot is looked at next. */
  #second = 0;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Puts a session where its expiry time says; also when it is in the wheel already and its time has come nearer. */
  schedule(session: number): void {
    const w = this.#table.sessionWords;
    const at = session * SESSION_WORDS;
    if ((w[at + S_SCHEDULED] as number) >= 0) this.remove(session);
    const due = Math.floor((w[at + S_EXPIRES] as number) / QUARTERS) + 1;
    const second = Math.min(Math.max(due, this.#second), this.#second + SLOTS - 1);
    const slot = second & (SLOTS - 1);
    const head = this.#heads[slot] as number;
    w[at + S_WHEEL_NEXT] = head;
    w[at + S_WHEEL_PREVIOUS] = -1;
    w[at + S_SCHEDULED] = second;
    if (head >= 0) w[head * SESSION_WORDS + S_WHEEL_PREVIOUS] = session;
    this.#heads[slot] = session;
  }

  /** To be called when a session's expiry came nearer: it may sit in too late a slot. */
  hasten(session: number): void {
    const w = this.#table.sessionWords;
    const at = session * SESSION_WORDS;
    if ((w[at + S_SCHEDULED] as number) > Math.floor((w[at + S_EXPIRES] as number) / QUARTERS) + 1)
      this.schedule(session);
  }

  remove(session: number): void {
    const w = this.#table.sessionWords;
    const at = session * SESSION_WORDS;
    const second = w[at + S_SCHEDULED] as number;
    if (second < 0) return;
    const next = w[at + S_WHEEL_NEXT] as number;
    const previous = w[at + S_WHEEL_PREVIOUS] as number;
    if (previous >= 0) w[previous * SESSION_WORDS + S_WHEEL_NEXT] = next;
    else this.#heads[second & (SLOTS - 1)] = next;
    if (next >= 0) w[next * SESSION_WORDS + S_WHEEL_PREVIOUS] = previous;
    w[at + S_SCHEDULED] = -1;
  }

  /** Calls `expired` for every session whose time is past, at most `TURN` looks a turn. Quarter seconds. */
  turn(nowQuarters: number, expired: (session: number) => void): void {
    const w = this.#table.sessionWords;
    const until = Math.floor(nowQuarters / QUARTERS);
    // After a long sleep of the machine one round sees every slot; more would see them again.
    if (until - this.#second > SLOTS) this.#second = until - SLOTS;
    let looks = 0;
    while (this.#second <= until) {
      const slot = this.#second & (SLOTS - 1);
      let session = this.#heads[slot] as number;
      while (session >= 0) {
        if (++looks > TURN) return;
        this.remove(session);
        if ((w[session * SESSION_WORDS + S_EXPIRES] as number) <= nowQuarters) expired(session);
        else this.schedule(session); // its second is after `until`, so never this slot
        session = this.#heads[slot] as number;
      }
      this.#second++;
    }
  }
}
