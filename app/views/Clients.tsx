// Who shares the link: names, rates, totals, and a switch to pause each. What belongs together stands one above the other,
// so that the table fits beside the call in a window of ordinary width.
import { Fragment } from 'react';
import type { Client, Lan } from '../../main/contract.ts';
import { count, rateText, sizeText } from '../format/quantity.ts';
import { age } from '../format/time.ts';
import { Button } from '../parts/Button.tsx';
import { Card, Empty } from '../parts/Card.tsx';
import { Switch } from '../parts/Switch.tsx';
import { Table, tableStyles } from '../parts/Table.tsx';
import { useNow } from '../parts/useNow.ts';
import { type ClientColumn, sortClients } from '../store/clients.ts';
import { tell, useGateway } from '../store/gateway.ts';
import { useUi } from '../store/ui.ts';
import { clients as words } from '../strings.ts';
import { ClientShare } from './ClientShare.tsx';

/** Each heading with what it sorts by, the upper line of its cells first. */
const headings: readonly (readonly [ClientColumn, ...ClientColumn[]])[] = [
  ['name'],
  ['address'],
  ['rateDown', 'rateUp'],
  ['bytesDown', 'bytesUp'],
  ['sessions'],
  ['lastSeen'],
];
const numeric: readonly ClientColumn[] = ['rateDown', 'bytesDown', 'sessions'];
const columnWords: Record<ClientColumn, string> = {
  name: words.nameKind,
  address: words.addressMac,
  rateDown: words.rateDown,
  rateUp: words.rateUp,
  bytesDown: words.totalDown,
  bytesUp: words.totalUp,
  sessions: words.sessions,
  lastSeen: words.lastSeen,
};

export function Clients({ practice, lan }: { practice: boolean; lan: Lan | null }) {
  const clients = useGateway((store) => store.clients);
  const sort = useUi((ui) => ui.sort);
  if (clients.length === 0) {
    return (
      <Card title={words.title}>
        <NoClients practice={practice} lan={lan} />
      </Card>
    );
  }
  return (
    <Card title={`${words.title} (${count(clients.length)})`}>
      <Table label={words.title}>
        <thead>
          <tr>
            {headings.map((columns) => (
              <Fragment key={columns[0]}>
                {columns[0] === 'lastSeen' && <th scope="col">{words.share}</th>}
                <Heading columns={columns} />
              </Fragment>
            ))}
            <th scope="col" className={tableStyles.stay}>
              {words.pause}
            </th>
          </tr>
        </thead>
        <tbody>
          {sortClients(clients, sort.column, sort.order).map((client) => (
            <Row key={client.id} client={client} />
          ))}
        </tbody>
      </Table>
    </Card>
  );
}

function Heading({ columns }: { columns: (typeof headings)[number] }) {
  const sort = useUi((ui) => ui.sort);
  const sortBy = useUi((ui) => ui.sortBy);
  return (
    <th
      scope="col"
      aria-sort={columns.includes(sort.column) ? sort.order : undefined}
      className={numeric.includes(columns[0]) ? tableStyles.number : undefined}
    >
      {columns.map((column) => (
        <div key={column}>
          <button type="button" className={tableStyles.sort} onClick={() => sortBy(column)}>
            {columnWords[column]}
            <span className={tableStyles.mark} aria-hidden="true">
              {sort.column !== column ? '' : sort.order === 'ascending' ? '▲' : '▼'}
            </span>
          </button>
        </div>
      ))}
    </th>
  );
}

function Row({ client }: { client: Client }) {
  const now = useNow(5000);
  const who = client.name ?? client.address;
  return (
    <tr className={client.paused ? tableStyles.off : undefined}>
      <th scope="row">
        {client.name ?? words.unnamed}
        <span className={tableStyles.under}>
          {words.kinds[client.kind]}
          {client.paused && `, ${words.paused}`}
        </span>
      </th>
      <td className={tableStyles.mono}>
        {client.address}
        <span className={tableStyles.under}>{client.mac ?? '—'}</span>
      </td>
      <td className={tableStyles.number}>
        <div>{rateText(client.rateDown)}</div>
        <div>{rateText(client.rateUp)}</div>
      </td>
      <td className={tableStyles.number}>
        <div>{sizeText(client.bytesDown)}</div>
        <div>{sizeText(client.bytesUp)}</div>
      </td>
      <td className={tableStyles.number}>{count(client.sessions)}</td>
      <td>
        <ClientShare address={client.address} who={who} />
      </td>
      <td>{age(client.lastSeen, now)}</td>
      <td className={tableStyles.stay}>
        {client.kind !== 'gateway' && (
          <Switch
            label={words.pauseFor(who)}
            on={client.paused}
            onChange={(paused) => void tell('pauseClient', { address: client.address, paused })}
          />
        )}
      </td>
    </tr>
  );
}

function NoClients({ practice, lan }: { practice: boolean; lan: Lan | null }) {
  const show = useUi((ui) => ui.show);
  if (practice) {
    return (
      <Empty title={words.emptyTitle}>
        <p>{words.emptyPractice}</p>
      </Empty>
    );
  }
  if (lan) {
    return (
      <Empty title={words.emptyTitle}>
        <p>{words.emptyLan(lan.interface, lan.address)}</p>
      </Empty>
    );
  }
  return (
    <Empty title={words.emptyTitle}>
      <p>{words.emptyNoLan}</p>
      <Button onClick={() => show({ kind: 'settings' })}>{words.chooseLan}</Button>
    </Empty>
  );
}
