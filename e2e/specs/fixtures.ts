// Three joints under the same specs: the real preload over a stand-in for Electron's transport (`shell`), the panel's
// WebSocket (`panel`), real Electron (`electron`, where its binary exists). The gateway behind them is always the built
// program as its own process, with the real router, engine and practice line.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test as base, _electron as electron, expect, type Page } from '@playwright/test';
import type { CommandName } from '../../main/contract.ts';
import { CALL_CHANNEL, METER_CHANNEL, STATE_CHANNEL } from '../../main/desktop/channels.ts';
import { GatewayProcess, ROOT } from '../gateway-process.ts';
import { differences, type HostState, hostState, ourProcesses } from '../host-state.ts';

const ELECTRON = join(ROOT, 'node_modules', 'electron', 'dist', 'electron');
export const electronMissing = (): string | null => {
  if (!existsSync(ELECTRON))
    return "Electron's binary is not on this machine (its npm package downloads it apart)";
  return process.env.DISPLAY || process.env.WAYLAND_DISPLAY ? null : 'there is no display for Electron';
};

/** Runs in the page before anything else: `require('electron')` for the preload, its transport a binding to the router. */
const transport = `
  const listeners = new Map();
  window.masqEmit = (channel, payload) => { for (const listener of listeners.get(channel) ?? []) listener({}, payload); };
  const ipcRenderer = {
    invoke: (channel, ...sent) => window.masqInvoke(channel, sent),
    on: (channel, listener) => listeners.set(channel, (listeners.get(channel) ?? new Set()).add(listener)),
    removeListener: (channel, listener) => listeners.get(channel)?.delete(listener),
  };
  const contextBridge = { exposeInMainWorld: (name, value) => Object.defineProperty(window, name, { value }) };
  const electron = { ipcRenderer, contextBridge };
`;

async function joinPreload(page: Page, gateway: GatewayProcess): Promise<void> {
  await gateway.connect();
  await page.exposeBinding('masqInvoke', (_source, channel: string, sent: [CommandName, never]) => {
    if (channel !== CALL_CHANNEL) throw new Error(`the preload used the channel ${channel}`);
    return gateway.call(sent[0], sent[1]);
  });
  const preload = readFileSync(join(ROOT, 'dist', 'main', 'preload.cjs'), 'utf8');
  await page.addInitScript({
    content: `{ ${transport} ((require, module, exports) => { ${preload}\n })(() => electron, { exports: {} }, {}); }`,
  });
  gateway.onEvent = (kind, event) => {
    const channel = kind === 'state' ? STATE_CHANNEL : METER_CHANNEL;
    page
      .evaluate(
        ([name, payload]) =>
          (window as never as { masqEmit(n: string, p: unknown): void }).masqEmit?.(name as string, payload),
        [channel, event] as const,
      )
      .catch(() => {
        // The page is on its way out; it asks for a snapshot when it is back.
      });
  };
}

/** What the browser complained of: console errors, uncaught errors, anything the content security policy stopped. */
function complaints(page: Page): string[] {
  const heard: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') heard.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => heard.push(`uncaught: ${error.message}`));
  return heard;
}
const reportViolations = `addEventListener('securitypolicyviolation', (event) => console.error('CSP: ' + event.violatedDirective + ' ' + event.blockedURI));`;

interface Fixtures {
  /** The window, open and showing the gateway's state. */
  window: Page;
  hostBefore: { host: HostState; processes: string[] };
}

export const test = base.extend<Fixtures>({
  hostBefore: async ({ browserName: _ }, use) => {
    await use({ host: hostState(), processes: ourProcesses() });
  },
  window: async ({ page, hostBefore }, use, info) => {
    if (info.project.name === 'electron') {
      const why = electronMissing();
      base.skip(why !== null, why ?? '');
      const folder = info.outputPath('home');
      const app = await electron.launch({
        executablePath: ELECTRON,
        args: [ROOT],
        env: {
          ...process.env,
          XDG_CONFIG_HOME: folder,
          XDG_STATE_HOME: folder,
          XDG_RUNTIME_DIR: folder,
        } as Record<string, string>,
      });
      await use(await app.firstWindow());
      await app.close();
      return;
    }
    const gateway = new GatewayProcess();
    const heard = complaints(page);
    const address = await gateway.address();
    await page.addInitScript({ content: reportViolations });
    if (info.project.name === 'shell') await joinPreload(page, gateway);
    await page.goto(info.project.name === 'shell' ? address.replace(/#.*/, '') : address);
    await use(page);
    await page.goto('about:blank');
    await gateway.stop();
    expect(heard, 'the browser complained').toEqual([]);
    expect(differences(hostBefore.host, hostState()), 'the host is not as it was').toEqual([]);
    const left = ourProcesses().filter((line) => !hostBefore.processes.includes(line));
    expect(left, 'processes are left').toEqual([]);
  },
});

export { expect };

/** Runs a program in one of the practice computers. */
export function inHost(host: string, ...command: string[]): Buffer {
  return execFileSync('ip', ['netns', 'exec', host, ...command], {
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
