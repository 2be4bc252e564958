// A dialog with the form of one record: what was refused, its fields, and Remove, Close and Save beneath. Closes once it is saved.
import { type FormEvent, type ReactNode, type RefObject, useRef, useState } from 'react';
import type { Fault } from '../../main/contract.ts';
import { Button } from '../parts/Button.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { FaultCard } from '../parts/FaultCard.tsx';
import form from '../parts/form.module.css';
import { app } from '../strings.ts';
import { RemoveTwice } from './RemoveTwice.tsx';

type Done = { ok: true } | { ok: false; fault: Fault };

export interface Saving {
  element: RefObject<HTMLFormElement | null>;
  fault: Fault | null;
  busy: boolean;
  /** Waits for main; closes the dialog when all is well. */
  done(outcome: Promise<Done>): Promise<void>;
  /** To the first field that was filled in wrongly, once it is marked. */
  showError(): void;
  onClose(): void;
}

export function useSaving(onClose: () => void): Saving {
  const [fault, setFault] = useState<Fault | null>(null);
  const [busy, setBusy] = useState(false);
  const element = useRef<HTMLFormElement>(null);
  return {
    element,
    fault,
    busy,
    async done(outcome) {
      setBusy(true);
      setFault(null);
      const result = await outcome;
      setBusy(false);
      if (result.ok) onClose();
      else setFault(result.fault);
    },
    showError() {
      requestAnimationFrame(() => element.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus());
    },
    onClose,
  };
}

interface Props {
  title: string;
  saving: Saving;
  onSubmit: () => void;
  /** Null where there is nothing to remove yet. */
  remove: { word: string; sure: string; onRemove: () => void } | null;
  children: ReactNode;
}

export function RecordForm({ title, saving, onSubmit, remove, children }: Props) {
  const { element, fault, busy, onClose } = saving;
  function submit(event: FormEvent): void {
    event.preventDefault();
    onSubmit();
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form ref={element} className={form.form} noValidate onSubmit={submit}>
        <div className={form.body}>
          {fault && (
            <div className={form.wide}>
              <FaultCard alert fault={fault} />
            </div>
          )}
          {children}
        </div>
        <footer className={form.foot}>
          {remove && <RemoveTwice {...remove} />}
          <Button onClick={onClose}>{app.close}</Button>
          <Button type="submit" weight="main" disabled={busy}>
            {busy ? app.saving : app.save}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
