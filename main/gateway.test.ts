import { describe, expect, it } from 'vitest';
import { PRACTICE_LINK } from '../engine/contract.ts';
import type { Meter, Phase, StateEvent } from './contract.ts';
import { ENGINE_AWAY_MS } from './engine-client/engine-side.ts';
import { aFault, provider, type ScriptedGateway, scriptedGateway, settle } from './gateway.test-parts.ts';

async function withProvider(): Promise<ScriptedGateway> {
  const scripted = await scriptedGateway();
  await scripted.gateway.commands.saveProvider({ provider, password: 'secret' });
  return scripted;
}

async function dialled() {
  const scripted = await withProvider();
  expect(await scripted.gateway.commands.dial({})).toEqual({ ok: true, value: {} });
  await settle();
  return scripted;
}

function last<T>(list: readonly T[]): T {
  const item = list.at(-1);
  if (item === undefined) throw new Error('nothing there');
  return item;
}

async function connected() {
  const scripted = await dialled();
  await last(scripted.uplinks).up();
  expect(scripted.gateway.model.state.phase).toBe('connected');
  return scripted;
}

describe('a call', () => {
  it('goes from the engine to connected, and tells the engine the link', async () => {
    const { gateway, uplinks, engine } = await dialled();
    const uplink = last(uplinks);
    expect(uplink.options).toMatchObject({
      password: 'secret',
      number: '555-0100',
      portPath: '/dev/ttyUSB0',
    });
    expect(engine.requests.map((request) => request.type)).toEqual(['configure', 'guard-lines']);
    const phases: Phase[] = [
      'initialising-modem',
      'dialling',
      'negotiating',
      'authenticating',
      'configuring',
    ];
    for (const phase of phases) {
      uplink.phase(phase);
      expect(gateway.model.state.phase).toBe(phase);
    }
    await uplink.up();
    expect(gateway.model.state).toMatchObject({
      phase: 'connected',
      fault: null,
      link: { carrierRate: 33_600 },
    });
    expect(engine.asked('link-up')).toEqual([
      {
        type: 'link-up',
        up: {
          link: 1,
          role: 'uplink',
          local: '203.0.113.64',
          peer: '203.0.113.1',
          dns: ['198.51.100.53'],
          mtu: 576,
          rate: 33_600,
        },
      },
    ]);
  });

  it('carries packets both ways', async () => {
    const { uplinks, engine } = await connected();
    engine.events.packet(1, 7, Uint8Array.of(0, 0x45, 1, 2), 1, 3);
    expect(last(uplinks).sent).toEqual([{ client: 7, bytes: [0x45, 1, 2] }]);
    last(uplinks).callbacks.packet(Uint8Array.of(0x45, 9), 0, 2);
    expect(engine.packets).toEqual([{ link: 1, bytes: [0x45, 9] }]);
  });

  it('hangs up politely, takes the link from the engine and forgets the port', async () => {
    const { gateway, uplinks, engine } = await connected();
    await gateway.commands.hangUp({});
    expect(last(uplinks).hangUps).toEqual([false]);
    expect(gateway.model.state).toMatchObject({ phase: 'idle', link: null, fault: null });
    expect(engine.asked('link-down')).toEqual([{ type: 'link-down', link: 1 }]);
    expect(last(engine.asked('guard-lines'))).toEqual({ type: 'guard-lines', paths: [] });
  });

  it('uses the provider’s own name servers when PPP gave none', async () => {
    const scripted = await scriptedGateway();
    await scripted.gateway.commands.saveProvider({
      provider: { ...provider, dns: ['192.0.2.53'] },
      password: null,
    });
    await scripted.gateway.commands.dial({});
    await settle();
    await last(scripted.uplinks).up({ dns: [] });
    expect(last(scripted.engine.asked('link-up'))).toMatchObject({ up: { dns: ['192.0.2.53'] } });
  });

  it('is refused while another is under way', async () => {
    const { gateway } = await dialled();
    expect(await gateway.commands.dial({})).toMatchObject({ ok: false, fault: { code: 'call-under-way' } });
    expect(await gateway.commands.practice({})).toMatchObject({
      ok: false,
      fault: { code: 'call-under-way' },
    });
  });

  it('takes the first port where a modem answers when the provider names none', async () => {
    const { gateway, uplinks, modems } = await scriptedGateway();
    modems.add('/dev/ttyUSB0');
    await gateway.commands.saveProvider({ provider: { ...provider, port: '' }, password: null });
    await gateway.commands.dial({});
    await settle();
    expect(last(uplinks).options?.portPath).toBe('/dev/ttyUSB0');
    expect(gateway.model.state.ports).toMatchObject([
      { path: '/dev/ttyS0', isModem: false },
      { path: '/dev/ttyUSB0', isModem: true },
    ]);
  });

  it('says so when there is no modem at all', async () => {
    const { gateway } = await scriptedGateway();
    await gateway.commands.saveProvider({ provider: { ...provider, port: '' }, password: null });
    await gateway.commands.dial({});
    await settle();
    expect(gateway.model.state).toMatchObject({ phase: 'failed', fault: { code: 'no-modem' } });
  });

  it('tells that no network card was chosen, and stops telling once one is', async () => {
    const { gateway } = await connected();
    await settle();
    expect(gateway.model.state.hostFaults.map((fault) => fault.code)).toEqual(['lan-not-chosen']);
    const lan = { interface: 'eth1', address: '192.168.7.1', prefix: 24, dhcp: null };
    await gateway.commands.saveSettings({ patch: { lan } });
    await settle();
    expect(gateway.model.state.hostFaults).toEqual([]);
  });
});

