// A named group of fields within a form.
import { type ReactNode, useId } from 'react';
import form from './form.module.css';

export function Group({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <fieldset aria-labelledby={id} className={form.group}>
      <h3 id={id}>{title}</h3>
      {children}
    </fieldset>
  );
}
