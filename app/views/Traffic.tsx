// Traffic over the last minutes: a graph scaled to the line, and the same in figures for those who do not see it.
import { rateText, sizeText } from '../format/quantity.ts';
import { wait } from '../format/time.ts';
import { Card } from '../parts/Card.tsx';
import { cx } from '../parts/cx.ts';
import { tableStyles } from '../parts/Table.tsx';
import { useNow } from '../parts/useNow.ts';
import { useGateway } from '../store/gateway.ts';
import { figures } from '../store/traffic.ts';
import { type GraphMinutes, useUi } from '../store/ui.ts';
import { traffic } from '../strings.ts';
import { Graph } from './Graph.tsx';
import styles from './Traffic.module.css';

const ranges: readonly GraphMinutes[] = [1, 5, 15];

export function Traffic({ carrierRate, up }: { carrierRate: number | null; up: boolean }) {
  const minutes = useUi((ui) => ui.minutes);
  const samples = useGateway((store) => store.samples);
  const meter = useGateway((store) => store.meter);
  const now = useNow();
  const rows = [
    { key: 'down', name: traffic.down, figures: figures(samples, 'down', minutes, now) },
    { key: 'up', name: traffic.up, figures: figures(samples, 'up', minutes, now) },
  ] as const;
  const peak = Math.max(...rows.map((row) => row.figures.peak));
  const queue =
    meter && meter.queuedBytes > 0
      ? traffic.waiting(sizeText(meter.queuedBytes), wait(meter.queuedMs))
      : traffic.clear;
  return (
    <Card title={traffic.title} note={up ? queue : undefined} tools={<Ranges />}>
      <div className={styles.row}>
        <Graph samples={samples} minutes={minutes} now={now} carrierRate={carrierRate} peak={peak} />
        <table className={cx(tableStyles.table, styles.figures)} aria-label={traffic.table}>
          <thead>
            <tr>
              <th scope="col">
                <span className="out-of-sight">{traffic.direction}</span>
              </th>
              {rows.map((row) => (
                <th key={row.key} scope="col" className={tableStyles.number}>
                  <i className={cx(styles.swatch, styles[row.key])} data-series={row.key} />
                  {row.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {(['now', 'average', 'peak'] as const).map((kind) => (
              <tr key={kind}>
                <th scope="row">{traffic[kind]}</th>
                {rows.map((row) => (
                  <td key={row.key} className={tableStyles.number}>
                    {rateText(row.figures[kind])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function Ranges() {
  const minutes = useUi((ui) => ui.minutes);
  const setMinutes = useUi((ui) => ui.setMinutes);
  return (
    <fieldset className={styles.ranges}>
      <legend className="out-of-sight">{traffic.range}</legend>
      {ranges.map((range) => (
        <label key={range} className={styles.range}>
          <input
            type="radio"
            name="graph-range"
            className={styles.radio}
            checked={minutes === range}
            onChange={() => setMinutes(range)}
          />
          {traffic.minutes(range)}
        </label>
      ))}
    </fieldset>
  );
}