describe('cancel', () => {
  const before: Phase[] = [
    'opening-modem',
    'initialising-modem',
    'dialling',
    'logging-in',
    'negotiating',
    'authenticating',
    'configuring',
  ];
  it.each(before)('in %s hangs up and ends idle', async (phase) => {
    const { gateway, uplinks, engine } = await dialled();
    last(uplinks).phase(phase);
    await gateway.commands.hangUp({});
    expect(gateway.model.state).toMatchObject({ phase: 'idle', fault: null, link: null });
    expect(last(uplinks).hangUps).toEqual([false]);
    expect(last(engine.asked('guard-lines'))).toEqual({ type: 'guard-lines', paths: [] });
    last(uplinks).phase('dialling'); // a straggler of the dead call
    expect(gateway.model.state.phase).toBe('idle');
  });

  it('while the administrator is asked only gives up the wait', async () => {
    const { gateway, engine, uplinks } = await withProvider();
    engine.startResult = 'pending';
    await gateway.commands.dial({});
    await settle();
    expect(gateway.model.state).toMatchObject({ phase: 'starting-engine', engine: 'starting' });
    await gateway.commands.hangUp({});
    expect(gateway.model.state.phase).toBe('idle');
    expect(uplinks).toEqual([]);
  });

  it('while a modem is looked for', async () => {
    const scripted = await scriptedGateway();
    await scripted.gateway.commands.saveProvider({ provider: { ...provider, port: '' }, password: null });
    await scripted.gateway.commands.dial({});
    await scripted.gateway.commands.hangUp({});
    expect(scripted.gateway.model.state.phase).toBe('idle');
    expect(scripted.uplinks).toEqual([]);
  });

  it('while waiting to redial', async () => {
    const { gateway, uplinks, clock } = await dialled();
    await last(uplinks).fail(aFault('busy'), true);
    expect(gateway.model.state.phase).toBe('waiting-to-redial');
    await gateway.commands.hangUp({});
    expect(gateway.model.state).toMatchObject({ phase: 'idle', fault: null });
    await clock.advance(60_000);
    expect(uplinks).toHaveLength(1);
  });

  it('does not wait for ever on an uplink that does not heed it', async () => {
    const { gateway, uplinks, clock } = await dialled();
    last(uplinks).deaf = true;
    const hungUp = gateway.commands.hangUp({});
    await clock.advance(10_000);
    await hungUp;
    expect(gateway.model.state.phase).toBe('idle');
  });

  it('at once drops the line before anything else', async () => {
    const { gateway, uplinks } = await connected();
    await gateway.commands.hangUp({ now: true });
    expect(last(uplinks).hangUps[0]).toBe(true);
    expect(gateway.model.state.phase).toBe('idle');
  });
});

