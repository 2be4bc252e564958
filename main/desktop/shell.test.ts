import { describe, expect, it } from 'vitest';
import { CommandRouter } from '../faces/command-router.ts';
import { aFault, provider, scriptedGateway, settle } from '../gateway.test-parts.ts';
import type { Served } from './app-protocol.ts';
import { STATE_CHANNEL } from './channels.ts';
import type { Platform, Question, Sender, TrayHandle, WindowHandle } from './platform.ts';
import { Shell } from './shell.ts';
import type { MenuItem } from './tray-menu.ts';
import type { WindowOptions } from './window-options.ts';

const OWN: Sender = { url: 'app://masq-gate/index.html', isMainFrame: true };

class FakeWindow implements WindowHandle {
  visible = false;
  minimized = false;
  readonly sent: { channel: string; payload: unknown }[] = [];
  show() {
    this.visible = true;
    this.minimized = false;
  }
  hide() {
    this.visible = false;
  }
  minimize() {
    this.minimized = true;
  }
  isVisible() {
    return this.visible && !this.minimized;
  }
  send(channel: string, payload: unknown) {
    this.sent.push({ channel, payload });
  }
}

class FakeTray implements TrayHandle {
  icons: Uint8Array[] = [];
  menus: (readonly MenuItem[])[] = [];
  toolTip = '';
  setIcon(png: Uint8Array) {
    this.icons.push(png);
  }
  setToolTip(text: string) {
    this.toolTip = text;
  }
  setMenu(items: readonly MenuItem[]) {
    this.menus.push(items);
  }
}

class FakePlatform implements Platform {
  windows: { window: FakeWindow; options: WindowOptions; close: () => boolean }[] = [];
  trays: { tray: FakeTray; click: () => void; menu: (id: string) => void }[] = [];
  respond: (url: string) => Served = () => ({ status: 0, headers: {}, body: new Uint8Array() });
  allows: (permission: string, url: string) => boolean = () => true;
  command: (sender: Sender, name: unknown, argument: unknown) => Promise<unknown> = async () => null;
  quitRequest = () => {};
  theme = '';
  questions: Question[] = [];
  answer = 2;
  notices: { title: string; body: string }[] = [];
  exits: number[] = [];

  serveApp(respond: (url: string) => Served) {
    this.respond = respond;
  }
  answerPermissions(allows: (permission: string, url: string) => boolean) {
    this.allows = allows;
  }
  onCommand(handle: (sender: Sender, name: unknown, argument: unknown) => Promise<unknown>) {
    this.command = handle;
  }
  openWindow(options: WindowOptions, close: () => boolean) {
    const window = new FakeWindow();
    this.windows.push({ window, options, close });
    return window;
  }
  createTray(_: Uint8Array, click: () => void, menu: (id: string) => void) {
    const tray = new FakeTray();
    this.trays.push({ tray, click, menu });
    return tray;
  }
  setTheme(theme: string) {
    this.theme = theme;
  }
  isDark() {
    return false;
  }
  async ask(question: Question) {
    this.questions.push(question);
    return this.answer;
  }
  notify(title: string, body: string) {
    this.notices.push({ title, body });
  }
  onQuit(handle: () => void) {
    this.quitRequest = handle;
  }
  exit(code: number) {
    this.exits.push(code);
  }
}

async function shelled(trayHost = true) {
  const scripted = await scriptedGateway();
  const { gateway, clock } = scripted;
  await gateway.commands.saveProvider({ provider, password: 'secret' });
  const platform = new FakePlatform();
  let released = 0;
  const shell = new Shell({
    platform,
    gateway,
    router: new CommandRouter({ handlers: gateway.commands, log: () => {} }),
    files: new Map([['/index.html', { type: 'text/html', body: Uint8Array.of(60) }]]),
    preload: '/opt/preload.cjs',
    packaged: true,
    clock,
    hasTrayHost: async () => trayHost,
    version: '1',
    release: async () => {
      released += 1;
    },
  });
  await shell.start();
  const first = platform.windows[0];
  if (first === undefined) throw new Error('no window');
  return { ...scripted, platform, shell, first, tray: platform.trays[0], released: () => released };
}

type Shelled = Awaited<ReturnType<typeof shelled>>;

async function connect({ gateway, uplinks, clock }: Shelled) {
  await gateway.commands.dial({});
  await settle();
  await uplinks.at(-1)?.up();
  await clock.advance(1000);
  expect(gateway.model.state.phase).toBe('connected');
}

