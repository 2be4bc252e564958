// What the masquerade counts and what it refused, for people to read: named counters, and a ring of the last refusals.
import type { Counters } from '../contract.ts';

export const COUNTER_NAMES = [
  'packets-up',
  'packets-down',
  'bytes-up',
  'bytes-down',
  'sessions',
  'mappings',
  'sessions-opened',
  'sessions-expired',
  'malformed',
  'bad-checksum',
  'fragments',
  'reassembled',
  'fragments-lost',
  'fragments-sent',
  'spoofed',
  'stray',
  'not-allowed',
  'private-destination',
  'unknown-protocol',
  'one-client-per-remote',
  'client-limit',
  'table-full',
  'no-port',
  'no-uplink',
  'held',
  'held-sent',
  'held-dropped',
  'demand-ignored',
  'inbound-denied',
  'inbound-filtered',
  'forwarded',
  'triggered',
  'leased',
  'leases-granted',
  'leases-refused',
  'source-not-allowed',
  'hairpin',
  'silent-syn',
  'ident-refused',
  'forged-reset',
  'resets-sent',
  'too-big',
  'ttl-exceeded',
  'icmp-errors-sent',
  'icmp-errors-in',
  'icmp-errors-out',
  'icmp-error-unmatched',
  'dns-fallback',
  'expectations',
  'expectations-used',
  'helper-held',
  'helper-dropped',
  'helper-refused',
  'redials',
  'caller-refused',
] as const;
/** Places of the counters that every packet touches; their bytes stand two places on. */
export const PACKETS_UP = 0;
export const PACKETS_DOWN = 1;
export type CounterName = (typeof COUNTER_NAMES)[number];

const REFUSALS = 200;
/** The same refusal is written once in this time. */
const REPEAT_MS = 10_000;
const REMEMBERED = 512;

export interface Refusal {
  at: number;
  text: string;
}

export class Notices {
  readonly #counts = new Float64Array(COUNTER_NAMES.length);
  readonly #places = new Map<CounterName, number>(COUNTER_NAMES.map((name, i) => [name, i]));
  readonly #ring: Refusal[] = [];
  #next = 0;
  readonly #recent = new Map<string, number>();
  readonly #rules = new Map<string, number>();

  /** One packet of so many bytes; `packets` is PACKETS_UP or PACKETS_DOWN. */
  traffic(packets: number, bytes: number): void {
    const counts = this.#counts;
    counts[packets] = (counts[packets] as number) + 1;
    counts[packets + 2] = (counts[packets + 2] as number) + bytes;
  }
  count(name: CounterName, by = 1): void {
    const at = this.#places.get(name) as number;
    this.#counts[at] = (this.#counts[at] as number) + by;
  }
  get(name: CounterName): number {
    return this.#counts[this.#places.get(name) as number] as number;
  }
  /** Counts a use of a configured rule, such as a forward. */
  countRule(name: string): void {
    this.#rules.set(name, (this.#rules.get(name) ?? 0) + 1);
  }

  /** Counts, and writes the refusal down unless the same was written a moment ago. `text` is made only when it is needed. */
  refuse(name: CounterName, key: number, now: number, text: () => string): void {
    this.count(name);
    const mark = `${name} ${key}`;
    const last = this.#recent.get(mark);
    if (last !== undefined && now - last < REPEAT_MS && now >= last) return;
    if (this.#recent.size >= REMEMBERED) this.#recent.clear();
    this.#recent.set(mark, now);
    const refusal = { at: now, text: text() };
    if (this.#ring.length < REFUSALS) this.#ring.push(refusal);
    else this.#ring[this.#next] = refusal;
    this.#next = (this.#next + 1) % REFUSALS;
  }

  /** The last refusals, oldest first. */
  refusals(): Refusal[] {
    if (this.#ring.length < REFUSALS) return this.#ring.slice();
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)];
  }

  counters(): Counters {
    const counters: Counters = {};
    COUNTER_NAMES.forEach((name, i) => {
      counters[name] = this.#counts[i] as number;
    });
    for (const [name, count] of this.#rules) counters[name] = count;
    return counters;
  }
}
