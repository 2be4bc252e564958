import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inboundSegment } from './line-rate.ts';
import { SYN } from './packet-view.ts';
import { drain, put, read, SLOW, segment, UNPACED } from './scheduler.test-parts.ts';
import { Scheduler } from './scheduler.ts';
import { tcpSum } from './simulated-packets.ts';

function synOf(config: typeof SLOW, options: number[]): Uint8Array {
  const scheduler = new Scheduler(config);
  put(scheduler, segment({ flags: SYN, options }), 0);
  return drain(scheduler, 0, 1000)[0]?.packet as Uint8Array;
}

describe('what the far side may send in one segment', () => {
  it('takes a tenth of a second of the line at most, and is never tiny', () => {
    expect(inboundSegment(300, 296)).toBe(256);
    expect(inboundSegment(1800, 296)).toBe(256);
    expect(inboundSegment(4200, 576)).toBe(359);
    expect(inboundSegment(6000, 576)).toBe(530);
    expect(inboundSegment(11_520, 1500)).toBe(1054);
    expect(inboundSegment(100_000, 1500)).toBe(1460);
    // Three fit the steps of the window.
    expect(inboundSegment(4200, 576, 128)).toBe(341);
    expect(inboundSegment(4200, 576, 1024)).toBe(341);
    expect(inboundSegment(6000, 576, 1024)).toBe(536);
    expect(inboundSegment(300, 296, 16_384)).toBe(256);
  });

  it('is told in our SYN, wherever the option stands, and is only ever lowered', () => {
    fc.assert(
      fc.property(fc.nat(3), fc.integer({ min: 1, max: 65_535 }), (before, mss) => {
        const options = [...Array(before).fill(1), 2, 4, mss >> 8, mss & 0xff];
        while (options.length % 4 !== 0) options.push(1);
        const packet = synOf(SLOW, options);
        expect(tcpSum(packet)).toBe(0xffff);
        expect(read(packet).maximumSegment(packet)).toBe(Math.min(mss, 359));
        const fast = synOf(UNPACED, options);
        expect(read(fast).maximumSegment(fast)).toBe(mss);
      }),
    );
    expect(synOf(SLOW, [1, 1, 1, 1])).toHaveLength(44);
  });
});
