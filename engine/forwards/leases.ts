// What programs on the LAN have had opened by PCP (RFC 6887) or NAT-PMP (RFC 6886): leases, each tied to the host that asked, the epoch
// both protocols count, and the announcements after the outside address has changed. Data only: grant.ts makes and ends leases.
import type { PortLease, PortMappingConfig } from '../contract.ts';
import { formatAddress } from '../packet/address.ts';
import { TCP } from '../packet/ipv4.ts';

export const LEASES = 1024;
export const LEASES_A_HOST = 128;
/** RFC 6887 §15: no shorter than two minutes, no longer than a day. */
export const SHORTEST_SECONDS = 120;
export const LONGEST_SECONDS = 86_400;
/** RFC 6886 §3.2.1, RFC 6887 §14.1: how often a new epoch is announced, and the first pause, which doubles (ms). */
export const ANNOUNCEMENTS = 10;
const FIRST_PAUSE_MS = 250;

export interface Filter {
  network: number;
  mask: number;
  /** 0 for any. */
  port: number;
}

export interface Lease {
  by: 'pcp' | 'nat-pmp';
  protocol: number;
  inside: number;
  insidePort: number;
  outsidePort: number;
  /** The one remote it is for (PEER); null for MAP and NAT-PMP. */
  peer: { address: number; port: number } | null;
  /** Who else may come in by it; empty for all. */
  filters: readonly Filter[];
  /** 96 bits in hexadecimal; empty for NAT-PMP, which has none. */
  nonce: string;
  mapping: number;
  /** ms since the epoch. */
  until: number;
}

/** What leases say of a first packet to a mapping's port: let in, kept out but for known remotes, or nothing. */
export type Word = 'open' | 'closed' | 'nothing';

export class PortLeases {
  config: PortMappingConfig = { pcp: false, natPmp: false };
  #leases: Lease[] = [];
  readonly #byMapping = new Map<number, Lease[]>();
  #epochBegan: number;
  #announced = ANNOUNCEMENTS;
  #announceAt = 0;

  constructor(now: number) {
    this.#epochBegan = now;
  }

  get all(): readonly Lease[] {
    return this.#leases;
  }

  find(protocol: number, inside: number, insidePort: number, peer: Lease['peer']): Lease | undefined {
    return this.#leases.find(
      (lease) =>
        lease.protocol === protocol &&
        lease.inside === inside &&
        lease.insidePort === insidePort &&
        lease.peer?.address === peer?.address &&
        lease.peer?.port === peer?.port,
    );
  }

  countOf(inside: number): number {
    return this.#leases.reduce((sum, lease) => sum + (lease.inside === inside ? 1 : 0), 0);
  }

  add(lease: Lease): void {
    this.#leases.push(lease);
    this.#byMapping.set(lease.mapping, [...(this.#byMapping.get(lease.mapping) ?? []), lease]);
  }

  remove(lease: Lease): void {
    this.#leases = this.#leases.filter((one) => one !== lease);
    const left = (this.#byMapping.get(lease.mapping) ?? []).filter((one) => one !== lease);
    if (left.length > 0) this.#byMapping.set(lease.mapping, left);
    else this.#byMapping.delete(lease.mapping);
  }

  word(mapping: number, remote: number, remotePort: number): Word {
    const leases = this.#byMapping.get(mapping);
    if (leases === undefined) return 'nothing';
    let word: Word = 'nothing';
    for (const { peer, filters } of leases) {
      if (peer !== null) {
        if (peer.address === remote && peer.port === remotePort) return 'open';
      } else if (filters.length === 0) return 'open';
      else if (filters.some((filter) => lets(filter, remote, remotePort))) return 'open';
      else word = 'closed';
    }
    return word;
  }

  /** Seconds since this epoch began. */
  epoch(now: number): number {
    return Math.max(0, Math.floor((now - this.#epochBegan) / 1000));
  }

  /** The outside address is another, or leases were lost: the epoch begins anew and is announced. */
  beginEpoch(now: number): void {
    this.#epochBegan = now;
    this.#announced = 0;
    this.#announceAt = now;
  }

  /** Whether an announcement is due; counts it as made. */
  announcementDue(now: number): boolean {
    if (this.#announced >= ANNOUNCEMENTS || now < this.#announceAt) return false;
    this.#announceAt = now + FIRST_PAUSE_MS * 2 ** this.#announced;
    this.#announced++;
    return true;
  }

  list(): PortLease[] {
    return this.#leases.map((lease) => ({
      by: lease.by,
      rule: null,
      client: formatAddress(lease.inside),
      protocol: lease.protocol === TCP ? 'tcp' : 'udp',
      insidePort: lease.insidePort,
      outsidePort: lease.outsidePort,
      count: 1,
      remote: lease.peer === null ? null : formatAddress(lease.peer.address),
      expires: Math.round(lease.until),
    }));
  }
}

function lets(filter: Filter, remote: number, remotePort: number): boolean {
  return (
    (remote & filter.mask) === (filter.network & filter.mask) &&
    (filter.port === 0 || filter.port === remotePort)
  );
}
