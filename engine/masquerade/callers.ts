// Callers on a second line (PPP in the server role): clients with a link of their own, on which no kernel counts hops or sends errors. What
// they say to the LAN, the gateway and each other is passed as it is, where both ends may; what goes out by an uplink is masqueraded like
// a LAN host's. A right holds both ways: without `lan` no LAN host reaches the caller either, so that nothing has to be remembered.
import { CALLER_RIGHTS_DEFAULT, type LinkUp } from '../contract.ts';
import { formatAddress, parseAddress } from '../packet/address.ts';
import { get32 } from '../packet/bytes.ts';
import { PROHIBITED, TIME_EXCEEDED } from '../packet/icmp.ts';
import { decrementTtl, dontFragment, timeToLive } from '../packet/ipv4.ts';
import { clientMtu, errorToClient, toClient, tooBigForLink } from './emit.ts';
import { refuse, senderOf } from './open.ts';
import { cutClient } from './redial.ts';
import { ALIAS, type Caller, type Masquerade, TUN } from './state.ts';

/** A caller has come, or has come with other facts. */
export function callerUp(m: Masquerade, up: LinkUp, now: number): void {
  const address = parseAddress(up.peer);
  for (const old of new Set([m.callersByLink.get(up.link), m.callers.get(address)]))
    if (old && (old.address !== address || old.link !== up.link)) callerDown(m, old, now);
  const row = m.clients.callerUp(address, up.link, up.name ?? null, now);
  if (row < 0) {
    m.ports.log('error', `There are too many clients to take the caller ${up.peer}.`);
    return;
  }
  const caller: Caller = {
    link: up.link,
    address,
    local: parseAddress(up.local),
    mtu: up.mtu,
    row,
    rights: up.caller ?? CALLER_RIGHTS_DEFAULT,
  };
  m.callers.set(address, caller);
  m.callersByLink.set(up.link, caller);
  m.clients.reviewAccess(row);
  if (m.clients.blocked[row] === 1) cutClient(m, address, now);
}

export function callerDown(m: Masquerade, caller: Caller, now: number): void {
  cutClient(m, caller.address, now);
  m.callersByLink.delete(caller.link);
  m.callers.delete(caller.address);
  m.clients.callerDown(caller.address);
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
  if (isGateway(m, caller, to)) {
    toClient(m, 0, b, o, length);
    return false;
  }
  const other = m.callers.get(to);
  if (!other && m.inLan(to)) {
    if (m.isLanHost(to) && mayTalk(m, caller, 'lan', caller.row, b, o, length, now))
      toClient(m, 0, b, o, length);
    return false;
  }
  if (other && !mayTalk(m, caller, 'callers', caller.row, b, o, length, now)) return false;
  if (other && !mayTalk(m, other, 'callers', caller.row, b, o, length, now)) return false;
  if (to !== ALIAS && !hop(m, caller, b, o, length, now)) return false;
  if (other) passOn(m, other, caller.row, b, o, length, now);
  return !other;
}

/** Addresses of the gateway itself that a caller may know: the LAN's, masq0's, and our end of the caller's own link. */
function isGateway(m: Masquerade, caller: Caller, address: number): boolean {
  return address === TUN || address === caller.local || (m.lanMask !== 0 && address === m.lanAddress);
}

/** Whether a packet to or from this caller may pass by its right; if not, its sender (a client's row) is told. */
function mayTalk(
  m: Masquerade,
  caller: Caller,
  right: 'lan' | 'callers',
  sender: number,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
): boolean {
  if (caller.rights[right]) return true;
  const text = () =>
    `The caller ${formatAddress(caller.address)} may not talk to ${right === 'lan' ? 'the LAN' : 'other callers'} (${formatAddress(get32(b, o + 12))} to ${formatAddress(get32(b, o + 16))}).`;
  refuse(m, sender, 'caller-refused', PROHIBITED, text, b, o, length, now);
  return false;
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

/** To a caller from the LAN, or from the gateway or another net behind it: plain. Another caller's address is nobody's there. */
export function toCaller(
  m: Masquerade,
  caller: Caller,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
): void {
  const from = get32(b, o + 12);
  if (m.callers.has(from)) {
    const text = () =>
      `A packet with the source ${formatAddress(from)}, a caller’s, did not come from its line.`;
    m.notices.refuse('spoofed', from, now, text);
    return;
  }
  const sender = m.isLanHost(from) ? m.clients.idFor(from, 'lan', now) : 0;
  if (sender < 0) return;
  if (!isGateway(m, caller, from) && !mayTalk(m, caller, 'lan', sender, b, o, length, now)) return;
  passOn(m, caller, sender, b, o, length, now);
}

function passOn(
  m: Masquerade,
  caller: Caller,
  sender: number,
  b: Uint8Array,
  o: number,
  length: number,
  now: number,
): void {
  const mtu = clientMtu(m, caller.row);
  if (length > mtu && dontFragment(b, o)) tooBigForLink(m, sender, mtu, b, o, length, now);
  else toClient(m, caller.row, b, o, length);
}
