// The form that adds a trigger. What was typed stays until the gateway has taken it.
import { type FormEvent, useState } from 'react';
import type { Trigger } from '../../main/contract.ts';
import { Button } from '../parts/Button.tsx';
import { Card } from '../parts/Card.tsx';
import { Check, Field } from '../parts/Field.tsx';
import { Pick } from '../parts/Pick.tsx';
import { tell } from '../store/gateway.ts';
import {
  checkTriggers,
  emptyTrigger,
  TRIGGERING,
  type TriggerDraft,
  type TriggerErrors,
} from '../store/trigger-draft.ts';
import { forwards } from '../strings.ts';
import { triggers as words } from '../strings-rules.ts';
import styles from './ForwardForm.module.css';
import { ProgramPick } from './ProgramPick.tsx';

export function TriggerForm({ known }: { known: readonly Trigger[] }) {
  const [draft, setDraft] = useState<TriggerDraft>(emptyTrigger);
  const [errors, setErrors] = useState<TriggerErrors>({});
  const [said, setSaid] = useState('');
  const set = (patch: Partial<TriggerDraft>) => setDraft((now) => ({ ...now, ...patch }));

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setSaid('');
    const checked = checkTriggers(draft, known);
    setErrors(checked.ok ? {} : checked.errors);
    if (!checked.ok) return;
    if (await tell('saveSettings', { patch: { triggers: [...known, ...checked.value] } })) {
      // What was typed while the gateway was being told stays.
      setDraft((now) => (now === draft ? emptyTrigger : now));
      setSaid(words.added);
    }
  }

  const input = (key: 'first' | 'last' | 'opens' | 'seconds', label: string, hint?: string) => (
    <Field label={label} hint={hint} error={errors[key]}>
      {(ids) => (
        <input
          {...ids}
          autoComplete="off"
          spellCheck={false}
          placeholder={key === 'last' ? draft.first : ''}
          value={draft[key]}
          onChange={(event) => set({ [key]: event.target.value })}
        />
      )}
    </Field>
  );

  return (
    <Card title={words.addTitle}>
      <form className={styles.form} noValidate onSubmit={(event) => void submit(event)}>
        <div className={styles.whole}>
          <ProgramPick programs={TRIGGERING} value={draft.program} onPick={(program) => set({ program })} />
        </div>
        {draft.program === '' && (
          <>
            <Pick
              label={words.protocol}
              options={forwards.protocols}
              value={draft.protocol}
              onPick={(protocol) => set({ protocol })}
            />
            {input('first', words.first)}
            {input('last', words.last)}
            {input('seconds', words.forSeconds)}
            <div className={styles.half}>{input('opens', words.opensLabel, words.opensHint)}</div>
            <div className={styles.half}>
              <Check label={words.secure} checked={draft.secure} onChange={(secure) => set({ secure })} />
            </div>
          </>
        )}
        <div className={styles.foot}>
          <output>{said}</output>
          <Button type="submit" weight="main">
            {words.add}
          </Button>
        </div>
      </form>
    </Card>
  );
}
