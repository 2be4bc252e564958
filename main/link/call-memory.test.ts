// A call of hours leaves nothing behind while it lasts, and no timer after it. The whole day of it is `npm run proof -- day`.
import { describe, expect, it } from 'vitest';
import { heapBytes, SimulatedCall } from './simulated-day.ts';

describe('a long call', () => {
  it('keeps its memory flat over six busy hours, and ends without a timer', { timeout: 60_000 }, () => {
    const call = new SimulatedCall();
    const hour = () => {
      call.run(1);
      return heapBytes();
    };
    // The tables fill up to their limits.
    call.run(2);
    const before = Math.min(hour(), hour());
    const after = Math.min(hour(), hour());
    const figures = call.figures();
    expect(figures.up).toBe(true);
    expect(figures.connections).toBeGreaterThan(5_000);
    expect(figures.octetsDown).toBeGreaterThan(30e6);
    expect(figures.damaged).toBeGreaterThan(100);
    expect(figures.armed).toBeLessThan(200);
    expect(after - before).toBeLessThan(1e6);
    call.hangUp();
    expect(call.ended).not.toBeNull();
    expect(call.clock.armed).toBe(0);
  });
});
