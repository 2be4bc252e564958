// The frame of a wide table: it scrolls sideways by itself, can be reached by keyboard to do so, and has a name.
import type { ReactNode } from 'react';
import { keyboardScroll } from './keyboardScroll.ts';
import styles from './Table.module.css';

export function Table({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section className={styles.scroller} aria-label={label} {...keyboardScroll}>
      <table className={styles.table}>{children}</table>
    </section>
  );
}

export { styles as tableStyles };
