// Two calls at a time, over scripted parts: the second follows the first, lives and redials on its own, and ends with it.
import { describe, expect, it } from 'vitest';
import type { Meter, Settings } from './contract.ts';
import { aFault, provider, type ScriptedGateway, scriptedGateway, settle } from './gateway.test-parts.ts';

const FIRST = '/dev/ttyUSB0';
const SECOND = '/dev/ttyS0';

async function prepared(second: Partial<Settings['secondCall']> = {}): Promise<ScriptedGateway> {
  const scripted = await scriptedGateway();
  scripted.modems.add(FIRST).add(SECOND);
  await scripted.gateway.commands.saveProvider({ provider, password: 'secret' });
  await scripted.gateway.commands.saveSettings({
    patch: { secondCall: { on: true, providerId: null, port: '', spread: 'connections', ...second } },
  });
  return scripted;
}

/** Dialled, and the first call up; the second is dialling. */
async function firstUp(second: Partial<Settings['secondCall']> = {}) {
  const scripted = await prepared(second);
  expect(await scripted.gateway.commands.dial({})).toMatchObject({ ok: true });
  await settle();
  await at(scripted, 0).up();
  return scripted;
}

async function bothUp() {
  const scripted = await firstUp();
  await at(scripted, 1).up({ local: '203.0.113.65' });
  expect(scripted.gateway.model.state).toMatchObject({
    phase: 'connected',
    second: { phase: 'connected', fault: null },
  });
  return scripted;
}

function at({ uplinks }: ScriptedGateway, index: number) {
  const uplink = uplinks[index];
  if (uplink === undefined) throw new Error(`no uplink ${index}`);
  return uplink;
}
const last = (scripted: ScriptedGateway) => at(scripted, scripted.uplinks.length - 1);

