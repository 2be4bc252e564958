// Protocol helpers: what each opens, its switch, its ports, and how often it was used.
import type { ReactNode } from 'react';
import type { HelperState, Settings } from '../../main/contract.ts';
import { count } from '../format/quantity.ts';
import { age } from '../format/time.ts';
import { Card } from '../parts/Card.tsx';
import { Switch } from '../parts/Switch.tsx';
import { useNow } from '../parts/useNow.ts';
import { tell } from '../store/gateway.ts';
import { helpers as words } from '../strings.ts';
import { HelperPorts } from './HelperPorts.tsx';
import styles from './Helpers.module.css';

interface Props {
  helpers: readonly HelperState[];
  /** What the person has chosen; a helper keeps its own ports until it is given others. */
  chosen: Settings['helpers'];
}

export function Helpers({ helpers, chosen }: Props) {
  const now = useNow(5000);
  const byTitle = [...helpers].sort((a, b) => a.title.localeCompare(b.title));
  return (
    <Card title={words.title} note={words.intro}>
      <ul className={styles.list}>
        {byTitle.map((helper) => (
          <li key={helper.name} className={styles.helper}>
            <Switch
              label={words.on(helper.title)}
              on={helper.on}
              onChange={(on) =>
                void tell('setHelper', {
                  name: helper.name,
                  setting: { on, ports: chosen[helper.name]?.ports ?? [] },
                })
              }
            />
            <div className={styles.words}>
              <h3>{helper.title}</h3>
              <p>{helper.opens}</p>
            </div>
            <dl className={styles.figures}>
              <Figure name={words.ports}>
                <HelperPorts helper={helper} />
              </Figure>
              {(helper.on || helper.hits > 0) && (
                <>
                  <Figure name={words.hits}>{count(helper.hits)}</Figure>
                  <Figure name={words.expectations}>{count(helper.expectations)}</Figure>
                  <Figure name={words.lastUse}>
                    {helper.lastUse === null ? words.never : age(helper.lastUse, now)}
                  </Figure>
                </>
              )}
              {helper.refusals.length > 0 && (
                <div className={styles.refused}>
                  <dt>{words.refusals}</dt>
                  {helper.refusals.map(({ reason, count: times }) => (
                    <dd key={reason}>{words.refused(reason, count(times))}</dd>
                  ))}
                </div>
              )}
            </dl>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
