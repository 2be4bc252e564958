// After a new configuration: ends the sessions that it no longer allows, and marks anew what is control traffic of a trigger.
import { TCP, UDP } from '../packet/ipv4.ts';
import {
  F_CONTROL,
  F_FORWARD,
  F_TRIGGERED,
  S_CLIENT,
  S_FLAGS,
  S_IN_PORTS,
  S_INSIDE,
  S_INSIDE_PORT,
  S_PROTOCOL,
} from './record.ts';
import type { Masquerade } from './state.ts';

export function reviewSessions(m: Masquerade, now: number): void {
  dropStrangers(m, now);
  followRules(m, now);
}

/** Ends the sessions of LAN hosts that are no longer on the LAN. */
function dropStrangers(m: Masquerade, now: number): void {
  const w = m.table.sessionWords;
  m.eachSession((session, at) => {
    const row = w[at + S_CLIENT] as number;
    if (m.clients.kindOf(row) === 'lan' && !m.inLan(w[at + S_INSIDE] as number)) m.close(session, now);
  });
}

/** Ends sessions that a forward or a trigger let in and none would any more; marks what is control traffic now. */
function followRules(m: Masquerade, now: number): void {
  const w = m.table.sessionWords;
  m.eachSession((session, at) => {
    const protocol = (w[at + S_PROTOCOL] as number) & 0xff;
    const ports = w[at + S_IN_PORTS] as number;
    const flags = w[at + S_FLAGS] as number;
    if (protocol !== TCP && protocol !== UDP) return;
    const inside = w[at + S_INSIDE] as number;
    const insidePort = w[at + S_INSIDE_PORT] as number;
    const forwarded = (flags & F_FORWARD) !== 0;
    if (
      (forwarded && !m.forwards.leadsTo(protocol, ports >>> 16, inside, insidePort)) ||
      ((flags & F_TRIGGERED) !== 0 && !m.triggers.mayOpen(protocol, ports >>> 16))
    )
      m.close(session, now);
    else {
      const controls = m.triggers.controls(protocol, ports & 0xffff);
      w[at + S_FLAGS] = controls ? flags | F_CONTROL : flags & ~F_CONTROL;
    }
  });
}
