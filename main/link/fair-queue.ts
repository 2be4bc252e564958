/**
 * Who is next on the line: small urgent packets first within a share, then clients in turn, then the flows of the client.
 *
 * Two tiers. The first carries what people wait for: DNS, SYN, pure acknowledgements, keystrokes, pings; it may take
 * `URGENT_SHARE` of the line as long as the second has something to send, so that it cannot starve it. The second is
 * DRR++ by client, then by flow (a hash of the five-tuple), each flow with its own CoDel. A packet goes to the first
 * tier only if none of its flow waits in the second, so that a flow is never reordered; a pure acknowledgement may pass.
 */
import { thin } from './ack-filter.ts';
import { type CodelParameters, markCongestion, setCodelParameters } from './codel.ts';
import { DeficitRoundRobin, type Member } from './drr.ts';
import { FlowTable } from './flow-table.ts';
import { NO_SLOT, type PacketPool, SLOT_BYTES } from './packet-pool.ts';
import type { PacketView } from './packet-view.ts';
import { ClientQueue, type FlowQueue, QUANTUM, type UrgentQueue } from './queue-members.ts';
import { isRepetition } from './repetition.ts';
import { TokenBucket } from './token-bucket.ts';
import { isUrgent } from './urgency.ts';

const URGENT_SHARE = 0.4;
/** What the first tier may save up of its share, bytes. */
const URGENT_BURST = 600;

export interface FairQueueLimits {
  /** Bytes that may wait in all, and for one client. */
  total: number;
  client: number;
  /** Bytes of the first tier that may wait for one client. */
  urgent: number;
  mtu: number;
}

/** What a flow may have waiting however many there are, so that what follows a loss tells of it. */
const FLOW_PACKETS = 4;
const MOST_ROOMY_FLOWS = 32;
/** How long what a limited client may send in all waits at its own rate, ms, and how many packets may at least. */
const LIMITED_MS = 2_000;
const LIMITED_PACKETS = 12;

export class FairQueue {
  readonly #pool: PacketPool;
  readonly #limits: FairQueueLimits;
  readonly #clients = new Map<number, ClientQueue>();
  readonly #bulk = new DeficitRoundRobin<ClientQueue>(QUANTUM);
  readonly #urgent = new DeficitRoundRobin<UrgentQueue>(QUANTUM);
  readonly #flows: FlowTable;
  /** Clients with a limit that have something queued and must wait. */
  readonly #resting = new Set<ClientQueue>();
  readonly #parameters: CodelParameters = { target: 0, interval: 0 };
  #allowance = URGENT_BURST;
  #urgentBytes = 0;
  #bulkBytes = 0;
  #activeFlows = 0;
  dropped = 0;
  thinned = 0;
  marked = 0;
  /** Segments that came again while they waited. */
  repeated = 0;

  constructor(pool: PacketPool, limits: FairQueueLimits) {
    this.#pool = pool;
    this.#limits = limits;
    this.#flows = new FlowTable(pool);
  }

  get bytes(): number {
    return this.#urgentBytes + this.#bulkBytes;
  }

