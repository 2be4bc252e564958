/** The queues of flows by hash: sets of a few places each, so that two flows share one only where a set is full (as in CAKE). */
import type { PacketPool } from './packet-pool.ts';
import { type ClientQueue, FlowQueue } from './queue-members.ts';

const SETS = 128;
const WAYS = 8;

export class FlowTable {
  readonly #pool: PacketPool;
  readonly #flows: FlowQueue[] = [];

  constructor(pool: PacketPool) {
    this.#pool = pool;
  }

  /** The queue of this hash: its own, else an idle one of its set, else one shared with another flow. */
  find(hash: number): FlowQueue {
    const base = (hash & (SETS - 1)) * WAYS;
    let idle: FlowQueue | null = null;
    for (let way = 0; way < WAYS; way++) {
      let flow = this.#flows[base + way];
      if (flow === undefined) {
        flow = new FlowQueue(this.#pool);
        this.#flows[base + way] = flow;
      }
      if (flow.list !== 'none' && flow.tag === hash) return flow;
      if (flow.list === 'none' && (idle === null || flow.tag === hash)) idle = flow;
    }
    const flow = idle ?? (this.#flows[base] as FlowQueue);
    if (flow.list === 'none') flow.tag = hash;
    return flow;
  }

  /** The one with the most in it, of one client or of all; null: nothing waits. */
  fattest(client: ClientQueue | null): FlowQueue | null {
    let fattest: FlowQueue | null = null;
    let most = 0;
    for (const flow of this.#flows) {
      if (flow === undefined || flow.slots.bytes <= most || (client !== null && flow.client !== client))
        continue;
      fattest = flow;
      most = flow.slots.bytes;
    }
    return fattest;
  }
}
