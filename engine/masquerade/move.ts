// The flows of an uplink that is down go over to uplinks that are up, as in a redial: what is unanswered and all UDP, ICMP and tunnels
// move with their outside port where it is free there, answered TCP is reset at once. A client's all go to one uplink, its home.
import { endLeases } from '../forwards/grant.ts';
import { bury, follows } from './bury.ts';
import {
  F_DNS_ALIAS,
  M_CLIENT,
  M_FLAGS,
  M_INSIDE,
  M_PORTS,
  M_PROTOCOL,
  MAPPING_WORDS,
  MF_UNPOOLED,
  S_FLAGS,
  S_IN_PORTS,
  S_MAPPING,
  S_PROTOCOL,
} from './record.ts';
import { homeOf } from './spread.ts';
import type { Masquerade } from './state.ts';
import type { Uplink } from './uplink.ts';

/** Returns how many mappings moved and how many TCP connections were reset. At least one uplink is up; `from` is not. */
export function moveFlows(m: Masquerade, from: Uplink, now: number): { moved: number; reset: number } {
  let reset = 0;
  eachOn(m, from, (session, at) => {
    // The alias stands for servers of the provider that is gone; the next query asks the other's.
    const alias = ((m.table.sessionWords[at + S_FLAGS] as number) & F_DNS_ALIAS) !== 0;
    if ((alias || !follows(m, at, from.address)) && bury(m, session, now)) reset++;
  });
  const ports = moveMappings(m, from, now);
  eachOn(m, from, (session, at) => moveSession(m, session, at, ports, now));
  const ended = endLeases(m, now, (lease) => {
    const port = (m.table.mappingWords[lease.mapping * MAPPING_WORDS + M_PORTS] as number) & 0xffff;
    return ports.has(lease.mapping) && port !== lease.outsidePort;
  });
  if (ended > 0 || m.leases.all.some((lease) => ports.has(lease.mapping))) m.leases.beginEpoch(now);
  return { moved: ports.size, reset };
}

function eachOn(m: Masquerade, uplink: Uplink, visit: (session: number, at: number) => void): void {
  const w = m.table.sessionWords;
  m.eachSession((session, at) => {
    if ((w[at + S_PROTOCOL] as number) >>> 8 === uplink.slot) visit(session, at);
  });
}

/** Moves each mapping to its client's home; the outside port each had before, by mapping. */
function moveMappings(m: Masquerade, from: Uplink, now: number): Map<number, number> {
  const { table } = m;
  const w = table.mappingWords;
  const quarters = m.quarters(now);
  const before = new Map<number, number>();
  for (let mapping = 0; mapping < table.mappingTop; mapping++) {
    const at = mapping * MAPPING_WORDS;
    const protocol = w[at + M_PROTOCOL] as number;
    if (!table.isLiveMapping(mapping) || protocol >>> 8 !== from.slot) continue;
    const to = homeOf(m, w[at + M_CLIENT] as number);
    if (to === null) continue;
    const port = (w[at + M_PORTS] as number) & 0xffff;
    const insidePort = (w[at + M_PORTS] as number) >>> 16;
    const inside = w[at + M_INSIDE] as number;
    const pooled = ((w[at + M_FLAGS] as number) & MF_UNPOOLED) === 0;
    const pool = pooled ? to.pool(protocol & 0xff) : null;
    let chosen = port;
    if (pool && !pool.isFree(port, inside, insidePort, quarters))
      chosen = pool.choose(inside, insidePort, quarters);
    // Not one port left there: it stays, and waits for its own uplink.
    if (chosen < 0) continue;
    if (pool) {
      from.pool(protocol & 0xff)?.release(port, inside, insidePort, quarters);
      pool.own(chosen, mapping);
    }
    before.set(mapping, port);
    table.moveMapping(mapping, (protocol & 0xff) | (to.slot << 8), chosen);
  }
  return before;
}

/** A session goes where its mapping is; one for which the place is taken there ends. */
function moveSession(
  m: Masquerade,
  session: number,
  at: number,
  ports: Map<number, number>,
  now: number,
): void {
  const w = m.table.sessionWords;
  const mapping = w[at + S_MAPPING] as number;
  const words = m.table.mappingWords;
  const protocol = words[mapping * MAPPING_WORDS + M_PROTOCOL] as number;
  if (protocol === w[at + S_PROTOCOL]) return;
  const own = w[at + S_IN_PORTS] as number;
  // A forward lets in by a port that is not always the mapping's.
  const isMapped = own >>> 16 === ports.get(mapping);
  const port = isMapped ? (words[mapping * MAPPING_WORDS + M_PORTS] as number) & 0xffff : own >>> 16;
  if (!m.table.moveSession(session, protocol, (port << 16) | (own & 0xffff))) m.close(session, now);
}
