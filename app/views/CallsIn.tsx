// Who has called in, with time, rate and bytes, and a button to hang up on each.
import type { CallIn, State } from '../../main/contract.ts';
import { count, rateText, sizeText } from '../format/quantity.ts';
import { duration } from '../format/time.ts';
import { Button } from '../parts/Button.tsx';
import { Card, Empty } from '../parts/Card.tsx';
import { Table, tableStyles } from '../parts/Table.tsx';
import { useNow } from '../parts/useNow.ts';
import { tell, useGateway } from '../store/gateway.ts';
import { callPhases, lines, calls as words } from '../strings-callers.ts';

export function CallsIn({ state }: { state: State }) {
  const { calls } = state.dialIn;
  if (calls.length === 0)
    return (
      <Card title={words.title}>
        <Empty>
          <p>{words.empty}</p>
        </Empty>
      </Card>
    );
  return (
    <Card title={`${words.title} (${count(calls.length)})`}>
      <Table label={words.title}>
        <thead>
          <tr>
            <th scope="col">{words.who}</th>
            <th scope="col">{words.address}</th>
            <th scope="col" className={tableStyles.number}>
              {words.rate}
            </th>
            <th scope="col" className={tableStyles.number}>
              {words.since}
            </th>
            <th scope="col" className={tableStyles.number}>
              {words.received}
            </th>
            <th scope="col" className={tableStyles.number}>
              {words.sent}
            </th>
            <th scope="col" className={tableStyles.stay}>
              <span className="out-of-sight">{words.hangUp('')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {calls.map((call) => (
            <Row
              key={call.id}
              call={call}
              line={state.settings.dialIn.lines.find(({ id }) => id === call.line)?.name ?? lines.practice}
            />
          ))}
        </tbody>
      </Table>
    </Card>
  );
}

function Row({ call, line }: { call: CallIn; line: string }) {
  const now = useNow();
  const fresh = useGateway((store) => store.meter?.callsIn?.find(({ id }) => id === call.id));
  const { bytesIn, bytesOut } = fresh ?? call;
  const who = call.user ?? call.from ?? words.unknown;
  const how = [callPhases[call.phase], call.protocol?.toUpperCase(), call.user === null ? null : call.from];
  return (
    <tr>
      <th scope="row">
        {who}
        <span className={tableStyles.under}>{how.filter(Boolean).join(', ')}</span>
      </th>
      <td className={tableStyles.mono}>
        {call.address ?? '—'}
        <span className={tableStyles.under}>{line}</span>
      </td>
      <td className={tableStyles.number}>{rateText(call.rate)}</td>
      <td className={tableStyles.number}>{duration(now - call.since)}</td>
      <td className={tableStyles.number}>{sizeText(bytesIn)}</td>
      <td className={tableStyles.number}>{sizeText(bytesOut)}</td>
      <td className={tableStyles.stay}>
        <Button
          weight="quiet"
          icon="cross"
          label={words.hangUp(who)}
          disabled={call.phase === 'hanging-up'}
          onClick={() => void tell('hangUpCaller', { call: call.id })}
        />
      </td>
    </tr>
  );
}
