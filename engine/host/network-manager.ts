/** NetworkManager would take the LAN card's address away: the card leaves its hands while sharing, and is given back. */
import type { Journal } from './journal.ts';
import type { Log } from './network.ts';
import { findTool, run } from './run.ts';

/** Does `nmcli -t -f DEVICE,STATE device` list the card as managed? Colons in a name are escaped with a backslash. */
export function isManaged(listing: string, device: string): boolean {
  const escaped = device.replaceAll(':', '\\:');
  const line = listing.split('\n').find((one) => one.startsWith(`${escaped}:`));
  return line !== undefined && !line.endsWith(':unmanaged');
}

export async function releaseFromNetworkManager(journal: Journal, device: string, log: Log): Promise<void> {
  if (findTool('nmcli') === null) return;
  const listed = await run('nmcli', ['-t', '-f', 'DEVICE,STATE', 'device']);
  if (listed.code !== 0 || !isManaged(listed.stdout, device)) return;
  journal.will({ kind: 'network-manager', interface: device });
  const taken = await run('nmcli', ['device', 'set', device, 'managed', 'no']);
  if (taken.code === 0)
    log('info', `NetworkManager leaves ${device} alone while sharing, and gets it back after.`);
  else log('warning', `NetworkManager would not leave ${device} alone: ${taken.stderr.trim()}`);
}
