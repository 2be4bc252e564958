// A modal on the native <dialog>: mounted means open. Escape asks to close; focus goes back to what had it before.
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { app } from '../strings.ts';
import { Button } from './Button.tsx';
import { cx } from './cx.ts';
import styles from './Dialog.module.css';

interface Props {
  title: string;
  onClose: () => void;
  /** For a table beside the text. */
  wide?: boolean;
  children: ReactNode;
}

export function Dialog({ title, onClose, wide, children }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      // What opened it may be gone by now; the one large button is always there to come back to.
      const back = before instanceof HTMLElement && before.isConnected && before !== document.body;
      const target = back ? before : document.querySelector<HTMLElement>('[data-main-action]');
      target?.focus();
    };
  }, []);

  return (
    <dialog
      ref={ref}
      className={cx(styles.dialog, wide && styles.wide)}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header className={styles.head}>
        <h2 id={titleId}>{title}</h2>
        <Button weight="quiet" icon="cross" label={app.close} onClick={onClose} />
      </header>
      {children}
    </dialog>
  );
}
