// What happens to the table when a link goes and comes (what ip_masq's ip_dynaddr did, and more). Nothing in the table names the link's
// address, so unanswered flows and all UDP, ICMP and tunnels follow a new one by themselves, ports and all. An answered TCP
// connection cannot: its client gets a RST at once, with the sequence number it expects, and again whenever it speaks.
import type { LinkUp } from '../contract.ts';
import { endLeases } from '../forwards/grant.ts';
import { formatAddress } from '../packet/address.ts';
import { TCP } from '../packet/ipv4.ts';
import { bury, follows, resetClient } from './bury.ts';
import { moveFlows } from './move.ts';
import { F_ANSWERED, S_CLIENT, S_FLAGS, S_MAPPING, S_PROTOCOL, S_STATE } from './record.ts';
import type { Masquerade } from './state.ts';
import { CLOSED, DEAD } from './tcp-state.ts';
import { UPLINKS, Uplink } from './uplink.ts';

/** The place of an uplink that comes up: the one it had, else that of a call that ended, else a new one. */
function placeFor(m: Masquerade, up: LinkUp): Uplink | null {
  const same = m.uplinks.find((uplink) => uplink.link === up.link);
  if (same) return same;
  const idle = m.uplinks.filter((uplink) => !uplink.up).sort((a, b) => a.downSince - b.downSince);
  const kept = idle.find((uplink) => formatAddress(uplink.address) === up.local);
  if (kept ?? idle[0]) return kept ?? (idle[0] as Uplink);
  if (m.uplinks.length >= UPLINKS) return null;
  const added = new Uplink(m.uplinks.length, m.random, (protocol, port) =>
    m.forwards.reserves(protocol, port),
  );
  m.uplinks.push(added);
  return added;
}

/** `send` puts a held packet on its way again. */
export function uplinkUp(
  m: Masquerade,
  up: LinkUp,
  now: number,
  send: (bytes: Uint8Array, length: number, origin: number) => void,
): void {
  const uplink = placeFor(m, up);
  if (!uplink) {
    m.ports.log(
      'error',
      `Link ${up.link} came up, but there are ${UPLINKS} uplinks already; it is not used.`,
    );
    return;
  }
  const before = uplink.address;
  const wasUp = uplink.up;
  uplink.raise(up);
  let moved = 0;
  let reset = 0;
  if (before !== uplink.address) m.leases.beginEpoch(now);
  if (before !== 0 && before !== uplink.address) {
    m.notices.count('redials');
    const mappings = new Set<number>();
    m.eachSession((session, at) => {
      if ((m.table.sessionWords[at + S_PROTOCOL] as number) >>> 8 !== uplink.slot) return;
      if (follows(m, at, before)) mappings.add(m.table.sessionWords[at + S_MAPPING] as number);
      else if (bury(m, session, now)) reset++;
    });
    moved = mappings.size;
  }
  for (const other of m.uplinks) leave(m, other, now);
  const held = m.held.release(now, send);
  m.notices.count('held-sent', held);
  if (held > 0 || (before !== 0 && (!wasUp || before !== uplink.address)))
    m.ports.readdressed(before === 0 ? '0.0.0.0' : formatAddress(before), up.local, moved, reset, held);
}

/**
 * The link is gone. Alone, it keeps its table for the redial. Beside another uplink that is up its flows move there at once, as
 * they would under a new address.
 */
export function uplinkDown(m: Masquerade, uplink: Uplink, now: number): void {
  uplink.up = false;
  uplink.downSince = now;
  leave(m, uplink, now);
}

/** Moves what is mapped on an uplink that is down to those that are up, if any, and tells. */
function leave(m: Masquerade, from: Uplink, now: number): void {
  const to = m.uplinks.find((uplink) => uplink.up);
  if (from.up || to === undefined) return;
  const { moved, reset } = moveFlows(m, from, now);
  if (moved + reset > 0)
    m.ports.readdressed(formatAddress(from.address), formatAddress(to.address), moved, reset, 0);
}

/** Ends everything a client has open; its TCP peers inside are told. Returns how many sessions that were. */
export function cutClient(m: Masquerade, address: number, now: number): number {
  let count = 0;
  const row = m.clients.find(address);
  if (row < 0) return 0;
  m.eachSession((session, at) => {
    const w = m.table.sessionWords;
    if (w[at + S_CLIENT] !== row) return;
    const state = w[at + S_STATE] as number;
    const answered = ((w[at + S_FLAGS] as number) & F_ANSWERED) !== 0;
    if (((w[at + S_PROTOCOL] as number) & 0xff) === TCP && answered && state !== DEAD && state !== CLOSED)
      resetClient(m, session);
    m.close(session, now);
    count++;
  });
  m.held.forget(address);
  m.triggers.forget(address);
  endLeases(m, now, (lease) => lease.inside === address);
  return count;
}
