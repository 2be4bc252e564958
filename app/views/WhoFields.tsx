// Who may use the link, and when it calls and hangs up by itself.
import { Check, Field } from '../parts/Field.tsx';
import { Group } from '../parts/Group.tsx';
import { Pick } from '../parts/Pick.tsx';
import type { SettingsDraft, SettingsErrors } from '../store/settings-draft.ts';
import { hours } from '../strings-calling.ts';
import { settings as words } from '../strings-forms.ts';

interface Props {
  draft: SettingsDraft;
  errors: SettingsErrors;
  set: (patch: Partial<SettingsDraft>) => void;
}

export function WhoFields({ draft, errors, set }: Props) {
  const lines = (key: 'chosen' | 'demandRules' | 'keepUp' | 'neverDial', label: string, hint: string) => (
    <Field wide label={label} hint={hint} error={errors[key]}>
      {(ids) => (
        <textarea
          {...ids}
          rows={3}
          spellCheck={false}
          value={draft[key]}
          onChange={(event) => set({ [key]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <>
      <Group title={words.who}>
        <Pick
          wide
          label={words.access}
          options={words.accesses}
          value={draft.access}
          onPick={(access) => set({ access })}
        />
        {draft.access === 'chosen' && lines('chosen', words.chosen, words.chosenHint)}
      </Group>
      <Group title={words.calling}>
        <Check label={words.demand} checked={draft.demand} onChange={(demand) => set({ demand })} />
        <Field label={words.idle} hint={words.idleHint} error={errors.idleMinutes}>
          {(ids) => (
            <input
              {...ids}
              inputMode="numeric"
              autoComplete="off"
              value={draft.idleMinutes}
              onChange={(event) => set({ idleMinutes: event.target.value })}
            />
          )}
        </Field>
        {lines('keepUp', hours.keepUp, hours.keepUpHint)}
        {lines('neverDial', hours.neverDial, hours.neverDialHint)}
        {lines('demandRules', words.demandRules, words.demandRulesHint)}
      </Group>
    </>
  );
}
