// Whether a second call is made, to whom, on which modem, and what is spread over both.
import type { State } from '../../main/contract.ts';
import { Check } from '../parts/Field.tsx';
import { Group } from '../parts/Group.tsx';
import { Pick } from '../parts/Pick.tsx';
import type { SettingsDraft, SettingsErrors } from '../store/settings-draft.ts';
import { second as words } from '../strings-second.ts';
import { NamedPort } from './NamedPort.tsx';

interface Props {
  state: State;
  draft: SettingsDraft;
  errors: SettingsErrors;
  set: (patch: Partial<SettingsDraft>) => void;
}

export function SecondCallFields({ state, draft, errors, set }: Props) {
  const providers = Object.fromEntries(state.providers.map(({ id, name }) => [id, name]));
  return (
    <Group title={words.title}>
      <Check label={words.on} checked={draft.secondOn} onChange={(secondOn) => set({ secondOn })} />
      {draft.secondOn && (
        <>
          <Pick
            label={words.provider}
            options={{ '': words.sameProvider, ...providers }}
            value={draft.secondProvider}
            onPick={(secondProvider) => set({ secondProvider })}
          />
          <NamedPort
            label={words.port}
            hint={words.portAny}
            error={errors.secondPort}
            ports={state.ports}
            value={draft.secondPort}
            onChange={(secondPort) => set({ secondPort })}
          />
          <Pick
            wide
            label={words.spread}
            options={words.spreads}
            value={draft.spread}
            onPick={(spread) => set({ spread })}
          />
        </>
      )}
    </Group>
  );
}
