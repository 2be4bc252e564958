// Which uplink a new mapping goes by where several are up. A client has one home, chosen by how many clients each uplink has for its rate,
// and kept while the client has anything mapped: UDP, ICMP, tunnels and all TCP that a helper serves leave by it (RFC 4787 REQ-2). Other TCP
// may be spread by connection, but what a client has with one remote stays together: FTP's data with its control, a web site's session.
import { formatAddress } from '../packet/address.ts';
import { S_CLIENT, S_PROTOCOL, S_REMOTE, S_STATE, SESSION_WORDS } from './record.ts';
import { ALIAS, type Masquerade } from './state.ts';
import { DEAD } from './tcp-state.ts';
import type { Uplink } from './uplink.ts';

/** The uplink for a new mapping of a client, or null when none is up. `free`: TCP without a helper. */
export function chooseUplink(m: Masquerade, row: number, free: boolean, remote: number): Uplink | null {
  const only = onlyUp(m);
  if (only !== undefined) return free ? only : homeOf(m, row);
  if (remote === ALIAS) return dnsUplink(m);
  const owned = (uplink: Uplink) => uplink.up && uplink.owns(remote);
  const owners = m.uplinks.filter(owned);
  if (owners.length === 1) return owners[0] as Uplink;
  const whole = !m.spreadsConnections || m.together.has(m.clients.address[row] as number);
  if (!free || whole) return homeOf(m, row);
  return companionOf(m, row, remote) ?? lightest(m, (uplink) => uplink.tcp.used);
}

/** The one uplink that is up, null when none is; undefined when there are several. */
function onlyUp(m: Masquerade): Uplink | null | undefined {
  let found: Uplink | null = null;
  for (const uplink of m.uplinks)
    if (uplink.up) {
      if (found !== null) return undefined;
      found = uplink;
    }
  return found;
}

/** The uplink of all that a client keeps together, or null when none is up. */
export function homeOf(m: Masquerade, row: number): Uplink | null {
  const { home, mappings } = m.clients;
  const only = onlyUp(m);
  if (only !== undefined) {
    // Remembered for when another comes up beside it.
    if (only !== null) home[row] = only.slot + 1;
    return only;
  }
  const known = m.uplinks[(home[row] as number) - 1];
  if (known?.up && (mappings[row] as number) > 0) return known;
  const at = m.uplinks.map(() => 0);
  home.forEach((place, client) => {
    if (place > 0 && client !== row && (mappings[client] as number) > 0)
      at[place - 1] = (at[place - 1] ?? 0) + 1;
  });
  const chosen = lightest(m, (uplink) => at[uplink.slot] ?? 0);
  if (chosen !== null) home[row] = chosen.slot + 1;
  return chosen;
}

/** The uplink that would carry the least for its rate with one more. */
function lightest(m: Masquerade, load: (uplink: Uplink) => number): Uplink | null {
  let best: Uplink | null = null;
  let least = 0;
  for (const uplink of m.uplinks) {
    if (!uplink.up) continue;
    const weight = (load(uplink) + 1) / uplink.rate;
    if (best === null || weight < least) {
      best = uplink;
      least = weight;
    }
  }
  return best;
}

/** The uplink by which a client has something open with this remote already. */
function companionOf(m: Masquerade, row: number, remote: number): Uplink | null {
  const { table } = m;
  const w = table.sessionWords;
  for (let session = 0; session < table.sessionTop; session++) {
    const at = session * SESSION_WORDS;
    if (w[at + S_REMOTE] !== remote || w[at + S_CLIENT] !== row) continue;
    if (!table.isLive(session) || w[at + S_STATE] === DEAD) continue;
    const uplink = m.uplinks[(w[at + S_PROTOCOL] as number) >>> 8];
    if (uplink?.up) return uplink;
  }
  return null;
}

/** The uplink whose provider's name servers the alias stands for: the one that answered last, else any that has some. */
export function dnsUplink(m: Masquerade): Uplink | null {
  const kept = m.uplinks[m.dnsSlot];
  if (kept?.up && kept.dnsServer !== 0) return kept;
  for (const uplink of m.uplinks) if (uplink.up && uplink.dnsServer !== 0) return uplink;
  return null;
}

/** Goes on to the next name server where one has been silent too long: of the same provider, then of the next uplink. */
export function judgeDns(m: Masquerade, now: number): void {
  for (const uplink of m.uplinks) {
    if (!uplink.up || !uplink.dnsSilent(now)) continue;
    const after = [...m.uplinks.slice(uplink.slot + 1), ...m.uplinks.slice(0, uplink.slot)];
    const other = after.find((one) => one.up && one.dnsServer !== 0);
    const wrapped = uplink.nextDns();
    if (wrapped && other !== undefined) m.dnsSlot = other.slot;
    const asked = wrapped && other !== undefined ? other : uplink;
    if (asked === uplink && uplink.dns.length < 2) continue;
    m.notices.count('dns-fallback');
    const server = formatAddress(asked.dnsServer);
    m.ports.log('warning', `A DNS server of the provider did not answer; ${server} is asked now.`);
  }
}
