/** dnsmasq's lease file: `expiry MAC address name client-id` a line (dnsmasq(8), --dhcp-leasefile). Pure. */
export interface Lease {
  /** Milliseconds since the epoch; null for a lease without end. */
  expires: number | null;
  mac: string;
  address: string;
  name: string | null;
}

const LINE =
  /^(\d{1,12}) ([0-9a-f]{2}(?::[0-9a-f]{2}){5}) (\d{1,3}(?:\.\d{1,3}){3}) ([A-Za-z0-9._-]{1,64}|\*)(?: |$)/;

/** Lines that are none (IPv6 leases, half-written ones) are passed over. */
export function parseLeases(text: string): Lease[] {
  const leases: Lease[] = [];
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    if (!match) continue;
    const [, expires, mac, address, name] = match as unknown as [string, string, string, string, string];
    leases.push({
      expires: expires === '0' ? null : Number(expires) * 1000,
      mac,
      address,
      name: name === '*' ? null : name,
    });
  }
  return leases;
}
