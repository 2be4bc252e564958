/**
 * Which packets mean that somebody uses the line: what an idle time is counted from. Nothing is allocated a packet.
 *
 * Only what leaves counts, for the Internet knocks at any time of itself. Not counted: ICMP, the small talk of machines, the
 * gateway's own look-ups, the end of connections, and acknowledgements that answer nothing, such as TCP's keep-alives.
 */
import { FIN, ICMP, type PacketView, RST, SYN, TCP, UDP } from './packet-view.ts';

const GATEWAY = 0;
const IGMP = 2;
const DNS = 53;
/** UDP ports of DHCP, NTP, NetBIOS, SSDP, WS-Discovery, mDNS, LLMNR and printers: what never asks for the line either. */
const CHATTER = new Set([67, 68, 123, 137, 138, 139, 445, 1900, 3702, 5353, 5355, 8610, 8612]);
/** An acknowledgement so soon after data belongs to it, ms. */
const ANSWERS_MS = 2_000;

export class UserTraffic {
  #last: number;
  #dataAt = Number.NEGATIVE_INFINITY;

  /** The time of connecting counts as use. */
  constructor(now: number) {
    this.#last = now;
  }

  /** Since somebody last used the line, ms. */
  idleMs(now: number): number {
    return now - this.#last;
  }

  /** A packet that leaves; `client` as the engine numbers them. */
  outbound(client: number, view: PacketView, now: number): void {
    if (this.#isUse(client, view, now)) this.#last = now;
  }

  /** A packet that came. A keep-alive brings one octet at most. */
  inbound(view: PacketView, now: number): void {
    if (view.isTcp && view.payload > 1) this.#dataAt = now;
  }

  #isUse(client: number, view: PacketView, now: number): boolean {
    const { protocol } = view;
    if (protocol === 0 || protocol === ICMP || protocol === IGMP) return false;
    if (protocol === UDP)
      return !CHATTER.has(view.destinationPort) && !(client === GATEWAY && view.destinationPort === DNS);
    if (protocol !== TCP || !view.isTcp) return true;
    if ((view.flags & RST) !== 0) return false;
    if ((view.flags & SYN) !== 0 || view.payload > 0) return true;
    return (view.flags & FIN) === 0 && now - this.#dataAt <= ANSWERS_MS;
  }
}
