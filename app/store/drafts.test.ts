// The three forms' drafts: what they take, what they refuse and where they say so.
import { describe, expect, it } from 'vitest';
import {
  DIAL_IN_DEFAULT,
  type Forward,
  NEW_CALLER,
  NEW_PROVIDER,
  NEW_TARIFF,
  type Provider,
  type Settings,
  TIMER_PRESETS,
} from '../../main/contract.ts';
import {
  callerDraft,
  checkCaller,
  checkDialIn,
  checkLine,
  dialInDraft,
  lineDraft,
  reachText,
} from './dial-in-drafts.ts';
import { checkForwards, describeForward, describeInside, emptyForward } from './forward-draft.ts';
import { moved, newStep } from './login-draft.ts';
import { pickPreset, presetOf } from './masquerade-draft.ts';
import { ofKind } from './profile-draft.ts';
import { checkProvider, draftOf, freshId } from './provider-draft.ts';
import {
  checkSettings,
  chooseCard,
  draftOfSettings,
  followAddress,
  type SettingsDraft,
} from './settings-draft.ts';

describe('provider', () => {
  const provider: Provider = {
    ...NEW_PROVIDER,
    id: 'x',
    name: 'X',
    numbers: ['555-0100', '9,555'],
    user: 'u',
  };

  it('comes back unchanged', () => {
    expect(checkProvider(draftOf(provider), 'x')).toEqual({ ok: true, value: provider });
  });

  it('says what is missing, by field', () => {
    const checked = checkProvider(draftOf(null), 'x');
    expect(checked.ok ? [] : Object.keys(checked.errors).sort()).toEqual(['name', 'numbers']);
  });

  it.each([
    ['numbers', 'call me'],
    ['dns', '8.8.8'],
    ['redialTries', ''],
    ['redialPauseSeconds', '0'],
  ] as const)('refuses %s %j', (field, text) => {
    const checked = checkProvider({ ...draftOf(provider), [field]: text }, 'x');
    expect(checked.ok ? {} : checked.errors).toHaveProperty(field);
  });

  it('makes identifiers the contract takes', () => {
    expect(freshId('Café Net 2!', [])).toBe('cafe-net-2');
    expect(freshId('???', ['provider'])).toBe('provider-2');
    expect(freshId('a'.repeat(60), [])).toMatch(/^[a-z0-9-]{1,32}$/);
  });
});

describe('a provider’s login, kind and cost', () => {
  const provider: Provider = { ...NEW_PROVIDER, id: 'x', name: 'X', numbers: ['1'], user: 'u' };
  const full: Provider = {
    ...provider,
    kind: 'satellite',
    loginScript: [
      { do: 'expect', text: 'ogin:', seconds: 20 },
      { do: 'send', text: '{user}', bare: true },
      { do: 'pause', seconds: 0.5 },
      { do: 'send', text: 'ppp' },
    ],
    tariff: {
      ...NEW_TARIFF,
      price: 0.019,
      offPeak: { hours: [{ days: [6, 0], from: 0, to: 1440 }], price: 0.01 },
    },
    limits: { minutes: 600, megabytes: 50, money: 12.5, atLimit: 'stop' },
    longestCallMinutes: 120,
  };

  it('come back unchanged', () => {
    expect(checkProvider(draftOf(full), 'x')).toEqual({ ok: true, value: full });
  });

  it.each([
    [{ price: '-1' }, 'price'],
    [{ price: 'x' }, 'price'],
    [{ currency: ' ' }, 'currency'],
    [{ unitSeconds: '0' }, 'unitSeconds'],
    [{ offPeakHours: 'always' }, 'offPeakHours'],
    [{ offPeakPrice: '' }, 'offPeakPrice'],
    [{ limitMinutes: '1.5' }, 'limitMinutes'],
    [{ limitMoney: '' }, 'limitMoney'],
    [{ mtu: '100' }, 'mtu'],
    [{ apn: 'a b' }, 'apn'],
    [{ loginSteps: [] }, 'loginSteps'],
    [{ loginSteps: [newStep('expect')] }, 'loginSteps'],
    [{ loginSteps: [newStep('pause')] }, 'loginSteps'],
  ])('%j is refused where it stands', (patch, field) => {
    const checked = checkProvider({ ...draftOf(full), ...patch }, 'x');
    expect(checked.ok ? [] : Object.keys(checked.errors)).toEqual([field]);
  });

  it('a comma does for the point', () => {
    const checked = checkProvider({ ...draftOf(full), price: '0,02' }, 'x');
    expect(checked).toMatchObject({ ok: true, value: { tariff: { price: 0.02 } } });
  });

  it('a new kind brings what is usual for it, and leaves what was changed by hand', () => {
    const draft = draftOf({ ...provider, numbers: [], portRate: 57_600 });
    const mobile = { ...draft, ...ofKind(draft, 'cellular') };
    expect(mobile).toMatchObject({ kind: 'cellular', numbers: '*99#', login: 'off', portRate: '57600' });
    const sky = { ...mobile, ...ofKind(mobile, 'satellite') };
    expect(sky).toMatchObject({ numbers: '', login: 'auto', paceRate: '2400', carrierWaitSeconds: '120' });
    const dialled = draftOf({ ...provider, numbers: ['555-0100'] });
    expect(ofKind(dialled, 'cellular')).not.toHaveProperty('numbers');
  });

  it('steps are put in another order', () => {
    const steps = [newStep('expect', 'a'), newStep('send', 'b'), newStep('pause')];
    expect(moved(steps, 1, -1).map(({ does }) => does)).toEqual(['send', 'expect', 'pause']);
    expect(moved(steps, 1, 1).map(({ does }) => does)).toEqual(['expect', 'pause', 'send']);
  });
});