describe('redial', () => {
  it('does not follow a wrong password', async () => {
    const { gateway, uplinks, clock } = await dialled();
    await last(uplinks).fail(aFault('wrong-password'), false);
    expect(gateway.model.state).toMatchObject({ phase: 'failed', fault: { code: 'wrong-password' } });
    await clock.advance(600_000);
    expect(uplinks).toHaveLength(1);
    await gateway.commands.clearFault({});
    expect(gateway.model.state).toMatchObject({ phase: 'idle', fault: null });
  });

  it('follows busy with the next number, with growing pauses, and gives up at the limit', async () => {
    const { gateway, uplinks, clock } = await dialled();
    await last(uplinks).fail(aFault('busy'), true);
    expect(gateway.model.state).toMatchObject({
      phase: 'waiting-to-redial',
      activity: 'Trying 555-0199 again in 10 s (1 of 5)',
    });
    await clock.advance(9_000);
    expect(gateway.model.state.activity).toBe('Trying 555-0199 again in 1 s (1 of 5)');
    expect(uplinks).toHaveLength(1);
    await clock.advance(1_000);
    expect(uplinks).toHaveLength(2);
    expect(last(uplinks).options?.number).toBe('555-0199');
    for (const pause of [10, 20, 20, 40]) {
      await last(uplinks).fail(aFault('busy'), true);
      const dialledBefore = uplinks.length;
      await clock.advance(pause * 1000 - 1);
      expect(uplinks).toHaveLength(dialledBefore);
      await clock.advance(1);
      expect(uplinks).toHaveLength(dialledBefore + 1);
    }
    await last(uplinks).fail(aFault('busy'), true);
    expect(gateway.model.state).toMatchObject({ phase: 'failed', fault: { code: 'busy' } });
  });

  it('follows a dropped line, and the engine is told of both', async () => {
    const { gateway, uplinks, clock, engine } = await connected();
    await last(uplinks).lose(aFault('carrier-lost'), true);
    expect(gateway.model.state).toMatchObject({ phase: 'waiting-to-redial', link: null });
    expect(engine.asked('link-down')).toHaveLength(1);
    expect(last(uplinks).hangUps).toEqual([false]);
    await clock.advance(10_000);
    await last(uplinks).up();
    expect(gateway.model.state).toMatchObject({ phase: 'connected', fault: null });
    expect(engine.asked('link-up')).toHaveLength(2);
  });

  it('counts its tries anew only after a call that held', async () => {
    const { gateway, uplinks, clock } = await connected();
    await last(uplinks).lose(aFault('carrier-lost'), true);
    await clock.advance(10_000);
    await last(uplinks).up();
    await last(uplinks).lose(aFault('carrier-lost'), true);
    expect(gateway.model.state.activity).toContain('(2 of 5)');
    await clock.advance(20_000);
    await last(uplinks).up();
    await clock.advance(60_000);
    await last(uplinks).lose(aFault('carrier-lost'), true);
    expect(gateway.model.state.activity).toContain('(1 of 5)');
  });
});

