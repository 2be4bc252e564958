/** A call of a day between two real ends, with VJ, Deflate and a noisy line: its memory stays flat, its echoes go on. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { SimulatedLine } from './testing/simulated-line.ts';
import { type Flow, segment } from './testing/tcp-flow.ts';

const HOUR_MS = 3_600_000;
const EVERY_MS = 20_000;
const TEXT = new TextEncoder().encode('the quick brown fox jumps over the lazy dog; '.repeat(8));

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapBytes(): number {
  for (let i = 0; i < 3; i++) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

it('a call of 24 hours leaves no more behind than one of four', () => {
  const line = new SimulatedLine({ deflate: true }, { deflate: true, assign: () => '10.1.2.3' });
  line.connect().runUntilUp();
  line.terms.frameErrors = 0.02;
  const flows: Flow[] = [0, 1, 2].map((i) => ({
    source: 1024 + i,
    seq: 9_000 + i,
    ack: 1,
    id: i,
    window: 8760,
  }));
  let delivered = 0;
  let echoes = 0;
  let resets = 0;
  let afterFour = 0;
  const start = line.now;
  for (let hour = 1; hour <= 24; hour++) {
    // At night nobody sends, and only echoes keep the call.
    for (let at = 0; line.now < start + hour * HOUR_MS; at++) {
      const flow = flows[at % 3] as Flow;
      // TCP sends again what got lost, and that goes with its whole header.
      if (at % 12 < 3) flow.seq -= 500;
      const packet = segment(flow, { payload: TEXT.subarray(0, 100 + (at % 200)) });
      Object.assign(flow, { seq: (flow.seq + packet.length - 40) >>> 0, id: (flow.id + 1) & 0xffff });
      if (hour > 6) for (const end of line.ends) line.send(end, packet);
      line.run(EVERY_MS);
    }
    for (const end of line.ends) {
      delivered += end.packets.length;
      echoes += end.events.filter(({ type }) => type === 'echo').length;
      resets += end.log.filter((text) => text.includes('received CCP Reset-Request')).length;
      end.packets.length = 0;
      end.events.length = 0;
    }
    if (hour === 4) afterFour = heapBytes();
  }
  expect(heapBytes() - afterFour).toBeLessThan(1_000_000);
  expect(delivered).toBeGreaterThan(4_000);
  expect(echoes).toBeGreaterThan(1_000);
  expect(resets).toBeGreaterThan(20);
  for (const { session } of line.ends) expect(session.isUp).toBe(true);
});
