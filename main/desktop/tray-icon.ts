// The tray's icons: PNG files of 44 pixels, one for each look and panel. Shape differs between looks, not colour alone.
import { readFileSync } from 'node:fs';
import type { TrayLook } from './tray-menu.ts';

/** The same step up from the source folder and from the bundle. */
const FOLDER = new URL('../../assets/icons/tray/', import.meta.url);
const NAMES: Record<TrayLook, string> = {
  off: 'off',
  waiting: 'dialling',
  connected: 'connected',
  trouble: 'error',
};

/** `dark`: for a dark panel, so light ink. */
export function trayIcon(look: TrayLook, dark: boolean): Uint8Array {
  return readFileSync(new URL(`${NAMES[look]}-${dark ? 'light' : 'dark'}-44.png`, FOLDER));
}
