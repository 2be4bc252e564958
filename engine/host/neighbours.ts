/** Who is on the LAN's wire by the kernel's neighbour table: address and MAC, for hosts that have no lease of ours. */
import { runJson } from './run.ts';

export interface Neighbour {
  address: string;
  mac: string;
}

interface IpNeighbour {
  dst?: string;
  lladdr?: string;
}

export async function readNeighbours(lanInterface: string): Promise<Neighbour[]> {
  const listed = ((await runJson('ip', ['-4', '-j', 'neigh', 'show', 'dev', lanInterface])) ??
    []) as IpNeighbour[];
  return listed.flatMap(({ dst, lladdr }) =>
    dst && lladdr ? [{ address: dst, mac: lladdr.toLowerCase() }] : [],
  );
}