describe('the engine', () => {
  it('whose prompt is dismissed fails the call before any number is dialled', async () => {
    const { gateway, engine, uplinks } = await withProvider();
    engine.startResult = { ok: false, fault: aFault('not-approved') };
    await gateway.commands.dial({});
    await settle();
    expect(gateway.model.state).toMatchObject({
      phase: 'failed',
      engine: 'stopped',
      fault: { code: 'not-approved' },
    });
    expect(uplinks).toEqual([]);
  });

  it('that refuses the configuration fails the call before it costs anything', async () => {
    const { gateway, engine, uplinks } = await withProvider();
    engine.replies.configure = { ok: false, fault: aFault('lan-missing') };
    await gateway.commands.dial({});
    await settle();
    expect(gateway.model.state).toMatchObject({ phase: 'failed', fault: { code: 'lan-missing' } });
    expect(uplinks).toEqual([]);
  });

  it('that refuses the link has the call hung up', async () => {
    const { gateway, engine, uplinks } = await dialled();
    engine.replies['link-up'] = { ok: false, fault: aFault('net-clash') };
    await last(uplinks).up();
    expect(gateway.model.state).toMatchObject({ phase: 'failed', fault: { code: 'net-clash' }, link: null });
    expect(last(uplinks).hangUps).toEqual([false]);
  });

  it('is started once for many calls', async () => {
    const { gateway, engine } = await connected();
    await gateway.commands.hangUp({});
    await gateway.commands.dial({});
    await settle();
    expect(engine.starts).toBe(1);
  });

  it('lost and back again keeps the call and is told what stands', async () => {
    const { gateway, engine, uplinks, clock } = await connected();
    engine.state = 'lost';
    engine.events.lost(aFault('engine-died'));
    expect(gateway.model.state).toMatchObject({ engine: 'lost', phase: 'connected' });
    const before = engine.requests.length;
    engine.events.back(1);
    await settle();
    expect(engine.requests.slice(before).map((request) => request.type)).toEqual([
      'configure',
      'link-up',
      'guard-lines',
    ]);
    await clock.advance(ENGINE_AWAY_MS * 2);
    expect(gateway.model.state).toMatchObject({ engine: 'running', phase: 'connected' });
    expect(last(uplinks).hangUps).toEqual([]);
  });

  it('gone for good has the line hung up', async () => {
    const { gateway, engine, uplinks, clock } = await connected();
    engine.state = 'lost';
    engine.events.lost(aFault('engine-died'));
    await clock.advance(ENGINE_AWAY_MS);
    expect(last(uplinks).hangUps).toEqual([false]);
    expect(gateway.model.state).toMatchObject({
      phase: 'failed',
      engine: 'stopped',
      link: null,
      fault: { code: 'engine-gone' },
    });
  });

  it('lost while a link comes up is waited for, since the line is already paid for', async () => {
    const { gateway, engine, uplinks } = await dialled();
    engine.state = 'lost';
    engine.events.lost(aFault('engine-died'));
    await last(uplinks).up();
    expect(gateway.model.state.phase).toBe('configuring');
    engine.state = 'running';
    engine.events.back(1);
    await settle();
    expect(gateway.model.state).toMatchObject({ phase: 'connected', engine: 'running' });
    expect(engine.asked('link-up')).toHaveLength(1);
  });

  it('lost before a redial is waited for, not started a second time', async () => {
    const { gateway, engine, uplinks, clock } = await connected();
    engine.state = 'lost';
    engine.events.lost(aFault('engine-died'));
    await last(uplinks).lose(aFault('carrier-lost'), true);
    await clock.advance(10_000);
    expect(gateway.model.state.phase).toBe('starting-engine');
    engine.state = 'running';
    engine.events.back(1);
    await settle();
    expect(uplinks).toHaveLength(2);
    expect(engine.starts).toBe(1);
  });

  it('lost while a link comes up, and not coming back, has the line hung up', async () => {
    const { gateway, engine, uplinks, clock } = await dialled();
    engine.state = 'lost';
    engine.events.lost(aFault('engine-died'));
    await last(uplinks).up();
    await clock.advance(ENGINE_AWAY_MS);
    expect(gateway.model.state).toMatchObject({ phase: 'failed', fault: { code: 'engine-gone' } });
    expect(last(uplinks).hangUps.length).toBeGreaterThan(0);
  });

  it('that its client has given up is not waited for', async () => {
    const { gateway, engine } = await connected();
    engine.state = 'lost';
    engine.events.lost(aFault('engine-died'));
    await settle();
    expect(gateway.model.state.hostFaults.map((fault) => fault.code)).toContain('engine-died');
    engine.state = 'stopped';
    engine.events.lost(aFault('supervisor-died'));
    await settle();
    expect(gateway.model.state).toMatchObject({ phase: 'failed', fault: { code: 'engine-gone' } });
    expect(gateway.model.state.hostFaults).toEqual([]);
  });

  it('lost between calls is told all the same, until it runs again', async () => {
    const { gateway, engine } = await connected();
    await gateway.commands.hangUp({});
    engine.state = 'stopped';
    engine.events.lost(aFault('engine-died'));
    await settle();
    expect(gateway.model.state).toMatchObject({ engine: 'stopped', phase: 'idle' });
    expect(gateway.model.state.hostFaults).toMatchObject([{ code: 'engine-gone' }]);
    await gateway.commands.dial({});
    await settle();
    expect(gateway.model.state.hostFaults).toEqual([]);
  });

  it('gone for good in the middle of dialling ends the call too', async () => {
    const { gateway, engine, uplinks, clock } = await dialled();
    engine.state = 'lost';
    engine.events.lost(aFault('engine-died'));
    await clock.advance(ENGINE_AWAY_MS);
    expect(gateway.model.state).toMatchObject({ phase: 'failed', fault: { code: 'engine-gone' } });
    expect(last(uplinks).hangUps).toEqual([false]);
  });

  it('has its clients, log and warnings shown', async () => {
    const { gateway, engine } = await connected();
    engine.events.message({ type: 'host-fault', code: 'dhcp', fault: aFault('dhcp') });
    engine.events.message({
      type: 'log',
      line: { at: 1, level: 'info', part: 'engine', text: 'lease given' },
    });
    await settle();
    expect(gateway.model.state.hostFaults.map((fault) => fault.code)).toContain('dhcp');
    expect(gateway.model.snapshot().log.map((line) => line.text)).toContain('lease given');
    engine.events.message({ type: 'host-fault', code: 'dhcp', fault: null });
    expect(gateway.model.state.hostFaults.map((fault) => fault.code)).not.toContain('dhcp');
  });
});

