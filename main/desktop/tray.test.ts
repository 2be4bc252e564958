import { describe, expect, it } from 'vitest';
import type { State } from '../contract.ts';
import { aFault, facts, provider, scriptedGateway } from '../gateway.test-parts.ts';
import { keyringCipher } from './keyring.ts';
import { hasTrayHost, QUESTIONS } from './tray-host.ts';
import { trayIcon } from './tray-icon.ts';
import { type MenuItem, trayLook, trayMenu } from './tray-menu.ts';

async function state(change: Partial<State>): Promise<State> {
  const { gateway } = await scriptedGateway();
  return {
    ...gateway.model.state,
    providers: [{ ...provider, hasPassword: true, hasPin: false }],
    ...change,
  };
}

const labels = (items: readonly MenuItem[]) => items.map((item) => item.label);
const item = (items: readonly MenuItem[], id: string) => items.find((one) => one.id === id);

describe('the tray menu', () => {
  it('when idle offers to dial', async () => {
    const menu = trayMenu(await state({}));
    expect(labels(menu)).toEqual([
      'Not connected',
      '0 computers are on',
      '',
      'Dial',
      'Hang up',
      '',
      'Open Masq-Gate',
      'Quit',
    ]);
    expect(item(menu, 'dial')?.enabled).toBe(true);
    expect(item(menu, 'hangUp')?.enabled).toBe(false);
  });

  it('shows the second call, and its own verb', async () => {
    const second = {
      phase: 'connected' as const,
      since: 0,
      activity: '',
      fault: null,
      providerId: 'home',
      link: { ...facts, carrierRate: 31_200, bytesDown: 1000, bytesUp: 10 },
      idleHangUpAt: null,
      callEnds: null,
      usage: null,
    };
    const up = await state({ second });
    const menu = trayMenu(up);
    expect(labels(menu)).toContain('Second call: connected at 31.2 kbit/s');
    expect(labels(menu)).toContain('Received 1.0 kB, sent 10 B');
    expect(item(menu, 'hangUpSecond')).toMatchObject({ label: 'Hang up the second call', enabled: true });
    expect(item(menu, 'hangUp')).toMatchObject({ enabled: true });
    expect(item(menu, 'dial')).toMatchObject({ enabled: true });
    expect(item(menu, 'quit')).toMatchObject({ label: 'Hang up and quit' });
    expect(trayLook(up)).toBe('connected');
    const down = trayMenu(await state({ second: { ...second, phase: 'idle', link: null } }));
    expect(item(down, 'dialSecond')).toMatchObject({ label: 'Dial the second call' });
    expect(item(down, 'hangUp')).toMatchObject({ enabled: false });
  });

  it('when connected shows rate, bytes and who is on', async () => {
    const client = {
      id: 1,
      kind: 'lan' as const,
      address: '192.168.7.5',
      mac: null,
      name: null,
      firstSeen: 0,
      lastSeen: 0,
      leaseExpires: null,
      bytesUp: 0,
      bytesDown: 0,
      rateUp: 0,
      rateDown: 0,
      sessions: 0,
      paused: false,
    };
    const menu = trayMenu(
      await state({
        phase: 'connected',
        link: { ...facts, bytesDown: 1500 },
        clients: [client, { ...client, id: 0, kind: 'gateway' }],
      }),
    );
    expect(labels(menu).slice(0, 3)).toEqual([
      'Connected at 33.6 kbit/s',
      'Received 1.5 kB, sent 0 B',
      '1 computer is on',
    ]);
    expect(item(menu, 'dial')?.enabled).toBe(false);
    expect(item(menu, 'hangUp')).toMatchObject({ label: 'Hang up', enabled: true });
    expect(item(menu, 'quit')?.label).toBe('Hang up and quit');
  });

  it('says why it cannot dial', async () => {
    expect(item(trayMenu(await state({ providers: [] })), 'dial')).toEqual({
      id: 'dial',
      label: 'Dial (add a provider first)',
      enabled: false,
    });
  });

  it('while dialling offers Cancel, and names the trouble after', async () => {
    expect(item(trayMenu(await state({ phase: 'dialling' })), 'hangUp')).toMatchObject({ label: 'Cancel' });
    expect(labels(trayMenu(await state({ phase: 'failed', fault: aFault('busy') })))[0]).toBe(
      'Failed: It is busy.',
    );
  });

  it('lists the providers when there are several', async () => {
    const second = { ...provider, id: 'work', name: 'Work', hasPassword: false, hasPin: false };
    const menu = trayMenu(
      await state({
        providers: [{ ...provider, hasPassword: true, hasPin: false }, second],
        providerId: 'work',
      }),
    );
    expect(menu.find((one) => one.submenu)?.submenu).toEqual([
      { id: 'dial:home', label: 'Home', enabled: true, checked: false },
      { id: 'dial:work', label: 'Work', enabled: true, checked: true },
    ]);
  });

  it('never looks connected without an engine', async () => {
    expect(trayLook(await state({ phase: 'connected', engine: 'lost' }))).toBe('trouble');
    expect(trayLook(await state({ phase: 'connected', engine: 'running' }))).toBe('connected');
  });
});

describe('the tray icon', () => {
  const looks = ['off', 'waiting', 'connected', 'trouble'] as const;
  it('is a PNG of 44 pixels, another one for each look and panel', () => {
    const seen = new Set<string>();
    for (const look of looks)
      for (const dark of [true, false]) {
        const png = Buffer.from(trayIcon(look, dark));
        expect(png.subarray(1, 4).toString()).toBe('PNG');
        expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([44, 44]);
        seen.add(png.toString('base64'));
      }
    expect(seen.size).toBe(looks.length * 2);
  });
});

describe('the tray host', () => {
  const [busctl, gdbus, dbusSend] = QUESTIONS.map((question) => question.program);
  it.each([
    ['busctl says so', { [`${busctl}`]: 'b true\n' }, true],
    ['busctl denies it', { [`${busctl}`]: 'b false\n', [`${gdbus}`]: '(<true>,)' }, false],
    ['nobody watches', { [`${busctl}`]: '' }, false],
    ['only gdbus is there', { [`${gdbus}`]: '(<true>,)\n' }, true],
    ['only dbus-send is there', { [`${dbusSend}`]: '   variant       boolean true\n' }, true],
    ['no program is there', {}, false],
  ])('is found when %s', async (_, answers: Record<string, string>, wanted) => {
    expect(await hasTrayHost(async (program) => answers[program] ?? null)).toBe(wanted);
  });
});

describe('the keyring', () => {
  const keyring = {
    available: true,
    backend: 'gnome_libsecret',
    encrypt: (text: string) => Uint8Array.from(Buffer.from(text).reverse()),
    decrypt: (sealed: Uint8Array) => Buffer.from(sealed).reverse().toString(),
  };
  it('seals and unseals', () => {
    const cipher = keyringCipher(keyring);
    expect(cipher?.unseal(cipher.seal('hunter2 ✓'))).toBe('hunter2 ✓');
  });
  it.each([{ available: false }, { backend: 'basic_text' }, { backend: 'unknown' }])(
    'is none when %j',
    (change) => {
      expect(keyringCipher({ ...keyring, ...change })).toBeNull();
    },
  );
});
