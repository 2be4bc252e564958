import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressPool, addressOf, numberOf, type PoolFacts } from './address-pool.ts';

const pool = (change: Partial<PoolFacts> = {}): PoolFacts => ({
  first: '192.168.67.10',
  last: '192.168.67.12',
  reserved: () => false,
  taken: new Set(),
  ...change,
});

describe('addresses for callers', () => {
  it('come from the pool in turn, and back to who had them', () => {
    const addresses = new AddressPool();
    expect(addresses.take('a', null, pool())).toBe('192.168.67.10');
    expect(addresses.take('b', null, pool())).toBe('192.168.67.11');
    expect(addresses.take('c', null, pool())).toBe('192.168.67.12');
    expect(addresses.take('a', null, pool())).toBe('192.168.67.10');
    // Nobody’s are used up: whoever is away gives theirs.
    expect(addresses.take('d', null, pool({ taken: new Set(['192.168.67.10']) }))).toBe('192.168.67.11');
  });

  it('run out', () => {
    const taken = new Set(['192.168.67.10', '192.168.67.11', '192.168.67.12']);
    expect(new AddressPool().take('a', null, pool({ taken }))).toBeNull();
    expect(new AddressPool().take('a', null, pool({ last: '192.168.67.9' }))).toBeNull();
  });

  it('fixed ones are theirs alone', () => {
    const addresses = new AddressPool();
    const reserved = (address: string) => ['192.168.67.10', '10.9.8.7'].includes(address);
    expect(addresses.take('fixed', '10.9.8.7', pool({ reserved }))).toBe('10.9.8.7');
    expect(addresses.take('fixed', '10.9.8.7', pool({ reserved, taken: new Set(['10.9.8.7']) }))).toBeNull();
    expect(addresses.take('other', null, pool({ reserved }))).toBe('192.168.67.11');
  });

  it('are never two callers’, never reserved, never outside the pool', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffffffff - 40 }),
        fc.integer({ min: 0, max: 20 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean()), { maxLength: 60 }),
        fc.array(fc.integer({ min: 0, max: 20 })),
        (start, size, events, kept) => {
          const addresses = new AddressPool();
          const held = new Set(kept.map((n) => addressOf(start + n)));
          const reserved = (address: string) => held.has(address);
          const up = new Map<number, string>();
          for (const [user, comes] of events) {
            if (!comes) up.delete(user);
            if (!comes || up.has(user)) continue;
            const facts = { first: addressOf(start), last: addressOf(start + size), reserved };
            const address = addresses.take(`${user}`, null, { ...facts, taken: new Set(up.values()) });
            const free = [...Array(size + 1).keys()]
              .map((n) => addressOf(start + n))
              .filter((one) => !reserved(one) && ![...up.values()].includes(one));
            if (address === null) expect(free).toEqual([]);
            else {
              expect(free).toContain(address);
              up.set(user, address);
            }
          }
        },
      ),
    );
    expect(addressOf(numberOf('203.0.113.255'))).toBe('203.0.113.255');
  });
});
