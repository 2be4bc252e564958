// The frame of a wide table: it scrolls sideways by itself, can be reached by keyboard to do so, and has a name.
import type { ReactNode } from 'react';
import { keyboardScroll } from './keyboardScroll.ts';
import styles from './Table.module.css';

export function Table({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={styles.scroller} {...keyboardScroll}>
      <table className={styles.table} aria-label={label}>
        {children}
      </table>
    </div>
  );
}

export { styles as tableStyles };
