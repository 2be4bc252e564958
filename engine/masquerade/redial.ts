// What happens to the table when a link goes and comes (what ip_masq's ip_dynaddr did, and more). Nothing in the table names the link's
// address, so unanswered flows and all UDP, ICMP and tunnels follow a new one by themselves, ports and all. An answered TCP
// connection cannot: its client gets a RST at once, with the sequence number it expects, and again whenever it speaks.
import type { LinkUp } from '../contract.ts';
import { endLeases } from '../forwards/grant.ts';
import { formatAddress } from '../packet/address.ts';
import { TCP } from '../packet/ipv4.ts';
import { ACK, later, RST, writeSegment } from '../packet/tcp.ts';
import { toClient } from './emit.ts';
import {
  F_ANSWERED,
  F_DNS_ALIAS,
  F_HAIRPIN,
  M_PROTOCOL,
  MAPPING_WORDS,
  S_ACK_IN,
  S_ATTACHMENT,
  S_CLIENT,
  S_END_IN,
  S_END_OUT,
  S_FLAGS,
  S_IN_PORTS,
  S_INSIDE,
  S_INSIDE_PORT,
  S_MAPPING,
  S_PROTOCOL,
  S_REMOTE,
  S_STATE,
  SESSION_WORDS,
} from './record.ts';
import { ALIAS, type Masquerade } from './state.ts';
import { CLOSED, DEAD, TIME_WAIT } from './tcp-state.ts';
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
  const held = m.held.release(now, send);
  m.notices.count('held-sent', held);
  if (held > 0 || (before !== 0 && (!wasUp || before !== uplink.address)))
    m.ports.readdressed(before === 0 ? '0.0.0.0' : formatAddress(before), up.local, moved, reset, held);
}

/** Whether a session lives on under the new address. */
function follows(m: Masquerade, at: number, before: number): boolean {
  const w = m.table.sessionWords;
  const flags = w[at + S_FLAGS] as number;
  if ((flags & F_HAIRPIN) !== 0 || w[at + S_REMOTE] === before) return false;
  return ((w[at + S_PROTOCOL] as number) & 0xff) !== TCP || (flags & F_ANSWERED) === 0;
}

/** Ends a session whose address is gone; true when its client was sent a RST. */
function bury(m: Masquerade, session: number, now: number): boolean {
  const at = session * SESSION_WORDS;
  const w = m.table.sessionWords;
  const state = w[at + S_STATE] as number;
  const tcp = ((w[at + S_PROTOCOL] as number) & 0xff) === TCP;
  if (!tcp || state === TIME_WAIT || state === CLOSED) {
    m.close(session, now);
    return false;
  }
  if (state === DEAD) return false;
  resetClient(m, session);
  if ((w[at + S_ATTACHMENT] as number) >= 0) m.helpers.detach(session, now);
  w[at + S_STATE] = DEAD;
  m.refresh(session, m.quarters(now));
  return true;
}

/**
 * A RST to the client of a TCP session, as its remote would send it. The sequence number is the client's last acknowledgement; where
 * more has been passed on to it a second RST stands at the end of that, because the acknowledgement may have been lost on its way
 * here. Between the two lies what the client expects: it takes one of them, or asks (RFC 5961 §3.2) and is then answered.
 */
export function resetClient(m: Masquerade, session: number): void {
  const w = m.table.sessionWords;
  const at = session * SESSION_WORDS;
  const acknowledged = w[at + S_ACK_IN] as number;
  const passed = w[at + S_END_OUT] as number;
  resetAt(m, at, acknowledged);
  if (passed !== 0 && later(passed, acknowledged)) resetAt(m, at, passed);
}

function resetAt(m: Masquerade, at: number, sequence: number): void {
  const w = m.table.sessionWords;
  const alias = ((w[at + S_FLAGS] as number) & F_DNS_ALIAS) !== 0;
  const length = writeSegment(
    m.scratch,
    0,
    alias ? ALIAS : (w[at + S_REMOTE] as number),
    (w[at + S_IN_PORTS] as number) & 0xffff,
    w[at + S_INSIDE] as number,
    w[at + S_INSIDE_PORT] as number,
    sequence,
    w[at + S_END_IN] as number,
    RST | ACK,
  );
  m.notices.count('resets-sent');
  toClient(m, w[at + S_CLIENT] as number, m.scratch, 0, length);
}

/**
 * The link is gone. Alone, it keeps its table for the redial. Beside another uplink that is up its flows are ended, so that they
 * begin anew on the other at once.
 */
export function uplinkDown(m: Masquerade, uplink: Uplink, now: number): void {
  uplink.up = false;
  uplink.downSince = now;
  if (!m.anyUp()) return;
  const slotOf = (mapping: number) =>
    (m.table.mappingWords[mapping * MAPPING_WORDS + M_PROTOCOL] as number) >>> 8;
  if (endLeases(m, now, (lease) => slotOf(lease.mapping) === uplink.slot) > 0) m.leases.beginEpoch(now);
  m.eachSession((session, at) => {
    const w = m.table.sessionWords;
    if ((w[at + S_PROTOCOL] as number) >>> 8 !== uplink.slot) return;
    const state = w[at + S_STATE] as number;
    if (
      ((w[at + S_PROTOCOL] as number) & 0xff) === TCP &&
      state !== DEAD &&
      state !== TIME_WAIT &&
      state !== CLOSED
    )
      resetClient(m, session);
    m.close(session, now);
  });
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
