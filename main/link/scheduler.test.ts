import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACK, ICMP, SYN, UDP } from './packet-view.ts';
import { drain, HOST, put, read, SERVER, SLOW, segment, UNPACED } from './scheduler.test-parts.ts';
import { Scheduler } from './scheduler.ts';
import { ipPacket } from './simulated-packets.ts';

function udp(destinationPort: number, length: number): Uint8Array {
  const packet = ipPacket(UDP, HOST, SERVER, length);
  new DataView(packet.buffer).setUint16(22, destinationPort);
  return packet;
}

describe('pacing', () => {
  it('spaces packets by what they take at 95 % of the rate, the next a little before the line runs dry', () => {
    const scheduler = new Scheduler(SLOW);
    for (let i = 0; i < 5; i++) put(scheduler, segment({ seq: 1 + i * 536, payload: 536 }));
    const gaps = drain(scheduler, 0, 5_000).map(({ at }, i, all) => at - (all[i - 1]?.at ?? at));
    const each = (580 / (4200 * 0.95)) * 1000;
    expect(gaps[1]).toBeCloseTo(each - 10, 0);
    for (const gap of gaps.slice(2)) expect(gap).toBeCloseTo(each, 0);
  });

  it('charges control frames, and waits while the system has not taken what was written', () => {
    const scheduler = new Scheduler(SLOW);
    scheduler.sent(420, 0);
    put(scheduler, segment({ payload: 100 }));
    expect(scheduler.next(50)).toBeNull();
    expect(scheduler.nextDeadline(50)).toBeCloseTo(95.3, 0);
    scheduler.backlog(1, 200);
    expect(scheduler.next(200)).toBeNull();
    scheduler.backlog(0, 210);
    expect(scheduler.next(210)?.length).toBe(140);
  });

  it('slows down when the system stays full although the line should be idle', () => {
    const scheduler = new Scheduler(SLOW);
    put(scheduler, segment({ payload: 100 }));
    scheduler.backlog(4000, 0);
    for (let now = 0; now < 3_000; now += 4) scheduler.next(now);
    expect(scheduler.octetsPerSecond).toBeLessThan(4200 * 0.95 * 0.95);
  });

  it('without a rate lets all through until the system holds enough', () => {
    const scheduler = new Scheduler(UNPACED);
    for (let i = 0; i < 100; i++) put(scheduler, segment({ seq: 1 + i * 1460, payload: 1460 }));
    expect(drain(scheduler, 0, 0)).toHaveLength(100);
    put(scheduler, segment({ payload: 1460 }));
    scheduler.backlog(40_000, 1);
    expect(scheduler.next(1)).toBeNull();
    expect(scheduler.nextDeadline(1)).toBeGreaterThan(1);
  });
});

describe('a port of unknown rate', () => {
  /** A port that takes `rate` octets a second behind a 4 KiB tty; returns the most that stood in it in the last half. */
  function feed(scheduler: Scheduler, rate: number, seconds: number): number {
    let tty = 0;
    let pending = 0;
    let most = 0;
    let seq = 1;
    for (let now = 0; now < seconds * 1000; now++) {
      const out = Math.min(tty, rate / 1000);
      tty -= out;
      const taken = Math.min(pending, 4096 - tty);
      tty += taken;
      pending -= taken;
      while (scheduler.queuedBytes < 20_000) {
        put(scheduler, segment({ seq, payload: 1460 }), now);
        seq += 1460;
      }
      scheduler.backlog(pending, now);
      for (let next = scheduler.next(now); next !== null; next = scheduler.next(now)) {
        scheduler.sent(next.length, now);
        const fits = Math.min(next.length, 4096 - tty);
        tty += fits;
        pending += next.length - fits;
        scheduler.backlog(pending, now);
      }
      if (now > seconds * 500) most = Math.max(most, tty + pending);
    }
    return most;
  }

  it('is paced once a serial line shows itself, so that its tty does not fill', () => {
    const scheduler = new Scheduler(UNPACED);
    const most = feed(scheduler, 11_520, 30);
    expect(scheduler.octetsPerSecond).not.toBeNull();
    expect(most).toBeLessThan(2_500);
  });

  it('is left unpaced where it takes more than its setting says, as pty and USB do', () => {
    const scheduler = new Scheduler(UNPACED);
    feed(scheduler, 200_000, 10);
    expect(scheduler.octetsPerSecond).toBeNull();
  });
});

describe('who is first', () => {
  it.each([
    ['a DNS query', udp(53, 70)],
    ['a SYN', segment({ sourcePort: 20_001, flags: SYN, options: [2, 4, 5, 0xb4] })],
    ['a ping', ipPacket(ICMP, HOST, SERVER, 84)],
    ['a keystroke', segment({ sourcePort: 20_002, destinationPort: 22, payload: 1 })],
    ['a pure acknowledgement', segment({ sourcePort: 20_003 })],
  ])('%s passes a queue of bulk', (_what, packet) => {
    const scheduler = new Scheduler(SLOW);
    for (let i = 0; i < 10; i++) put(scheduler, segment({ seq: 1 + i * 536, payload: 536 }));
    put(scheduler, packet, 0, 1);
    expect(drain(scheduler, 0, 0)[0]?.packet.length).toBe(packet.length);
  });

  it('the end of a transfer does not pass the rest of it', () => {
    const scheduler = new Scheduler(SLOW);
    for (let i = 0; i < 5; i++) put(scheduler, segment({ seq: 1 + i * 536, payload: 536 }));
    put(scheduler, segment({ seq: 1 + 5 * 536, payload: 20, flags: ACK | 1 }));
    const order = drain(scheduler, 0, 5_000).map(({ packet }) => read(packet).seq);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).toHaveLength(6);
  });

  it('a flood of small packets leaves bulk more than half of the line', () => {
    const scheduler = new Scheduler(SLOW);
    const bytes = { small: 0, bulk: 0 };
    let seq = 1;
    for (let now = 0; now < 30_000; now += 100) {
      while (scheduler.queuedBytes < 8_000) {
        for (let i = 0; i < 5; i++) put(scheduler, udp(4000 + i, 100), now, 1);
        put(scheduler, segment({ seq, payload: 536 }), now, 2);
        seq += 536;
      }
      for (const { packet } of drain(scheduler, now, 99)) {
        if (packet.length === 100) bytes.small += 100;
        else bytes.bulk += packet.length;
      }
    }
    const share = bytes.small / (bytes.small + bytes.bulk);
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.5);
  });
});

