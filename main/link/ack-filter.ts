/**
 * Thins acknowledgements that wait for the line, by CAKE's conservative rules: of one flow, the oldest is dropped when two
 * newer ones are queued that acknowledge more. Never one that says anything else: duplicate acknowledgements, SACK,
 * unknown options, another ECE.
 */
import { NO_SLOT, type PacketPool, type SlotQueue } from './packet-pool.ts';
import { ahead } from './packet-view.ts';

/** How far it looks; a longer queue of acknowledgements is cut by the byte limit. */
const REACH = 64;

/** `queue` already has the newest acknowledgement, `slot`, at its tail. Returns the slot taken out, or NO_SLOT. */
export function thin(queue: SlotQueue, pool: PacketPool, slot: number): number {
  const ack = pool.ack[slot] as number;
  let eligible = NO_SLOT;
  let eligibleBefore = NO_SLOT;
  let newer = 0;
  let before = NO_SLOT;
  let at = queue.head;
  for (let seen = 0; at !== slot && at !== NO_SLOT && seen < REACH; seen++) {
    const older =
      pool.thinnable[at] === 1 &&
      pool.flow[at] === pool.flow[slot] &&
      pool.flags[at] === pool.flags[slot] &&
      ahead(ack, pool.ack[at] as number) > 0;
    if (older && eligible === NO_SLOT) {
      eligible = at;
      eligibleBefore = before;
    } else if (older && ahead(pool.ack[at] as number, pool.ack[eligible] as number) > 0) {
      newer += 1;
    }
    before = at;
    at = pool.nextOf(at);
  }
  if (eligible === NO_SLOT || newer === 0) return NO_SLOT;
  queue.removeAfter(eligibleBefore, eligible);
  return eligible;
}
