// A provider's form: number, name, password, port; the rest under Advanced. A password left alone stays as it is.
import { useEffect, useState } from 'react';
import type { State } from '../../main/contract.ts';
import { Field } from '../parts/Field.tsx';
import { call } from '../store/gateway.ts';
import {
  checkProvider,
  draftOf,
  freshId,
  type ProviderDraft,
  type ProviderErrors,
} from '../store/provider-draft.ts';
import type { ProviderFocus } from '../store/ui.ts';
import { provider as words } from '../strings-forms.ts';
import { CellularFields } from './CellularFields.tsx';
import { NumberFields } from './NumberFields.tsx';
import { PasswordField } from './PasswordField.tsx';
import { PortField } from './PortField.tsx';
import { ProviderAdvanced } from './ProviderAdvanced.tsx';
import { RecordForm, useSaving } from './RecordForm.tsx';

interface Props {
  state: State;
  /** Null for a new one. */
  id: string | null;
  focus: ProviderFocus;
  onClose: () => void;
}

export function ProviderForm({ state, id, focus, onClose }: Props) {
  const known = state.providers.find((provider) => provider.id === id) ?? null;
  const [draft, setDraft] = useState<ProviderDraft>(() => draftOf(known));
  const [password, setPassword] = useState<string | null>(null);
  const [pin, setPin] = useState<string | null>(null);
  const [errors, setErrors] = useState<ProviderErrors>({});
  const saving = useSaving(onClose);
  const { element } = saving;
  const set = (patch: Partial<ProviderDraft>) => setDraft((before) => ({ ...before, ...patch }));

  useEffect(() => {
    element.current?.querySelector<HTMLElement>(`[data-field="${focus}"]`)?.focus();
  }, [focus, element]);

  function submit(): void {
    const taken = state.providers.map((provider) => provider.id);
    const checked = checkProvider(draft, known?.id ?? freshId(draft.name, taken));
    setErrors(checked.ok ? {} : checked.errors);
    if (!checked.ok) {
      saving.showError();
      return;
    }
    void saving.done(save(checked.value, password ?? (known ? null : '')));
  }

  /** A provider just made is the one Dial calls next. */
  async function save(
    provider: Parameters<typeof call<'saveProvider'>>[1]['provider'],
    secret: string | null,
  ) {
    const outcome = await call('saveProvider', { provider, password: secret, pin });
    if (!outcome.ok || known) return outcome;
    return call('saveSettings', { patch: { selectedProvider: outcome.value.provider.id } });
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
          onRemove: () => void saving.done(call('removeProvider', { id: known.id })),
        }
      }
    >
      <Field label={words.name} error={errors.name}>
        {(ids) => (
          <input
            {...ids}
            data-field="name"
            autoComplete="off"
            value={draft.name}
            onChange={(event) => set({ name: event.target.value })}
          />
        )}
      </Field>
      {draft.kind !== 'cable' && (
        <NumberFields value={draft.numbers} error={errors.numbers} onChange={(numbers) => set({ numbers })} />
      )}
      <Field label={words.user} error={errors.user}>
        {(ids) => (
          <input
            {...ids}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={draft.user}
            onChange={(event) => set({ user: event.target.value })}
          />
        )}
      </Field>
      <PasswordField
        value={password}
        kept={known?.hasPassword ?? false}
        hint={words.secrets[state.secrets]}
        onChange={setPassword}
      />
      {draft.kind === 'cellular' && (
        <CellularFields
          draft={draft}
          error={errors.apn}
          pin={pin}
          pinKept={known?.hasPin ?? false}
          onPin={setPin}
          set={set}
        />
      )}
      <PortField state={state} draft={draft} error={errors.port} set={set} />
      <ProviderAdvanced draft={draft} errors={errors} set={set} />
    </RecordForm>
  );
}
