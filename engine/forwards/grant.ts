// Leases of outside ports made, renewed and ended (RFC 6887 §11-12, §15): the policy that PCP and NAT-PMP share. A lease pins the mapping that
// the host's own traffic from that port uses too (RFC 6887 §11.3), so both leave by one outside port, and it follows a redial as mappings do.
// No lease is for ports below 1024 or for those that helpers keep closed, and never for another host than the one that asks.
import { staysClosed } from '../helpers/helper.ts';
import { mayMap } from '../masquerade/limits.ts';
import { makeMapping } from '../masquerade/open.ts';
import {
  M_FLAGS,
  M_INSIDE,
  M_PINS,
  M_PORTS,
  M_PROTOCOL,
  MAPPING_WORDS,
  MF_UNPOOLED,
} from '../masquerade/record.ts';
import { homeOf } from '../masquerade/spread.ts';
import type { Masquerade } from '../masquerade/state.ts';
import type { Uplink } from '../masquerade/uplink.ts';
import { formatAddress } from '../packet/address.ts';
import { TCP, UDP } from '../packet/ipv4.ts';
import {
  type Filter,
  LEASES,
  LEASES_A_HOST,
  type Lease,
  LONGEST_SECONDS,
  SHORTEST_SECONDS,
} from './leases.ts';

/** Result codes of RFC 6887 §7.4. */
export const SUCCESS = 0;
export const NOT_AUTHORIZED = 2;
export const NETWORK_FAILURE = 7;
export const NO_RESOURCES = 8;
export const USER_EX_QUOTA = 10;
export const CANNOT_PROVIDE_EXTERNAL = 11;

export interface LeaseRequest {
  by: Lease['by'];
  protocol: number;
  inside: number;
  insidePort: number;
  /** 0 for any. */
  outsidePort: number;
  outside: number;
  /** Only with this outside address and port, or not at all. */
  exactly: boolean;
  /** 0 ends the lease. */
  seconds: number;
  nonce: string;
  peer: Lease['peer'];
  filters: readonly Filter[];
}

export interface Granted {
  result: number;
  outside: number;
  outsidePort: number;
  seconds: number;
}

const refusal = (result: number): Granted => ({ result, outside: 0, outsidePort: 0, seconds: 0 });

/** Does what a LAN host asks for, or says why not. Never asks for the line. */
export function grant(m: Masquerade, request: LeaseRequest, now: number): Granted {
  const granted = decide(m, request, now);
  if (granted.result === SUCCESS) m.notices.count('leases-granted');
  else {
    const { inside, insidePort, by } = request;
    const text = () =>
      `${by === 'pcp' ? 'PCP' : 'NAT-PMP'}: ${formatAddress(inside)} was not given port ${insidePort} (${reasonOf(granted.result)}).`;
    m.notices.refuse('leases-refused', inside, now, text);
  }
  return granted;
}

function reasonOf(result: number): string {
  if (result === NETWORK_FAILURE) return 'the line is down';
  if (result === NO_RESOURCES) return 'no port or place was left';
  if (result === USER_EX_QUOTA) return 'it has reached its limit';
  return result === CANNOT_PROVIDE_EXTERNAL ? 'that outside port cannot be had' : 'it may not have it';
}

function decide(m: Masquerade, request: LeaseRequest, now: number): Granted {
  const { protocol, inside, insidePort, peer } = request;
  if (protocol !== TCP && protocol !== UDP) return refusal(NOT_AUTHORIZED);
  const held = m.leases.find(protocol, inside, insidePort, peer);
  if (held && (held.nonce !== request.nonce || held.by !== request.by)) return refusal(NOT_AUTHORIZED);
  if (request.seconds === 0) {
    if (held) endLease(m, held, now);
    return { ...refusal(SUCCESS), outsidePort: request.outsidePort, outside: request.outside };
  }
  const row = m.inLan(inside) && !m.callers.has(inside) ? m.clients.idFor(inside, 'lan', now) : -1;
  const closed = insidePort < 1024 || staysClosed(protocol === TCP ? 'tcp' : 'udp', insidePort);
  if (row < 0 || m.clients.blocked[row] === 1 || closed) return refusal(NOT_AUTHORIZED);
  const mapping = held?.mapping ?? m.table.findMapping(protocol, inside, insidePort);
  const uplink = mapping < 0 ? homeOf(m, row) : uplinkOf(m, mapping);
  if (!uplink?.up) return refusal(NETWORK_FAILURE);
  if (request.exactly && request.outside !== 0 && request.outside !== uplink.address)
    return refusal(CANNOT_PROVIDE_EXTERNAL);
  if (mapping >= 0) {
    if (!keepsPort(m, mapping)) return refusal(NO_RESOURCES);
    const port = outsidePortOf(m, mapping);
    if (request.exactly && request.outsidePort !== 0 && request.outsidePort !== port)
      return refusal(CANNOT_PROVIDE_EXTERNAL);
  }
  if (!held) {
    if (m.leases.countOf(inside) >= LEASES_A_HOST) return refusal(USER_EX_QUOTA);
    if (m.leases.all.length >= LEASES) return refusal(NO_RESOURCES);
  }
  const made = mapping >= 0 ? mapping : mapFor(m, uplink, row, request, now);
  if (made < 0) return refusal(-made);
  const seconds = Math.min(Math.max(request.seconds, SHORTEST_SECONDS), LONGEST_SECONDS);
  const until = now + seconds * 1000;
  const outsidePort = outsidePortOf(m, made);
  if (held) Object.assign(held, { until, filters: request.filters });
  else {
    const { by, nonce, filters } = request;
    m.leases.add({
      by,
      protocol,
      inside,
      insidePort,
      outsidePort,
      peer,
      filters,
      nonce,
      mapping: made,
      until,
    });
    pin(m, made, 1);
  }
  return { result: SUCCESS, outside: uplink.address, outsidePort, seconds };
}

