// What a provider's calls cost, and how much of them a month may have.
import { Check, Field } from '../parts/Field.tsx';
import { Group } from '../parts/Group.tsx';
import { Pick } from '../parts/Pick.tsx';
import type { ProviderDraft, ProviderErrors } from '../store/provider-draft.ts';
import { profile as words } from '../strings-calling.ts';

interface Props {
  draft: ProviderDraft;
  errors: ProviderErrors;
  set: (patch: Partial<ProviderDraft>) => void;
}

type Text = {
  [K in keyof ProviderDraft]: ProviderDraft[K] extends string ? K : never;
}[keyof ProviderDraft];

export function TariffFields({ draft, errors, set }: Props) {
  const text = (key: Text, label: string, hint?: string) => (
    <Field label={label} hint={hint} error={errors[key]}>
      {(ids) => (
        <input
          {...ids}
          data-field={key}
          inputMode={key === 'currency' ? 'text' : 'decimal'}
          autoComplete="off"
          value={draft[key]}
          onChange={(event) => set({ [key]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <>
      <Group title={words.cost}>
        <Check label={words.charged} checked={draft.charged} onChange={(charged) => set({ charged })} />
        {draft.charged && (
          <>
            {text('price', words.price)}
            <Pick label={words.per} options={words.pers} value={draft.per} onPick={(per) => set({ per })} />
            {text('currency', words.currency)}
            {text('unitSeconds', words.unit)}
            {text('setUp', words.setUp)}
            {text('minimum', words.minimum)}
            <Field wide label={words.offPeak} hint={words.hoursHint} error={errors.offPeakHours}>
              {(ids) => (
                <textarea
                  {...ids}
                  rows={2}
                  spellCheck={false}
                  value={draft.offPeakHours}
                  onChange={(event) => set({ offPeakHours: event.target.value })}
                />
              )}
            </Field>
            {draft.offPeakHours.trim() !== '' && text('offPeakPrice', words.offPeakPrice)}
          </>
        )}
      </Group>
      <Group title={words.limits}>
        {text('longestCallMinutes', words.longest, words.zero)}
        {text('limitMinutes', words.limitMinutes, words.zero)}
        {text('limitMegabytes', words.limitMegabytes, words.zero)}
        {draft.charged && text('limitMoney', words.limitMoney, words.zero)}
        <Pick
          wide
          label={words.atLimit}
          options={words.atLimits}
          value={draft.atLimit}
          onPick={(atLimit) => set({ atLimit })}
        />
      </Group>
    </>
  );
}
