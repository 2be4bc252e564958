import { chmodSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NEW_PROVIDER, type Provider } from '../contract.ts';
import { writeAtomically } from './atomic-file.ts';
import { configDirectory, runtimeDirectory } from './directories.ts';
import { DEFAULT_SETTINGS, emptySettingsFile, readSettingsText } from './schema.ts';
import { type Cipher, openSecretStore } from './secrets.ts';
import { SettingsStore } from './store.ts';

const now = () => Date.UTC(2026, 10, 20, 12, 0, 0);
const folder = () => mkdtempSync(join(tmpdir(), 'masq-settings-'));
const provider: Provider = { ...NEW_PROVIDER, id: 'home', name: 'Home', numbers: ['5550100'], user: 'me' };

describe('settings.json', () => {
  it('keeps what was changed, private to its owner, with no temporary left', async () => {
    const directory = join(folder(), 'deep', 'masq-gate');
    const { store, fault } = await SettingsStore.open({ directory, now });
    expect(fault).toBeNull();
    expect(await store.change({ providers: [provider] })).toBeNull();
    expect(statSync(join(directory, 'settings.json')).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(readdirSync(directory)).toEqual(['settings.json']);
    const again = await SettingsStore.open({ directory, now });
    expect(again.store.providers).toEqual([provider]);
    expect(again.store.settings).toEqual(DEFAULT_SETTINGS);
  });

  it.each([
    ['half a file', '{"version": 1, "settings": {"theme'],
    ['not an object', '[1, 2]'],
    ['empty', ''],
    ['a wrong value', JSON.stringify({ ...emptySettingsFile(), settings: { theme: 'pink' } })],
    ['a wild version', JSON.stringify({ ...emptySettingsFile(), version: 'x' })],
    ['a newer version', JSON.stringify({ ...emptySettingsFile(), version: 99 })],
  ])('with %s is kept aside, and the defaults told', async (_, text) => {
    const directory = folder();
    writeFileSync(join(directory, 'settings.json'), text);
    const { store, fault } = await SettingsStore.open({ directory, now });
    expect(store.settings).toEqual(DEFAULT_SETTINGS);
    expect(fault).toMatchObject({ code: 'settings-broken' });
    const aside = 'settings.json.broken-2026-11-20T12-00-00-000Z';
    expect(readdirSync(directory)).toEqual([aside]);
    expect(readFileSync(join(directory, aside), 'utf8')).toBe(text);
    expect(fault?.remedy).toContain(aside);
  });

  it('from before versions were written is brought up to date', () => {
    const { version: _, ...old } = emptySettingsFile();
    expect(readSettingsText(JSON.stringify({ ...old, providers: [provider] }))).toMatchObject({
      ok: true,
      migratedFrom: 0,
      file: { version: 1, providers: [provider] },
    });
  });

  it('that lacks a newer key gets its default', () => {
    const { theme: _, demand: __, idleMinutes: ___, ...rest } = DEFAULT_SETTINGS;
    const { triggers: _____, portMapping: ______, demandRules: _______, ...settings } = rest;
    const { loginScript: ____, ...older } = provider;
    const text = JSON.stringify({ ...emptySettingsFile(), settings, providers: [older] });
    expect(readSettingsText(text)).toMatchObject({
      ok: true,
      file: { settings: DEFAULT_SETTINGS, providers: [provider] },
    });
  });

  it('on a full disk keeps the change working and says so', async () => {
    const directory = folder();
    let full = true;
    const { store } = await SettingsStore.open({
      directory,
      now,
      write: async (path, text) => {
        if (full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        await writeAtomically(path, text);
      },
    });
    expect(await store.change({ providers: [provider] })).toMatchObject({
      code: 'settings-not-saved',
      cause: 'The disk is full.',
    });
    expect(store.providers).toEqual([provider]);
    full = false;
    expect(await store.change({})).toBeNull();
  });

  it('is never left half written', async () => {
    const directory = folder();
    const path = join(directory, 'settings.json');
    await writeAtomically(path, 'old');
    await expect(writeAtomically(join(path, 'x'), 'new')).rejects.toThrow();
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(directory)).toEqual(['settings.json']);
  });
});

describe('passwords', () => {
  const rot: Cipher = {
    seal: (text) => Buffer.from(text).reverse().toString('base64'),
    unseal: (sealed) => Buffer.from(sealed, 'base64').reverse().toString(),
  };

  it('without a keyring live in a file only the owner reads', async () => {
    const directory = folder();
    const { store } = await openSecretStore({ directory, now, cipher: null });
    expect(store.kind).toBe('file');
    expect(await store.set('home', 'hunter2')).toBeNull();
    expect(statSync(join(directory, 'secrets.json')).mode & 0o777).toBe(0o600);
    const again = await openSecretStore({ directory, now, cipher: null });
    expect(again.store.get('home')).toEqual({ ok: true, secret: 'hunter2' });
    await again.store.set('home', null);
    expect(again.store.has('home')).toBe(false);
    expect(readFileSync(join(directory, 'secrets.json'), 'utf8')).not.toContain('hunter2');
  });

  it('with a keyring are sealed, those kept before too', async () => {
    const directory = folder();
    await (await openSecretStore({ directory, now, cipher: null })).store.set('home', 'hunter2');
    const { store } = await openSecretStore({ directory, now, cipher: rot });
    expect(store.kind).toBe('keyring');
    expect(store.get('home')).toEqual({ ok: true, secret: 'hunter2' });
    expect(readFileSync(join(directory, 'secrets.json'), 'utf8')).not.toContain('hunter2');
    const without = await openSecretStore({ directory, now, cipher: null });
    expect(without.store.get('home')).toEqual({ ok: false, reason: 'unreadable' });
  });

  it('in a file that others could read are closed to them', async () => {
    const directory = folder();
    await (await openSecretStore({ directory, now, cipher: null })).store.set('home', 'hunter2');
    chmodSync(join(directory, 'secrets.json'), 0o644);
    await openSecretStore({ directory, now, cipher: null });
    expect(statSync(join(directory, 'secrets.json')).mode & 0o777).toBe(0o600);
  });

  it('in a damaged file are told, and the file kept aside', async () => {
    const directory = folder();
    writeFileSync(join(directory, 'secrets.json'), '{');
    const { store, fault } = await openSecretStore({ directory, now, cipher: null });
    expect(fault).toMatchObject({ code: 'passwords-broken' });
    expect(store.has('home')).toBe(false);
    expect(readdirSync(directory)).toEqual(['secrets.json.broken-2026-11-20T12-00-00-000Z']);
  });
});

describe('directories', () => {
  it('follow XDG, but not a relative path', () => {
    expect(configDirectory({ XDG_CONFIG_HOME: '/somewhere' })).toBe('/somewhere/masq-gate');
    expect(configDirectory({ XDG_CONFIG_HOME: 'relative' })).toMatch(/\/\.config\/masq-gate$/);
  });

  it('for sockets are closed to others', () => {
    const base = folder();
    const path = runtimeDirectory({ XDG_RUNTIME_DIR: base });
    chmodSync(path, 0o755);
    expect(runtimeDirectory({ XDG_RUNTIME_DIR: base })).toBe(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });
});
