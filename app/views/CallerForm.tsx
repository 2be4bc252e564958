// A caller's form: name, password, what may be reached, and when. A password left alone stays as it is.
import { useState } from 'react';
import type { State } from '../../main/contract.ts';
import { Check, Field } from '../parts/Field.tsx';
import { type CallerDraft, type CallerErrors, callerDraft, checkCaller } from '../store/dial-in-drafts.ts';
import { call } from '../store/gateway.ts';
import { callers as words } from '../strings-callers.ts';
import { PasswordField } from './PasswordField.tsx';
import { RecordForm, useSaving } from './RecordForm.tsx';

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
  const saving = useSaving(onClose);
  const set = (patch: Partial<CallerDraft>) => setDraft((before) => ({ ...before, ...patch }));

  function submit(): void {
    const checked = checkCaller(draft, known?.user ?? null, state.settings.dialIn.callers);
    setErrors(checked.ok ? {} : checked.errors);
    if (checked.ok) void saving.done(call('saveCaller', { caller: checked.value, password }));
    else saving.showError();
  }

  return (
    <RecordForm
      title={known ? words.editTitle : words.newTitle}
      saving={saving}
      onSubmit={submit}
      remove={
        known && {
          word: words.remove,
          sure: words.removeSure,
          onRemove: () => void saving.done(call('removeCaller', { user: known.user })),
        }
      }
    >
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
      <Check label={words.mayInternet} checked={draft.internet} onChange={(internet) => set({ internet })} />
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
    </RecordForm>
  );
}
