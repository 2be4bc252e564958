// Old rule files: the text, then what each line becomes, then Apply. The gateway reads it; nothing changes before Apply.
import { type ChangeEvent, type FormEvent, useState } from 'react';
import type { CommandResult, Fault, ImportedRow } from '../../main/contract.ts';
import { Button } from '../parts/Button.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { FaultCard } from '../parts/FaultCard.tsx';
import { Field } from '../parts/Field.tsx';
import form from '../parts/form.module.css';
import { keyboardScroll } from '../parts/keyboardScroll.ts';
import { call } from '../store/gateway.ts';
import { app } from '../strings.ts';
import { rules as words } from '../strings-rules.ts';
import styles from './ImportForm.module.css';

const MAX_BYTES = 200_000;

export function ImportForm({ onClose }: { onClose: () => void }) {
  const [source, setSource] = useState('');
  const [found, setFound] = useState<CommandResult<'importRules'> | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function choose(event: ChangeEvent<HTMLInputElement>): Promise<void> {
    const file = event.target.files?.[0];
    if (!file) return;
    const fits = file.size <= MAX_BYTES;
    setError(fits ? undefined : words.tooLarge);
    if (fits) setSource(await file.text());
  }

  async function read(): Promise<void> {
    const outcome = await call('importRules', { source });
    if (outcome.ok) setFound(outcome.value);
    else setFault(outcome.fault);
  }

  /** Read once more: the settings may have changed since the rows were shown. */
  async function apply(): Promise<void> {
    const outcome = await call('importRules', { source });
    const saved = outcome.ok ? await call('saveSettings', { patch: outcome.value.patch }) : outcome;
    if (saved.ok) onClose();
    else setFault(saved.fault);
  }

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setFault(null);
    setBusy(true);
    await (found === null ? read() : apply());
    setBusy(false);
  }

  const empty = found !== null && Object.keys(found.patch).length === 0;
  return (
    <Dialog wide title={words.title} onClose={onClose}>
      <form className={form.form} noValidate onSubmit={(event) => void submit(event)}>
        <div className={styles.body}>
          {fault && <FaultCard alert fault={fault} />}
          {found === null ? (
            <>
              <p className={form.note}>{words.intro}</p>
              <Field label={words.file} error={error}>
                {(ids) => <input {...ids} type="file" onChange={(event) => void choose(event)} />}
              </Field>
              <Field label={words.text} hint={words.textHint}>
                {(ids) => (
                  <textarea
                    {...ids}
                    className={styles.text}
                    rows={12}
                    maxLength={MAX_BYTES}
                    spellCheck={false}
                    value={source}
                    onChange={(event) => setSource(event.target.value)}
                  />
                )}
              </Field>
            </>
          ) : (
            <Rows rows={found.rows} />
          )}
        </div>
        <footer className={form.foot}>
          {empty && <span className={`${form.push} ${form.note}`}>{words.nothing}</span>}
          {found !== null && <Button onClick={() => setFound(null)}>{words.again}</Button>}
          <Button onClick={onClose}>{app.close}</Button>
          <Button type="submit" weight="main" disabled={busy || empty || source.trim() === ''}>
            {found === null ? words.read : busy ? words.applying : words.apply}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

function Rows({ rows }: { rows: readonly ImportedRow[] }) {
  const count = (outcome: ImportedRow['outcome']) => rows.filter((row) => row.outcome === outcome).length;
  if (rows.length === 0) return <p role="status">{words.none}</p>;
  return (
    <>
      <p role="status">{words.sum(count('becomes'), count('already'), count('left-out'))}</p>
      <div className={styles.rows} {...keyboardScroll}>
        <table aria-label={words.table}>
          <thead>
            <tr>
              <th scope="col">{words.line}</th>
              <th scope="col">{words.rule}</th>
              <th scope="col">{words.means}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.number} className={styles[row.outcome]}>
                <td>{row.number}</td>
                <th scope="row">{row.text}</th>
                <td>
                  <strong>{words.outcomes[row.outcome]}</strong>
                  {`: ${row.words}`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