describe('drops', () => {
  it('come from the longest flow, never from the newcomer', () => {
    const scheduler = new Scheduler(SLOW);
    for (let i = 0; i < 100; i++) put(scheduler, segment({ seq: 1 + i * 536, payload: 536 }), 0, 1);
    put(scheduler, segment({ sourcePort: 30_000, payload: 536 }), 0, 2);
    expect(scheduler.counters.dropped).toBeGreaterThan(50);
    const ports = drain(scheduler, 0, 60_000).map(({ packet }) => read(packet).sourcePort);
    expect(ports.slice(0, 3)).toContain(30_000);
  });

  it('thin acknowledgements, but never duplicate or selective ones', () => {
    const scheduler = new Scheduler({ ...SLOW, octetsPerSecondDown: null });
    const selective = [1, 1, 5, 10, 0, 0, 9, 0, 0, 0, 10, 0];
    for (let i = 0; i < 6; i++) put(scheduler, segment({ ack: 1000 + i * 1072 }));
    for (let i = 0; i < 3; i++) put(scheduler, segment({ ack: 9000 }));
    put(scheduler, segment({ ack: 9000, options: selective }));
    const acks = drain(scheduler, 0, 5_000).map(({ packet }) => read(packet).ack);
    expect(acks.slice(-4)).toEqual([9000, 9000, 9000, 9000]);
    expect(acks.length).toBeLessThan(10);
    expect(scheduler.counters.thinned).toBeGreaterThan(2);
  });

  it('marks instead where the flow knows congestion marks, and keeps the header checksum true', () => {
    const scheduler = new Scheduler(SLOW);
    for (let i = 0; i < 14; i++) {
      const packet = segment({ seq: 1 + i * 536, payload: 536 });
      const fields = new DataView(packet.buffer);
      packet[1] = 2;
      fields.setUint16(10, fields.getUint16(10) - 2);
      put(scheduler, packet, 0);
    }
    const out = drain(scheduler, 0, 10_000);
    const marked = out.filter(({ packet }) => (packet[1] as number) === 3);
    expect(marked.length).toBeGreaterThan(0);
    expect(scheduler.counters).toMatchObject({ marked: marked.length, dropped: 0 });
    for (const { packet } of out) {
      let sum = 0;
      for (let i = 0; i < 20; i += 2) sum += ((packet[i] as number) << 8) | (packet[i + 1] as number);
      expect((sum & 0xffff) + (sum >> 16)).toBe(0xffff);
    }
  });
});

describe('hostile input', () => {
  it('is queued and given back as it came, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 30 }), (packets) => {
        const scheduler = new Scheduler({ ...UNPACED });
        for (const packet of packets) {
          put(scheduler, packet);
          scheduler.received(packet, 0, packet.length, 0);
        }
        const lengths = (all: Uint8Array[]) => all.map(({ length }) => length).sort((a, b) => a - b);
        expect(lengths(drain(scheduler, 0, 1).map(({ packet }) => packet))).toEqual(lengths(packets));
        expect(scheduler.queuedBytes).toBe(0);
      }),
    );
  });

  it('with headers that look true but lie about their lengths does no harm on a paced line', () => {
    const header = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(80)).map(([length, offset, size]) => {
      const packet = segment({ flags: SYN, options: new Array(size - (size % 4)).fill(3) });
      packet[3] = length;
      packet[32] = offset;
      return packet;
    });
    fc.assert(
      fc.property(fc.array(header, { maxLength: 20 }), (packets) => {
        const scheduler = new Scheduler(SLOW);
        for (const packet of packets) {
          put(scheduler, packet);
          scheduler.received(packet, 0, packet.length, 0);
        }
        drain(scheduler, 0, 60_000);
        expect(scheduler.queuedBytes).toBe(0);
      }),
    );
  });
});

describe('over a long time', () => {
  it('loses no slot: after 40,000 packets of many clients it holds as much as at first', () => {
    const scheduler = new Scheduler(SLOW);
    let now = 0;
    for (let i = 0; i < 40_000; i++) {
      const port = 1024 + (i % 5000);
      const kind = i % 4;
      if (kind === 0) put(scheduler, segment({ sourcePort: port, seq: i, payload: 536 }), now, i % 7);
      else if (kind === 1) put(scheduler, segment({ sourcePort: port, ack: i }), now, i % 7);
      else if (kind === 2) put(scheduler, udp(port, 60 + (i % 500)), now, i % 7);
      else put(scheduler, segment({ sourcePort: port, flags: SYN }), now, i % 7);
      if (i % 10 === 0) {
        now += 500;
        drain(scheduler, now, 400);
      }
    }
    drain(scheduler, now, 60_000);
    expect(scheduler.queuedBytes).toBe(0);
    for (let i = 0; i < 25; i++) put(scheduler, segment({ sourcePort: 9 + i, payload: 536 }), now, i);
    expect(drain(scheduler, now, 60_000)).toHaveLength(25);
  });
});
