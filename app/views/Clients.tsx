// Who shares the link: names, rates, totals, and a switch to pause each.
import { Fragment } from 'react';
import type { Client, Lan } from '../../main/contract.ts';
import { count, rateText, sizeText } from '../format/quantity.ts';
import { age } from '../format/time.ts';
import { Button } from '../parts/Button.tsx';
import { Card, Empty } from '../parts/Card.tsx';
import { Switch } from '../parts/Switch.tsx';
import { Table, tableStyles } from '../parts/Table.tsx';
import { useNow } from '../parts/useNow.ts';
import { type ClientColumn, clientColumns, sortClients } from '../store/clients.ts';
import { tell, useGateway } from '../store/gateway.ts';
import { useUi } from '../store/ui.ts';
import { clients as words } from '../strings.ts';
import { ClientShare } from './ClientShare.tsx';

const numeric: readonly ClientColumn[] = ['rateDown', 'rateUp', 'bytesDown', 'bytesUp', 'sessions'];
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
            {clientColumns.map((column) => (
              <Fragment key={column}>
                {column === 'lastSeen' && <th scope="col">{words.share}</th>}
                <Heading column={column} />
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

function Heading({ column }: { column: ClientColumn }) {
  const sort = useUi((ui) => ui.sort);
  const sortBy = useUi((ui) => ui.sortBy);
  const sorted = sort.column === column ? sort.order : undefined;
  return (
    <th scope="col" aria-sort={sorted} className={numeric.includes(column) ? tableStyles.number : undefined}>
      <button type="button" className={tableStyles.sort} onClick={() => sortBy(column)}>
        {columnWords[column]}
        <span className={tableStyles.mark} aria-hidden="true">
          {sorted === 'ascending' ? '▲' : sorted === 'descending' ? '▼' : ''}
        </span>
      </button>
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
      <td className={tableStyles.number}>{rateText(client.rateDown)}</td>
      <td className={tableStyles.number}>{rateText(client.rateUp)}</td>
      <td className={tableStyles.number}>{sizeText(client.bytesDown)}</td>
      <td className={tableStyles.number}>{sizeText(client.bytesUp)}</td>
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
