/** The tray's menu and tooltip as data: a state line, one verb, the providers, who is on, open, quit. */
import type { CallState, Phase, State } from '../contract.ts';
import { bytes, PHASE_WORDS } from '../faces/words.ts';

export interface MenuItem {
  /** Handed back when chosen; absent for lines that only tell. */
  id?: string;
  label: string;
  separator?: true;
  checked?: boolean;
  enabled: boolean;
  submenu?: MenuItem[];
}

export type TrayLook = 'off' | 'waiting' | 'connected' | 'trouble';

const CALM: readonly Phase[] = ['idle', 'failed'];

export function underWay(phase: Phase): boolean {
  return !CALM.includes(phase);
}

/** Whether either call is. */
export function anyUnderWay({ phase, second }: State): boolean {
  return underWay(phase) || (second !== null && underWay(second.phase));
}

export function trayLook(state: State): TrayLook {
  if (state.phase === 'connected' || state.second?.phase === 'connected')
    return state.engine === 'lost' ? 'trouble' : 'connected';
  if (state.phase === 'failed') return 'trouble';
  return state.phase === 'idle' ? 'off' : 'waiting';
}

export function stateLine(state: CallState): string {
  if (state.phase === 'connected') {
    const rate = state.link?.carrierRate;
    return rate ? `Connected at ${(rate / 1000).toFixed(1)} kbit/s` : 'Connected';
  }
  if (state.phase === 'failed') return `Failed: ${state.fault?.sentence ?? 'see the window'}`;
  if (state.phase === 'waiting-to-redial') return state.activity;
  return PHASE_WORDS[state.phase];
}

export function trayMenu(state: State): MenuItem[] {
  const line = separator();
  const { second } = state;
  const busy = underWay(state.phase);
  const anyBusy = anyUnderWay(state);
  const others = state.clients.filter((client) => client.kind !== 'gateway').length;
  const items: MenuItem[] = [tells(stateLine(state))];
  if (state.link !== null)
    items.push(tells(`Received ${bytes(state.link.bytesDown)}, sent ${bytes(state.link.bytesUp)}`));
  if (second !== null) {
    items.push(tells(`Second call: ${lowered(stateLine(second))}`));
    if (second.link !== null)
      items.push(tells(`Received ${bytes(second.link.bytesDown)}, sent ${bytes(second.link.bytesUp)}`));
  }
  items.push(
    tells(others === 1 ? '1 computer is on' : `${others} computers are on`),
    line,
    dialItem(state, busy),
  );
  if (state.providers.length > 1)
    items.push({
      label: 'Provider',
      enabled: !busy,
      submenu: state.providers.map((provider) => ({
        id: `dial:${provider.id}`,
        label: provider.name,
        enabled: !busy,
        checked: provider.id === (state.providerId ?? state.settings.selectedProvider),
      })),
    });
  items.push({
    id: 'hangUp',
    label: state.phase === 'connected' || !busy ? 'Hang up' : 'Cancel',
    enabled: anyBusy,
  });
  if (second !== null)
    items.push(
      underWay(second.phase)
        ? { id: 'hangUpSecond', label: 'Hang up the second call', enabled: true }
        : { id: 'dialSecond', label: 'Dial the second call', enabled: true },
    );
  items.push(
    line,
    { id: 'open', label: 'Open Masq-Gate', enabled: true },
    { id: 'quit', label: anyBusy ? 'Hang up and quit' : 'Quit', enabled: true },
  );
  return items;
}

/** A greyed verb says why. */
function dialItem(state: State, busy: boolean): MenuItem {
  if (busy) return { id: 'dial', label: 'Dial', enabled: false };
  if (state.providers.length === 0 && !state.practice)
    return { id: 'dial', label: 'Dial (add a provider first)', enabled: false };
  return { id: 'dial', label: 'Dial', enabled: true };
}

const lowered = (words: string) => words.charAt(0).toLowerCase() + words.slice(1);
const tells = (label: string): MenuItem => ({ label, enabled: false });
const separator = (): MenuItem => ({ label: '', separator: true, enabled: false });
