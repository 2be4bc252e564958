// Which way a packet goes: between masq0 (LAN hosts and the gateway), callers, and uplinks. Checks what every packet must pass, puts
// fragments together, and hands what crosses an uplink to the masquerade. Local nets never come here: the kernel routes them.

import type { ClientTable } from './clients.ts';
import type { Counters, HelperState, LinkUp, PortLease, Session } from './contract.ts';
import { reviewLeases } from './forwards/grant.ts';
import { answerPortMapping, expireLeases, portMappingAnnouncements } from './forwards/port-mapping.ts';
import { HelperEngine } from './helpers/engine.ts';
import type { Helper } from './helpers/helper.ts';
import { remind } from './masquerade/bury.ts';
import { callerDown, callerUp, fromCaller, toCaller } from './masquerade/callers.ts';
import { errorToRemote } from './masquerade/emit.ts';
import { inboundIcmp, outboundIcmp } from './masquerade/icmp.ts';
import { inbound } from './masquerade/inbound.ts';
import { listSessions } from './masquerade/listing.ts';
import type { Refusal } from './masquerade/notices.ts';
import { FROM_HOST, refuse, senderOf } from './masquerade/open.ts';
import { inboundOther, outboundOther } from './masquerade/other.ts';
import { outbound } from './masquerade/outbound.ts';
import { cutClient, uplinkDown, uplinkUp } from './masquerade/redial.ts';
import { reviewSessions } from './masquerade/review.ts';
import { judgeDns } from './masquerade/spread.ts';
import { Masquerade, ROUTER, type RouterConfig, type RouterPorts } from './masquerade/state.ts';
import type { Uplink } from './masquerade/uplink.ts';
import { parseAddress } from './packet/address.ts';
import { get16, get32 } from './packet/bytes.ts';
import { Reassembler } from './packet/fragments.ts';
import { PORT_UNREACHABLE, PROTOCOL_UNREACHABLE, UNREACHABLE } from './packet/icmp.ts';
import { ESP, GRE, headerLength, ICMP, isFragment, soundIpv4, TCP, UDP } from './packet/ipv4.ts';

export {
  DNS_ALIAS,
  ROUTER_ADDRESS,
  type RouterConfig,
  type RouterPorts,
  TUN_ADDRESS,
} from './masquerade/state.ts';

export class Router {
  readonly clients: ClientTable;
  readonly #m: Masquerade;
  readonly #fragmentsOut = new Reassembler();
  readonly #fragmentsIn = new Reassembler();

  /** `random(bound)`: an unpredictable integer, 0 ≤ n < bound. `now`: milliseconds since the epoch, here and everywhere. `helpers`: all but in tests. */
  constructor(
    ports: RouterPorts,
    random: (bound: number) => number,
    now: number,
    helpers?: readonly Helper[],
  ) {
    this.#m = new Masquerade(ports, random, now, (m) => new HelperEngine(m, helpers));
    this.clients = this.#m.clients;
  }

