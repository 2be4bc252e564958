// One uplink and what hangs on it: its address, its provider's DNS, its port pools. It outlives the call: after a redial the same
// uplink comes up again, perhaps with another address, and everything mapped on it follows because nothing names the address.
import type { LinkUp } from '../contract.ts';
import { parseAddress } from '../packet/address.ts';
import { GRE, ICMP, TCP, UDP } from '../packet/ipv4.ts';
import { PortPool } from './pool.ts';

export const UPLINKS = 4;
const DEFAULT_RATE = 33_600;
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
  /** bit/s, for spreading. */
  rate = DEFAULT_RATE;
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
    this.rate = up.rate ?? DEFAULT_RATE;
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
  /** Whether the server asked now has left a query unanswered for too long; said once. */
  dnsSilent(now: number): boolean {
    if (this.#dnsAsked === 0 || now - this.#dnsAsked < DNS_PATIENCE_MS) return false;
    this.#dnsAsked = 0;
    return true;
  }
  /** Goes to the next server; true when that is the first again. */
  nextDns(): boolean {
    this.#dnsAt = this.dns.length === 0 ? 0 : (this.#dnsAt + 1) % this.dns.length;
    return this.#dnsAt === 0;
  }
  /** Whether an address is the provider's own: its end of the link or one of its name servers. */
  owns(address: number): boolean {
    return this.peer === address || this.dns.includes(address);
  }
}
