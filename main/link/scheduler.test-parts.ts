/** For tests of the scheduler: its settings, packets of one LAN host, and a line that takes what it is given. */
import { ACK, PacketView } from './packet-view.ts';
import type { Scheduler, SchedulerConfig } from './scheduler.ts';
import { type Segment, tcpPacket } from './simulated-packets.ts';

export const SLOW: SchedulerConfig = {
  octetsPerSecond: 4200,
  octetsPerSecondDown: 4200,
  fastestOctetsPerSecond: 11_520,
  mtu: 576,
};
export const UNPACED: SchedulerConfig = {
  ...SLOW,
  octetsPerSecond: null,
  octetsPerSecondDown: null,
  mtu: 1500,
};
export const HOST = 0xcb007140;
export const SERVER = 0xc6336450;

export const segment = (more: Partial<Segment> = {}): Uint8Array =>
  tcpPacket({
    source: HOST,
    destination: SERVER,
    sourcePort: 20_000,
    destinationPort: 80,
    seq: 1,
    ack: 1,
    flags: ACK,
    window: 500,
    payload: 0,
    ...more,
  });

export const put = (scheduler: Scheduler, packet: Uint8Array, now = 0, client = 1) =>
  scheduler.enqueue(client, packet, 0, packet.length, now);

/** Takes what the line would in `ms`, frames being four octets longer, and says when each left. */
export function drain(scheduler: Scheduler, from: number, ms: number): { at: number; packet: Uint8Array }[] {
  const out: { at: number; packet: Uint8Array }[] = [];
  for (let now = from; now <= from + ms; ) {
    const next = scheduler.next(now);
    if (next !== null) {
      out.push({ at: now, packet: next.buffer.slice(next.offset, next.offset + next.length) });
      scheduler.sent(next.length + 4, now);
      continue;
    }
    const due = scheduler.nextDeadline(now);
    if (due === null) break;
    now = Math.max(due, now + 0.01);
  }
  return out;
}

const view = new PacketView();
export function read(packet: Uint8Array): PacketView {
  view.read(packet, 0, packet.length);
  return view;
}
