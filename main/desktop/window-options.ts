/** How the window is made: sandboxed, isolated, without Node. Pure data for Electron's BrowserWindow. */

export const APP_ORIGIN = 'app://masq-gate';
export const APP_PAGE = `${APP_ORIGIN}/index.html`;

export interface WindowOptions {
  title: string;
  width: number;
  height: number;
  minWidth: number;
  minHeight: number;
  show: boolean;
  autoHideMenuBar: boolean;
  backgroundColor: string;
  webPreferences: {
    preload: string;
    sandbox: true;
    contextIsolation: true;
    nodeIntegration: false;
    nodeIntegrationInWorker: false;
    nodeIntegrationInSubFrames: false;
    webviewTag: false;
    webSecurity: true;
    allowRunningInsecureContent: false;
    navigateOnDragDrop: false;
    spellcheck: false;
    devTools: boolean;
  };
}

/** `dark` only colours the instant before the page is drawn. */
export function windowOptions(preload: string, dark: boolean, packaged: boolean): WindowOptions {
  return {
    title: 'Masq-Gate',
    width: 960,
    height: 720,
    minWidth: 480,
    minHeight: 480,
    show: false,
    autoHideMenuBar: true,
    backgroundColor: dark ? '#15181c' : '#f6f5f2',
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: !packaged,
    },
  };
}

/** Whether a page address is ours; anything else gets no commands, no permissions and is never gone to. */
export function isOwnPage(url: string): boolean {
  try {
    const { protocol, host, username } = new URL(url);
    return protocol === 'app:' && host === 'masq-gate' && username === '';
  } catch {
    return false;
  }
}
