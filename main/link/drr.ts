/**
 * Deficit round robin with a head start for newcomers (DRR++, as in RFC 8290 §4.1-4.2).
 *
 * A member that just became active is served before those that have been waiting, for one quantum; so what sends little
 * never waits behind what sends much. Used twice: among clients, and among the flows of one client.
 */

export interface Member {
  deficit: number;
  /** How many quanta a round; 1 where all are alike. */
  weight: number;
  list: 'none' | 'new' | 'old';
  nextMember: Member | null;
}

class Ring {
  head: Member | null = null;
  tail: Member | null = null;

  push(member: Member): void {
    member.nextMember = null;
    if (this.tail === null) this.head = member;
    else this.tail.nextMember = member;
    this.tail = member;
  }

  /** Takes the head out. */
  shift(): void {
    const member = this.head;
    if (member === null) return;
    this.head = member.nextMember;
    if (this.head === null) this.tail = null;
    member.nextMember = null;
  }
}

export class DeficitRoundRobin<T extends Member> {
  readonly #quantum: number;
  readonly #fresh = new Ring();
  readonly #waiting = new Ring();

  /** `quantum` in bytes: what a member may send a round. */
  constructor(quantum: number) {
    this.#quantum = quantum;
  }

  /** `member` has something to send. */
  activate(member: T): void {
    if (member.list !== 'none') return;
    member.list = 'new';
    member.deficit = this.#quantum * member.weight;
    this.#fresh.push(member);
  }

  /** Whose turn it is, or null. It stays at the head until it is charged beyond its deficit or found `empty`. */
  turn(): T | null {
    for (;;) {
      const ring = this.#fresh.head !== null ? this.#fresh : this.#waiting;
      const member = ring.head;
      if (member === null) return null;
      if (member.deficit > 0) return member as T;
      member.deficit += this.#quantum * member.weight;
      ring.shift();
      member.list = 'old';
      this.#waiting.push(member);
    }
  }

  /** Nobody has anything to send any more. */
  clear(): void {
    for (const ring of [this.#fresh, this.#waiting])
      for (let member = ring.head; member !== null; member = ring.head) {
        ring.shift();
        member.list = 'none';
      }
  }

  /** The member whose turn it is may not send for now; `activate` brings it back. */
  rest(member: T): void {
    (member.list === 'new' ? this.#fresh : this.#waiting).shift();
    member.list = 'none';
  }

  /** The member whose turn it is has nothing to send. A newcomer waits out a round first, so that it gains nothing by pausing. */
  empty(member: T): void {
    if (member.list === 'new') {
      this.#fresh.shift();
      if (this.#waiting.head !== null) {
        member.list = 'old';
        this.#waiting.push(member);
        return;
      }
    } else {
      this.#waiting.shift();
    }
    member.list = 'none';
  }
}
