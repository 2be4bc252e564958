/**
 * Tells a segment that its sender repeats while the first copy still waits here: on a slow line shared by many, a sender's
 * timer runs out before its turn comes (RFC 6298 §5). The copy would only take line from others.
 */
import { NO_SLOT, type PacketPool, type SlotQueue } from './packet-pool.ts';

/** How far it looks: a flow has a few packets here. */
const REACH = 64;

/** `slot`'s segment, its fields noted in the pool, already waits in `queue`. */
export function isRepetition(queue: SlotQueue, pool: PacketPool, slot: number): boolean {
  for (let at = queue.head, seen = 0; at !== NO_SLOT && seen < REACH; at = pool.nextOf(at), seen++) {
    if (
      pool.flow[at] === pool.flow[slot] &&
      pool.seq[at] === pool.seq[slot] &&
      pool.lengthOf(at) === pool.lengthOf(slot) &&
      pool.ack[at] === pool.ack[slot] &&
      pool.flags[at] === pool.flags[slot]
    )
      return true;
  }
  return false;
}
