/**
 * A noisy line under TCP that retransmits: ten minutes at one broken frame in a hundred, both ways, every octet compared.
 */
import { describe, expect, it } from 'vitest';
import { type End, SimulatedLine, seeded } from './testing/simulated-line.ts';
import { type Flow, segment } from './testing/tcp-flow.ts';

const TEN_MINUTES = 600_000;
/** What is not there after so long is sent again, as TCP does. */
const RETRANSMIT_MS = 1_500;
const WORDS = 'GET /index.html HTTP/1.0 Accept: text/html the quick brown fox jumps over the lazy dog ';

interface Sent {
  at: number;
  seq: number;
  payload: Uint8Array;
  key: string;
}

/** Half a dozen TCP conversations one way, each of which goes back to the first segment that did not arrive. */
class Sender {
  readonly sent = new Set<string>();
  readonly line: SimulatedLine;
  readonly from: End;
  readonly to: End;
  readonly random: () => number;
  private readonly flows: { flow: Flow; open: Sent[] }[];
  private readonly arrived = new Set<string>();
  private seen = 0;
  wrong = 0;

  constructor(line: SimulatedLine, from: End, to: End, seed: number) {
    this.line = line;
    this.from = from;
    this.to = to;
    this.random = seeded(seed);
    this.flows = Array.from({ length: 6 }, (_, i) => ({
      flow: { source: 1024 + i, seq: i, ack: 1, id: i * 999, window: 8760 },
      open: [],
    }));
  }

  step(): void {
    this.look();
    const conversation = this.flows[
      Math.floor(this.random() * this.flows.length)
    ] as (typeof this.flows)[number];
    const { flow, open } = conversation;
    while (open[0] && this.arrived.has(open[0].key)) open.shift();
    const late = open[0] && this.line.now - open[0].at > RETRANSMIT_MS ? open[0] : undefined;
    if (late) {
      flow.seq = late.seq;
      open.length = 0;
    }
    const payload = late?.payload ?? this.content();
    const packet = segment(flow, { payload });
    const key = Buffer.from(packet).toString('latin1');
    this.sent.add(key);
    open.push({ at: this.line.now, seq: flow.seq, payload, key });
    this.line.send(this.from, packet);
    Object.assign(flow, { seq: (flow.seq + payload.length) >>> 0, id: (flow.id + 1) & 0xffff });
  }

  look(): void {
    for (; this.seen < this.to.packets.length; this.seen++) {
      const key = Buffer.from(this.to.packets[this.seen] as Uint8Array).toString('latin1');
      if (!this.sent.has(key)) this.wrong++;
      this.arrived.add(key);
    }
  }

  get share(): number {
    return this.arrived.size / this.sent.size;
  }

  /** Half of it text, half of it not. */
  private content(): Uint8Array {
    const length = 1 + Math.floor(this.random() * 400);
    if (this.random() < 0.5) return Uint8Array.from({ length }, () => Math.floor(this.random() * 256));
    const start = Math.floor(this.random() * WORDS.length);
    return Uint8Array.from(Buffer.from(WORDS.repeat(6)).subarray(start, start + length));
  }
}

describe('one frame in a hundred broken for ten minutes', () => {
  it.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])('delivers no wrong octet, either way (VJ %s, Deflate %s)', (vj, deflate) => {
    const assign = () => '10.1.2.3';
    const line = new SimulatedLine({ vj, deflate }, { vj, deflate, assign }, { rate: 115_200 });
    line.connect().runUntilUp();
    expect(line.client.up?.compression.includes('Deflate')).toBe(deflate);
    line.terms.frameErrors = 0.01;
    const up = new Sender(line, line.client, line.server, 5);
    const down = new Sender(line, line.server, line.client, 6);
    const start = line.now;
    while (line.now - start < TEN_MINUTES) {
      up.step();
      down.step();
      line.run(120);
    }
    line.run(5_000);
    for (const sender of [up, down]) {
      sender.look();
      expect(sender.wrong).toBe(0);
      expect(sender.sent.size).toBeGreaterThan(4_500);
      expect(sender.share).toBeGreaterThan(0.85);
    }
    for (const end of line.ends) expect(end.session.counters.fcsErrors).toBeGreaterThan(25);
    expect(line.client.session.isUp && line.server.session.isUp).toBe(true);
    if (deflate) expect(line.client.log.some((text) => text.includes('CCP Reset-Request'))).toBe(true);
  });
});
