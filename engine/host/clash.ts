/**
 * Do two networks overlap? The LAN must be told apart from every other network this computer is in, and from the
 * provider's addresses. Pure: addresses in, a Fault out. IPv4 as unsigned 32-bit numbers, host order.
 */
import type { Fault, Lan } from '../contract.ts';
import { fault } from './faults.ts';

export interface LocalAddress {
  interface: string;
  address: string;
  prefix: number;
}

/** Networks offered instead of one that clashes; seldom used by routers and VPNs. */
const FREE_NETS = ['192.168.66.1', '192.168.77.1', '172.31.66.1', '10.66.66.1', '10.177.66.1'];

export function toNumber(address: string): number {
  let value = 0;
  for (const part of address.split('.')) value = value * 256 + Number(part);
  return value >>> 0;
}

export function toText(value: number): string {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
}

export function netmask(prefix: number): number {
  return prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
}

export function overlaps(a: string, aPrefix: number, b: string, bPrefix: number): boolean {
  const mask = netmask(Math.min(aPrefix, bPrefix));
  return ((toNumber(a) & mask) ^ (toNumber(b) & mask)) === 0;
}

/** A gateway address with /24 whose network none of the local ones touches; null when all are taken. */
export function freeNet(local: readonly LocalAddress[]): string | null {
  const free = FREE_NETS.find((net) => local.every((one) => !overlaps(net, 24, one.address, one.prefix)));
  return free ?? null;
}

function proposal(local: readonly LocalAddress[]): string {
  const free = freeNet(local);
  if (free === null) return 'Choose another network for the LAN in Settings.';
  return `Choose another network for the LAN in Settings, for example ${free} with prefix 24, which is free here.`;
}

/** Does the LAN's network touch one this computer is in by another card? `local` may hold the LAN card itself. */
export function lanClash(lan: Lan, local: readonly LocalAddress[]): Fault | null {
  const others = local.filter((one) => one.interface !== lan.interface);
  const hit = others.find((one) => overlaps(lan.address, lan.prefix, one.address, one.prefix));
  if (!hit) return null;
  return fault(
    'lan-clash',
    `The LAN's network ${network(lan.address, lan.prefix)} is also the network behind ${hit.interface}.`,
    `${hit.interface} has the address ${hit.address}/${hit.prefix}; with two cards in one network, answers would leave by the wrong one.`,
    proposal(local),
  );
}

/** Does the DHCP range lie in the LAN, in order, and spare the gateway's own address? */
export function dhcpRangeFault(lan: Lan): Fault | null {
  if (lan.dhcp === null) return null;
  const mask = netmask(lan.prefix);
  const [self, first, last] = [lan.address, lan.dhcp.first, lan.dhcp.last].map(toNumber) as [
    number,
    number,
    number,
  ];
  const net = (self & mask) >>> 0;
  const end = (net | ~mask) >>> 0;
  const within = (value: number) => value > net && value < end;
  if (within(self) && within(first) && within(last) && first <= last && (self < first || self > last))
    return null;
  return fault(
    'dhcp-range',
    `The addresses ${lan.dhcp.first} to ${lan.dhcp.last} cannot be given out on the LAN ${network(lan.address, lan.prefix)}.`,
    'They must lie inside the LAN, the first before the last, and leave out the gateway’s own address.',
    `Set a range between ${toText(net + 1)} and ${toText(end - 1)} without ${lan.address}.`,
  );
}

/** Does the provider use addresses of the LAN? Then the LAN could not reach it. */
export function providerClash(
  lan: Lan | null,
  up: { local: string; peer: string; dns: readonly string[] },
  local: readonly LocalAddress[],
): Fault | null {
  if (lan === null) return null;
  const hit = [up.local, up.peer, ...up.dns].find((address) =>
    overlaps(lan.address, lan.prefix, address, 32),
  );
  if (hit === undefined) return null;
  return fault(
    'provider-clash',
    `The provider uses ${hit}, which belongs to your LAN ${network(lan.address, lan.prefix)}.`,
    'The provider gives out private addresses of the same network as your LAN, so its servers cannot be reached from it.',
    proposal([...local, { interface: 'provider', address: hit, prefix: 24 }]),
  );
}

/** The ends of a caller's line. */
interface CallerEnds {
  /** Ours. */
  local: string;
  /** The caller's. */
  peer: string;
}

/**
 * May a caller have its address, and we our end? Not what belongs to this computer, the LAN's DHCP, another caller or the
 * net behind another card. `local`: this computer's addresses but for masq0's.
 */
