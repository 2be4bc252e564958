// One uplink and what hangs on it: its address, its provider's DNS, its port pools. It outlives the call: after a redial the same
// uplink comes up again, perhaps with another address, and everything mapped on it follows because nothing names the address.
import type { LinkUp } from '../contract.ts';
import { parseAddress } from '../packet/address.ts';
import { GRE, ICMP, TCP, UDP } from '../packet/ipv4.ts';
import { PortPool } from './pool.ts';

export const UPLINKS = 4;
/** A DNS server that has not answered for this long gives way to the next (ms). */
export const DNS_PATIENCE_MS = 3000;

export class Uplink {
  /** Place in the list of uplinks; part of the table's keys. */
  readonly slot: number;
  readonly tcp: PortPool;
  readonly udp: PortPool;
  readonly icmp: PortPool;
  readonly gre: PortPool;
  link = 0;
  address = 0;
  peer = 0;
  mtu = 1500;
  up = false;
  dns: readonly number[] = [];
  #dnsAt = 0;
  /** When the first query went out that nobody has answered; 0 when none waits. */
  #dnsAsked = 0;
  downSince = 0;
  nextIdentification: number;

  constructor(
    slot: number,
    random: (bound: number) => number,
    reserved: (protocol: number, port: number) => boolean,
  ) {
    this.slot = slot;
    this.tcp = new PortPool(random, (port) => reserved(TCP, port), false);
    this.udp = new PortPool(random, (port) => reserved(UDP, port), false);
    this.icmp = new PortPool(random, () => false, true);
    this.gre = new PortPool(random, () => false, true);
    this.nextIdentification = random(65_536);
  }

  raise(up: LinkUp): void {
    this.link = up.link;
    this.address = parseAddress(up.local);
    this.peer = parseAddress(up.peer);
    this.mtu = up.mtu;
    this.dns = up.dns.map(parseAddress);
    this.#dnsAt = 0;
    this.#dnsAsked = 0;
    this.up = true;
  }

  pool(protocol: number): PortPool | null {
    if (protocol === TCP) return this.tcp;
    if (protocol === UDP) return this.udp;
    if (protocol === ICMP) return this.icmp;
    return protocol === GRE ? this.gre : null;
  }

  /** The DNS server to ask now, or 0 when the provider named none. */
  get dnsServer(): number {
    return this.dns[this.#dnsAt] ?? 0;
  }

  asked(now: number): void {
    if (this.#dnsAsked === 0) this.#dnsAsked = now;
  }
  answered(): void {
    this.#dnsAsked = 0;
  }
  /** Goes to the next server when this one has been silent too long; true when it did. */
  judgeDns(now: number): boolean {
    if (this.#dnsAsked === 0 || now - this.#dnsAsked < DNS_PATIENCE_MS) return false;
    this.#dnsAsked = 0;
    if (this.dns.length < 2) return false;
    this.#dnsAt = (this.#dnsAt + 1) % this.dns.length;
    return true;
  }
}
