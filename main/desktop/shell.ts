/**
 * The desktop program around one gateway: window, tray, notices, and what closing and quitting mean. All decisions are
 * here and in the pure files beside it; Electron itself is behind Platform.
 *
 * Closing the window keeps the link: in the tray where the desktop shows one, else after asking. There is one tray object
 * for the whole life; its icon changes with the state only, and at most once a second.
 */
import type { State, StateEvent } from '../contract.ts';
import type { AppFiles } from '../faces/app-files.ts';
import type { CommandRouter } from '../faces/command-router.ts';
import type { About } from '../faces/messages.ts';
import type { Gateway } from '../gateway.ts';
import type { Clock } from '../gateway-parts.ts';
import { appResponder } from './app-protocol.ts';
import { METER_CHANNEL, STATE_CHANNEL } from './channels.ts';
import { noticeOf } from './notices.ts';
import type { Platform, Sender, TrayHandle, WindowHandle } from './platform.ts';
import { trayIcon } from './tray-icon.ts';
import { anyUnderWay, stateLine, type TrayLook, trayLook, trayMenu } from './tray-menu.ts';
import { isOwnPage, windowOptions } from './window-options.ts';

const TRAY_MS = 1_000;
const KEEP_BUTTON = 0;
const QUIT_BUTTON = 1;
const STAY_BUTTON = 2;

export interface ShellOptions {
  platform: Platform;
  gateway: Gateway;
  router: CommandRouter;
  files: AppFiles;
  preload: string;
  packaged: boolean;
  clock: Clock;
  hasTrayHost(): Promise<boolean>;
  version: string;
  /** Lets go of what else the process holds (the control socket). */
  release(): Promise<void>;
}

export class Shell {
  readonly #options: ShellOptions;
  #window: WindowHandle | null = null;
  #tray: TrayHandle | null = null;
  #trayShown = false;
  #trayTold = '';
  #trayLook: TrayLook = 'off';
  #trayDue = false;
  #before: State;
  #ending: Promise<void> | null = null;
  #asking = false;

  constructor(options: ShellOptions) {
    this.#options = options;
    this.#before = options.gateway.model.state;
  }

  async start(): Promise<void> {
    const { platform, gateway, router, files, clock } = this.#options;
    platform.serveApp(appResponder(files));
    platform.answerPermissions(
      (permission, url) => permission === 'clipboard-sanitized-write' && isOwnPage(url),
    );
    platform.onCommand((sender, name, argument) => router.call(name, argument, () => isTrusted(sender)));
    platform.onQuit(() => void this.quit());
    platform.setTheme(gateway.model.state.settings.theme);
    gateway.model.onState((event) => this.#onState(event));
    gateway.model.onMeter((event) => this.#window?.send(METER_CHANNEL, event));
    this.show();
    this.#trayShown = await this.#options.hasTrayHost();
    if (this.#trayShown) {
      const icon = trayIcon('off', platform.isDark());
      this.#tray = platform.createTray(
        icon,
        () => this.show(),
        (id) => void this.#choose(id),
      );
      this.#drawTray();
    } else
      gateway.model.log('info', 'desktop', 'This desktop shows no tray icons; closing the window will ask.');
    // Figures in the menu grow old without any event.
    const again = () => {
      this.#drawTray();
      if (this.#ending === null) clock.after(10_000, again);
    };
    clock.after(10_000, again);
  }

  /** Brings the window forward, making it if need be. */
  show(): void {
    const { platform, preload, packaged } = this.#options;
    this.#window ??= platform.openWindow(windowOptions(preload, platform.isDark(), packaged), () =>
      this.#mayClose(),
    );
    this.#window.show();
  }

  about(): About {
    return {
      type: 'about',
      pid: process.pid,
      face: 'desktop',
      version: this.#options.version,
      address: null,
    };
  }

  /** Hangs up, has everything undone, ends. */
  quit(): Promise<void> {
    this.#ending ??= (async () => {
      const { gateway, platform, release } = this.#options;
      try {
        await gateway.close();
        await release();
      } finally {
        platform.exit(0);
      }
    })();
    return this.#ending;
  }

  #mayClose(): boolean {
    if (this.#ending !== null) return true;
    const { state } = this.#options.gateway.model;
    if (this.#trayShown && state.settings.closeToTray) this.#window?.hide();
    else if (anyUnderWay(state)) void this.#askAboutClosing();
    else void this.quit();
    return false;
  }

  async #askAboutClosing(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const answer = await this.#options.platform.ask({
        message: 'A call is under way. Keep sharing it?',
        detail: 'Without its window Masq-Gate goes on only where it can be reached again.',
        buttons: ['Keep sharing', 'Hang up and quit', 'Cancel'],
        cancel: STAY_BUTTON,
      });
      if (answer === QUIT_BUTTON) await this.quit();
      if (answer !== KEEP_BUTTON) return;
      if (this.#trayShown) this.#window?.hide();
      else this.#window?.minimize();
    } finally {
      this.#asking = false;
    }
  }

  async #choose(id: string): Promise<void> {
    const { commands, model } = this.#options.gateway;
    if (id === 'open') this.show();
    else if (id === 'quit') await this.quit();
    else if (id === 'hangUp') await commands.hangUp({});
    else if (id === 'hangUpSecond') await commands.hangUp({ call: 'second' });
    else {
      const second = id === 'dialSecond' ? { call: 'second' as const } : {};
      const outcome = await commands.dial(
        id.startsWith('dial:') ? { providerId: id.slice('dial:'.length) } : second,
      );
      if (!outcome.ok) model.log('warning', 'desktop', outcome.fault.sentence);
      if (!outcome.ok) this.#options.platform.notify(outcome.fault.sentence, outcome.fault.remedy);
    }
  }

  #onState(event: StateEvent): void {
    const { platform, gateway } = this.#options;
    this.#window?.send(STATE_CHANNEL, event);
    const after = gateway.model.state;
    const notice = noticeOf(this.#before, after);
    this.#before = after;
    if (notice !== null && !this.#window?.isVisible()) platform.notify(notice.title, notice.body);
    if (event.patch.settings !== undefined) platform.setTheme(event.patch.settings.theme);
    if (this.#trayDue) return;
    this.#trayDue = true;
    this.#options.clock.after(TRAY_MS, () => {
      this.#trayDue = false;
      this.#drawTray();
    });
  }

  #drawTray(): void {
    const { platform, gateway } = this.#options;
    const state = gateway.model.state;
    if (this.#tray === null) return;
    const look = trayLook(state);
    if (look !== this.#trayLook) this.#tray.setIcon(trayIcon(look, platform.isDark()));
    this.#trayLook = look;
    const menu = trayMenu(state);
    const told = JSON.stringify(menu);
    if (told === this.#trayTold) return;
    this.#trayTold = told;
    this.#tray.setMenu(menu);
    this.#tray.setToolTip(`Masq-Gate: ${stateLine(state)}`);
  }
}

function isTrusted(sender: Sender): boolean {
  return sender.isMainFrame && isOwnPage(sender.url);
}
