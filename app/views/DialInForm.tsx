// Addresses and limits of all callers. What was typed stays until the gateway has taken it.
import { type FormEvent, useState } from 'react';
import type { DialInSettings } from '../../main/contract.ts';
import { Button } from '../parts/Button.tsx';
import { Card } from '../parts/Card.tsx';
import { Check, Field } from '../parts/Field.tsx';
import { checkDialIn, type DialInDraft, type DialInErrors, dialInDraft } from '../store/dial-in-drafts.ts';
import { tell } from '../store/gateway.ts';
import { dialIn as words } from '../strings-callers.ts';
import styles from './ForwardForm.module.css';

type Typed = Exclude<keyof DialInDraft, 'proxyArp'>;

export function DialInForm({ dialIn }: { dialIn: DialInSettings }) {
  const [draft, setDraft] = useState<DialInDraft>(() => dialInDraft(dialIn));
  const [errors, setErrors] = useState<DialInErrors>({});
  const [said, setSaid] = useState('');
  const set = (patch: Partial<DialInDraft>) => setDraft((before) => ({ ...before, ...patch }));

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setSaid('');
    const checked = checkDialIn(draft, dialIn);
    setErrors(checked.ok ? {} : checked.errors);
    if (!checked.ok) return;
    if (await tell('saveSettings', { patch: { dialIn: checked.value } })) setSaid(words.saved);
  }

  const field = (key: Typed, label: string, hint?: string) => (
    <div className={styles.half}>
      <Field label={label} hint={hint} error={errors[key]}>
        {(ids) => (
          <input
            {...ids}
            autoComplete="off"
            value={draft[key]}
            onChange={(event) => set({ [key]: event.target.value })}
          />
        )}
      </Field>
    </div>
  );

  return (
    <Card title={words.title} note={words.note}>
      <form className={styles.form} noValidate onSubmit={(event) => void submit(event)}>
        {field('first', words.first)}
        {field('last', words.last)}
        {field('local', words.local)}
        {field('wins', words.wins, words.winsHint)}
        {field('idleMinutes', words.idle, words.never)}
        {field('longestMinutes', words.longest, words.never)}
        <div className={styles.whole}>
          <Check label={words.proxyArp} checked={draft.proxyArp} onChange={(proxyArp) => set({ proxyArp })} />
        </div>
        <div className={styles.foot}>
          <output>{said}</output>
          <Button type="submit" weight="main">
            {words.save}
          </Button>
        </div>
      </form>
    </Card>
  );
}
