// What one client may hold, so that one cannot spoil it for the others (RFC 6888 REQ-4, REQ-5): mappings at once, new mappings a
// second, sessions at once. Refuses the new; nothing that lives is ever put out (RFC 6888 REQ-11).

import type { Masquerade } from './state.ts';
import { SESSION_CAPACITY } from './table.ts';

/** A client may burst to this many seconds' worth of new mappings. */
const BURST_SECONDS = 2;
/** With endpoint-independent mapping one mapping can serve many remotes. */
const SESSIONS_A_MAPPING = 4;

/** Whether the client may have one more mapping now; takes it from its allowance. */
export function mayMap(m: Masquerade, row: number, now: number): boolean {
  const clients = m.clients;
  if ((clients.mappings[row] as number) >= m.config.clientMappings) return false;
  const rate = m.config.clientMappingsPerSecond;
  const elapsed = now - (clients.allowanceAt[row] as number);
  const allowance = Math.min(
    rate * BURST_SECONDS,
    (clients.allowance[row] as number) + (Math.max(elapsed, 0) * rate) / 1000,
  );
  clients.allowanceAt[row] = now;
  clients.allowance[row] = allowance < 1 ? allowance : allowance - 1;
  return allowance >= 1;
}

/**
 * Whether the client may have one more session: never more than are still free, so that as many hosts as may run wild, each with as
 * much as it can get, leave the others as much as any of them has (dynamic thresholds: Choudhury and Hahne, 1998).
 */
export function mayOpen(m: Masquerade, row: number): boolean {
  const most = Math.min(
    m.config.clientMappings * SESSIONS_A_MAPPING,
    SESSION_CAPACITY - m.table.sessionCount,
  );
  return (m.clients.sessions[row] as number) < most;
}
