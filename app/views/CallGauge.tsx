// What stands in the gauge: elapsed time while a call is made or over, the rate now once it is up.
import type { State } from '../../main/contract.ts';
import { rate } from '../format/quantity.ts';
import { duration } from '../format/time.ts';
import { Gauge } from '../parts/Gauge.tsx';
import { Icon } from '../parts/Icon.tsx';
import { useNow } from '../parts/useNow.ts';
import { useGateway } from '../store/gateway.ts';
import { carrierOf, stepMarks, tone } from '../store/select.ts';
import { GAP_MS } from '../store/traffic.ts';
import { call } from '../strings.ts';
import styles from './CallGauge.module.css';

export function CallGauge({ state }: { state: State }) {
  const { phase, link } = state;
  const meter = useGateway((store) => store.meter);
  const lastStep = useGateway((store) => store.lastStep);
  const now = useNow();
  const up = phase === 'connected' && link !== null;
  const live = meter && now - meter.at < GAP_MS ? meter : null;
  const full = carrierOf(state) ?? link?.portRate ?? 1;
  const load = up ? { down: (live?.down ?? 0) / full, up: (live?.up ?? 0) / full } : null;
  const { value, unit } = rate(live?.down ?? 0);

  return (
    <Gauge tone={tone(phase)} marks={stepMarks(phase, lastStep)} load={load}>
      {up ? (
        <>
          <span className={styles.figure}>{value}</span>
          <span className={styles.unit}>
            {unit} {call.down}
          </span>
          <span className={styles.time}>{duration(now - link.connectedAt)}</span>
        </>
      ) : phase === 'idle' ? (
        <Icon name="phone" size={56} />
      ) : phase === 'failed' ? (
        <span className={styles.bad}>
          <Icon name="alert" size={52} />
        </span>
      ) : (
        <span className={styles.figure}>{duration(now - state.since)}</span>
      )}
    </Gauge>
  );
}
