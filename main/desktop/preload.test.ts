// The preload as it ships: bundled as in the build, run where `require` knows only electron, as Chromium's sandbox has it.
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { GatewayApi } from '../contract.ts';
import { CALL_CHANNEL, METER_CHANNEL, STATE_CHANNEL } from './channels.ts';

type Listener = (event: object, payload: unknown) => void;

let code = '';
beforeAll(async () => {
  const built = await build({
    entryPoints: [new URL('./preload.ts', import.meta.url).pathname],
    bundle: true,
    format: 'cjs',
    platform: 'browser',
    target: 'node20',
    external: ['electron'],
    write: false,
  });
  code = built.outputFiles[0]?.text ?? '';
});

function preloaded() {
  const listeners = new Map<string, Set<Listener>>();
  const exposed: Record<string, unknown> = {};
  const asked: string[] = [];
  const ipcRenderer = {
    invoke: vi.fn(async (...sent: unknown[]) => ({ ok: true, value: structuredClone(sent) })),
    on: (channel: string, listener: Listener) => {
      const set = listeners.get(channel) ?? new Set();
      listeners.set(channel, set.add(listener));
    },
    removeListener: (channel: string, listener: Listener) => listeners.get(channel)?.delete(listener),
  };
  const electron = {
    contextBridge: {
      exposeInMainWorld: (name: string, value: unknown) => {
        exposed[name] = value;
      },
    },
    ipcRenderer,
  };
  const context = createContext({
    module: { exports: {} },
    exports: {},
    require: (name: string) => {
      asked.push(name);
      if (name !== 'electron') throw new Error(`a sandboxed preload has no ${name}`);
      return electron;
    },
  });
  runInContext(code, context);
  const emit = (channel: string, payload: unknown) => {
    for (const listener of listeners.get(channel) ?? []) listener({ sender: 'ipc' }, payload);
  };
  return { exposed, asked, ipcRenderer, emit, listeners, api: exposed.masqGate as GatewayApi };
}

describe('the preload', () => {
  it('needs nothing but electron and exposes one frozen object with the API alone', () => {
    const { exposed, asked, api } = preloaded();
    expect(new Set(asked)).toEqual(new Set(['electron']));
    expect(Object.keys(exposed)).toEqual(['masqGate']);
    expect(Object.keys(api).sort()).toEqual(['call', 'onMeter', 'onState']);
    expect(Object.isFrozen(api)).toBe(true);
  });

  it('passes a command on one channel, by name and argument', async () => {
    const { api, ipcRenderer } = preloaded();
    expect(await api.call('dial', { providerId: 'home' })).toMatchObject({ ok: true });
    expect(ipcRenderer.invoke).toHaveBeenCalledExactlyOnceWith(CALL_CHANNEL, 'dial', { providerId: 'home' });
  });

  it('hands out events without Electron’s event object, until told to stop', () => {
    const { api, emit, listeners } = preloaded();
    const state = vi.fn();
    const meter = vi.fn();
    const stop = api.onState(state);
    api.onMeter(meter);
    emit(STATE_CHANNEL, { seq: 1, patch: {}, log: [] });
    emit(METER_CHANNEL, { at: 5 });
    expect(state.mock.calls).toEqual([[{ seq: 1, patch: {}, log: [] }]]);
    expect(meter.mock.calls).toEqual([[{ at: 5 }]]);
    stop();
    emit(STATE_CHANNEL, { seq: 2, patch: {}, log: [] });
    expect(state).toHaveBeenCalledOnce();
    expect(listeners.get(STATE_CHANNEL)?.size).toBe(0);
  });

  it('stays small: no validators in the window', () => {
    expect(code.length).toBeLessThan(4000);
  });
});
