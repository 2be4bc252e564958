// The masquerade's settings: who may answer, how long an idle session is kept, what a computer may hold, private networks.
import { Check, Field } from '../parts/Field.tsx';
import { Group } from '../parts/Group.tsx';
import { Pick } from '../parts/Pick.tsx';
import { type MasqueradeDraft, pickPreset, TIMER_NAMES } from '../store/masquerade-draft.ts';
import type { SettingsDraft, SettingsErrors } from '../store/settings-draft.ts';
import { settings as words } from '../strings-forms.ts';

interface Props {
  draft: SettingsDraft;
  errors: SettingsErrors;
  set: (patch: Partial<SettingsDraft>) => void;
}
type Typed = (typeof TIMER_NAMES)[number] | 'clientMappings' | 'clientMappingsPerSecond';

export function MasqueradeFields({ draft, errors, set }: Props) {
  const figure = (key: Typed, label: string) => (
    <Field key={key} label={label} error={errors[key]}>
      {(ids) => (
        <input
          {...ids}
          inputMode="numeric"
          autoComplete="off"
          value={draft[key]}
          onChange={(event) => set({ [key]: event.target.value } satisfies Partial<MasqueradeDraft>)}
        />
      )}
    </Field>
  );
  return (
    <Group title={words.masquerade}>
      <Pick
        label={words.udpFiltering}
        options={words.filterings}
        value={draft.udpFiltering}
        onPick={(udpFiltering) => set({ udpFiltering })}
      />
      <Pick
        label={words.tcpFiltering}
        options={words.filterings}
        value={draft.tcpFiltering}
        onPick={(tcpFiltering) => set({ tcpFiltering })}
      />
      <Pick
        wide
        label={words.timers}
        options={words.timerPresets}
        value={draft.timers}
        onPick={(timers) => set(pickPreset(timers))}
      />
      {draft.timers === 'custom' && TIMER_NAMES.map((name) => figure(name, words.timerNames[name]))}
      {figure('clientMappings', words.clientMappings)}
      {figure('clientMappingsPerSecond', words.clientMappingsPerSecond)}
      <Check label={words.hairpin} checked={draft.hairpin} onChange={(hairpin) => set({ hairpin })} />
      <Check
        label={words.inboundRefresh}
        checked={draft.inboundRefresh}
        onChange={(inboundRefresh) => set({ inboundRefresh })}
      />
      <Field
        wide
        label={words.privateExceptions}
        hint={words.privateExceptionsHint}
        error={errors.privateExceptions}
      >
        {(ids) => (
          <textarea
            {...ids}
            rows={2}
            spellCheck={false}
            value={draft.privateExceptions}
            onChange={(event) => set({ privateExceptions: event.target.value })}
          />
        )}
      </Field>
    </Group>
  );
}
