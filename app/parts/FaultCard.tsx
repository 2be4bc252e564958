// A fault told to a person: what happened, why most likely, what helps, and the control that does it.
import type { ReactNode } from 'react';
import type { Fault } from '../../main/contract.ts';
import { app, fault as words } from '../strings.ts';
import { Button } from './Button.tsx';
import { cx } from './cx.ts';
import styles from './FaultCard.module.css';
import { Icon } from './Icon.tsx';

interface Props {
  fault: Fault;
  /** Errors are announced; a standing condition of the host is not. */
  alert: boolean;
  actions?: ReactNode;
  onDismiss?: (() => void) | undefined;
}

export function FaultCard({ fault, alert, actions, onDismiss }: Props) {
  return (
    <section
      className={cx(styles.card, !alert && styles.mild)}
      role={alert ? 'alert' : 'group'}
      aria-label={fault.sentence}
      data-code={fault.code}
    >
      <span className={styles.icon}>
        <Icon name="alert" size={24} />
      </span>
      <div className={styles.body}>
        <h2>{fault.sentence}</h2>
        <dl className={styles.why}>
          {fault.cause && (
            <>
              <dt>{words.why}</dt>
              <dd>{fault.cause}</dd>
            </>
          )}
          {fault.remedy && (
            <>
              <dt>{words.what}</dt>
              <dd>{fault.remedy}</dd>
            </>
          )}
        </dl>
        {fault.detail && (
          <details className={styles.detail}>
            <summary>{words.detail}</summary>
            <pre>{fault.detail}</pre>
          </details>
        )}
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
      {onDismiss && <Button weight="quiet" icon="cross" label={app.dismiss} onClick={onDismiss} />}
    </section>
  );
}
