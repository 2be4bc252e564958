// The form that adds a forward. What was typed stays until the gateway has taken it.
import { type FormEvent, useState } from 'react';
import { type Forward, PRESETS } from '../../main/contract.ts';
import { Button } from '../parts/Button.tsx';
import { Card } from '../parts/Card.tsx';
import { Field, type FieldIds } from '../parts/Field.tsx';
import {
  checkForwards,
  emptyForward,
  type ForwardDraft,
  type ForwardErrors,
} from '../store/forward-draft.ts';
import { tell } from '../store/gateway.ts';
import { forwards as words } from '../strings.ts';
import { forwardProgram as program } from '../strings-rules.ts';
import styles from './ForwardForm.module.css';
import { ProgramPick } from './ProgramPick.tsx';

export function ForwardForm({ known }: { known: readonly Forward[] }) {
  const [draft, setDraft] = useState<ForwardDraft>(emptyForward);
  const [errors, setErrors] = useState<ForwardErrors>({});
  const [said, setSaid] = useState('');
  const own = draft.program === '';
  const set = (patch: Partial<ForwardDraft>) => setDraft((now) => ({ ...now, ...patch }));

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setSaid('');
    const checked = checkForwards(draft, known);
    setErrors(checked.ok ? {} : checked.errors);
    if (!checked.ok) return;
    if (await tell('saveSettings', { patch: { forwards: [...known, ...checked.value] } })) {
      // What was typed while the gateway was being told stays.
      setDraft((now) => (now === draft ? emptyForward : now));
      setSaid(words.added);
    }
  }

  const port = (ids: FieldIds, key: 'first' | 'last' | 'insideFirst', placeholder: string) => (
    <input
      {...ids}
      inputMode="numeric"
      autoComplete="off"
      placeholder={placeholder}
      value={draft[key]}
      onChange={(event) => set({ [key]: event.target.value })}
    />
  );

  return (
    <Card title={words.addTitle}>
      <form className={styles.form} noValidate onSubmit={(event) => void submit(event)}>
        <div className={own ? styles.whole : styles.half}>
          <ProgramPick
            programs={PRESETS}
            value={draft.program}
            error={errors.program}
            onPick={(name) => set({ program: name })}
          />
        </div>
        {own && (
          <>
            <Field label={words.protocol}>
              {(ids) => (
                <select
                  {...ids}
                  value={draft.protocol}
                  onChange={(event) => set({ protocol: event.target.value as Forward['protocol'] })}
                >
                  {Object.entries(words.protocols).map(([value, word]) => (
                    <option key={value} value={value}>
                      {word}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            <Field label={words.first} error={errors.first}>
              {(ids) => port(ids, 'first', '')}
            </Field>
            <Field label={words.last} error={errors.last}>
              {(ids) => port(ids, 'last', draft.first)}
            </Field>
            <Field label={words.insideFirst} error={errors.insideFirst}>
              {(ids) => port(ids, 'insideFirst', draft.first)}
            </Field>
          </>
        )}
        <div className={styles.half}>
          <Field
            label={own ? words.hosts : program.host}
            hint={own ? words.hostsHint : undefined}
            error={errors.hosts}
          >
            {(ids) => (
              <input
                {...ids}
                autoComplete="off"
                value={draft.hosts}
                onChange={(event) => set({ hosts: event.target.value })}
              />
            )}
          </Field>
        </div>
        {own && (
          <div className={styles.half}>
            <Field label={words.sources} hint={words.sourcesHint} error={errors.sources}>
              {(ids) => (
                <input
                  {...ids}
                  autoComplete="off"
                  value={draft.sources}
                  onChange={(event) => set({ sources: event.target.value })}
                />
              )}
            </Field>
          </div>
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
