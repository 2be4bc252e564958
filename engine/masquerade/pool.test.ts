import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { runs, tellInputs } from './fuzz.ts';
import { numbers } from './packets.ts';
import { PortPool, REST_QUARTERS } from './pool.ts';

const pool = (plain = false) => new PortPool(numbers(5), (port) => port === 8080, plain);

afterAll(tellInputs);

describe('PortPool', () => {
  it('exhaustion refuses the new and puts nobody out', () => {
    const one = pool();
    for (let i = 0; i < 511; i++) {
      const port = one.choose(i, 400, 0);
      expect(port).toBeGreaterThan(0);
      expect(port).toBeLessThan(512);
      expect(one.ownerOf(port)).toBe(-1);
      one.own(port, i);
    }
    expect(one.choose(999, 400, 0)).toBe(-1);
    expect(one.used).toBe(511);
    expect(one.choose(999, 700, 0)).toBe(700);
  });
  it('never gives a reserved port', () => {
    expect(pool().choose(1, 8080, 0)).not.toBe(8080);
    expect(pool().choose(1, 8080, 0) % 2).toBe(0);
  });
  it('lets a port rest for all but its own', () => {
    const one = pool();
    one.own(5000, 1);
    one.release(5000, 77, 5000, 10);
    expect(one.choose(78, 5000, 10 + REST_QUARTERS - 1)).not.toBe(5000);
    expect(one.choose(77, 5000, 11)).toBe(5000);
    expect(one.choose(78, 5000, 10 + REST_QUARTERS)).toBe(5000);
  });
  it('identifiers have no class and no parity, and zero is one', () => {
    const one = pool(true);
    expect(one.choose(1, 0, 0)).toBe(0);
    one.own(0, 1);
    expect(one.choose(2, 0, 0)).toBeGreaterThan(0);
  });
  it('property: a port given is free, of the class, and of the parity while the parity has one', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 65_535 }), { maxLength: 300 }), (wishes) => {
        const one = pool();
        const given = new Set<number>();
        wishes.forEach((wish, i) => {
          const port = one.choose(i, wish, 0);
          expect(given.has(port)).toBe(false);
          expect(port < 512).toBe(wish < 512);
          expect(port < 1024).toBe(wish < 1024);
          expect(port % 2).toBe(wish % 2);
          given.add(port);
          one.own(port, i);
        });
      }),
      runs(30),
    );
  });
});
