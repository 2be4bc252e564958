// A caller's form: name, password, what may be reached, and when. A password left alone stays as it is.
import { type FormEvent, useRef, useState } from 'react';
import type { Fault, State } from '../../main/contract.ts';
import { Button } from '../parts/Button.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { FaultCard } from '../parts/FaultCard.tsx';
import { Check, Field } from '../parts/Field.tsx';
import form from '../parts/form.module.css';
import { type CallerDraft, type CallerErrors, callerDraft, checkCaller } from '../store/dial-in-drafts.ts';
import { call } from '../store/gateway.ts';
import { app } from '../strings.ts';
import { callers as words } from '../strings-callers.ts';
import { PasswordField } from './PasswordField.tsx';
import { RemoveTwice } from './RemoveTwice.tsx';

export function CallerForm({
  state,
  user,
  onClose,
}: {
  state: State;
  user: string | null;
  onClose: () => void;
}) {
  const known = state.settings.dialIn.callers.find((caller) => caller.user === user) ?? null;
  const [draft, setDraft] = useState<CallerDraft>(() => callerDraft(known));
  const [password, setPassword] = useState<string | null>(null);
  const [errors, setErrors] = useState<CallerErrors>({});
  const [fault, setFault] = useState<Fault | null>(null);
  const [busy, setBusy] = useState(false);
  const element = useRef<HTMLFormElement>(null);
  const set = (patch: Partial<CallerDraft>) => setDraft((before) => ({ ...before, ...patch }));

  async function done(outcome: Promise<{ ok: true } | { ok: false; fault: Fault }>): Promise<void> {
    setBusy(true);
    setFault(null);
    const result = await outcome;
    setBusy(false);
    if (result.ok) onClose();
    else setFault(result.fault);
  }

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const checked = checkCaller(draft, known?.user ?? null, state.settings.dialIn.callers);
    setErrors(checked.ok ? {} : checked.errors);
    if (checked.ok) await done(call('saveCaller', { caller: checked.value, password }));
    else requestAnimationFrame(() => element.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus());
  }

  return (
    <Dialog title={known ? words.editTitle : words.newTitle} onClose={onClose}>
      <form ref={element} className={form.form} noValidate onSubmit={(event) => void submit(event)}>
        <div className={form.body}>
          {fault && (
            <div className={form.wide}>
              <FaultCard alert fault={fault} />
            </div>
          )}
          <Field label={words.userField} hint={words.userHint} error={errors.user}>
            {(ids) => (
              <input
                {...ids}
                autoComplete="off"
                autoCapitalize="none"
                spellCheck={false}
                readOnly={known !== null}
                value={draft.user}
                onChange={(event) => set({ user: event.target.value })}
              />
            )}
          </Field>
          <PasswordField
            value={password}
            kept={known !== null && state.dialIn.passwords.includes(known.user)}
            hint={words.secrets[state.secrets]}
            onChange={setPassword}
          />
          <Check
            label={words.mayInternet}
            checked={draft.internet}
            onChange={(internet) => set({ internet })}
          />
          <Check label={words.mayLan} checked={draft.lan} onChange={(lan) => set({ lan })} />
          <Check label={words.mayCallers} checked={draft.callers} onChange={(callers) => set({ callers })} />
          <Field label={words.ownAddress} hint={words.ownAddressHint} error={errors.address}>
            {(ids) => (
              <input
                {...ids}
                autoComplete="off"
                value={draft.address}
                onChange={(event) => set({ address: event.target.value })}
              />
            )}
          </Field>
          <Field label={words.callsField} error={errors.calls}>
            {(ids) => (
              <input
                {...ids}
                inputMode="numeric"
                autoComplete="off"
                value={draft.calls}
                onChange={(event) => set({ calls: event.target.value })}
              />
            )}
          </Field>
          <Field label={words.hoursField} hint={words.hoursHint} error={errors.hours} wide>
            {(ids) => (
              <textarea
                {...ids}
                rows={2}
                spellCheck={false}
                value={draft.hours}
                onChange={(event) => set({ hours: event.target.value })}
              />
            )}
          </Field>
        </div>
        <footer className={form.foot}>
          {known && (
            <RemoveTwice
              word={words.remove}
              sure={words.removeSure}
              onRemove={() => void done(call('removeCaller', { user: known.user }))}
            />
          )}
          <Button onClick={onClose}>{app.close}</Button>
          <Button type="submit" weight="main" disabled={busy}>
            {busy ? app.saving : app.save}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