describe('practice', () => {
  async function practising() {
    const scripted = await scriptedGateway();
    expect(await scripted.gateway.commands.practice({})).toMatchObject({ ok: true });
    await settle();
    return scripted;
  }

  it('dials the practice provider, with its Internet up before the call', async () => {
    const { gateway, engine, uplinks } = await practising();
    expect(gateway.model.state).toMatchObject({ practice: true, providerId: 'practice' });
    expect(last(uplinks).options).toMatchObject({
      number: '555-0100',
      password: 'dial-up',
      portPath: '/dev/pts/9',
    });
    expect(engine.requests).toMatchObject([
      { type: 'configure', config: { practice: true } },
      { type: 'link-up', up: { role: 'practice', link: PRACTICE_LINK } },
      { type: 'guard-lines', paths: ['/dev/pts/9'] },
    ]);
    await last(uplinks).up();
    expect(gateway.model.state.phase).toBe('connected');
    await settle();
    expect(gateway.model.state.hostFaults).toEqual([]);
  });

  it('joins the provider’s Internet to the engine', async () => {
    const { engine, practices } = await practising();
    last(practices).onInternetPacket?.(Uint8Array.of(0x45, 5), 0, 2);
    expect(engine.packets).toEqual([{ link: PRACTICE_LINK, bytes: [0x45, 5] }]);
    engine.events.packet(PRACTICE_LINK, 0, Uint8Array.of(9, 0x45, 6), 1, 2);
    expect(last(practices).received).toEqual([[0x45, 6]]);
  });

  it('is left with everything taken down', async () => {
    const { gateway, engine, practices, uplinks } = await practising();
    await last(uplinks).up();
    await gateway.commands.endPractice({});
    expect(gateway.model.state).toMatchObject({ practice: false, phase: 'idle', providerId: null });
    expect(last(practices).closed).toBe(true);
    expect(engine.asked('link-down')).toMatchObject([{ link: 1 }, { link: PRACTICE_LINK }]);
    expect(last(engine.asked('configure'))).toMatchObject({ config: { practice: false } });
  });

  it('stays for a provider set to its port, and ends for any other', async () => {
    const { gateway, practices } = await practising();
    await gateway.commands.hangUp({});
    await gateway.commands.saveProvider({
      provider: { ...provider, id: 'mine', port: '/dev/pts/9' },
      password: 'x',
    });
    await gateway.commands.saveProvider({ provider, password: 'x' });
    await gateway.commands.dial({ providerId: 'mine' });
    await settle();
    expect(gateway.model.state.practice).toBe(true);
    await gateway.commands.hangUp({});
    await gateway.commands.dial({ providerId: 'home' });
    await settle();
    expect(gateway.model.state.practice).toBe(false);
    expect(last(practices).closed).toBe(true);
  });
});