describe('forward', () => {
  const draft = { ...emptyForward, first: '8080', hosts: '10.0.0.2=3, 10.0.0.3' };

  it('keeps ports when no others are given', () => {
    const checked = checkForwards({ ...draft, sources: '198.51.100.7' }, []);
    const forward: Forward = {
      id: 'tcp-8080',
      on: true,
      protocol: 'tcp',
      first: 8080,
      last: 8080,
      insideFirst: 8080,
      hosts: [
        { address: '10.0.0.2', weight: 3 },
        { address: '10.0.0.3', weight: 1 },
      ],
      sources: ['198.51.100.7/32'],
    };
    expect(checked).toEqual({ ok: true, value: [forward] });
    expect(describeForward(forward)).toBe('TCP 8080');
    expect(describeInside(forward)).toBe('10.0.0.2 × 3, 10.0.0.3 × 1 : 8080');
    expect(checkForwards(draft, [forward])).toMatchObject({
      ok: false,
      errors: { first: expect.stringContaining('TCP 8080') },
    });
  });

  it('makes all that a program needs', () => {
    const checked = checkForwards({ ...emptyForward, program: 'pcanywhere', hosts: ' 10.0.0.2 ' }, []);
    expect(checked).toMatchObject({ ok: true, value: [{ first: 5631 }, { first: 5632 }] });
    const refused = checkForwards({ ...emptyForward, program: 'pcanywhere', hosts: '10.0.0.2=3' }, []);
    expect(refused.ok ? [] : Object.keys(refused.errors)).toEqual(['hosts']);
  });

  it.each([
    [{ first: '' }, ['first']],
    [{ first: '0' }, ['first']],
    [{ last: '80' }, ['last']],
    [{ last: '9000', insideFirst: '65000' }, ['insideFirst']],
    [{ hosts: '' }, ['hosts']],
    [{ hosts: 'server' }, ['hosts']],
    [{ sources: '10.0.0.0/33' }, ['sources']],
    [{ sources: '999.0.0.0/8' }, ['sources']],
  ])('refuses %j', (patch, fields) => {
    const checked = checkForwards({ ...draft, ...patch }, []);
    expect(checked.ok ? [] : Object.keys(checked.errors)).toEqual(fields);
  });
});

describe('a line that takes calls', () => {
  const modem = { ...lineDraft(null), name: 'Second modem', port: '/dev/ttyUSB1', ringPatterns: 'b, C' };

  it('is made of what is typed, and comes back unchanged', () => {
    const checked = checkLine(modem, null, []);
    expect(checked).toMatchObject({
      ok: true,
      value: { kind: 'modem', id: 'second-modem', rings: 2, ringPatterns: ['B', 'C'], slipUser: null },
    });
    if (!checked.ok) return;
    expect(checkLine(lineDraft(checked.value), 'second-modem', [checked.value])).toEqual(checked);
    expect(checkLine({ ...modem, kind: 'cable' }, null, [checked.value])).toMatchObject({
      value: { kind: 'cable', id: 'second-modem-n2', flow: 'rts-cts' },
    });
    expect(checkLine({ ...modem, kind: 'tcp' }, null, [])).toMatchObject({
      value: { kind: 'tcp', tcpPort: 2323 },
    });
  });

  it.each<[Partial<typeof modem>, string[]]>([
    [{ name: ' ' }, ['name']],
    [{ port: '' }, ['port']],
    [{ rings: '0' }, ['rings']],
    [{ ringPatterns: 'loud' }, ['ringPatterns']],
    [{ kind: 'tcp', tcpPort: '80', callers: 'many' }, ['tcpPort', 'callers']],
  ])('refuses %j', (patch, fields) => {
    const checked = checkLine({ ...modem, ...patch }, null, []);
    expect(checked.ok ? [] : Object.keys(checked.errors)).toEqual(fields);
  });
});

