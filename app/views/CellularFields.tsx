// What a mobile network asks for beside a number: the access point, and the PIN of the SIM card.
import { Field } from '../parts/Field.tsx';
import type { ProviderDraft } from '../store/provider-draft.ts';
import { profile as words } from '../strings-calling.ts';
import { provider as forms } from '../strings-forms.ts';

interface Props {
  draft: ProviderDraft;
  error: string | undefined;
  /** Null while it is left as it is. */
  pin: string | null;
  pinKept: boolean;
  onPin: (pin: string) => void;
  set: (patch: Partial<ProviderDraft>) => void;
}

export function CellularFields({ draft, error, pin, pinKept, onPin, set }: Props) {
  return (
    <>
      <Field label={words.apn} hint={words.apnHint} error={error}>
        {(ids) => (
          <input
            {...ids}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={draft.apn}
            onChange={(event) => set({ apn: event.target.value })}
          />
        )}
      </Field>
      <Field label={words.pin} hint={words.pinHint}>
        {(ids) => (
          <input
            {...ids}
            data-field="pin"
            type="password"
            inputMode="numeric"
            autoComplete="off"
            maxLength={8}
            placeholder={pinKept && pin === null ? forms.passwordKept : ''}
            value={pin ?? ''}
            onChange={(event) => onPin(event.target.value)}
          />
        )}
      </Field>
    </>
  );
}
