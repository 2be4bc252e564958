// The masquerade as one whole: configuration, table, uplinks, callers, and the few operations every part needs (time, timeouts,
// closing a session). The ways of packets are in outbound.ts, inbound.ts and icmp.ts; they are functions over this state.

import { ClientTable } from '../clients.ts';
import type {
  Access,
  CallerRights,
  DemandRule,
  EngineConfig,
  Forward,
  HelperSetting,
  LogLevel,
  MasqueradeConfig,
  PortMappingConfig,
  Trigger,
} from '../contract.ts';
import { DNS_ALIAS, MASQUERADE_DEFAULT } from '../contract.ts';
import { Forwards } from '../forwards/forwards.ts';
import { HealthChecks } from '../forwards/health.ts';
import { PortLeases } from '../forwards/leases.ts';
import { Triggers } from '../forwards/triggers.ts';
import type { HelperEngine } from '../helpers/engine.ts';
import { maskOf, Networks, parseAddress, SPECIAL } from '../packet/address.ts';
import { ICMP, TCP, UDP } from '../packet/ipv4.ts';
import { DemandRules } from './demand.ts';
import { HeldPackets } from './held.ts';
import { Notices } from './notices.ts';
import {
  F_DNS_ALIAS,
  F_EXPECTED,
  F_FORWARD,
  M_CLIENT,
  M_FLAGS,
  M_INSIDE,
  M_PINS,
  M_PORTS,
  M_PROTOCOL,
  M_SESSIONS,
  MAPPING_WORDS,
  MF_UNPOOLED,
  S_ATTACHMENT,
  S_CLIENT,
  S_EXPIRES,
  S_FLAGS,
  S_MAPPING,
  S_OUT_PORTS,
  S_PROTOCOL,
  S_SCHEDULED,
  S_STATE,
  SESSION_WORDS,
} from './record.ts';
import { SilentSyns } from './silent.ts';
import { Table } from './table.ts';
import { timerOf } from './tcp-state.ts';
import { QUARTERS, Wheel } from './timers.ts';
import type { Uplink } from './uplink.ts';

export interface RouterPorts {
  /** An IPv4 packet for masq0; the kernel then routes it to the LAN host or to the gateway itself. */
  toHost(buffer: Uint8Array, offset: number, length: number): void;
  /** Consumed during the call. */
  toLink(link: number, client: number, buffer: Uint8Array, offset: number, length: number): void;
  wantLine(client: string, reason: string): void;
  readdressed(from: string, to: string, moved: number, reset: number, held: number): void;
  log(level: LogLevel, text: string): void;
}

export interface RouterConfig {
  lan: { address: string; prefix: number } | null;
  masquerade: MasqueradeConfig;
  access: Access;
  forwards: Forward[];
  triggers?: Trigger[] | undefined;
  portMapping?: PortMappingConfig | undefined;
  helpers: Record<string, HelperSetting>;
  demand: boolean;
  demandRules?: DemandRule[] | undefined;
  spread?: EngineConfig['spread'];
  together?: EngineConfig['together'];
}

/** The gateway's own address on masq0: a source of its own traffic. */
export const TUN_ADDRESS = '192.0.0.5';
/** DNS_ALIAS is dnsmasq's one upstream through masq0, mapped to the provider's current server and back. */
export { DNS_ALIAS };
/**
 * Who our own ICMP errors come from on masq0. Not an address of the gateway: Linux drops packets from a TUN whose source is
 * local (accept_local=0). It is the dummy address that RFC 7600 set aside for just this.
 */
export const ROUTER_ADDRESS = '192.0.0.8';
export const TUN = parseAddress(TUN_ADDRESS);
export const ALIAS = parseAddress(DNS_ALIAS);
export const ROUTER = parseAddress(ROUTER_ADDRESS);
/** Largest packet given to masq0 without cutting it. */
export const HOST_MTU = 1500;
/** Idle seconds of a DNS exchange: RFC 4787 REQ-5a lets well-known ports have less. */
const DNS_SECONDS = 60;

export interface Caller {
  link: number;
  address: number;
  /** Our end of the caller's link, the source of errors to it. */
  local: number;
  mtu: number;
  row: number;
  rights: CallerRights;
}

