// Order and filters of the lists: clients, log, sessions.
import { expect, it } from 'vitest';
import type { Client, Session } from '../../main/contract.ts';
import { sortClients } from './clients.ts';
import { filterLog, logAsText } from './log.ts';
import { filterSessions, helperWords } from './sessions.ts';

const client = (id: number, address: string, name: string | null, rateDown: number) =>
  ({ id, address, name, rateDown }) as Client;
const clients = [
  client(1, '10.0.0.10', 'b', 5),
  client(2, '10.0.0.9', null, 5),
  client(3, '10.0.0.2', 'a', 9),
];

it.each([
  ['address', 'ascending', [3, 2, 1]],
  ['name', 'ascending', [3, 1, 2]],
  ['rateDown', 'descending', [3, 2, 1]],
  ['rateDown', 'ascending', [2, 1, 3]],
] as const)('clients by %s %s', (column, order, ids) => {
  expect(sortClients(clients, column, order).map((c) => c.id)).toEqual(ids);
});

const lines = [
  { at: 0, level: 'debug', part: 'modem', text: 'AT OK', number: 0 },
  { at: 1, level: 'warning', part: 'ppp', text: 'Peer rejected', number: 1 },
  { at: 2, level: 'error', part: 'engine', text: 'Gone', number: 2 },
] as const;

it('filters the log by level and by every word, in part or text', () => {
  expect(filterLog(lines, 'warning', '').map((l) => l.number)).toEqual([1, 2]);
  expect(filterLog(lines, 'debug', 'PPP peer').map((l) => l.number)).toEqual([1]);
  expect(filterLog(lines, 'debug', 'peer modem')).toEqual([]);
});

it('copies the log with full times', () => {
  expect(logAsText(lines.slice(0, 1))).toBe('1970-01-01T00:00:00.000Z debug modem: AT OK');
});

it('filters sessions by any column', () => {
  const session = (remotePort: number, helper: string | null) =>
    ({
      protocol: 'tcp',
      state: 'established',
      client: '10.0.0.2',
      clientPort: 5,
      mappedPort: 5,
      remote: '192.0.2.1',
      remotePort,
      helper,
    }) as Session;
  const all = [session(21, 'FTP'), session(443, null)];
  expect(filterSessions(all, 'ftp')).toEqual([all[0]]);
  expect(filterSessions(all, '192.0.2.1:443 tcp')).toEqual([all[1]]);
  expect(filterSessions(all, ' ')).toEqual(all);
  const shifted = (delta: number) => helperWords({ ...session(21, 'ftp'), delta });
  expect([0, 3, -12].map(shifted)).toEqual(['ftp', 'ftp +3', 'ftp −12']);
});
