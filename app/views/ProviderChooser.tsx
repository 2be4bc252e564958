// Which provider Dial calls, and the ways to its form. Locked while a call is under way.
import type { State } from '../../main/contract.ts';
import { Button } from '../parts/Button.tsx';
import { tell } from '../store/gateway.ts';
import { chosenProvider, dialsPracticeProvider } from '../store/select.ts';
import { useUi } from '../store/ui.ts';
import { call } from '../strings.ts';
import styles from './ProviderChooser.module.css';

export function ProviderChooser({ state }: { state: State }) {
  const show = useUi((ui) => ui.show);
  const chosen = chosenProvider(state);
  const practises = dialsPracticeProvider(state);
  const calling = state.phase !== 'idle' && state.phase !== 'failed';
  return (
    <div className={styles.row}>
      <select
        aria-label={call.provider}
        className={styles.select}
        value={practises ? '' : (chosen?.id ?? '')}
        disabled={calling || practises || !chosen}
        onChange={(event) => void tell('saveSettings', { patch: { selectedProvider: event.target.value } })}
      >
        {practises && <option value="">{call.practiceName}</option>}
        {!chosen && !practises && <option value="">{call.noProvider}</option>}
        {state.providers.map((provider) => (
          <option key={provider.id} value={provider.id}>
            {provider.name}
          </option>
        ))}
      </select>
      {chosen && (
        <Button
          icon="pencil"
          label={call.editProvider}
          disabled={calling}
          onClick={() => show({ kind: 'provider', id: chosen.id, focus: 'name' })}
        />
      )}
      <Button
        icon="plus"
        label={call.addProvider}
        disabled={calling}
        onClick={() => show({ kind: 'provider', id: null, focus: 'name' })}
      />
    </div>
  );
}
