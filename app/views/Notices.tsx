// What went wrong: the call's own fault, the last command's, the engine gone, and things on the host that need a person.
import type { Fault, State } from '../../main/contract.ts';
import { Button } from '../parts/Button.tsx';
import { FaultCard } from '../parts/FaultCard.tsx';
import { tell } from '../store/gateway.ts';
import { chosenProvider, dialsPracticeProvider, type Remedy, remedyOf } from '../store/select.ts';
import { useUi } from '../store/ui.ts';
import { lost, fault as words } from '../strings.ts';
import { online } from '../strings-calling.ts';
import { CallEnds } from './CallEnds.tsx';

/** What helps with things on the host; calling again does not. */
const ON_HOST: readonly Remedy[] = ['settings', 'firewall'];

export function Notices({ state }: { state: State }) {
  const own = useUi((ui) => ui.fault);
  const setFault = useUi((ui) => ui.setFault);
  const engineLost: Fault | null =
    state.engine === 'lost'
      ? { code: 'engine-lost', sentence: lost.engineTitle, cause: lost.engineText, remedy: '' }
      : null;
  return (
    <>
      {state.callEnds && <CallEnds ends={state.callEnds} />}
      {state.second?.callEnds && <CallEnds ends={state.second.callEnds} />}
      {engineLost && <FaultCard alert fault={engineLost} />}
      {state.fault && (
        <FaultCard
          alert
          fault={state.fault}
          actions={<Help fault={state.fault} state={state} />}
          onDismiss={() => void tell('clearFault', {})}
        />
      )}
      {own && own.sentence !== state.fault?.sentence && (
        <FaultCard
          alert
          fault={own}
          actions={<Help fault={own} state={state} />}
          onDismiss={() => setFault(null)}
        />
      )}
      {state.hostFaults.map((fault) => (
        <FaultCard
          key={fault.code}
          alert={false}
          fault={fault}
          actions={ON_HOST.includes(remedyOf(fault)) ? <Help fault={fault} state={state} /> : undefined}
        />
      ))}
    </>
  );
}

/** The one control that helps. Try again is the call panel's large button, and stands here only by another name. */
function Help({ fault, state }: { fault: Fault; state: State }) {
  const show = useUi((ui) => ui.show);
  const provider = dialsPracticeProvider(state) ? null : chosenProvider(state);
  const remedy: Remedy = remedyOf(fault);
  const setFault = useUi((ui) => ui.setFault);
  const needsProvider = remedy === 'port' || remedy === 'provider' || remedy === 'pin';
  if (remedy === 'settings') {
    return <Button onClick={() => show({ kind: 'settings' })}>{words.openSettings}</Button>;
  }
  if (remedy === 'anyway') {
    async function dialAnyway(): Promise<void> {
      setFault(null);
      await tell('clearFault', {});
      await tell('dial', { anyway: true, ...(provider ? { providerId: provider.id } : {}) });
    }
    return <Button onClick={() => void dialAnyway()}>{online.anyway}</Button>;
  }
  if (remedy === 'firewall') {
    const answer = (openForeignFirewall: 'yes' | 'no') =>
      void tell('saveSettings', { patch: { openForeignFirewall } });
    return (
      <>
        <Button onClick={() => answer('yes')}>{words.openFirewall}</Button>
        <Button weight="quiet" onClick={() => answer('no')}>
          {words.leaveFirewall}
        </Button>
      </>
    );
  }
  if (needsProvider && provider) {
    const focus = remedy === 'provider' ? 'password' : remedy;
    return (
      <Button onClick={() => show({ kind: 'provider', id: provider.id, focus })}>
        {remedy === 'port' ? words.choosePort : words.editProvider}
      </Button>
    );
  }
  return null;
}
