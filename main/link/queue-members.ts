/** What takes turns in the fair queue: flows of a client, clients, and each client's urgent packets. fair-queue.ts moves them. */
import { Codel } from './codel.ts';
import { DeficitRoundRobin, type Member } from './drr.ts';
import { type PacketPool, SlotQueue } from './packet-pool.ts';
import type { TokenBucket } from './token-bucket.ts';

/** Bytes a round. RFC 8290 takes 1514; a slow line shares in finer steps. */
export const QUANTUM = 300;

export class FlowQueue implements Member {
  deficit = 0;
  weight = 1;
  list: Member['list'] = 'none';
  nextMember: Member | null = null;
  tag = 0;
  client: ClientQueue | null = null;
  readonly slots: SlotQueue;
  readonly codel = new Codel();

  constructor(pool: PacketPool) {
    this.slots = new SlotQueue(pool);
  }
}

export class ClientQueue implements Member {
  deficit = 0;
  weight = 1;
  list: Member['list'] = 'none';
  nextMember: Member | null = null;
  readonly flows = new DeficitRoundRobin<FlowQueue>(QUANTUM);
  readonly urgent: UrgentQueue;
  /** What waits in its flows, and may at most. */
  bytes = 0;
  most: number;
  /** Flows that have something in the second tier, or had a moment ago. */
  activeFlows = 0;
  /** Where it has a limit of its own. */
  bucket: TokenBucket | null = null;

  constructor(pool: PacketPool, most: number) {
    this.urgent = new UrgentQueue(pool, this);
    this.most = most;
  }

  /** Octets a second, or null. */
  get limit(): number | null {
    return this.bucket?.rate ?? null;
  }

  readyAt(now: number): number {
    return this.bucket?.readyAt(now) ?? now;
  }

  /** Beyond its limit nothing of it is urgent, or many small packets would get round it. */
  mayHurry(now: number): boolean {
    return this.bucket?.isReady(now) ?? true;
  }

  weigh(weight: number): void {
    this.weight = weight;
    this.urgent.weight = weight;
  }
}

export class UrgentQueue implements Member {
  deficit = 0;
  weight = 1;
  list: Member['list'] = 'none';
  nextMember: Member | null = null;
  readonly slots: SlotQueue;
  readonly client: ClientQueue;

  constructor(pool: PacketPool, client: ClientQueue) {
    this.slots = new SlotQueue(pool);
    this.client = client;
  }
}