/** A new mapping, with the port asked for if it is free; else minus a result code. */
function mapFor(m: Masquerade, uplink: Uplink, row: number, request: LeaseRequest, now: number): number {
  const { protocol, inside, insidePort, outsidePort, by } = request;
  const pool = uplink.pool(protocol);
  if (!pool) return -NO_RESOURCES;
  const fixed = m.forwards.outsidePort(protocol, inside, insidePort);
  const companion = uplink.pool(protocol === TCP ? UDP : TCP);
  const able = (port: number) =>
    port >= 1024 &&
    pool.isFree(port, inside, insidePort, m.quarters(now)) &&
    (by === 'pcp' || isHostsOrFree(m, companion?.ownerOf(port) ?? -1, inside));
  if (request.exactly && outsidePort !== 0 && (fixed !== 0 ? fixed !== outsidePort : !able(outsidePort)))
    return -CANNOT_PROVIDE_EXTERNAL;
  if (!mayMap(m, row, now)) return -USER_EX_QUOTA;
  let port = 0;
  if (fixed === 0 && outsidePort !== 0 && able(outsidePort)) port = outsidePort;
  // NAT-PMP promises that the same port of the other protocol is no other host's (RFC 6886 §3.3).
  else if (fixed === 0 && by === 'nat-pmp' && !able(insidePort))
    for (let i = 0; i < 64 && port === 0; i++) {
      const tried = 1024 + m.random(64_512);
      if (able(tried)) port = tried;
    }
  const mapping =
    port === 0
      ? makeMapping(m, uplink, row, protocol, inside, insidePort, now)
      : makeMapping(m, uplink, row, protocol, inside, insidePort, now, false, port);
  return mapping < 0 ? -NO_RESOURCES : mapping;
}

function isHostsOrFree(m: Masquerade, mapping: number, inside: number): boolean {
  return mapping < 0 || m.table.mappingWords[mapping * MAPPING_WORDS + M_INSIDE] === inside;
}

/** Whether a mapping's outside port is the mapping's own to lease: the pool's, or its one forward's. */
function keepsPort(m: Masquerade, mapping: number): boolean {
  const words = m.table.mappingWords;
  const at = mapping * MAPPING_WORDS;
  if (((words[at + M_FLAGS] as number) & MF_UNPOOLED) === 0) return true;
  const protocol = (words[at + M_PROTOCOL] as number) & 0xff;
  const ports = words[at + M_PORTS] as number;
  return m.forwards.outsidePort(protocol, words[at + M_INSIDE] as number, ports >>> 16) === (ports & 0xffff);
}

function outsidePortOf(m: Masquerade, mapping: number): number {
  return (m.table.mappingWords[mapping * MAPPING_WORDS + M_PORTS] as number) & 0xffff;
}
function uplinkOf(m: Masquerade, mapping: number): Uplink | undefined {
  return m.uplinks[(m.table.mappingWords[mapping * MAPPING_WORDS + M_PROTOCOL] as number) >>> 8];
}

function pin(m: Masquerade, mapping: number, by: number): void {
  const at = mapping * MAPPING_WORDS + M_PINS;
  m.table.mappingWords[at] = (m.table.mappingWords[at] as number) + by;
}

/** Ends a lease; what came in by it lives by its own timers. */
export function endLease(m: Masquerade, lease: Lease, now: number): void {
  m.leases.remove(lease);
  pin(m, lease.mapping, -1);
  m.releaseMapping(lease.mapping, now);
}

/** Ends every lease for which `over` holds; returns how many. */
export function endLeases(m: Masquerade, now: number, over: (lease: Lease) => boolean): number {
  const ended = m.leases.all.filter(over);
  for (const lease of ended) endLease(m, lease, now);
  return ended.length;
}

/** Ends what the configuration no longer allows: a protocol switched off, a host not of the LAN or not let out, a forward gone. */
export function reviewLeases(m: Masquerade, now: number): void {
  const { pcp, natPmp } = m.leases.config;
  endLeases(m, now, (lease) => {
    const row = m.clients.find(lease.inside);
    const allowed = lease.by === 'pcp' ? pcp : natPmp;
    return (
      !allowed ||
      row < 0 ||
      m.clients.blocked[row] === 1 ||
      !m.inLan(lease.inside) ||
      !keepsPort(m, lease.mapping)
    );
  });
}