describe('the shell', () => {
  it('opens one sandboxed window without Node', async () => {
    const { first, platform, shell } = await shelled();
    expect(first.options.webPreferences).toMatchObject({
      preload: '/opt/preload.cjs',
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      devTools: false,
    });
    expect(first.window.visible).toBe(true);
    shell.show();
    expect(platform.windows).toHaveLength(1);
  });

  it('serves the window’s files and nothing else, under the policy', async () => {
    const { platform } = await shelled();
    const page = platform.respond('app://masq-gate/index.html');
    expect(page).toMatchObject({ status: 200, headers: { 'Content-Type': 'text/html' } });
    expect(page.headers['Content-Security-Policy']).toContain("default-src 'none'");
    for (const url of [
      'app://masq-gate/../../etc/passwd',
      'app://masq-gate/%2e%2e/x',
      'app://evil/index.html',
      'https://masq-gate/index.html',
      'app://masq-gate@evil/index.html',
      'rubbish',
      '',
    ])
      expect(platform.respond(url).status, url).toBe(404);
  });

  it('takes commands from its own page’s main frame alone', async () => {
    const { platform } = await shelled();
    expect(await platform.command(OWN, 'snapshot', {})).toMatchObject({ ok: true });
    for (const sender of [
      { ...OWN, isMainFrame: false },
      { ...OWN, url: 'https://evil.example/' },
      { ...OWN, url: 'app://masq-gate.evil/index.html' },
      { ...OWN, url: '' },
    ])
      expect(await platform.command(sender, 'snapshot', {})).toMatchObject({
        fault: { code: 'not-allowed' },
      });
  });

  it('gives its page no permission but copying, and others none', async () => {
    const { platform } = await shelled();
    expect(platform.allows('clipboard-sanitized-write', OWN.url)).toBe(true);
    expect(platform.allows('clipboard-sanitized-write', 'https://evil.example')).toBe(false);
    for (const permission of ['media', 'geolocation', 'notifications', 'clipboard-read', 'serial'])
      expect(platform.allows(permission, OWN.url)).toBe(false);
  });

  it('sends its window every state event', async () => {
    const { first, gateway } = await shelled();
    gateway.model.set({ activity: 'x' });
    await settle();
    expect(first.window.sent.at(-1)).toMatchObject({
      channel: STATE_CHANNEL,
      payload: { patch: { activity: 'x' } },
    });
  });

  it('follows the theme', async () => {
    const { platform, gateway } = await shelled();
    expect(platform.theme).toBe('system');
    await gateway.commands.saveSettings({ patch: { theme: 'dark' } });
    await settle();
    expect(platform.theme).toBe('dark');
  });
});

describe('closing the window', () => {
  it('hides it in the tray, and the call goes on', async () => {
    const all = await shelled();
    await connect(all);
    expect(all.first.close()).toBe(false);
    expect(all.first.window.visible).toBe(false);
    expect(all.gateway.model.state.phase).toBe('connected');
    all.tray?.click();
    expect(all.first.window.visible).toBe(true);
  });

  it('quits when nothing is under way and no tray would hold it', async () => {
    const { first, platform, released } = await shelled(false);
    expect(platform.trays).toHaveLength(0);
    expect(first.close()).toBe(false);
    await settle();
    expect(platform.exits).toEqual([0]);
    expect(released()).toBe(1);
    expect(first.close()).toBe(true);
  });

  it.each([
    [0, { exits: [], minimized: true, phase: 'connected' }],
    [1, { exits: [0], minimized: false, phase: 'idle' }],
    [2, { exits: [], minimized: false, phase: 'connected' }],
  ])('during a call without a tray asks; answer %i', async (answer, wanted) => {
    const all = await shelled(false);
    await connect(all);
    all.platform.answer = answer;
    expect(all.first.close()).toBe(false);
    await settle();
    expect(all.platform.questions).toHaveLength(1);
    expect(all.platform.exits).toEqual(wanted.exits);
    expect(all.first.window.minimized).toBe(wanted.minimized);
    expect(all.gateway.model.state.phase).toBe(wanted.phase);
  });

  it('asks too when the person does not want the tray', async () => {
    const all = await shelled();
    await all.gateway.commands.saveSettings({ patch: { closeToTray: false } });
    await connect(all);
    all.first.close();
    await settle();
    expect(all.platform.questions).toHaveLength(1);
  });
});

describe('quitting', () => {
  it('hangs up, stops the engine, lets go, and exits once', async () => {
    const all = await shelled();
    await connect(all);
    all.platform.quitRequest();
    all.platform.quitRequest();
    await settle();
    expect(all.uplinks[0]?.hangUps).toEqual([false]);
    expect(all.engine.stopped).toBe(true);
    expect(all.platform.exits).toEqual([0]);
  });
});

describe('the tray', () => {
  it('is one object whose icon changes with the state only', async () => {
    const all = await shelled();
    await connect(all);
    const icons = all.tray?.tray.icons.length ?? 0;
    expect(icons).toBeGreaterThan(0);
    await all.clock.advance(60_000);
    expect(all.tray?.tray.icons).toHaveLength(icons);
    expect(all.platform.trays).toHaveLength(1);
    expect(all.tray?.tray.toolTip).toBe('Masq-Gate: Connected at 33.6 kbit/s');
  });

  it('is redrawn at most once a second, however much happens', async () => {
    const { gateway, clock, tray } = await shelled();
    const before = tray?.tray.menus.length ?? 0;
    for (let round = 0; round < 50; round++) {
      gateway.model.set({ phase: round % 2 ? 'dialling' : 'idle' });
      await clock.advance(10);
    }
    await clock.advance(1000);
    expect((tray?.tray.menus.length ?? 0) - before).toBeLessThanOrEqual(2);
  });

  it('dials and hangs up', async () => {
    const all = await shelled();
    all.tray?.menu('dial:home');
    await settle();
    expect(all.uplinks).toHaveLength(1);
    await all.uplinks[0]?.up();
    all.tray?.menu('hangUp');
    await settle();
    expect(all.gateway.model.state.phase).toBe('idle');
    all.tray?.menu('quit');
    await settle();
    expect(all.platform.exits).toEqual([0]);
  });
});

describe('notices', () => {
  it('come while the window is out of sight, and not before one’s eyes', async () => {
    const all = await shelled();
    await connect(all);
    expect(all.platform.notices).toEqual([]);
    all.first.close();
    await all.uplinks[0]?.lose(aFault('carrier-lost'), true);
    expect(all.platform.notices).toMatchObject([{ title: 'It is carrier-lost.' }]);
    await all.clock.advance(10_000);
    await all.uplinks[1]?.up();
    expect(all.platform.notices[1]).toEqual({ title: 'Connected', body: 'The line carries 33600 bit/s.' });
  });
});
