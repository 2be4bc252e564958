// What arrives at UDP port 5351 of the LAN address, and what is announced from there: picks the protocol by version (RFC 6887 §9, Appendix A)
// and serves it over the masquerade. The socket is the host part's. UPnP IGD is not served: see ARCHITECTURE.md.
import { homeOf } from '../masquerade/spread.ts';
import type { Masquerade } from '../masquerade/state.ts';
import { endLeases, grant } from './grant.ts';
import { addressResponse, answerNatPmp, NAT_PMP_VERSION } from './nat-pmp.ts';
import { announcement, answerPcp } from './pcp.ts';

/** The response to a datagram from a LAN host, or null when there is to be none. `source`: its address. */
export function answerPortMapping(
  m: Masquerade,
  request: Uint8Array,
  source: number,
  now: number,
): Uint8Array | null {
  const { pcp, natPmp } = m.leases.config;
  // The gateway's own programs are no LAN hosts, and a broadcast address is nobody's.
  const host = source & ~m.lanMask;
  const isHost = m.inLan(source) && source !== m.lanAddress && host !== 0 && host !== ~m.lanMask;
  if (!isHost || (!pcp && !natPmp)) return null;
  const asNatPmp = natPmp && (!pcp || request[0] === NAT_PMP_VERSION);
  if (asNatPmp) {
    const row = m.clients.idFor(source, 'lan', now);
    const outside = row < 0 ? 0 : (homeOf(m, row)?.address ?? 0);
    return answerNatPmp(request, source, {
      outside,
      epoch: m.leases.epoch(now),
      serve: (asked) => grant(m, asked, now),
      endAll: (protocol) =>
        endLeases(
          m,
          now,
          (lease) => lease.by === 'nat-pmp' && lease.inside === source && lease.protocol === protocol,
        ),
    });
  }
  return answerPcp(request, source, {
    epoch: m.leases.epoch(now),
    serve: (asked) => grant(m, asked, now),
    endAll: (protocol, nonce) =>
      endLeases(
        m,
        now,
        (lease) =>
          lease.by === 'pcp' &&
          lease.inside === source &&
          lease.nonce === nonce &&
          lease.peer === null &&
          (protocol === 0 || lease.protocol === protocol),
      ),
  });
}

/** What is to be sent to the LAN's multicast group now: the new epoch, told in both protocols that are on. */
export function portMappingAnnouncements(m: Masquerade, now: number): Uint8Array[] {
  const { pcp, natPmp } = m.leases.config;
  const uplink = m.uplinks.find((one) => one.up);
  if ((!pcp && !natPmp) || !uplink || !m.leases.announcementDue(now)) return [];
  const epoch = m.leases.epoch(now);
  return [...(pcp ? [announcement(epoch)] : []), ...(natPmp ? [addressResponse(uplink.address, epoch)] : [])];
}

/** Leases whose time is over end. */
export function expireLeases(m: Masquerade, now: number): void {
  endLeases(m, now, (lease) => lease.until <= now);
}
