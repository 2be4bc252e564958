/**
 * The one adapter to Electron: carries out what the shell decided, decides nothing. Only this file and preload.ts import
 * `electron`.
 */
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  type MenuItemConstructorOptions,
  Notification,
  nativeImage,
  nativeTheme,
  protocol,
  safeStorage,
  session,
  Tray,
} from 'electron';
import { CALL_CHANNEL } from './channels.ts';
import type { Keyring, Platform, TrayHandle, WindowHandle } from './platform.ts';
import type { MenuItem } from './tray-menu.ts';
import { APP_PAGE, type WindowOptions } from './window-options.ts';

/** Before Electron is ready; the scheme and the sandbox can only be set then. */
export function prepare(): void {
  app.enableSandbox();
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
  app.on('web-contents-created', (_, contents) => {
    contents.on('will-navigate', (event) => event.preventDefault());
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
}

export const whenReady = (): Promise<void> => app.whenReady();
export const isPackaged = (): boolean => app.isPackaged;
export const exit = (code: number): void => app.exit(code);

export function keyring(): Keyring {
  return {
    available: safeStorage.isEncryptionAvailable(),
    backend: safeStorage.getSelectedStorageBackend(),
    encrypt: (text) => safeStorage.encryptString(text),
    decrypt: (sealed) => safeStorage.decryptString(Buffer.from(sealed)),
  };
}

export function electronPlatform(): Platform {
  Menu.setApplicationMenu(null);
  return {
    serveApp(respond) {
      protocol.handle('app', ({ url }) => {
        const { status, headers, body } = respond(url);
        return new Response(Buffer.from(body), { status, headers });
      });
      session.defaultSession.webRequest.onBeforeRequest(({ url }, answer) =>
        answer({ cancel: !/^(?:app|devtools|data):/.test(url) }),
      );
    },
    answerPermissions(allows) {
      session.defaultSession.setPermissionRequestHandler((_, permission, answer, details) =>
        answer(allows(permission, details.requestingUrl)),
      );
      session.defaultSession.setPermissionCheckHandler((_, permission, origin) => allows(permission, origin));
    },
    onCommand(handle) {
      ipcMain.handle(CALL_CHANNEL, ({ senderFrame }, name: unknown, argument: unknown) =>
        handle(
          { url: senderFrame?.url ?? '', isMainFrame: senderFrame !== null && senderFrame.parent === null },
          name,
          argument,
        ),
      );
    },
    openWindow,
    createTray,
    setTheme(theme) {
      nativeTheme.themeSource = theme;
    },
    isDark: () => nativeTheme.shouldUseDarkColors,
    async ask({ message, detail, buttons, cancel }) {
      const options = { type: 'question' as const, message, detail, buttons: [...buttons], cancelId: cancel };
      return (await dialog.showMessageBox(options)).response;
    },
    notify(title, body) {
      if (Notification.isSupported()) new Notification({ title, body }).show();
    },
    onQuit(handle) {
      app.on('before-quit', (event) => {
        event.preventDefault();
        handle();
      });
      app.on('window-all-closed', handle);
    },
    exit,
  };
}

function openWindow(options: WindowOptions, onClose: () => boolean): WindowHandle {
  const window = new BrowserWindow(options);
  window.on('close', (event) => {
    if (!onClose()) event.preventDefault();
  });
  void window.loadURL(APP_PAGE);
  return {
    show() {
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
    },
    hide: () => window.hide(),
    minimize: () => window.minimize(),
    isVisible: () => window.isVisible() && !window.isMinimized(),
    send(channel, payload) {
      if (!window.isDestroyed()) window.webContents.send(channel, payload);
    },
  };
}

function createTray(png: Uint8Array, onClick: () => void, onMenu: (id: string) => void): TrayHandle {
  // Held by the closures below for the life of the process: a collected Tray disappears.
  const tray = new Tray(nativeImage.createFromBuffer(Buffer.from(png), { scaleFactor: 2 }));
  tray.on('click', onClick);
  const electronItem = (item: MenuItem): MenuItemConstructorOptions => {
    if (item.separator) return { type: 'separator' };
    const { id, label, enabled, checked, submenu } = item;
    return {
      label,
      enabled,
      ...(checked === undefined ? {} : { type: 'radio', checked }),
      ...(submenu === undefined ? {} : { submenu: submenu.map(electronItem) }),
      ...(id === undefined ? {} : { click: () => onMenu(id) }),
    };
  };
  return {
    setIcon: (icon) => tray.setImage(nativeImage.createFromBuffer(Buffer.from(icon), { scaleFactor: 2 })),
    setToolTip: (text) => tray.setToolTip(text),
    setMenu: (items) => tray.setContextMenu(Menu.buildFromTemplate(items.map(electronItem))),
  };
}
