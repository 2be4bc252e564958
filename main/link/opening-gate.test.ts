import { describe, expect, it } from 'vitest';
import { OpeningGate } from './opening-gate.ts';
import { NO_SLOT } from './packet-pool.ts';
import { Connection } from './tcp-table.ts';

function connection(client = 1): Connection {
  const made = new Connection();
  made.client = client;
  return made;
}

/** Its SYN goes out at `now`. */
function begin(gate: OpeningGate, one: Connection, now: number): void {
  one.held = NO_SLOT;
  one.lastReceivedAt = now;
  gate.began(one, now);
}

describe('connections that open', () => {
  it('go one after the other, clients in turn, each when the one before has data or stays silent', () => {
    const gate = new OpeningGate();
    const [a, b, c, d] = [connection(1), connection(1), connection(1), connection(2)];
    expect(gate.mustWait(a, true, 0)).toBe(false);
    begin(gate, a, 0);
    for (const [slot, one] of [b, c, d].entries()) {
      expect(gate.mustWait(one, true, 1)).toBe(true);
      expect(gate.hold(one, slot)).toBe(NO_SLOT);
    }
    expect(gate.release(true, 100)).toBeNull();
    gate.opened(a);
    expect(gate.release(true, 101)).toBe(d);
    begin(gate, d, 101);
    expect(gate.release(true, 450)).toBeNull();
    expect(gate.nextDeadline()).toBe(451);
    expect(gate.release(true, 451)).toBe(b);
  });

  it('wait while the provider’s queue is long, but not for ever', () => {
    const gate = new OpeningGate();
    const [a, b] = [connection(), connection()];
    begin(gate, a, 0);
    gate.opened(a);
    expect(gate.mustWait(b, false, 10)).toBe(true);
    gate.hold(b, 0);
    expect(gate.release(false, 1_000)).toBeNull();
    expect(gate.nextDeadline()).toBe(1_500);
    expect(gate.release(false, 1_500)).toBe(b);
    expect(gate.isEmpty).toBe(true);
    expect(gate.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  it('repeat their SYN in vain, and one that was answered meanwhile is not sent again', () => {
    const gate = new OpeningGate();
    const [a, b] = [connection(), connection()];
    begin(gate, a, 0);
    gate.hold(b, 5);
    expect(gate.mustWait(b, true, 20)).toBe(true);
    expect(gate.hold(b, 6)).toBe(5);
    b.held = NO_SLOT;
    gate.opened(a);
    expect(gate.release(true, 30)).toBeNull();
    expect(gate.isEmpty).toBe(true);
  });

  it('are few at most: a scan of many addresses is not kept back', () => {
    const gate = new OpeningGate();
    begin(gate, connection(), 0);
    let waiting = 0;
    for (let i = 0; i < 100; i++) {
      const one = connection();
      if (!gate.mustWait(one, true, 1)) continue;
      gate.hold(one, i);
      waiting += 1;
    }
    expect(waiting).toBe(32);
  });
});