export function callerClash(
  lan: Lan | null,
  up: CallerEnds,
  others: readonly CallerEnds[],
  local: readonly LocalAddress[],
): Fault | null {
  const own = local.find((one) => one.address === up.peer);
  if (own) return callerFault(up.peer, `This computer has that address itself, on ${own.interface}.`, lan);
  if (others.some((one) => one.peer === up.peer || one.local === up.peer))
    return callerFault(up.peer, 'Another caller has it now.', lan);
  if (others.some((one) => one.peer === up.local))
    return callerFault(up.local, 'It would be our end of the line, but another caller has it now.', lan);
  if (up.local === up.peer) return callerFault(up.peer, 'It would be our end of the line as well.', lan);
  const here = local.some((one) => one.address === up.local);
  for (const address of here ? [up.peer] : [up.peer, up.local]) {
    const inLan = lan !== null && overlaps(lan.address, lan.prefix, address, 32);
    if (inLan) {
      if (address === up.local)
        return callerFault(
          address,
          'It is of the LAN’s network, but not this computer’s address there.',
          lan,
        );
      const host = (toNumber(address) & ~netmask(lan.prefix)) >>> 0;
      if (host === 0 || host === ~netmask(lan.prefix) >>> 0)
        return callerFault(
          address,
          'It is the first or the last of the LAN, which no computer may have.',
          lan,
        );
      const { dhcp } = lan;
      const value = toNumber(address);
      if (dhcp && value >= toNumber(dhcp.first) && value <= toNumber(dhcp.last))
        return callerFault(address, `The LAN’s computers are given ${dhcp.first} to ${dhcp.last}.`, lan);
      continue;
    }
    const net = local.find(
      (one) => one.interface !== lan?.interface && overlaps(one.address, one.prefix, address, 32),
    );
    if (net)
      return callerFault(
        address,
        `It belongs to the network ${network(net.address, net.prefix)} behind ${net.interface}.`,
        lan,
      );
  }
  return null;
}

/** So short a prefix is a default in two halves, as VPNs lay it. */
const NO_NETWORK_PREFIX = 1;

/**
 * Would an end of a caller's line take an address from a network that this computer reaches by another way, or a gateway's?
 * `routes`: this computer's, but for our own and the LAN's.
 */
export function routeClash(
  lan: Lan | null,
  up: CallerEnds,
  routes: readonly { dst: string; gateway?: string; dev?: string }[],
): Fault | null {
  for (const address of [up.peer, up.local]) {
    if (!isHostAddress(address))
      return callerFault(address, 'It is no address that a computer may have.', lan);
    for (const { dst, gateway, dev } of routes) {
      const by = dev === undefined ? '' : ` by ${dev}`;
      if (gateway === address)
        return callerFault(address, `It is the gateway of this computer’s route to ${dst}${by}.`, lan);
      const [net = '', prefix = '32'] = dst === 'default' ? ['0.0.0.0', '0'] : dst.split('/');
      if (address === up.local && lan?.address === address) continue;
      if (Number(prefix) > NO_NETWORK_PREFIX && overlaps(net, Number(prefix), address, 32))
        return callerFault(address, `This computer reaches ${dst}${by}.`, lan);
    }
  }
  return null;
}

/** Not this network, loopback, link-local, multicast, reserved or broadcast (RFC 6890). */
function isHostAddress(address: string): boolean {
  const first = toNumber(address) >>> 24;
  return first > 0 && first < 224 && first !== 127 && !overlaps(address, 32, '169.254.0.0', 16);
}

function callerFault(address: string, cause: string, lan: Lan | null): Fault {
  const where =
    lan === null
      ? ''
      : ` of the LAN ${network(lan.address, lan.prefix)} outside of its DHCP range, or addresses`;
  return fault(
    'caller-clash',
    `A caller cannot be given the address ${address}.`,
    cause,
    `Choose addresses for callers${where} of a network that is used nowhere here.`,
  );
}

/** Is one of the engine's own addresses in a network of this computer? */
export function ownAddressClash(own: readonly string[], local: readonly LocalAddress[]): Fault | null {
  for (const address of own) {
    const hit = local.find((one) => overlaps(address, 32, one.address, one.prefix));
    if (hit === undefined) continue;
    return fault(
      'engine-address-clash',
      `The engine's own address ${address} belongs to the network behind ${hit.interface}.`,
      `${hit.interface} has ${hit.address}/${hit.prefix}, a range set aside for other uses.`,
      `Give ${hit.interface} an address from another network, then dial again.`,
    );
  }
  return null;
}

export function network(address: string, prefix: number): string {
  return `${toText((toNumber(address) & netmask(prefix)) >>> 0)}/${prefix}`;
}
