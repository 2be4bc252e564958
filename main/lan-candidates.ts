/**
 * The network cards that could serve the LAN, from the kernel's own tables. Read only; it names none as the right one,
 * because sharing to a wrong network is worse than asking.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import type { LanCandidate } from './contract.ts';

const ETHERNET = '1'; // ARPHRD_ETHER; a TUN or PPP interface has no LAN behind it

export interface LanSources {
  names(): string[];
  /** A file below /sys/class/net/<name>/, trimmed; null where there is none. */
  attribute(name: string, file: string): string | null;
  addresses(): NodeJS.Dict<NetworkInterfaceInfo[]>;
  /** The text of /proc/net/route. */
  routes(): string;
}

export const systemLanSources: LanSources = {
  names: () => read(() => readdirSync('/sys/class/net')) ?? [],
  attribute: (name, file) => read(() => readFileSync(`/sys/class/net/${name}/${file}`, 'utf8').trim()),
  addresses: () => read(() => networkInterfaces()) ?? {},
  routes: () => read(() => readFileSync('/proc/net/route', 'utf8')) ?? '',
};

export function listLanCandidates(sources: LanSources = systemLanSources): LanCandidate[] {
  const addresses = sources.addresses();
  const withDefault = defaultRouteInterfaces(sources.routes());
  const found: LanCandidate[] = [];
  for (const name of sources.names()) {
    if (sources.attribute(name, 'type') !== ETHERNET || name.startsWith('masq')) continue;
    if (name.startsWith('veth') || sources.attribute(name, 'bonding_slave/state') !== null) continue;
    const wireless = sources.attribute(name, 'phy80211/name') !== null;
    found.push({
      name,
      description: describe(name, wireless, sources),
      addresses: (addresses[name] ?? []).filter((a) => a.family === 'IPv4').map((a) => a.cidr ?? a.address),
      up: sources.attribute(name, 'operstate') === 'up' || sources.attribute(name, 'carrier') === '1',
      wireless,
      carriesDefault: withDefault.has(name),
    });
  }
  return found.sort(
    (a, b) => Number(a.carriesDefault) - Number(b.carriesDefault) || (a.name < b.name ? -1 : 1),
  );
}

/** /proc/net/route: interface, destination and, seven columns on, mask; the default is 0 under mask 0. */
export function defaultRouteInterfaces(text: string): Set<string> {
  const names = new Set<string>();
  for (const line of text.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    if (columns[0] && columns[1] === '00000000' && columns[7] === '00000000') names.add(columns[0]);
  }
  return names;
}

function describe(name: string, wireless: boolean, sources: LanSources): string {
  if (wireless) return 'Wireless card';
  if (sources.attribute(name, 'bridge/bridge_id') !== null) return 'Bridge';
  if ((sources.attribute(name, 'device/modalias') ?? '').startsWith('usb:')) return 'USB network card';
  const speed = Number(sources.attribute(name, 'speed') ?? '-1');
  return speed > 0 ? `Ethernet card, ${speed} Mbit/s` : 'Ethernet card';
}

function read<T>(get: () => T): T | null {
  try {
    return get();
  } catch {
    return null;
  }
}
