// The views of the right side as tabs: one in the tab order, arrows move among them.
import { type KeyboardEvent, useRef } from 'react';
import type { State } from '../../main/contract.ts';
import { carrierOf } from '../store/select.ts';
import { type Tab, useUi } from '../store/ui.ts';
import { app } from '../strings.ts';
import { Callers } from './Callers.tsx';
import { CallsIn } from './CallsIn.tsx';
import { Clients } from './Clients.tsx';
import { DialInForm } from './DialInForm.tsx';
import { Forwards } from './Forwards.tsx';
import { Helpers } from './Helpers.tsx';
import { Lines } from './Lines.tsx';
import { Log } from './Log.tsx';
import { Masquerade } from './Masquerade.tsx';
import { PortMapping } from './PortMapping.tsx';
import styles from './Tabs.module.css';
import { Terminal } from './Terminal.tsx';
import { Traffic } from './Traffic.tsx';
import { TriggerForm } from './TriggerForm.tsx';
import { Triggers } from './Triggers.tsx';
import { Usage } from './Usage.tsx';

const all: readonly Tab[] = ['overview', 'calls', 'callers', 'helpers', 'forwards', 'masquerade', 'log'];

export function TabList({ hasHelpers }: { hasHelpers: boolean }) {
  const tab = useUi((ui) => ui.tab);
  const open = useUi((ui) => ui.open);
  const list = useRef<HTMLDivElement>(null);
  const tabs = all.filter((name) => name !== 'helpers' || hasHelpers);

  function onKeyDown(event: KeyboardEvent): void {
    const at = tabs.indexOf(tab);
    const moves: Record<string, number> = {
      ArrowRight: (at + 1) % tabs.length,
      ArrowLeft: (at - 1 + tabs.length) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    };
    const next = tabs[moves[event.key] ?? -1];
    if (!next) return;
    event.preventDefault();
    open(next);
    list.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  }

  return (
    <div ref={list} role="tablist" aria-label={app.tabs} className={styles.list} onKeyDown={onKeyDown}>
      {tabs.map((name) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`tab-${name}`}
          aria-selected={tab === name}
          aria-controls="tab-panel"
          tabIndex={tab === name ? 0 : -1}
          className={styles.tab}
          onClick={() => open(name)}
        >
          {app[name]}
        </button>
      ))}
    </div>
  );
}

export function TabPanel({ state }: { state: State }) {
  const tab = useUi((ui) => ui.tab);
  return (
    <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab}`} className={styles.panel}>
      {tab === 'overview' && (
        <>
          <Traffic carrierRate={carrierOf(state)} up={state.link !== null || state.second?.link != null} />
          <Clients practice={state.practice} lan={state.settings.lan} />
        </>
      )}
      {tab === 'calls' && (
        <>
          <Terminal terminal={state.terminal} resting={state.phase === 'idle' || state.phase === 'failed'} />
          <Usage />
        </>
      )}
      {tab === 'callers' && (
        <>
          <CallsIn state={state} />
          <Lines state={state} />
          <Callers state={state} />
          <DialInForm dialIn={state.settings.dialIn} />
        </>
      )}
      {tab === 'helpers' && <Helpers helpers={state.helpers} chosen={state.settings.helpers} />}
      {tab === 'forwards' && (
        <>
          <Forwards forwards={state.settings.forwards} />
          <Triggers triggers={state.settings.triggers} leases={state.portLeases} />
          <TriggerForm known={state.settings.triggers} />
          <PortMapping portMapping={state.settings.portMapping} leases={state.portLeases} />
        </>
      )}
      {tab === 'masquerade' && <Masquerade counters={state.counters} />}
      {tab === 'log' && <Log />}
    </div>
  );
}
