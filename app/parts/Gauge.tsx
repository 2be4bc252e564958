// The round instrument: the call's steps while it is made, the line's use once it is up. Decoration of figures that stand
// in words elsewhere, so hidden from screen readers.
import type { ReactNode } from 'react';
import type { StepMark, Tone } from '../store/select.ts';
import { arc, point, SWEEP } from './arc.ts';
import { cx } from './cx.ts';
import styles from './Gauge.module.css';

const TICKS = Array.from({ length: 41 }, (_, i) => i);

interface Props {
  tone: Tone;
  marks: readonly StepMark[];
  /** Shares of the line in use, 0 to 1; null while there is no line. */
  load: { down: number; up: number } | null;
  children: ReactNode;
}

export function Gauge({ tone, marks, load, children }: Props) {
  const span = SWEEP / marks.length;
  return (
    <div className={cx(styles.gauge, styles[tone])} aria-hidden="true">
      <svg viewBox="0 0 240 240" aria-hidden="true" focusable="false">
        {TICKS.map((i) => {
          const angle = (i / 40) * SWEEP;
          const long = i % 5 === 0;
          const [x1, y1] = point(angle, 112);
          const [x2, y2] = point(angle, long ? 104 : 108);
          return (
            <line key={i} x1={x1} y1={y1} x2={x2} y2={y2} className={long ? styles.long : styles.tick} />
          );
        })}
        {load ? (
          <>
            <path d={arc(0, SWEEP, 94)} className={styles.track} />
            <path d={arc(0, SWEEP * load.down, 94)} className={styles.down} />
            <path d={arc(0, SWEEP, 83)} className={styles.thinTrack} />
            <path d={arc(0, SWEEP * load.up, 83)} className={styles.up} />
          </>
        ) : (
          marks.map((mark, i) => (
            <path
              key={`step-${i.toString()}`}
              d={arc(i * span + 2.2, (i + 1) * span - 2.2, 94)}
              className={cx(styles.segment, styles[mark])}
            />
          ))
        )}
      </svg>
      <div className={styles.centre}>{children}</div>
    </div>
  );
}
