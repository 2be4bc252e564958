// Nothing set up yet: the two ways to begin, side by side.
import type { Fault, PortInfo } from '../../main/contract.ts';
import { count } from '../format/quantity.ts';
import { Button } from '../parts/Button.tsx';
import { Icon } from '../parts/Icon.tsx';
import { tell } from '../store/gateway.ts';
import { useUi } from '../store/ui.ts';
import { firstRun } from '../strings.ts';
import styles from './FirstRun.module.css';

interface Props {
  ports: readonly PortInfo[];
  /** Why there are none, if that is known. */
  fault: Fault | null;
}

export function FirstRun({ ports, fault }: Props) {
  const show = useUi((ui) => ui.show);
  const found =
    ports.length === 0
      ? (fault?.sentence ?? firstRun.noModem)
      : ports.length === 1
        ? firstRun.oneModem
        : firstRun.modems(count(ports.length));
  return (
    <section className={styles.welcome} aria-labelledby="welcome">
      <h2 id="welcome" className={styles.title}>
        {firstRun.title}
      </h2>
      <p className={styles.lead}>{firstRun.lead}</p>
      <div className={styles.ways}>
        <div className={styles.way}>
          <span className={styles.icon}>
            <Icon name="phone" size={30} />
          </span>
          <p>{firstRun.setUpText}</p>
          <p className={styles.note}>{found}</p>
          <Button
            large
            weight={ports.length > 0 ? 'main' : 'plain'}
            data-main-action=""
            onClick={() => show({ kind: 'provider', id: null, focus: 'name' })}
          >
            {firstRun.setUp}
          </Button>
        </div>
        <div className={styles.way}>
          <span className={styles.icon}>
            <Icon name="exchange" size={30} />
          </span>
          <p>{firstRun.practiceText}</p>
          <Button
            large
            weight={ports.length > 0 ? 'plain' : 'main'}
            onClick={() => void tell('practice', {})}
          >
            {firstRun.practice}
          </Button>
        </div>
      </div>
    </section>
  );
}