describe('a caller', () => {
  const draft = { ...callerDraft(null), user: 'anna' };

  it('is made of what is typed, and comes back unchanged', () => {
    const full = {
      ...draft,
      address: ' 192.168.67.50 ',
      hours: 'Mon-Fri 18:00-22:00',
      lan: false,
      calls: '2',
    };
    const checked = checkCaller(full, null, []);
    expect(checked).toMatchObject({ ok: true, value: { user: 'anna', address: '192.168.67.50', calls: 2 } });
    if (!checked.ok) return;
    expect(checkCaller(callerDraft(checked.value), 'anna', [checked.value])).toEqual(checked);
    expect(reachText(checked.value)).toBe('Internet, other callers');
  });

  it.each<[Partial<typeof draft>, string[]]>([
    [{ user: 'an na' }, ['user']],
    [{ user: 'ANNA2' }, ['user']],
    [{ address: 'here' }, ['address']],
    [{ calls: '' }, ['calls']],
    [{ hours: 'sometime' }, ['hours']],
  ])('refuses %j', (patch, fields) => {
    const known = [{ ...NEW_CALLER, user: 'anna2' }];
    const checked = checkCaller({ ...draft, ...patch }, null, known);
    expect(checked.ok ? [] : Object.keys(checked.errors)).toEqual(fields);
  });
});

describe('addresses and limits of callers', () => {
  const draft = dialInDraft(DIAL_IN_DEFAULT);

  it('come back unchanged', () => {
    expect(checkDialIn(draft, DIAL_IN_DEFAULT)).toEqual({ ok: true, value: DIAL_IN_DEFAULT });
    expect(checkDialIn({ ...draft, wins: '192.168.66.5, 192.168.66.6' }, DIAL_IN_DEFAULT)).toMatchObject({
      value: { wins: ['192.168.66.5', '192.168.66.6'] },
    });
  });

  it.each<[Partial<typeof draft>, string[]]>([
    [{ first: 'x' }, ['first']],
    [{ last: '192.168.67.9' }, ['last']],
    [{ local: '' }, ['local']],
    [{ wins: '1.1.1.1 2.2.2.2 3.3.3.3' }, ['wins']],
    [{ idleMinutes: 'soon', longestMinutes: '-1' }, ['idleMinutes', 'longestMinutes']],
  ])('refuse %j', (patch, fields) => {
    const checked = checkDialIn({ ...draft, ...patch }, DIAL_IN_DEFAULT);
    expect(checked.ok ? [] : Object.keys(checked.errors)).toEqual(fields);
  });
});

