// What only the window itself cares about: which view is open, what is sorted and filtered how. Never told to the gateway.
import { create } from 'zustand';
import type { Fault, LogLevel } from '../../main/contract.ts';
import type { ClientColumn, SortOrder } from './clients.ts';

export type Tab = 'overview' | 'calls' | 'callers' | 'helpers' | 'forwards' | 'masquerade' | 'log';
export type ProviderFocus = 'name' | 'port' | 'password' | 'pin' | 'limits';
export type OpenDialog =
  | { kind: 'provider'; id: string | null; focus: ProviderFocus }
  | { kind: 'settings' }
  | { kind: 'import' }
  | { kind: 'line'; id: string | null }
  | { kind: 'caller'; user: string | null }
  | null;
export type GraphMinutes = 1 | 5 | 15;

interface UiStore {
  tab: Tab;
  dialog: OpenDialog;
  /** Why the last command of this window was not done. */
  fault: Fault | null;
  minutes: GraphMinutes;
  sort: { column: ClientColumn; order: SortOrder };
  logLevel: LogLevel;
  logText: string;
  open(tab: Tab): void;
  show(dialog: OpenDialog): void;
  setFault(fault: Fault | null): void;
  setMinutes(minutes: GraphMinutes): void;
  sortBy(column: ClientColumn): void;
  setLogLevel(level: LogLevel): void;
  setLogText(text: string): void;
}

export const useUi = create<UiStore>()((set) => ({
  tab: 'overview',
  dialog: null,
  fault: null,
  minutes: 5,
  sort: { column: 'address', order: 'ascending' },
  logLevel: 'info',
  logText: '',
  open: (tab) => set({ tab }),
  show: (dialog) => set({ dialog }),
  setFault: (fault) => set({ fault }),
  setMinutes: (minutes) => set({ minutes }),
  sortBy: (column) =>
    set(({ sort }) => ({
      sort: {
        column,
        order: sort.column === column && sort.order === 'ascending' ? 'descending' : 'ascending',
      },
    })),
  setLogLevel: (logLevel) => set({ logLevel }),
  setLogText: (logText) => set({ logText }),
}));
