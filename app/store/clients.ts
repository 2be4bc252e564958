// Order of the clients table. Pure; ties fall back to the address, so that rows keep their places while figures run.
import type { Client } from '../../main/contract.ts';
import { compareAddresses } from '../format/address.ts';

export type ClientColumn =
  | 'name'
  | 'address'
  | 'rateDown'
  | 'rateUp'
  | 'bytesDown'
  | 'bytesUp'
  | 'sessions'
  | 'lastSeen';
export type SortOrder = 'ascending' | 'descending';

function compare(a: Client, b: Client, column: ClientColumn): number {
  if (column === 'address') return compareAddresses(a.address, b.address);
  const x = a[column];
  const y = b[column];
  if (typeof x === 'number' && typeof y === 'number') return x - y;
  // What has no name stands after what has one.
  if (x === null || y === null) return Number(x === null) - Number(y === null);
  return String(x).localeCompare(String(y), undefined, { numeric: true });
}

export function sortClients(clients: readonly Client[], column: ClientColumn, order: SortOrder): Client[] {
  const sign = order === 'ascending' ? 1 : -1;
  return [...clients].sort(
    (a, b) => sign * compare(a, b, column) || compareAddresses(a.address, b.address) || a.id - b.id,
  );
}