  /** `slot` holds the packet that `view` has read. */
  push(slot: number, clientNumber: number, view: PacketView, thinnable: boolean, now: number): void {
    const pool = this.#pool;
    const client = this.#client(clientNumber);
    const hash = view.flowHash(clientNumber);
    const flow = this.#flows.find(hash);
    pool.flow[slot] = hash;
    pool.seq[slot] = view.seq;
    pool.ack[slot] = view.ack;
    pool.flags[slot] = view.flags;
    if (view.payload > 0 && isRepetition(flow.slots, pool, slot)) {
      this.repeated += 1;
      pool.release(slot);
      return;
    }
    if (client.mayHurry(now) && isUrgent(view, flow.slots.isEmpty)) {
      this.#pushUrgent(client, slot, view, thinnable);
    } else {
      this.#pushBulk(client, flow, slot, view.length);
    }
    const total = Math.max(this.#limits.total, this.#room(this.#activeFlows));
    while (this.bytes > total || pool.isFull) if (!this.#dropFattest(null)) break;
    const most = Math.max(client.most, this.#room(client.activeFlows));
    while (client.bytes > most) if (!this.#dropFattest(client)) break;
  }

  /** A client's weight beside the others, and the octets a second it may send, null: no limit of its own. */
  setShare(clientNumber: number, weight: number, limit: number | null, now: number): void {
    const client = this.#client(clientNumber);
    client.weigh(weight);
    if (limit === client.limit) return;
    client.bucket = limit === null ? null : new TokenBucket(limit, now);
    const least = LIMITED_PACKETS * this.#limits.mtu;
    client.most = limit === null ? this.#limits.client : Math.max(least, (limit * LIMITED_MS) / 1000);
  }

  /** When something may be sent; Infinity if nothing waits. */
  readyAt(now: number): number {
    if (this.bytes === 0) return Number.POSITIVE_INFINITY;
    let resting = 0;
    let due = Number.POSITIVE_INFINITY;
    for (const client of this.#resting) {
      resting += client.bytes;
      due = Math.min(due, client.readyAt(now));
    }
    return resting < this.bytes ? now : due;
  }

  /**
   * The next packet's slot, which is the caller's to release; NO_SLOT if nothing waits, or only what its client's limit
   * keeps. `rate`: octets a second of the line, null where it is unknown.
   */
  shift(now: number, rate: number | null): number {
    if (this.#resting.size > 0) this.#wake(now);
    if (this.#urgentBytes > 0 && (this.#allowance > 0 || this.#bulkBytes === 0)) {
      const slot = this.#shiftUrgent(now);
      if (slot !== NO_SLOT) return slot;
    }
    const slot = this.#shiftBulk(now, rate);
    if (slot === NO_SLOT) return this.#shiftUrgent(now);
    const earned = (this.#pool.lengthOf(slot) * URGENT_SHARE) / (1 - URGENT_SHARE);
    this.#allowance = Math.min(URGENT_BURST, this.#allowance + earned);
    return slot;
  }

  #pushBulk(client: ClientQueue, flow: FlowQueue, slot: number, length: number): void {
    if (flow.list === 'none') {
      this.#activeFlows += 1;
      flow.client = client;
      client.activeFlows += 1;
    }
    // Two flows of different clients whose hashes meet share the first one's place until both are empty.
    const owner = flow.client ?? client;
    flow.slots.push(slot);
    owner.bytes += length;
    this.#bulkBytes += length;
    owner.flows.activate(flow);
    this.#bulk.activate(owner);
  }

  #pushUrgent(client: ClientQueue, slot: number, view: PacketView, thinnable: boolean): void {
    const pool = this.#pool;
    const { slots } = client.urgent;
    if (thinnable) {
      pool.thinnable[slot] = 1;
    }
    slots.push(slot);
    this.#urgentBytes += view.length;
    this.#urgent.activate(client.urgent);
    const superseded = thinnable ? thin(slots, pool, slot) : NO_SLOT;
    if (superseded !== NO_SLOT) {
      this.thinned += 1;
      this.#urgentBytes -= pool.lengthOf(superseded);
      pool.release(superseded);
    }
    while (slots.bytes > this.#limits.urgent) {
      const oldest = slots.shift();
      this.dropped += 1;
      this.#urgentBytes -= pool.lengthOf(oldest);
      pool.release(oldest);
    }
  }

  #shiftUrgent(now: number): number {
    for (;;) {
      const queue = this.#urgent.turn();
      if (queue === null) return NO_SLOT;
      const slot = queue.slots.shift();
      if (slot === NO_SLOT) {
        this.#urgent.empty(queue);
        continue;
      }
      const length = this.#pool.lengthOf(slot);
      queue.deficit -= length;
      // What a client sends first is counted against what it sends later.
      queue.client.deficit -= length;
      queue.client.bucket?.charge(length, now);
      this.#urgentBytes -= length;
      if (this.#bulkBytes > 0) this.#allowance -= length;
      return slot;
    }
  }

  /** For so many flows, bytes. */
  #room(flows: number): number {
    return Math.min(flows, MOST_ROOMY_FLOWS) * FLOW_PACKETS * this.#limits.mtu;
  }

  #wake(now: number): void {
    for (const client of this.#resting) {
      if (client.readyAt(now) > now) continue;
      this.#resting.delete(client);
      this.#bulk.activate(client);
    }
  }

  #shiftBulk(now: number, rate: number | null): number {
    for (;;) {
      const client = this.#bulk.turn();
      if (client === null) return NO_SLOT;
      if (client.readyAt(now) > now) {
        this.#bulk.rest(client);
        this.#resting.add(client);
        continue;
      }
      const flow = client.flows.turn();
      if (flow === null) {
        this.#bulk.empty(client);
        continue;
      }
      const slot = this.#shiftFlow(client, flow, now, rate);
      if (slot === NO_SLOT) {
        client.flows.empty(flow);
        if ((flow.list as Member['list']) === 'none') {
          this.#activeFlows -= 1;
          client.activeFlows -= 1;
        }
        flow.codel.reset();
        continue;
      }
      const length = this.#pool.lengthOf(slot);
      flow.deficit -= length;
      client.deficit -= length;
      client.bucket?.charge(length, now);
      return slot;
    }
  }

  #shiftFlow(client: ClientQueue, flow: FlowQueue, now: number, rate: number | null): number {
    const pool = this.#pool;
    const parameters = this.#parameters;
    const slowest = Math.min(rate ?? Number.POSITIVE_INFINITY, client.limit ?? Number.POSITIVE_INFINITY);
    setCodelParameters(parameters, (this.#limits.mtu / slowest) * 1000, this.#activeFlows);
    for (;;) {
      const slot = flow.slots.shift();
      if (slot === NO_SLOT) return NO_SLOT;
      const length = pool.lengthOf(slot);
      client.bytes -= length;
      this.#bulkBytes -= length;
      const standing = flow.slots.bytes > this.#limits.mtu;
      if (!flow.codel.shouldDrop(now - pool.queuedAtOf(slot), standing, now, parameters)) return slot;
      if (markCongestion(pool.buffer, slot * SLOT_BYTES)) {
        this.marked += 1;
        return slot;
      }
      this.dropped += 1;
      pool.release(slot);
    }
  }

  /** Makes room at the head of the longest flow, of one client or of all. */
  #dropFattest(client: ClientQueue | null): boolean {
    const fattest = this.#flows.fattest(client);
    const slot = fattest?.slots.shift() ?? NO_SLOT;
    if (fattest === null || fattest.client === null || slot === NO_SLOT) return false;
    const length = this.#pool.lengthOf(slot);
    fattest.client.bytes -= length;
    this.#bulkBytes -= length;
    this.dropped += 1;
    this.#pool.release(slot);
    return true;
  }

  #client(number: number): ClientQueue {
    let client = this.#clients.get(number);
    if (client === undefined) {
      client = new ClientQueue(this.#pool, this.#limits.client);
      this.#clients.set(number, client);
    }
    return client;
  }
}