describe('settings', () => {
  const settings: Settings = {
    lan: {
      interface: 'eth1',
      address: '192.168.66.1',
      prefix: 24,
      dhcp: { first: '192.168.66.100', last: '192.168.66.199', leaseSeconds: 7200 },
    },
    masquerade: {
      timers: TIMER_PRESETS.classic,
      udpFiltering: 'address-dependent',
      tcpFiltering: 'address-dependent',
      hairpin: true,
      clientMappings: 16,
      clientMappingsPerSecond: 1,
      privateExceptions: [],
    },
    access: { mode: 'everybody', chosen: [], paused: [] },
    shares: [],
    forwards: [],
    triggers: [],
    portMapping: { pcp: false, natPmp: false },
    demandRules: [],
    helpers: {},
    ownTraffic: 'auto',
    openForeignFirewall: 'ask',
    selectedProvider: null,
    secondCall: { on: true, providerId: 'home', port: '/dev/ttyUSB1', spread: 'clients' },
    demand: false,
    idleMinutes: 0,
    keepUp: [],
    neverDial: [],
    dialIn: DIAL_IN_DEFAULT,
    theme: 'dark',
    closeToTray: false,
  };
  const draft = draftOfSettings(settings);

  it('come back unchanged, and only what the dialog holds', () => {
    const {
      forwards: _f,
      triggers: _t,
      portMapping: _p,
      dialIn: _d,
      helpers: _h,
      selectedProvider: _s,
      shares: _sh,
      ...held
    } = settings;
    expect(checkSettings(draft, settings)).toEqual({ ok: true, value: held });
  });

  it('keep timers set by hand', () => {
    const timers = { ...TIMER_PRESETS.default, udp: 17 };
    const own = { ...settings, masquerade: { ...settings.masquerade, timers } };
    expect(presetOf(timers)).toBe('custom');
    expect(checkSettings(draftOfSettings(own), own)).toMatchObject({ value: { masquerade: { timers } } });
  });

  it('take a preset, and every time and limit of the masquerade by hand', () => {
    const howto = { ...draft, ...pickPreset('HOWTO') };
    expect(checkSettings(howto, settings)).toMatchObject({
      value: { masquerade: { timers: TIMER_PRESETS.HOWTO } },
    });
    const byHand = {
      ...howto,
      ...pickPreset('custom'),
      udp: '17',
      hairpin: false,
      inboundRefresh: false,
      clientMappings: '99',
      privateExceptions: '10.20.0.0/16, 10.9.0.1\n10.20.0.0/16',
    };
    expect(checkSettings(byHand, settings)).toMatchObject({
      value: {
        masquerade: {
          timers: { ...TIMER_PRESETS.HOWTO, udp: 17 },
          hairpin: false,
          inboundRefresh: false,
          clientMappings: 99,
          privateExceptions: ['10.20.0.0/16', '10.9.0.1/32'],
        },
      },
    });
    const wrong = {
      ...byHand,
      udp: '0',
      tcpClosing: '1.5',
      clientMappings: '3',
      privateExceptions: '10.0.0.0/33',
    };
    const checked = checkSettings(wrong, settings);
    expect(checked.ok ? [] : Object.keys(checked.errors).sort()).toEqual([
      'clientMappings',
      'privateExceptions',
      'tcpClosing',
      'udp',
    ]);
  });

  it('take no card for no sharing, whatever else was typed', () => {
    expect(checkSettings({ ...draft, card: '', address: '?' }, settings)).toMatchObject({
      value: { lan: null },
    });
  });

  it.each([
    [{ address: '192.168.66' }, ['address']],
    [{ prefix: '31' }, ['prefix']],
    [{ first: '10.0.0.1' }, ['first']],
    [{ first: '192.168.66.200' }, ['first']],
    [{ first: '192.168.66.1' }, ['first']],
    [{ last: '192.168.67.1' }, ['last']],
    [{ leaseHours: '0' }, ['leaseHours']],
    [{ access: 'chosen' }, ['chosen']],
    [{ access: 'chosen', chosen: '192.168.66.5, desk' }, ['chosen']],
    [{ idleMinutes: '' }, ['idleMinutes']],
    [{ idleMinutes: '2.5' }, ['idleMinutes']],
    [{ idleMinutes: '1441' }, ['idleMinutes']],
    [{ demandRules: 'ignore' }, ['demandRules']],
    [{ demandRules: 'refuse *.example.com' }, ['demandRules']],
    [{ demandRules: 'dial * now' }, ['demandRules']],
  ] as [Partial<SettingsDraft>, string[]][])('refuse %j', (patch, fields) => {
    const checked = checkSettings({ ...draft, ...patch }, settings);
    expect(checked.ok ? [] : Object.keys(checked.errors)).toEqual(fields);
  });

  it('take chosen computers, the time to hang up and the names that dial', () => {
    const paused = { ...settings, access: { ...settings.access, paused: ['192.168.66.9'] } };
    const typed = {
      access: 'chosen' as const,
      chosen: '192.168.66.5\n192.168.66.5, 192.168.66.6',
      demand: true,
      idleMinutes: '5',
      demandRules: 'Ignore *.example.com\n\n dial *',
    };
    const checked = checkSettings({ ...draft, ...typed }, paused);
    expect(checked).toMatchObject({
      value: {
        access: { mode: 'chosen', chosen: ['192.168.66.5', '192.168.66.6'], paused: ['192.168.66.9'] },
        demand: true,
        idleMinutes: 5,
        demandRules: [
          { action: 'ignore', pattern: '*.example.com' },
          { action: 'dial', pattern: '*' },
        ],
      },
    });
    const after = { ...paused, ...(checked.ok ? checked.value : {}) };
    expect(draftOfSettings(after).demandRules).toBe('ignore *.example.com\ndial *');
  });

  it('move the range with the address only when it must', () => {
    expect(followAddress({ ...draft, address: '192.168.66.9' }).first).toBe('192.168.66.100');
    expect(followAddress({ ...draft, address: '10.5.5.1' }).first).toBe('10.5.5.100');
    expect(followAddress({ ...draft, address: '10.5' }).first).toBe('192.168.66.100');
  });

  it('come back to the network a card had', () => {
    expect(chooseCard('eth1', settings, []).address).toBe('192.168.66.1');
    expect(chooseCard('', settings, []).card).toBe('');
  });
});