export class Masquerade {
  readonly ports: RouterPorts;
  readonly random: (bound: number) => number;
  readonly began: number;
  readonly table: Table;
  readonly wheel: Wheel;
  readonly clients: ClientTable;
  readonly forwards = new Forwards();
  readonly notices = new Notices();
  readonly triggers = new Triggers((name) => this.notices.countRule(name));
  readonly leases: PortLeases;
  readonly health: HealthChecks;
  readonly demandRules = new DemandRules();
  readonly held = new HeldPackets();
  readonly silent = new SilentSyns();
  readonly helpers: HelperEngine;
  readonly uplinks: Uplink[] = [];
  readonly callers = new Map<number, Caller>();
  readonly callersByLink = new Map<number, Caller>();
  config: MasqueradeConfig = MASQUERADE_DEFAULT;
  demand = false;
  lanAddress = 0;
  lanNetwork = 0;
  /** 0 while there is no LAN: then nothing is in it. */
  lanMask = 0;
  exceptions = new Networks([]);
  /** Quarter seconds by TCP state. */
  readonly tcpTimeouts = new Int32Array(10);
  #udpTimeout = 0;
  #dnsTimeout = 0;
  #icmpTimeout = 0;
  #otherTimeout = 0;
  /** When the line was last asked for, and by which client. */
  wantedAt = 0;
  wantedBy = -1;
  /** Ticks for which clients of connections that ended with an address are told so again. */
  reminders = 0;
  /** Whether a client's plain TCP connections are spread over several uplinks, not the client as a whole. */
  spreadsConnections = true;
  /** Clients of whom all goes by one. */
  together: ReadonlySet<number> = new Set();
  /** The uplink whose provider's name servers are asked, where several are up. */
  dnsSlot = 0;
  /** Room to build our own packets in, and to cut packets in. */
  readonly scratch = new Uint8Array(4096);
  readonly cutRoom = new Uint8Array(4096);

  constructor(
    ports: RouterPorts,
    random: (bound: number) => number,
    now: number,
    helpers: (m: Masquerade) => HelperEngine,
  ) {
    this.ports = ports;
    this.random = random;
    this.began = now;
    this.table = new Table((random(65_536) << 16) | random(65_536));
    this.wheel = new Wheel(this.table);
    this.leases = new PortLeases(now);
    this.health = new HealthChecks(this.forwards, {
      own: ROUTER,
      random,
      send: (bytes, length) => ports.toHost(bytes, 0, length),
      log: (level, text) => ports.log(level, text),
    });
    this.clients = new ClientTable(TUN, now);
    this.helpers = helpers(this);
    this.#setTimeouts();
  }

  configure(config: RouterConfig, now: number): void {
    this.config = config.masquerade;
    this.demand = config.demand;
    this.lanAddress = config.lan ? parseAddress(config.lan.address) : 0;
    this.lanMask = config.lan ? maskOf(config.lan.prefix) : 0;
    this.lanNetwork = this.lanAddress & this.lanMask;
    this.exceptions = new Networks(config.masquerade.privateExceptions);
    this.forwards.configure(config.forwards);
    this.health.configure();
    this.triggers.configure(config.triggers ?? []);
    const before = this.leases.config;
    this.leases.config = config.portMapping ?? { pcp: false, natPmp: false };
    const { pcp, natPmp } = this.leases.config;
    if ((pcp && !before.pcp) || (natPmp && !before.natPmp)) this.leases.beginEpoch(now);
    this.spreadsConnections = config.spread !== 'clients';
    this.together = new Set(config.together?.map(parseAddress));
    this.demandRules.configure(config.demandRules ?? []);
    this.helpers.configure(config.helpers, now);
    const chosen = new Set(config.access.chosen.map(parseAddress));
    const paused = new Set(config.access.paused.map(parseAddress));
    const everybody = config.access.mode === 'everybody';
    this.clients.setAccess(
      (address, kind) =>
        paused.has(address) ||
        (!everybody && kind !== 'gateway' && !chosen.has(address)) ||
        this.callers.get(address)?.rights.internet === false,
      paused,
    );
    this.#setTimeouts();
  }

