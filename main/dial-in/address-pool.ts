/** Which address a caller is given: their own, the one they had last, or the next free one of the pool. Pure. */

export interface PoolFacts {
  first: string;
  last: string;
  /** Never given from the pool: fixed addresses of callers, the gateway's own, those of others on the LAN. */
  reserved(address: string): boolean;
  /** Of calls that are up. */
  taken: ReadonlySet<string>;
}

/** Most addresses looked at: more callers than lines there cannot be. */
const LOOKED_AT = 4096;

export class AddressPool {
  /** By user: what was given last, so that a caller who comes back is the same to others. */
  readonly #last = new Map<string, string>();

  /** Null: none is free. */
  take(user: string, fixed: string | null, pool: PoolFacts): string | null {
    if (fixed !== null) return pool.taken.has(fixed) ? null : fixed;
    const before = this.#last.get(user);
    const address = before !== undefined && free(before, pool) ? before : this.#next(pool);
    if (address !== null) this.#last.set(user, address);
    return address;
  }

  /** First one that nobody had, so that those who come back find theirs free. */
  #next(pool: PoolFacts): string | null {
    const first = numberOf(pool.first);
    const last = Math.min(numberOf(pool.last), first + LOOKED_AT - 1);
    const remembered = new Set(this.#last.values());
    let second: string | null = null;
    for (let at = first; at <= last; at++) {
      const address = addressOf(at);
      if (!free(address, pool)) continue;
      if (!remembered.has(address)) return address;
      second ??= address;
    }
    return second;
  }
}

function free(address: string, { first, last, reserved, taken }: PoolFacts): boolean {
  const at = numberOf(address);
  return at >= numberOf(first) && at <= numberOf(last) && !reserved(address) && !taken.has(address);
}

export function numberOf(address: string): number {
  return address.split('.').reduce((value, octet) => value * 256 + Number(octet), 0);
}

export function addressOf(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}
