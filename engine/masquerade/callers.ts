// Callers on a second line (PPP in the server role): clients with a link of their own, on which no kernel counts hops or sends errors. What
// they say to the LAN, the gateway and each other is passed as it is; what goes out by an uplink is masqueraded like a LAN host's.
import type { LinkUp } from '../contract.ts';
import { parseAddress } from '../packet/address.ts';
import { get32 } from '../packet/bytes.ts';
import { TIME_EXCEEDED } from '../packet/icmp.ts';
import { decrementTtl, dontFragment, timeToLive } from '../packet/ipv4.ts';
import { clientMtu, errorToClient, toClient, tooBigForLink } from './emit.ts';
import { senderOf } from './open.ts';
import { cutClient } from './redial.ts';
import { ALIAS, type Caller, type Masquerade, TUN } from './state.ts';

/** A caller has come, or has come with other facts. */
export function callerUp(m: Masquerade, up: LinkUp, now: number): void {
  const address = parseAddress(up.peer);
  const old = m.callersByLink.get(up.link) ?? m.callers.get(address);
  if (old) {
    m.callersByLink.delete(old.link);
    m.callers.delete(old.address);
    if (old.address !== address) {
      cutClient(m, old.address, now);
      m.clients.callerDown(old.address);
    }
  }
  const row = m.clients.callerUp(address, up.link, up.name ?? null, now);
  if (row < 0) {
    m.ports.log('error', `There are too many clients to take the caller ${up.peer}.`);
    return;
  }
  const caller: Caller = { link: up.link, address, local: parseAddress(up.local), mtu: up.mtu, row };
  m.callers.set(address, caller);
  m.callersByLink.set(up.link, caller);
}

export function callerDown(m: Masquerade, caller: Caller, now: number): void {
  cutClient(m, caller.address, now);
  m.clients.callerDown(caller.address);
  m.callersByLink.delete(caller.link);
  m.callers.delete(caller.address);
}

/** From a caller: to the LAN or the gateway as it is, or to another caller; true when it is to go out by an uplink. */
export function fromCaller(
  m: Masquerade,
  caller: Caller,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
): boolean {
  if (senderOf(m, get32(b, o + 12), caller.link, now) < 0) return false;
  const to = get32(b, o + 16);
  if (to === TUN || (m.inLan(to) && !m.callers.has(to))) {
    toClient(m, 0, b, o, length);
    return false;
  }
  const other = m.callers.get(to);
  if (to !== ALIAS && !hop(m, caller, b, o, length, now)) return false;
  if (other) toCaller(m, other, b, o, length, now);
  return !other;
}

/** One hop less for what no kernel forwards; false when there is none left, and the caller has been told. */
function hop(m: Masquerade, caller: Caller, b: Uint8Array, o: number, length: number, now: number): boolean {
  if (timeToLive(b, o) <= 1) {
    m.notices.count('ttl-exceeded');
    errorToClient(m, caller.row, TIME_EXCEEDED, 0, 0, b, o, length, now);
    return false;
  }
  decrementTtl(b, o);
  return true;
}

/** To a caller from the LAN, the gateway or another caller: plain. */
export function toCaller(
  m: Masquerade,
  caller: Caller,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
): void {
  const from = get32(b, o + 12);
  const mtu = clientMtu(m, caller.row);
  if (length > mtu && dontFragment(b, o)) {
    const sender = m.callers.get(from)?.row ?? (m.inLan(from) ? m.clients.find(from) : 0);
    tooBigForLink(m, Math.max(sender, 0), mtu, b, o, length, now);
    return;
  }
  toClient(m, caller.row, b, o, length);
}
