// What calls took and cost, by month: totals of each provider, the calls, and CSV for a spreadsheet.
import { useEffect, useRef, useState } from 'react';
import { type CallRecord, type MonthTotal, moneyText, usageCsv } from '../../main/contract.ts';
import { count, sizeText } from '../format/quantity.ts';
import { duration } from '../format/time.ts';
import { Button } from '../parts/Button.tsx';
import { Card, Empty } from '../parts/Card.tsx';
import { copyText } from '../parts/copy.ts';
import { Table, tableStyles } from '../parts/Table.tsx';
import { usePolled } from '../parts/usePolled.ts';
import { call, useGateway } from '../store/gateway.ts';
import { usage as words } from '../strings-calling.ts';
import styles from './Log.module.css';

const EVERY_MS = 5000;

export function Usage() {
  const [month, setMonth] = useState<string | null>(null);
  const [report, setReport] = useState<Awaited<ReturnType<typeof ask>>>(null);
  const ask = async () => {
    const outcome = await call('usage', month === null ? {} : { month });
    return outcome.ok ? outcome.value : null;
  };
  const polled = usePolled(ask, EVERY_MS);
  useEffect(() => setReport(polled), [polled]);

  // A call that begins, ends or costs more is shown at once.
  const cost = useGateway((store) => store.state?.usage?.cost ?? null);
  const counting = useGateway((store) => store.state?.usage !== null);
  const again = useRef(ask);
  again.current = ask;
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are the reasons to ask
  useEffect(() => void again.current().then((answer) => answer && setReport(answer)), [cost, counting]);

  async function choose(wanted: string): Promise<void> {
    setMonth(wanted);
    const outcome = await call('usage', { month: wanted });
    if (outcome.ok) setReport(outcome.value);
  }

  if (report === null) return <Card title={words.title}>{null}</Card>;
  const months = report.months.includes(report.month) ? report.months : [report.month, ...report.months];
  return (
    <Card
      title={words.title}
      tools={
        <>
          <select
            aria-label={words.month}
            className={styles.control}
            value={report.month}
            onChange={(event) => void choose(event.target.value)}
          >
            {months.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
          <Csv month={report.month} calls={report.calls} />
        </>
      }
    >
      {report.totals.length === 0 ? (
        <Empty>
          <p>{words.none}</p>
        </Empty>
      ) : (
        <Totals totals={report.totals} />
      )}
      {report.calls.length > 0 && <Calls calls={report.calls} />}
    </Card>
  );
}

const money = ({ cost, currency }: Pick<MonthTotal, 'cost' | 'currency'>) =>
  cost === null ? words.free : moneyText(cost, currency);

function Csv({ month, calls }: { month: string; calls: readonly CallRecord[] }) {
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);

  function save(): void {
    const address = URL.createObjectURL(new Blob([usageCsv(calls)], { type: 'text/csv' }));
    const link = document.createElement('a');
    link.href = address;
    link.download = `masq-gate-${month}.csv`;
    link.click();
    // The browser has taken it by the next turn.
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }

  return (
    <>
      <Button icon="page" disabled={calls.length === 0} onClick={save}>
        {words.save}
      </Button>
      <Button
        icon="copy"
        label={words.copy}
        disabled={calls.length === 0}
        onClick={() => void copyText(usageCsv(calls)).then(setCopied)}
      />
      <output className="out-of-sight">{copied ? words.copied : ''}</output>
    </>
  );
}

function Figures({
  of,
}: {
  of: Pick<MonthTotal, 'seconds' | 'bytesDown' | 'bytesUp' | 'cost' | 'currency'>;
}) {
  return (
    <>
      <td className={tableStyles.number}>{duration(of.seconds * 1000)}</td>
      <td className={tableStyles.number}>{sizeText(of.bytesDown)}</td>
      <td className={tableStyles.number}>{sizeText(of.bytesUp)}</td>
      <td className={tableStyles.number}>{money(of)}</td>
    </>
  );
}

const figureHeads = [words.time, words.received, words.sent, words.cost];

function Heads({ names }: { names: readonly string[] }) {
  return (
    <thead>
      <tr>
        {names.map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
        {figureHeads.map((name) => (
          <th key={name} scope="col" className={tableStyles.number}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function Totals({ totals }: { totals: readonly MonthTotal[] }) {
  return (
    <Table label={words.title}>
      <Heads names={[words.provider, words.calls]} />
      <tbody>
        {totals.map((total) => (
          <tr key={total.providerId}>
            <th scope="row">{total.provider}</th>
            <td>{count(total.calls)}</td>
            <Figures of={total} />
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'short' });

function Calls({ calls }: { calls: readonly CallRecord[] }) {
  return (
    <details>
      <summary>{words.each}</summary>
      <Table label={words.each}>
        <Heads names={[words.answered, words.provider, words.number]} />
        <tbody>
          {calls.map((entry) => (
            <tr key={entry.id}>
              <th scope="row">
                <time dateTime={new Date(entry.at).toISOString()}>{moment.format(entry.at)}</time>
              </th>
              <td>{entry.provider}</td>
              <td className={tableStyles.mono}>{entry.number}</td>
              <Figures of={entry} />
            </tr>
          ))}
        </tbody>
      </Table>
    </details>
  );
}
