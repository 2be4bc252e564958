// The call's progress as named steps, each said to be done, in progress, to come, or where it failed.
import type { Phase } from '../../main/contract.ts';
import { cx } from '../parts/cx.ts';
import { Icon } from '../parts/Icon.tsx';
import { useGateway } from '../store/gateway.ts';
import { stepMarks, steps } from '../store/select.ts';
import { call, stepMarkWords, stepWords } from '../strings.ts';
import styles from './Steps.module.css';

export function Steps({ phase }: { phase: Phase }) {
  const lastStep = useGateway((store) => store.lastStep);
  const marks = stepMarks(phase, lastStep);
  if (marks.every((mark) => mark === 'todo')) return null;
  return (
    <ol className={styles.steps} aria-label={call.steps}>
      {steps.map((step, i) => {
        const mark = marks[i] ?? 'todo';
        return (
          <li
            key={step}
            className={cx(styles.step, styles[mark])}
            aria-current={mark === 'current' ? 'step' : undefined}
          >
            <span className={styles.mark}>
              {mark === 'done' && <Icon name="check" size={12} />}
              {mark === 'failed' && <Icon name="cross" size={12} />}
            </span>
            {stepWords[step]}
            <span className="out-of-sight">, {stepMarkWords[mark]}</span>
          </li>
        );
      })}
    </ol>
  );
}
