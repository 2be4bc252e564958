// A titled section of the window.
import { type ReactNode, useId } from 'react';
import styles from './Card.module.css';
import { cx } from './cx.ts';

interface Props {
  title: string;
  note?: ReactNode;
  tools?: ReactNode;
  grow?: boolean;
  children: ReactNode;
}

export function Card({ title, note, tools, grow, children }: Props) {
  const id = useId();
  return (
    <section className={cx(styles.card, grow && styles.grow)} aria-labelledby={id}>
      <header className={styles.head}>
        <div className={styles.words}>
          <h2 id={id}>{title}</h2>
          {note && <p className={styles.note}>{note}</p>}
        </div>
        {tools && <div className={styles.tools}>{tools}</div>}
      </header>
      {children}
    </section>
  );
}

export function Empty({ title, children }: { title?: string; children: ReactNode }) {
  return (
    <div className={styles.empty}>
      {title && <h3>{title}</h3>}
      {children}
    </div>
  );
}