  /** Takes a configuration whole; what it no longer allows is ended, what lives under both stays. */
  configure(config: RouterConfig, now: number): void {
    this.#m.configure(config, now);
    reviewSessions(this.#m, now);
    reviewLeases(this.#m, now);
  }

  /** A link is up, or up with other facts. The practice provider's link is not the router's. */
  linkUp(up: LinkUp, now: number): void {
    if (up.role === 'practice') return;
    if (up.role === 'caller') callerUp(this.#m, up, now);
    else uplinkUp(this.#m, up, now, (bytes, length, origin) => this.#out(bytes, 0, length, origin, now));
  }

  linkDown(link: number, now: number): void {
    const m = this.#m;
    const caller = m.callersByLink.get(link);
    if (caller) {
      callerDown(m, caller, now);
      return;
    }
    const uplink = m.uplinks.find((candidate) => candidate.link === link && candidate.up);
    if (uplink) uplinkDown(m, uplink, now);
  }

  /** A packet read from masq0: from a LAN host, or from the gateway itself. At least 128 bytes of room after it. */
  fromHost(buffer: Uint8Array, offset: number, length: number, now: number): void {
    const m = this.#m;
    let b = buffer;
    let o = offset;
    let total = soundIpv4(b, o, length);
    if (total === 0) {
      m.notices.count('malformed');
      return;
    }
    if (isFragment(b, o)) {
      if (!this.#whole(this.#fragmentsOut, b, o, total, now)) return;
      b = this.#fragmentsOut.buffer;
      o = 0;
      total = this.#fragmentsOut.length;
    }
    if (get32(b, o + 16) === ROUTER && b[o + 9] === TCP) {
      m.health.take(b, o, total, now);
      return;
    }
    if (m.callers.size > 0) {
      const caller = m.callers.get(get32(b, o + 16));
      if (caller) {
        toCaller(m, caller, b, o, total, now);
        return;
      }
    }
    this.#out(b, o, total, FROM_HOST, now);
  }

  /** A packet from an uplink or a caller. */
  fromLink(link: number, buffer: Uint8Array, offset: number, length: number, now: number): void {
    const m = this.#m;
    let b = buffer;
    let o = offset;
    let total = soundIpv4(b, o, length);
    if (total === 0) {
      m.notices.count('malformed');
      return;
    }
    let largest = total;
    if (isFragment(b, o)) {
      if (!this.#whole(this.#fragmentsIn, b, o, total, now)) return;
      b = this.#fragmentsIn.buffer;
      o = 0;
      total = this.#fragmentsIn.length;
      largest = this.#fragmentsIn.largest;
    }
    for (const uplink of m.uplinks)
      if (uplink.link === link && uplink.up) {
        this.#in(uplink, b, o, total, largest, now);
        return;
      }
    const caller = m.callersByLink.get(link);
    if (!caller) m.notices.count('stray');
    else if (fromCaller(m, caller, b, o, total, now)) this.#out(b, o, total, caller.link, now);
  }

  /** To be called about every 250 ms. */
  tick(now: number): void {
    const m = this.#m;
    const quarters = m.quarters(now);
    m.wheel.turn(quarters, (session) => {
      if (m.helpers.keepsAlive(session, quarters)) m.wheel.schedule(session);
      else {
        m.notices.count('sessions-expired');
        m.close(session, now);
      }
    });
    remind(m, now);
    m.notices.count('held-dropped', m.held.expire(now));
    this.#fragmentsIn.expire(now);
    this.#fragmentsOut.expire(now);
    m.silent.due(now, (bytes, length, slot) => {
      const uplink = m.uplinks[slot];
      if (!uplink?.up || get32(bytes, 16) !== uplink.address) return;
      const t = headerLength(bytes, 0);
      const ports = (get16(bytes, t + 2) << 16) | get16(bytes, t);
      // Our own SYN crossed it meanwhile: then it was no stranger (RFC 5382 REQ-4b).
      if (m.table.findIn(TCP | (slot << 8), get32(bytes, 12), ports) >= 0) return;
      errorToRemote(m, uplink, UNREACHABLE, PORT_UNREACHABLE, 0, bytes, 0, length, now);
    });
    judgeDns(m, now);
    m.health.tick(now, (address) => m.inLan(address) && !m.callers.has(address));
    m.triggers.expire(now);
    expireLeases(m, now);
    m.helpers.tick(now);
    m.clients.tick(now);
  }

  /** The live table, at most `limit` rows. */
  sessions(limit: number, now: number): Session[] {
    return listSessions(this.#m, limit, now);
  }

  counters(): Counters {
    const m = this.#m;
    const counters = m.notices.counters();
    counters.sessions = m.table.sessionCount;
    counters.mappings = m.table.mappingCount;
    for (const [rule, ill] of m.health.ill()) counters[`forward-ill:${rule}`] = ill;
    counters['fragments-lost'] =
      this.#fragmentsIn.evicted +
      this.#fragmentsIn.timedOut +
      this.#fragmentsIn.malformed +
      this.#fragmentsOut.evicted +
      this.#fragmentsOut.timedOut +
      this.#fragmentsOut.malformed;
    return counters;
  }

  helperStates(): HelperState[] {
    return this.#m.helpers.states();
  }

  /** Ports held open for a time: leases first, then what triggers have open. */
  portLeases(now: number): PortLease[] {
    return [...this.#m.leases.list(), ...this.#m.triggers.list(now)].slice(0, 2048);
  }

  /** The response to a PCP or NAT-PMP datagram that a LAN host sent to the gateway's LAN address, or null. */
  portMapping(request: Uint8Array, source: string, now: number): Uint8Array | null {
    return answerPortMapping(this.#m, request, parseAddress(source), now);
  }

  /** What is to be sent to the LAN's port-mapping clients (224.0.0.1, UDP 5350) now. */
  portMappingAnnouncements(now: number): Uint8Array[] {
    return portMappingAnnouncements(this.#m, now);
  }

  /** The last refusals, oldest first. */
  refusals(): Refusal[] {
    return this.#m.notices.refusals();
  }

  /** Ends all a client has open. */
  cut(address: string, now: number): void {
    cutClient(this.#m, parseAddress(address), now);
  }

  #whole(fragments: Reassembler, b: Uint8Array, o: number, length: number, now: number): boolean {
    this.#m.notices.count('fragments');
    if (!fragments.take(b, o, length, now)) return false;
    this.#m.notices.count('reassembled');
    return true;
  }

  /** Towards an uplink. */
  #out(b: Uint8Array, o: number, length: number, origin: number, now: number): void {
    const protocol = b[o + 9] as number;
    if (protocol === TCP || protocol === UDP) outbound(this.#m, b, o, length, origin, now);
    else if (protocol === ICMP) outboundIcmp(this.#m, b, o, length, origin, now);
    else if (protocol === GRE || protocol === ESP) outboundOther(this.#m, b, o, length, origin, now);
    else this.#unknownProtocol(b, o, length, origin, now);
  }

  #unknownProtocol(b: Uint8Array, o: number, length: number, origin: number, now: number): void {
    const row = senderOf(this.#m, get32(b, o + 12), origin, now);
    if (row < 0) return;
    const text = () => `IP protocol ${b[o + 9]} cannot be masqueraded.`;
    refuse(this.#m, row, 'unknown-protocol', PROTOCOL_UNREACHABLE, text, b, o, length, now);
  }

  /** From an uplink. */
  #in(uplink: Uplink, b: Uint8Array, o: number, length: number, largest: number, now: number): void {
    const m = this.#m;
    if (get32(b, o + 16) !== uplink.address) {
      m.notices.count('stray');
      return;
    }
    const protocol = b[o + 9] as number;
    if (protocol === TCP || protocol === UDP) inbound(m, uplink, b, o, length, largest, now, false);
    else if (protocol === ICMP) inboundIcmp(m, uplink, b, o, length, largest, now, false);
    else if (protocol === GRE || protocol === ESP) inboundOther(m, uplink, b, o, length, largest, now);
    else m.notices.count('unknown-protocol');
  }
}
