import { expect, it } from 'vitest';
import { RateTracker } from './rate-tracker.ts';

it('a link without echoes gets back what stalls took, little by little and no more', () => {
  const tracker = new RateTracker(4_200, 11_520);
  const first = tracker.rate;
  for (let at = 0; at < 10; at++) tracker.stalled(at * 2_000);
  const slowed = tracker.rate;
  expect(slowed).toBeLessThan(first * 0.65);
  for (let second = 0; second < 10; second++) tracker.busy(1_000);
  expect(tracker.rate / slowed).toBeCloseTo(1.05, 2);
  for (let second = 0; second < 300; second++) tracker.busy(1_000);
  expect(tracker.rate).toBe(first);
});

it('where echoes tell, they alone raise the rate', () => {
  const tracker = new RateTracker(4_200, 11_520);
  tracker.observe(200);
  tracker.stalled(0);
  const slowed = tracker.rate;
  tracker.busy(60_000);
  expect(tracker.rate).toBe(slowed);
});
