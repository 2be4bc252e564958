/** Verbs that only look: status, clients and masq, the table in the columns that `ipfwadm -M -l -n` taught. */
import type { Session } from '../contract.ts';
import { bytes } from '../faces/words.ts';
import { print, told, type Verb, withState, wordless } from './cli-context.ts';
import * as format from './cli-format.ts';

export const status: Verb = {
  usage: [['status', 'what the line does now']],
  flags: [],
  read: (words) =>
    wordless(words, (context) =>
      withState(context, (state) => print(context, state, format.status(state, context.now()))),
    ),
};

export const clients: Verb = {
  usage: [['clients', 'who uses the link, and how fast']],
  flags: [],
  read: (words) =>
    wordless(words, (context) =>
      withState(context, (state) =>
        print(context, state.clients, format.clients(state.clients, state.settings.shares)),
      ),
    ),
};

export const masq: Verb = {
  usage: [
    ['masq [-e] [--wide]', 'the masqueraded sessions, as `ipfwadm -M -l -n` showed them;'],
    ['', '-e adds what helpers shifted, --wide state, bytes and helper'],
  ],
  flags: ['-e', '--wide'],
  read: (words, flags) =>
    wordless(words, async (context) =>
      told(context, await context.client.call('sessions', { limit: 5000 }), ({ sessions }) =>
        print(context, sessions, masqTable(sessions, { deltas: flags.has('-e'), wide: flags.has('--wide') })),
      ),
    ),
};

/** `MM:SS.hh`, minutes beyond 99 in as many digits as they need. */
export function expiry(seconds: number): string {
  const hundredths = Math.max(0, Math.round(seconds * 100));
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(hundredths / 6000))}:${two(Math.floor(hundredths / 100) % 60)}.${two(hundredths % 100)}`;
}

interface Column {
  head: string;
  width: number;
  right?: boolean;
  cell(session: Session): string;
}

const first: Column[] = [
  { head: 'prot', width: 4, cell: (session) => session.protocol },
  { head: 'expire', width: 8, cell: (session) => expiry(session.expires) },
];
const shifts: Column[] = [
  { head: 'initseq', width: 10, right: true, cell: (session) => String(session.initSeq) },
  { head: 'delta', width: 5, right: true, cell: (session) => String(session.delta) },
  { head: 'prevd', width: 5, right: true, cell: (session) => String(session.previousDelta) },
];
const ends: Column[] = [
  { head: 'source', width: 20, cell: (session) => session.client },
  { head: 'destination', width: 20, cell: (session) => session.remote },
  {
    head: 'ports',
    width: 5,
    cell: ({ clientPort, mappedPort, remotePort }) => `${clientPort} (${mappedPort}) -> ${remotePort}`,
  },
];
const more: Column[] = [
  { head: 'state', width: 11, cell: (session) => session.state },
  { head: 'down', width: 8, right: true, cell: (session) => bytes(session.bytesDown) },
  { head: 'up', width: 8, right: true, cell: (session) => bytes(session.bytesUp) },
  { head: 'helper', width: 6, cell: (session) => session.helper ?? '-' },
];

/** Told only where sessions go by two calls. */
const call: Column = { head: 'call', width: 4, cell: ({ link }) => (link === 2 ? 'second' : 'first') };

/** The head stands even over no rows, so that a script may always skip two lines. */
export function masqTable(list: readonly Session[], show: { deltas: boolean; wide: boolean }): string {
  const wide = list.some(({ link }) => link === 2) ? [...more, call] : more;
  const columns = [...first, ...(show.deltas ? shifts : []), ...ends, ...(show.wide ? wide : [])];
  const rows = list.map((session) => columns.map((column) => column.cell(session)));
  const widths = columns.map((column, index) =>
    Math.max(column.width, ...rows.map((row) => (row[index] as string).length)),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map(({ right }, index) => {
        const [cell, width] = [cells[index] as string, widths[index] as number];
        return right ? cell.padStart(width) : cell.padEnd(width);
      })
      .join(' ')
      .trimEnd();
  return ['IP masquerading entries', line(columns.map(({ head }) => head)), ...rows.map(line)].join('\n');
}