describe('what the faces are told', () => {
  it('is numbered without gaps, and patches add up to the snapshot', async () => {
    const { gateway, uplinks } = await withProvider();
    const events: StateEvent[] = [];
    const start = gateway.model.snapshot();
    gateway.model.onState((event) => events.push(event));
    await gateway.commands.dial({});
    await settle();
    last(uplinks).phase('dialling');
    await settle();
    await last(uplinks).up();
    await gateway.commands.hangUp({});
    const end = gateway.model.snapshot();
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => start.seq + 1 + index));
    expect(last(events).seq).toBe(end.seq);
    expect(Object.assign({}, start.state, ...events.map((event) => event.patch))).toEqual(end.state);
    expect([...start.log, ...events.flatMap((event) => event.log)]).toEqual(end.log);
  });

  it('never holds the password', async () => {
    const { gateway } = await connected();
    expect(JSON.stringify(gateway.model.snapshot())).not.toContain('secret"');
    expect(gateway.model.state.providers).toMatchObject([{ hasPassword: true }]);
  });

  it('meters at most twice a second, in bit/s', async () => {
    const { gateway, uplinks, clock } = await connected();
    await gateway.open();
    const meters: Meter[] = [];
    gateway.model.onMeter((meter) => meters.push(meter));
    await clock.advance(500);
    last(uplinks).bytesDown = 2100;
    await clock.advance(9_500);
    expect(meters).toHaveLength(20);
    expect(meters[1]).toMatchObject({ down: 33_600, bytesDown: 2100 });
    expect(meters[2]).toMatchObject({ down: 0, bytesDown: 2100 });
    await gateway.close();
  });

  it('closing hangs up and stops the engine', async () => {
    const { gateway, engine, uplinks } = await connected();
    await gateway.close();
    expect(last(uplinks).hangUps).toEqual([false]);
    expect(engine.stopped).toBe(true);
    expect(gateway.model.state.engine).toBe('stopped');
  });
});

describe('answers of the engine', () => {
  it('come in the contract’s shape', async () => {
    const { gateway, engine } = await connected();
    engine.replies['practice-fetch'] = { ok: true, result: { bytes: 4096, ms: 950, sha256: 'ab' } };
    engine.replies.sessions = { ok: true, result: [] };
    engine.replies.refusals = { ok: true, result: [{ at: 5, text: 'TCP 23 from 192.0.2.9' }] };
    expect(await gateway.commands.practiceFetch({ host: 'masq-host1' })).toEqual({
      ok: true,
      value: { bytes: 4096, milliseconds: 950, sha256: 'ab' },
    });
    expect(await gateway.commands.sessions({ limit: 5 })).toEqual({ ok: true, value: { sessions: [] } });
    expect(await gateway.commands.refusals({})).toEqual({
      ok: true,
      value: { refusals: [{ at: 5, text: 'TCP 23 from 192.0.2.9' }] },
    });
  });

  it('that make no sense are a fault, not a crash', async () => {
    const { gateway, engine } = await connected();
    engine.replies.sessions = { ok: true, result: { nonsense: true } };
    expect(await gateway.commands.sessions({ limit: 5 })).toMatchObject({
      ok: false,
      fault: { code: 'internal-error' },
    });
  });

  it('are not waited for when there is no engine', async () => {
    const { gateway } = await withProvider();
    expect(await gateway.commands.refusals({})).toMatchObject({ fault: { code: 'engine-not-running' } });
  });
});

