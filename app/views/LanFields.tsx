// The network to share to: the card, the gateway's address on it, and the range it gives out.
import type { LanCandidate, State } from '../../main/contract.ts';
import { Check, Field } from '../parts/Field.tsx';
import { Group } from '../parts/Group.tsx';
import {
  chooseCard,
  followAddress,
  type SettingsDraft,
  type SettingsErrors,
} from '../store/settings-draft.ts';
import { settings as words } from '../strings-forms.ts';

interface Props {
  state: State;
  draft: SettingsDraft;
  errors: SettingsErrors;
  set: (patch: Partial<SettingsDraft>) => void;
}

function describe(card: LanCandidate): string {
  const marks = [
    card.carriesDefault && words.cardDefault,
    card.wireless && words.cardWireless,
    !card.up && words.cardDown,
  ].filter(Boolean);
  const name = card.description ? `${card.name}: ${card.description}` : card.name;
  return marks.length > 0 ? `${name} (${marks.join(', ')})` : name;
}

export function LanFields({ state, draft, errors, set }: Props) {
  const { lanCandidates, settings } = state;
  // A card that was chosen and is unplugged now stays on the list.
  const gone = draft.card !== '' && !lanCandidates.some((card) => card.name === draft.card);
  const text = (
    key: 'address' | 'prefix' | 'first' | 'last' | 'leaseHours',
    label: string,
    follow = false,
  ) => (
    <Field label={label} error={errors[key]}>
      {(ids) => (
        <input
          {...ids}
          autoComplete="off"
          spellCheck={false}
          value={draft[key]}
          onChange={(event) => set({ [key]: event.target.value })}
          onBlur={follow ? () => set(followAddress(draft)) : undefined}
        />
      )}
    </Field>
  );
  return (
    <Group title={words.sharing}>
      <Field
        label={words.card}
        error={errors.card}
        hint={lanCandidates.length === 0 ? words.noCards : undefined}
        wide
      >
        {(ids) => (
          <select
            {...ids}
            value={draft.card}
            onChange={(event) => set(chooseCard(event.target.value, settings, lanCandidates))}
          >
            <option value="">{words.cardNone}</option>
            {gone && <option value={draft.card}>{draft.card}</option>}
            {lanCandidates.map((card) => (
              <option key={card.name} value={card.name}>
                {describe(card)}
              </option>
            ))}
          </select>
        )}
      </Field>
      {draft.card !== '' && (
        <>
          {text('address', words.address, true)}
          {text('prefix', words.prefix, true)}
          <Check label={words.dhcp} checked={draft.dhcp} onChange={(dhcp) => set({ dhcp })} />
          {draft.dhcp && (
            <>
              {text('first', words.first)}
              {text('last', words.last)}
              {text('leaseHours', words.lease)}
            </>
          )}
        </>
      )}
    </Group>
  );
}
