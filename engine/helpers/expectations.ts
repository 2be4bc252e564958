// Sessions that helpers await (RFC 4787 REQ-10 leaves them to us): each holds a mapping open, is tied to the session that announced it,
// ends with it, with its time, or when it has been used up. Bounded per session, per client and in all.

import { M_CLIENT, M_PINS, MAPPING_WORDS } from '../masquerade/record.ts';
import type { Masquerade } from '../masquerade/state.ts';
import type { Attachment } from './attachment.ts';
import type { Dialogue, HelperContext } from './helper.ts';

export const EXPECTATIONS_A_SESSION = 16;
export const EXPECTATIONS_A_CLIENT = 128;
export const EXPECTATIONS = 512;
/** No expectation lives longer, whatever a helper asks (seconds). */
export const LONGEST_SECONDS = 3600;

export interface Expectation {
  readonly mapping: number;
  readonly remote: number | null;
  readonly remotePort: number;
  readonly parent: Attachment;
  readonly follow: ((context: HelperContext) => Dialogue) | undefined;
  /** Quarter seconds. */
  expires: number;
  left: number;
}

export interface Announced {
  readonly protocol: number;
  readonly inside: number;
  readonly remote: number;
  readonly remotePort: number;
  readonly parent: Attachment;
  expires: number;
  readonly follow: ((context: HelperContext) => Dialogue) | undefined;
}

export class Expectations {
  readonly #m: Masquerade;
  readonly #byMapping = new Map<number, Expectation[]>();
  readonly #announced: Announced[] = [];
  /** How many each client has, by its row. */
  readonly #clients = new Map<number, number>();
  #count = 0;

  constructor(m: Masquerade) {
    this.#m = m;
  }

  get count(): number {
    return this.#count;
  }

  /** Adds one, or lengthens an equal one. False when there are too many. */
  add(
    parent: Attachment,
    mapping: number,
    remote: number | null,
    remotePort: number,
    expires: number,
    uses: number,
    follow: ((context: HelperContext) => Dialogue) | undefined,
  ): boolean {
    const list = this.#byMapping.get(mapping);
    const same = list?.find(
      (one) => one.parent === parent && one.remote === remote && one.remotePort === remotePort,
    );
    if (same) {
      same.expires = expires;
      same.left = uses;
      return true;
    }
    const client = this.#clientOf(mapping);
    const own = this.#clients.get(client) ?? 0;
    if (this.#count >= EXPECTATIONS || own >= EXPECTATIONS_A_CLIENT) return false;
    if (parent.expectations.length >= EXPECTATIONS_A_SESSION) return false;
    const added: Expectation = { mapping, remote, remotePort, parent, follow, expires, left: uses };
    if (list) list.push(added);
    else this.#byMapping.set(mapping, [added]);
    parent.expectations.push(added);
    this.#pin(mapping, 1);
    this.#count++;
    this.#clients.set(client, own + 1);
    this.#m.notices.count('expectations');
    return true;
  }

  /** The expectation that a first packet from outside meets, or null. */
  match(mapping: number, remote: number, remotePort: number, quarters: number): Expectation | null {
    if (this.#count === 0) return null;
    for (const one of this.#byMapping.get(mapping) ?? [])
      if (
        one.expires > quarters &&
        (one.remote === null || one.remote === remote) &&
        (one.remotePort === 0 || one.remotePort === remotePort)
      )
        return one;
    return null;
  }

  remove(expectation: Expectation, now: number): void {
    const list = this.#byMapping.get(expectation.mapping);
    const at = list?.indexOf(expectation) ?? -1;
    if (!list || at < 0) return;
    list.splice(at, 1);
    if (list.length === 0) this.#byMapping.delete(expectation.mapping);
    const own = expectation.parent.expectations;
    own.splice(own.indexOf(expectation), 1);
    this.#count--;
    const client = this.#clientOf(expectation.mapping);
    const left = (this.#clients.get(client) ?? 1) - 1;
    if (left > 0) this.#clients.set(client, left);
    else this.#clients.delete(client);
    this.#pin(expectation.mapping, -1);
    this.#m.releaseMapping(expectation.mapping, now);
  }

  /** A session the inside host will open; only remembered to tie it to its parent. */
  announce(
    parent: Attachment,
    protocol: number,
    inside: number,
    remote: number,
    remotePort: number,
    expires: number,
    follow?: (context: HelperContext) => Dialogue,
  ): void {
    const own = this.#announced.filter((one) => one.parent === parent);
    const same = own.find(
      (one) => one.protocol === protocol && one.remote === remote && one.remotePort === remotePort,
    );
    const oldest = own.length >= EXPECTATIONS_A_SESSION ? own[0] : this.#announced[0];
    if (same) this.#announced.splice(this.#announced.indexOf(same), 1);
    else if (oldest && (own.length >= EXPECTATIONS_A_SESSION || this.#announced.length >= EXPECTATIONS))
      this.#announced.splice(this.#announced.indexOf(oldest), 1);
    this.#announced.push({ protocol, inside, remote, remotePort, parent, expires, follow });
  }

  /** What announced a session the inside host opens, or null. */
  announced(
    protocol: number,
    inside: number,
    remote: number,
    remotePort: number,
    quarters: number,
  ): Announced | null {
    if (this.#announced.length === 0) return null;
    const at = this.#announced.findIndex(
      (one) =>
        one.protocol === protocol &&
        one.inside === inside &&
        one.remote === remote &&
        (one.remotePort === 0 || one.remotePort === remotePort) &&
        one.expires > quarters,
    );
    return at < 0 ? null : (this.#announced.splice(at, 1)[0] ?? null);
  }

  /** A session ended: what it awaited is awaited no more. */
  forget(parent: Attachment, now: number): void {
    for (const expectation of parent.expectations.slice()) this.remove(expectation, now);
    for (let i = this.#announced.length - 1; i >= 0; i--)
      if (this.#announced[i]?.parent === parent) this.#announced.splice(i, 1);
  }

  expire(quarters: number, now: number): void {
    if (this.#count > 0)
      for (const list of [...this.#byMapping.values()])
        for (const one of list.slice()) if (one.expires <= quarters) this.remove(one, now);
    for (let i = this.#announced.length - 1; i >= 0; i--)
      if ((this.#announced[i]?.expires ?? 0) <= quarters) this.#announced.splice(i, 1);
  }

  #clientOf(mapping: number): number {
    return this.#m.table.mappingWords[mapping * MAPPING_WORDS + M_CLIENT] as number;
  }

  #pin(mapping: number, by: number): void {
    const words = this.#m.table.mappingWords;
    const at = mapping * MAPPING_WORDS + M_PINS;
    words[at] = (words[at] as number) + by;
  }
}
