// The mark and the name: several lines that become one.
import { app } from '../strings.ts';
import styles from './Brand.module.css';

export function Brand() {
  return (
    <h1 className={styles.brand}>
      <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="8" className={styles.tile} />
        <path
          d="M6 8.500h4c4 0 5 7.5 9 7.500h1M6 16h14M6 23.500h4c4 0 5-7.5 9-7.500h1"
          className={styles.lines}
        />
        <circle cx="23" cy="16" r="3.4" className={styles.gate} />
      </svg>
      <span className={styles.name}>{app.name}</span>
    </h1>
  );
}
