/** What the shell needs of Electron, as plain data and few calls, so that every decision is outside the adapter and tested. */
import type { Served } from './app-protocol.ts';
import type { MenuItem } from './tray-menu.ts';
import type { WindowOptions } from './window-options.ts';

/** Who sent a command: the frame's address, and whether it is the window's main frame. */
export interface Sender {
  url: string;
  isMainFrame: boolean;
}

export interface WindowHandle {
  show(): void;
  hide(): void;
  minimize(): void;
  isVisible(): boolean;
  send(channel: string, payload: unknown): void;
}

export interface TrayHandle {
  setIcon(png: Uint8Array): void;
  setToolTip(text: string): void;
  setMenu(items: readonly MenuItem[]): void;
}

export interface Question {
  message: string;
  detail: string;
  buttons: readonly string[];
  /** Index of the button that Escape or closing the question means. */
  cancel: number;
}

/** The pieces of Electron's safeStorage that matter. */
export interface Keyring {
  available: boolean;
  backend: string;
  encrypt(text: string): Uint8Array;
  decrypt(sealed: Uint8Array): string;
}

export interface Platform {
  /** Answers every request of the app:// scheme; any other request of a page is cancelled. */
  serveApp(respond: (url: string) => Served): void;
  /** Whether a page may have a permission it asks for. */
  answerPermissions(allows: (permission: string, requestUrl: string) => boolean): void;
  onCommand(handle: (sender: Sender, name: unknown, argument: unknown) => Promise<unknown>): void;
  /** `onClose` says whether the window may really close. */
  openWindow(options: WindowOptions, onClose: () => boolean): WindowHandle;
  /** Makes the one tray icon of this process; clicking it calls back, where the desktop passes clicks on. */
  createTray(png: Uint8Array, onClick: () => void, onMenu: (id: string) => void): TrayHandle;
  setTheme(theme: 'system' | 'light' | 'dark'): void;
  isDark(): boolean;
  ask(question: Question): Promise<number>;
  notify(title: string, body: string): void;
  /** Called when the desktop, a menu or the session wants the program to end; it ends only by `exit`. */
  onQuit(handle: () => void): void;
  exit(code: number): void;
}