  #setTimeouts(): void {
    const timers = this.config.timers;
    const seconds = {
      opening: timers.tcpOpening,
      established: timers.tcpEstablished,
      closing: timers.tcpClosing,
    };
    for (let state = 0; state < this.tcpTimeouts.length; state++)
      this.tcpTimeouts[state] = seconds[timerOf(state)] * QUARTERS;
    this.#udpTimeout = timers.udp * QUARTERS;
    this.#dnsTimeout = Math.min(timers.udp, DNS_SECONDS) * QUARTERS;
    this.#icmpTimeout = timers.icmp * QUARTERS;
    this.#otherTimeout = timers.other * QUARTERS;
  }

  /** Quarter seconds since the router began. */
  quarters(now: number): number {
    return ((now - this.began) / 250) | 0;
  }

  /** Idle time of a session at word `at`, in quarter seconds. */
  timeout(at: number): number {
    const w = this.table.sessionWords;
    const protocol = (w[at + S_PROTOCOL] as number) & 0xff;
    if (protocol === TCP) return this.tcpTimeouts[w[at + S_STATE] as number] as number;
    if (protocol === UDP)
      return ((w[at + S_OUT_PORTS] as number) & 0xffff) === 53 ? this.#dnsTimeout : this.#udpTimeout;
    return protocol === ICMP ? this.#icmpTimeout : this.#otherTimeout;
  }

  /** Gives a session its full idle time from now on. */
  refresh(session: number, quarters: number): void {
    const at = session * SESSION_WORDS;
    const w = this.table.sessionWords;
    const expires = quarters + this.timeout(at);
    const sooner = expires < (w[at + S_EXPIRES] as number);
    w[at + S_EXPIRES] = expires;
    if ((w[at + S_SCHEDULED] as number) < 0) this.wheel.schedule(session);
    else if (sooner) this.wheel.hasten(session);
  }

  /** The same for a packet from inside. */
  refreshOut(session: number, quarters: number): void {
    this.refresh(session, quarters);
    if (this.config.inboundRefresh !== false) return;
    const w = this.table.sessionWords;
    const at = session * SESSION_WORDS;
    this.table.keptUntil[w[at + S_MAPPING] as number] = w[at + S_EXPIRES] as number;
  }

  /**
   * The same for a packet from outside. With `inboundRefresh` off (RFC 4787 REQ-6, RFC 7857 §7) it prolongs no UDP session, and
   * one that it has opened lives no longer than the traffic from inside keeps the mapping; what a forward or a helper lets in is exempt.
   */
  refreshIn(session: number, quarters: number): void {
    const at = session * SESSION_WORDS;
    const w = this.table.sessionWords;
    const exempt = (w[at + S_FLAGS] as number) & (F_FORWARD | F_DNS_ALIAS | F_EXPECTED);
    if (
      this.config.inboundRefresh !== false ||
      ((w[at + S_PROTOCOL] as number) & 0xff) !== UDP ||
      exempt !== 0
    ) {
      this.refresh(session, quarters);
      return;
    }
    if ((w[at + S_SCHEDULED] as number) >= 0) return;
    const kept = this.table.keptUntil[w[at + S_MAPPING] as number] as number;
    w[at + S_EXPIRES] = kept !== 0 ? kept : quarters + this.timeout(at);
    this.wheel.schedule(session);
  }

  inLan(address: number): boolean {
    return this.lanMask !== 0 && (address & this.lanMask) === this.lanNetwork;
  }
  /** Whether an address is one that a host on the LAN's wire may have: not the gateway's, not a caller's, not the net's own. */
  isLanHost(address: number): boolean {
    if (!this.inLan(address) || address === this.lanAddress || this.callers.has(address)) return false;
    const host = address & ~this.lanMask;
    return host !== 0 && host !== ~this.lanMask;
  }
  /** The uplink whose own address this is, or null. */
  uplinkAt(address: number): Uplink | null {
    for (const uplink of this.uplinks) if (uplink.up && uplink.address === address) return uplink;
    return null;
  }
  anyUp(): boolean {
    for (const uplink of this.uplinks) if (uplink.up) return true;
    return false;
  }
  /** Whether a destination may leave by a link: not a private or special one, but for the provider's own and a list. */
  mayLeave(address: number): boolean {
    if (this.inLan(address) || this.callers.has(address)) return false;
    if (!SPECIAL.contains(address)) return true;
    if (address >>> 24 >= 224 || address >>> 24 === 127 || address >>> 24 === 0) return false;
    if (this.exceptions.contains(address)) return true;
    for (const uplink of this.uplinks)
      if (uplink.peer === address || uplink.address === address || uplink.dns.includes(address)) return true;
    return false;
  }

  /** Ends a session and, with the last one, its mapping. */
  close(session: number, now: number): void {
    const at = session * SESSION_WORDS;
    const w = this.table.sessionWords;
    const mapping = w[at + S_MAPPING] as number;
    const client = w[at + S_CLIENT] as number;
    this.wheel.remove(session);
    if ((w[at + S_ATTACHMENT] as number) >= 0) this.helpers.detach(session, now);
    this.table.close(session);
    this.clients.sessions[client] = (this.clients.sessions[client] as number) - 1;
    this.releaseMapping(mapping, now);
  }

  /** Forgets a mapping that nothing uses any more. */
  releaseMapping(mapping: number, now: number): void {
    const m = this.table.mappingWords;
    const at = mapping * MAPPING_WORDS;
    if ((m[at + M_SESSIONS] as number) > 0 || (m[at + M_PINS] as number) > 0) return;
    const ports = m[at + M_PORTS] as number;
    const protocol = m[at + M_PROTOCOL] as number;
    const client = m[at + M_CLIENT] as number;
    if (((m[at + M_FLAGS] as number) & MF_UNPOOLED) === 0)
      this.uplinks[protocol >>> 8]
        ?.pool(protocol & 0xff)
        ?.release(ports & 0xffff, m[at + M_INSIDE] as number, ports >>> 16, this.quarters(now));
    this.table.unmap(mapping);
    this.clients.mappings[client] = (this.clients.mappings[client] as number) - 1;
  }

  /** Visits every session; the visitor may close the one it is given. */
  eachSession(visit: (session: number, at: number) => void): void {
    for (let session = 0; session < this.table.sessionTop; session++)
      if (this.table.isLive(session)) visit(session, session * SESSION_WORDS);
  }
}
