// The one way from the window to the gateway: the preload's object in Electron, the same object over a WebSocket in the
// local panel. The window never asks which of the two it is, only whether there is a gateway at the other end.
import type { GatewayApi } from '../../main/contract.ts';
import { openPanel } from './panel.ts';

/** `refused` is final: the key is wrong and trying again would not help. */
export type Reach = 'connecting' | 'open' | 'lost' | 'refused';

export interface Connection {
  api: GatewayApi;
  /** Tells at once how it stands, then every change; returns its own removal. */
  onReach(listener: (reach: Reach) => void): () => void;
}

declare global {
  interface Window {
    masqGate?: GatewayApi;
  }
}

/** A panel has no tray and no window of its own to close. */
export const isDesktop = () => window.masqGate !== undefined;

export function openConnection(window: Window & typeof globalThis): Connection {
  const preloaded = window.masqGate;
  if (preloaded) {
    return {
      api: preloaded,
      onReach(listener) {
        listener('open');
        return () => {};
      },
    };
  }
  return openPanel({
    address: panelAddress(window.location),
    token: takeToken(window),
    open: (address) => new WebSocket(address),
    later: (run, milliseconds) => window.setTimeout(run, milliseconds),
  });
}

export const panelAddress = (location: { protocol: string; host: string }) =>
  `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;

/** `#token=…` or just `#…`. */
export function tokenFromHash(hash: string): string | null {
  const text = hash.replace(/^#/, '').replace(/^token=/, '');
  return /^[A-Za-z0-9_-]{8,256}$/.test(text) ? text : null;
}

const KEPT = 'masq-gate-token';

/** Takes the key out of the address bar; it stays in this tab's session so that a reload still works. */
function takeToken(window: Window): string | null {
  const token = tokenFromHash(window.location.hash);
  if (token) {
    window.history.replaceState(null, '', window.location.pathname + window.location.search);
    window.sessionStorage.setItem(KEPT, token);
    return token;
  }
  return window.sessionStorage.getItem(KEPT);
}