describe('a second call', () => {
  it('waits for the first, then calls the same provider on another modem, and is a link of its own', async () => {
    const scripted = await prepared();
    expect(scripted.gateway.model.state.second).toMatchObject({ phase: 'idle', link: null });
    await scripted.gateway.commands.dial({});
    await settle();
    expect(scripted.uplinks).toHaveLength(1);
    expect(at(scripted, 0).options).toMatchObject({ portPath: FIRST });
    await at(scripted, 0).up();
    expect(at(scripted, 1).options).toMatchObject({
      portPath: SECOND,
      password: 'secret',
      number: '555-0100',
    });
    expect(scripted.gateway.model.state).toMatchObject({
      phase: 'connected',
      second: { providerId: 'home' },
    });
    await at(scripted, 1).up({ local: '203.0.113.65' });
    const ups = scripted.engine.asked('link-up');
    expect(ups).toMatchObject([
      { up: { link: 1 } },
      { up: { link: 2, role: 'uplink', local: '203.0.113.65', rate: 33_600 } },
    ]);
    expect(scripted.engine.asked('guard-lines').at(-1)).toEqual({
      type: 'guard-lines',
      paths: [FIRST, SECOND],
    });
  });

  it('has its own packets, both ways, and the meter sums', async () => {
    const scripted = await bothUp();
    const { engine, gateway, clock } = scripted;
    engine.events.packet(1, 7, Uint8Array.of(0x45, 1), 0, 2);
    engine.events.packet(2, 8, Uint8Array.of(0x45, 2), 0, 2);
    engine.events.packet(16, 9, Uint8Array.of(0x45, 3), 0, 2);
    expect(at(scripted, 0).sent).toEqual([{ client: 7, bytes: [0x45, 1] }]);
    expect(at(scripted, 1).sent).toEqual([{ client: 8, bytes: [0x45, 2] }]);
    at(scripted, 1).callbacks.packet(Uint8Array.of(0x45, 9), 0, 2);
    expect(engine.packets).toEqual([{ link: 2, bytes: [0x45, 9] }]);
    const meters: Meter[] = [];
    gateway.model.onMeter((meter) => meters.push(meter));
    await gateway.open();
    await clock.advance(500);
    at(scripted, 0).bytesDown = 1000;
    at(scripted, 1).bytesDown = 500;
    at(scripted, 1).bytesUp = 250;
    await clock.advance(500);
    expect(meters.at(-1)).toMatchObject({
      down: 24_000,
      up: 4000,
      bytesDown: 1500,
      second: { down: 8000, up: 4000, bytesDown: 500, bytesUp: 250 },
    });
    expect(gateway.model.state.second?.link).toMatchObject({ bytesDown: 500, bytesUp: 250 });
  });

  it('is hung up with the first, and nothing of either stays', async () => {
    const scripted = await bothUp();
    await scripted.gateway.commands.hangUp({});
    expect([0, 1].map((n) => at(scripted, n).hangUps)).toEqual([[false], [false]]);
    expect(scripted.gateway.model.state).toMatchObject({
      phase: 'idle',
      second: { phase: 'idle', link: null },
    });
    const downs = scripted.engine.asked('link-down').map((message) => 'link' in message && message.link);
    expect(downs.sort()).toEqual([1, 2]);
    expect(scripted.engine.asked('guard-lines').at(-1)).toEqual({ type: 'guard-lines', paths: [] });
  });

  it('that drops calls again by itself, and the first goes on', async () => {
    const scripted = await bothUp();
    await at(scripted, 1).lose(aFault('carrier-lost'), true);
    expect(scripted.gateway.model.state).toMatchObject({
      phase: 'connected',
      fault: null,
      second: { phase: 'waiting-to-redial', fault: { code: 'carrier-lost' }, link: null },
    });
    expect(scripted.engine.asked('link-down').at(-1)).toEqual({ type: 'link-down', link: 2 });
    await scripted.clock.advance(10_000);
    await last(scripted).up({ local: '203.0.113.66' });
    expect(scripted.gateway.model.state.second).toMatchObject({ phase: 'connected', fault: null });
  });

  it('goes on while the first calls again', async () => {
    const scripted = await bothUp();
    await at(scripted, 0).lose(aFault('carrier-lost'), true);
    expect(scripted.gateway.model.state).toMatchObject({
      phase: 'waiting-to-redial',
      second: { phase: 'connected' },
    });
    await scripted.clock.advance(10_000);
    await last(scripted).up();
    expect(scripted.gateway.model.state).toMatchObject({
      phase: 'connected',
      second: { phase: 'connected' },
    });
    expect(scripted.uplinks).toHaveLength(3);
  });

  it('hung up alone stays down over the first’s redial, until the next Dial', async () => {
    const scripted = await bothUp();
    await scripted.gateway.commands.hangUp({ call: 'second' });
    expect(scripted.gateway.model.state).toMatchObject({ phase: 'connected', second: { phase: 'idle' } });
    await at(scripted, 0).lose(aFault('carrier-lost'), true);
    await scripted.clock.advance(10_000);
    await last(scripted).up();
    expect(scripted.uplinks).toHaveLength(3);
    expect(await scripted.gateway.commands.dial({ call: 'second' })).toMatchObject({ ok: true });
    await settle();
    expect(last(scripted).options).toMatchObject({ portPath: SECOND });
    expect(await scripted.gateway.commands.dial({ call: 'second' })).toMatchObject({
      ok: false,
      fault: { code: 'call-under-way' },
    });
  });

  it('may be dialled alone', async () => {
    const scripted = await prepared();
    await scripted.gateway.commands.dial({ call: 'second' });
    await settle();
    expect(at(scripted, 0).options).toMatchObject({ portPath: SECOND });
    await at(scripted, 0).up();
    expect(scripted.gateway.model.state).toMatchObject({ phase: 'idle', second: { phase: 'connected' } });
    expect(scripted.engine.asked('link-up')).toMatchObject([{ up: { link: 2 } }]);
  });

  it('whose password is wrong is not called again when the first comes back', async () => {
    const scripted = await firstUp();
    await at(scripted, 1).fail(aFault('wrong-password'), false);
    expect(scripted.gateway.model.state.second).toMatchObject({
      phase: 'failed',
      fault: { code: 'wrong-password' },
    });
    await at(scripted, 0).lose(aFault('carrier-lost'), true);
    await scripted.clock.advance(10_000);
    await last(scripted).up();
    expect(scripted.uplinks).toHaveLength(3);
    await scripted.gateway.commands.clearFault({});
    expect(scripted.gateway.model.state.second).toMatchObject({ phase: 'idle', fault: null });
  });

  it('switched on during a call comes up at once; switched off is hung up and no longer shown', async () => {
    const scripted = await firstUp({ on: false });
    const { commands, model } = scripted.gateway;
    expect(scripted.uplinks).toHaveLength(1);
    expect(model.state.second).toBeNull();
    const secondCall = { on: true, providerId: null, port: '', spread: 'connections' as const };
    await commands.saveSettings({ patch: { secondCall } });
    await settle();
    await at(scripted, 1).up();
    expect(model.state.second).toMatchObject({ phase: 'connected' });
    await commands.saveSettings({ patch: { secondCall: { ...secondCall, on: false } } });
    await settle();
    expect(at(scripted, 1).hangUps).toEqual([false]);
    expect(model.state).toMatchObject({ phase: 'connected', second: null });
  });

  it('is refused the first call’s modem, and says so', async () => {
    const scripted = await firstUp({ port: FIRST });
    expect(scripted.uplinks).toHaveLength(1);
    expect(scripted.gateway.model.state.second).toMatchObject({
      phase: 'failed',
      fault: { code: 'port-taken', remedy: expect.stringContaining('Choose another port') },
    });
    expect(scripted.gateway.model.state.phase).toBe('connected');
  });

  it('leaves its own modem to it: the first, looking for one, takes another', async () => {
    const scripted = await prepared({ port: SECOND });
    await scripted.gateway.commands.saveProvider({ provider: { ...provider, port: '' }, password: null });
    await scripted.gateway.commands.dial({});
    await settle();
    expect(at(scripted, 0).options).toMatchObject({ portPath: FIRST });
  });

  it('may call another provider, which cannot be removed meanwhile', async () => {
    const scripted = await prepared({ providerId: 'other', port: SECOND });
    const { commands } = scripted.gateway;
    const other = { ...provider, id: 'other', name: 'Other', numbers: ['555-0150'] };
    await commands.saveProvider({ provider: other, password: 'else' });
    await commands.dial({ providerId: 'home' });
    await settle();
    await at(scripted, 0).up();
    expect(at(scripted, 1).options).toMatchObject({ number: '555-0150', password: 'else', portPath: SECOND });
    expect(await commands.removeProvider({ id: 'other' })).toMatchObject({ ok: false });
    await commands.hangUp({ call: 'second' });
    expect(await commands.removeProvider({ id: 'other' })).toMatchObject({ ok: true });
  });

  it('does not wait for a person at the terminal', async () => {
    const scripted = await prepared();
    await scripted.gateway.commands.saveProvider({
      provider: { ...provider, loginScript: 'terminal' },
      password: null,
    });
    expect(await scripted.gateway.commands.dial({ call: 'second' })).toMatchObject({
      ok: false,
      fault: { code: 'second-needs-person' },
    });
  });

  it('practises with the first, on the other practice modem, and never calls what costs', async () => {
    const scripted = await prepared();
    await scripted.gateway.commands.practice({});
    await settle();
    await at(scripted, 0).up();
    expect(at(scripted, 0).options).toMatchObject({ portPath: '/dev/pts/9', number: '555-0100' });
    expect(at(scripted, 1).options).toMatchObject({ portPath: '/dev/pts/10', number: '555-0100' });
    expect(at(scripted, 1).options?.provider.id).toBe('practice');
    await at(scripted, 1).up({ local: '203.0.113.65' });
    await scripted.gateway.commands.endPractice({});
    expect(scripted.gateway.model.state).toMatchObject({
      phase: 'idle',
      practice: false,
      second: { phase: 'idle' },
    });
    expect(scripted.practices[0]?.closed).toBe(true);
  });

  it('ends with an engine that is gone for good', async () => {
    const scripted = await bothUp();
    scripted.engine.state = 'stopped';
    scripted.engine.events.lost(aFault('died'));
    await settle();
    expect(scripted.gateway.model.state).toMatchObject({
      phase: 'failed',
      fault: { code: 'engine-gone' },
      second: { phase: 'failed', fault: { code: 'engine-gone' } },
    });
  });

  it('is told to an engine that comes back', async () => {
    const { engine } = await bothUp();
    engine.requests.length = 0;
    engine.events.lost(aFault('died'));
    engine.events.back(1);
    await settle();
    expect(engine.requests).toMatchObject([
      { type: 'configure' },
      { type: 'link-up', up: { link: 1 } },
      { type: 'link-up', up: { link: 2 } },
      { type: 'guard-lines', paths: [FIRST, SECOND] },
    ]);
  });
});
