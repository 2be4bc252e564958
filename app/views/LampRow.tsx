// The lamps of an external modem, lit by what is really going on. The words stand in the state; this is for the eye.
import type { Phase } from '../../main/contract.ts';
import { cx } from '../parts/cx.ts';
import { useNow } from '../parts/useNow.ts';
import { useGateway } from '../store/gateway.ts';
import { firstShare, lamps } from '../store/select.ts';
import { call } from '../strings.ts';
import styles from './LampRow.module.css';

const order = ['hook', 'carrier', 'receive', 'send'] as const;

export function LampRow({ phase }: { phase: Phase }) {
  const meter = useGateway((store) => store.meter);
  const now = useNow();
  const lit = lamps(phase, meter && firstShare(meter), now);
  return (
    <div className={styles.row} aria-hidden="true">
      {order.map((lamp) => (
        <span key={lamp} className={styles.lamp} title={call.lamps[lamp]}>
          <i className={cx(styles.bulb, lit[lamp] && styles.lit)} />
          {call.lampLetters[lamp]}
        </span>
      ))}
    </div>
  );
}
