// The password: never shown unless asked for, never sent back by the gateway, kept as it is when left alone (null).
import { useState } from 'react';
import { Button } from '../parts/Button.tsx';
import { Field } from '../parts/Field.tsx';
import form from '../parts/form.module.css';
import { provider as words } from '../strings-forms.ts';

interface Props {
  value: string | null;
  kept: boolean;
  hint: string;
  onChange: (value: string) => void;
}

export function PasswordField({ value, kept, hint, onChange }: Props) {
  const [shown, setShown] = useState(false);
  return (
    <Field label={words.password} hint={hint}>
      {(ids) => (
        <div className={form.row}>
          <input
            {...ids}
            data-field="password"
            type={shown ? 'text' : 'password'}
            autoComplete="off"
            spellCheck={false}
            maxLength={256}
            placeholder={kept && value === null ? words.passwordKept : ''}
            value={value ?? ''}
            onChange={(event) => onChange(event.target.value)}
          />
          <Button icon="eye" label={words.reveal} aria-pressed={shown} onClick={() => setShown(!shown)} />
        </div>
      )}
    </Field>
  );
}
