// IPv4 addresses as the forms need them: parse, subnet, and a sensible network for a card. Numbers are unsigned 32 bit.
import type { Lan, LanCandidate } from '../../main/contract.ts';

export function parseAddress(text: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text.trim());
  if (!match) return null;
  let value = 0;
  for (const part of match.slice(1)) {
    const octet = Number(part);
    if (octet > 255) return null;
    value = value * 256 + octet;
  }
  return value;
}

export const formatAddress = (value: number) =>
  [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');

const mask = (prefix: number) => (prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0);
export const network = (address: number, prefix: number) => (address & mask(prefix)) >>> 0;
export const sameNetwork = (a: number, b: number, prefix: number) =>
  network(a, prefix) === network(b, prefix);

/** Addresses compared as numbers, so that .9 stands before .10; what is no address comes last. */
export function compareAddresses(a: string, b: string): number {
  return (parseAddress(a) ?? 2 ** 32) - (parseAddress(b) ?? 2 ** 32);
}

/** A DHCP range in the middle of the network that leaves out the gateway itself. */
export function suggestRange(address: string, prefix: number): { first: string; last: string } | null {
  const own = parseAddress(address);
  if (own === null || prefix < 8 || prefix > 30) return null;
  const base = network(own, prefix);
  const hosts = 2 ** (32 - prefix) - 2;
  const low = hosts >= 200 ? 100 : 1;
  const high = hosts >= 200 ? 199 : hosts;
  let first = base + low;
  let last = base + high;
  if (own >= first && own <= last) {
    // Keep the longer side of the gateway's own address.
    if (own - first > last - own) last = own - 1;
    else first = own + 1;
  }
  return first <= last ? { first: formatAddress(first), last: formatAddress(last) } : null;
}

const FRESH = ['192.168.66.1', '192.168.67.1', '10.66.0.1', '172.16.66.1'];

/** What to fill in when a card is chosen: the address it has, else a network no other card is in. */
export function suggestLan(card: LanCandidate, all: readonly LanCandidate[]): Lan {
  const taken = all.flatMap((candidate) => candidate.addresses);
  const held = card.addresses.find((text) => parseAddress(text.split('/')[0] ?? '') !== null);
  const [heldAddress, heldPrefix] = held?.split('/') ?? [];
  const free = FRESH.find((text) => !taken.some((other) => overlaps(text, other)));
  const address = heldAddress ?? free ?? '192.168.66.1';
  const prefix = Math.min(30, Math.max(8, Number(heldPrefix ?? 24) || 24));
  const range = suggestRange(address, prefix);
  return {
    interface: card.name,
    address,
    prefix,
    dhcp: range ? { ...range, leaseSeconds: 43_200 } : null,
  };
}

function overlaps(fresh: string, other: string): boolean {
  const [text, prefixText] = other.split('/');
  const a = parseAddress(fresh);
  const b = parseAddress(text ?? '');
  if (a === null || b === null) return false;
  return sameNetwork(a, b, Math.min(24, Number(prefixText ?? 24) || 24));
}
