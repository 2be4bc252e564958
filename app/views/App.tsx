// The window's frame: the call on the left, what belongs to it on the right, dialogs above.
import { useEffect, useRef } from 'react';
import type { Settings, State } from '../../main/contract.ts';
import { Button } from '../parts/Button.tsx';
import { useGateway } from '../store/gateway.ts';
import { isFirstRun } from '../store/select.ts';
import { useUi } from '../store/ui.ts';
import { app, phaseWords } from '../strings.ts';
import styles from './App.module.css';
import { Brand } from './Brand.tsx';
import { CallerForm } from './CallerForm.tsx';
import { CallPanel } from './CallPanel.tsx';
import { FirstRun } from './FirstRun.tsx';
import { ImportForm } from './ImportForm.tsx';
import { LineForm } from './LineForm.tsx';
import { Notices } from './Notices.tsx';
import { PracticeBanner } from './PracticeBanner.tsx';
import { ProviderForm } from './ProviderForm.tsx';
import { Reaching } from './Reaching.tsx';
import { SettingsForm } from './SettingsForm.tsx';
import { TabList, TabPanel } from './Tabs.tsx';

/** `system` leaves the choice to the stylesheet. */
function useTheme(theme: Settings['theme'] | undefined): void {
  useEffect(() => {
    const root = document.documentElement;
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    else delete root.dataset.theme;
  }, [theme]);
}

/** The state also stands in the title, where a panel kept in a background tab shows it. */
function useTitle(word: string | null): void {
  useEffect(() => {
    document.title = word ? `${word} · ${app.name}` : app.name;
  }, [word]);
}

/** When what was pressed goes away with the view it stood in, the focus goes to the one large button. */
function useFocusKept(view: string | null): void {
  const shown = useRef(view);
  useEffect(() => {
    const before = shown.current;
    shown.current = view;
    if (before === null || before === view || document.activeElement !== document.body) return;
    document.querySelector<HTMLElement>('[data-main-action]')?.focus();
  }, [view]);
}

/** A call that waits for a person to log in brings its terminal forward. */
function useTerminalShown(terminal: State['terminal']): void {
  const waits = terminal?.to === 'far-end' && terminal.mayType;
  const open = useUi((ui) => ui.open);
  useEffect(() => {
    if (waits) open('calls');
  }, [waits, open]);
}

export function App() {
  const state = useGateway((store) => store.state);
  const reach = useGateway((store) => store.reach);
  const dialog = useUi((ui) => ui.dialog);
  const show = useUi((ui) => ui.show);
  const tab = useUi((ui) => ui.tab);
  useTheme(state?.settings.theme);
  useTitle(state && reach === 'open' ? phaseWords[state.phase] : null);

  useTerminalShown(state?.terminal ?? null);

  useFocusKept(state && `first ${isFirstRun(state)}, practice ${state.practice}`);

  if (!state) return <Reaching reach={reach} />;
  const first = isFirstRun(state);
  return (
    <div className={styles.window}>
      <header className={styles.bar}>
        <Brand />
        {!first && <TabList hasHelpers={state.helpers.length > 0} />}
        <div className={styles.settings}>
          <Button weight="quiet" icon="gear" onClick={() => show({ kind: 'settings' })}>
            {app.settings}
          </Button>
        </div>
      </header>
      <div className={styles.columns}>
        <CallPanel state={state} first={first} aside={tab !== 'overview' && !first} />
        <main className={styles.main}>
          <Reaching reach={reach} />
          <Notices state={state} />
          {state.practice && (
            <PracticeBanner connected={state.phase === 'connected'} caller={state.dialIn.practiceCaller} />
          )}
          {first ? <FirstRun ports={state.ports} fault={state.portsFault} /> : <TabPanel state={state} />}
        </main>
      </div>
      {dialog?.kind === 'provider' && (
        <ProviderForm state={state} id={dialog.id} focus={dialog.focus} onClose={() => show(null)} />
      )}
      {dialog?.kind === 'import' && <ImportForm onClose={() => show(null)} />}
      {dialog?.kind === 'line' && <LineForm state={state} id={dialog.id} onClose={() => show(null)} />}
      {dialog?.kind === 'caller' && (
        <CallerForm state={state} user={dialog.user} onClose={() => show(null)} />
      )}
      {dialog?.kind === 'settings' && <SettingsForm state={state} onClose={() => show(null)} />}
    </div>
  );
}