describe('settings by command', () => {
  it('reach the engine at once when it runs', async () => {
    const { gateway, engine } = await connected();
    await gateway.commands.setHelper({ name: 'ftp', setting: { on: false, ports: [21] } });
    expect(last(engine.asked('configure'))).toMatchObject({
      config: { helpers: { ftp: { on: false, ports: [21] } } },
    });
    expect(last(engine.asked('configure'))).toMatchObject({ config: { openForeignFirewall: 'ask' } });
    await gateway.commands.saveSettings({ patch: { openForeignFirewall: 'yes' } });
    expect(last(engine.asked('configure'))).toMatchObject({ config: { openForeignFirewall: 'yes' } });
    await gateway.commands.pauseClient({ address: '192.168.7.5', paused: true });
    expect(last(engine.requests)).toEqual({ type: 'cut', client: '192.168.7.5' });
    expect(gateway.model.state.settings.access.paused).toEqual(['192.168.7.5']);
  });

  it('tell the line who has another share of it, by the engine’s numbers and on every call', async () => {
    const { gateway, engine, uplinks } = await connected();
    const shares = () => last(uplinks).shares;
    const facts = { mac: null, name: 'desk', firstSeen: 1, lastSeen: 1, leaseExpires: null, paused: false };
    const traffic = { bytesUp: 0, bytesDown: 0, rateUp: 0, rateDown: 0, sessions: 0 };
    const desk = { id: 7, kind: 'lan' as const, address: '192.168.7.5', ...facts, ...traffic };
    await gateway.commands.shareClient({ address: '192.168.7.5', limitKbit: 8 });
    await gateway.commands.shareClient({ address: '192.168.7.6', priority: 'high' });
    await settle();
    expect(shares()).toEqual(new Map());
    engine.events.message({ type: 'clients', clients: [desk] });
    await settle();
    expect(shares()).toEqual(new Map([[7, { limitKbit: 8, priority: 'normal' }]]));
    await gateway.commands.shareClient({ address: '192.168.7.5', priority: 'low' });
    await settle();
    expect(shares()).toEqual(new Map([[7, { limitKbit: 8, priority: 'low' }]]));
    await gateway.commands.hangUp({});
    await gateway.commands.dial({});
    await settle();
    await last(uplinks).up();
    await settle();
    expect(shares()).toEqual(new Map([[7, { limitKbit: 8, priority: 'low' }]]));
    await gateway.commands.shareClient({ address: '192.168.7.5', limitKbit: null, priority: 'normal' });
    await settle();
    expect(shares()).toEqual(new Map());
  });

  it('come back in the next run, with the password where it belongs', async () => {
    const first = await withProvider();
    const second = await scriptedGateway(first.directory);
    expect(second.gateway.model.state.providers).toMatchObject([{ id: 'home', hasPassword: true }]);
    await second.gateway.commands.removeProvider({ id: 'home' });
    const third = await scriptedGateway(first.directory);
    expect(third.gateway.model.state.providers).toEqual([]);
  });

  it('do not let a provider go while its call is up', async () => {
    const { gateway } = await connected();
    expect(await gateway.commands.removeProvider({ id: 'home' })).toMatchObject({
      ok: false,
      fault: { code: 'provider-in-use' },
    });
  });
});
