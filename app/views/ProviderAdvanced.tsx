// What most people never touch: modem settings, blind dial, header compression, name servers, redial.
import { Check, Field } from '../parts/Field.tsx';
import form from '../parts/form.module.css';
import type { ProviderDraft, ProviderErrors } from '../store/provider-draft.ts';
import { provider as words } from '../strings-forms.ts';

interface Props {
  draft: ProviderDraft;
  errors: ProviderErrors;
  set: (patch: Partial<ProviderDraft>) => void;
}

export function ProviderAdvanced({ draft, errors, set }: Props) {
  // A complaint must not hide in a closed drawer.
  const hidden = errors.modemInit ?? errors.dns ?? errors.redialTries ?? errors.redialPauseSeconds;
  return (
    <details className={form.advanced} open={hidden ? true : undefined}>
      <summary>{words.advanced}</summary>
      <div className={form.inner}>
        <Field label={words.init} hint={words.initHint} error={errors.modemInit}>
          {(ids) => (
            <textarea
              {...ids}
              rows={2}
              spellCheck={false}
              value={draft.modemInit}
              onChange={(event) => set({ modemInit: event.target.value })}
            />
          )}
        </Field>
        <Field label={words.dns} hint={words.dnsHint} error={errors.dns}>
          {(ids) => (
            <textarea
              {...ids}
              rows={2}
              spellCheck={false}
              value={draft.dns}
              onChange={(event) => set({ dns: event.target.value })}
            />
          )}
        </Field>
        <Field label={words.tries} error={errors.redialTries}>
          {(ids) => (
            <input
              {...ids}
              type="number"
              min={0}
              max={100}
              value={draft.redialTries}
              onChange={(event) => set({ redialTries: event.target.value })}
            />
          )}
        </Field>
        <Field label={words.pause} error={errors.redialPauseSeconds}>
          {(ids) => (
            <input
              {...ids}
              type="number"
              min={1}
              max={3600}
              value={draft.redialPauseSeconds}
              onChange={(event) => set({ redialPauseSeconds: event.target.value })}
            />
          )}
        </Field>
        <Check label={words.blind} checked={draft.blindDial} onChange={(blindDial) => set({ blindDial })} />
        <Check
          label={words.compression}
          checked={draft.headerCompression}
          onChange={(headerCompression) => set({ headerCompression })}
        />
      </div>
    </details>
  );
}
