// Demand dialling and idle hang-up through the gateway's commands, over scripted parts and a clock moved by hand.
import { describe, expect, it } from 'vitest';
import { REST_MS } from './calling/demand.ts';
import type { Provider, Settings } from './contract.ts';
import { PRACTICE_PORT } from './contract.ts';
import { aFault, provider, type ScriptedUplink, scriptedGateway, settle } from './gateway.test-parts.ts';

/** A gateway that is on demand from its start, with one provider. */
async function onDemand(settings: Partial<Settings> = {}, change: Partial<Provider> = {}) {
  const first = await scriptedGateway();
  await first.gateway.commands.saveProvider({ provider: { ...provider, ...change }, password: 'secret' });
  await first.gateway.commands.saveSettings({ patch: { demand: true, ...settings } });
  await settle();
  await first.gateway.close();
  const scripted = await scriptedGateway(first.directory);
  await scripted.gateway.open();
  await settle();
  const { gateway, uplinks, engine } = scripted;
  return {
    ...scripted,
    commands: gateway.commands,
    state: () => gateway.model.state,
    uplink(): ScriptedUplink {
      const uplink = uplinks.at(-1);
      if (uplink === undefined) throw new Error('nothing was dialled');
      return uplink;
    },
    async want() {
      engine.events.message({ type: 'want-line', client: '192.168.7.5', reason: 'tcp to 192.0.2.1 port 80' });
      await settle();
    },
    /** Whether the engine was last told to hold packets. */
    holds() {
      const last = engine.asked('configure').at(-1);
      return last?.type === 'configure' && last.config.demand;
    },
  };
}

describe('demand dialling', () => {
  it('has the engine watch before any call, and dials the provider when it is asked', async () => {
    const { state, engine, uplinks, uplink, want, holds } = await onDemand();
    expect(engine.starts).toBe(1);
    expect(state()).toMatchObject({ phase: 'idle', demand: 'watching', activity: 'Waiting for traffic' });
    expect(holds()).toBe(true);
    expect(uplinks).toEqual([]);
    await want();
    expect(uplink().options).toMatchObject({ number: '555-0100', password: 'secret' });
    await want();
    expect(uplinks).toHaveLength(1);
    await uplink().up();
    expect(state()).toMatchObject({ phase: 'connected', demand: 'watching' });
    expect(holds()).toBe(true);
  });

  it('is off unless it is set, and begins at once when it is', async () => {
    const { gateway, engine, uplinks } = await scriptedGateway();
    await gateway.commands.saveProvider({ provider, password: 'secret' });
    await gateway.open();
    await settle();
    expect(engine.starts).toBe(0);
    expect(gateway.model.state.demand).toBe('off');
    await gateway.commands.saveSettings({ patch: { demand: true } });
    await settle();
    expect(engine.starts).toBe(1);
    expect(gateway.model.state).toMatchObject({ demand: 'watching', activity: 'Waiting for traffic' });
    await gateway.commands.saveSettings({ patch: { demand: false } });
    await settle();
    expect(gateway.model.state).toMatchObject({ demand: 'off', activity: '' });
    engine.events.message({ type: 'want-line', client: '192.168.7.5', reason: 'udp' });
    await settle();
    expect(uplinks).toEqual([]);
  });

  it('does nothing after Hang up until a person dials, or sets it anew', async () => {
    const { commands, state, uplinks, uplink, want, holds, clock } = await onDemand();
    await want();
    await uplink().up();
    await commands.hangUp({});
    await settle();
    expect(state()).toMatchObject({
      phase: 'idle',
      demand: 'paused',
      activity: expect.stringMatching(/press Dial/),
    });
    expect(holds()).toBe(false);
    await clock.advance(3_600_000);
    await want();
    await commands.saveSettings({ patch: { theme: 'dark', demand: true } });
    await want();
    expect(uplinks).toHaveLength(1);

    await commands.dial({});
    await settle();
    await uplink().up();
    expect(state().demand).toBe('watching');
    await commands.hangUp({});
    await commands.saveSettings({ patch: { demand: false } });
    await commands.saveSettings({ patch: { demand: true } });
    await want();
    expect(uplinks).toHaveLength(3);
  });

  it('cancelled while it dials is a Hang up too', async () => {
    const { commands, uplinks, want } = await onDemand();
    await want();
    await commands.hangUp({});
    await want();
    expect(uplinks).toHaveLength(1);
  });

  it('never calls again by itself what a person must mend', async () => {
    const { commands, state, uplinks, uplink, want, clock, holds } = await onDemand();
    await want();
    await uplink().fail(aFault('wrong-password'), false);
    expect(state()).toMatchObject({ phase: 'failed', demand: 'paused' });
    expect(holds()).toBe(false);
    await clock.advance(2 * REST_MS);
    await want();
    expect(uplinks).toHaveLength(1);
    await commands.clearFault({});
    await settle();
    await want();
    expect(uplinks).toHaveLength(1);
    expect(state().activity).toMatch(/press Dial/);
  });

  it('rests after its tries are used up, then is asked anew', async () => {
    const { state, uplinks, uplink, want, clock } = await onDemand({}, { redialTries: 0 });
    await want();
    await uplink().fail(aFault('busy'), true);
    expect(state()).toMatchObject({ phase: 'failed', demand: 'paused' });
    await clock.advance(REST_MS - 1_000);
    await want();
    expect(uplinks).toHaveLength(1);
    await clock.advance(1_000);
    expect(state().demand).toBe('watching');
    await want();
    expect(uplinks).toHaveLength(2);
  });

  it('says why it cannot watch when the engine is refused, and asks once only', async () => {
    const { gateway, engine } = await scriptedGateway();
    engine.startResult = { ok: false, fault: aFault('not-approved') };
    await gateway.commands.saveProvider({ provider, password: null });
    await gateway.commands.saveSettings({ patch: { demand: true } });
    await settle();
    await gateway.commands.saveSettings({ patch: { theme: 'dark' } });
    await settle();
    expect(engine.starts).toBe(1);
    expect(gateway.model.state.demand).toBe('paused');
    expect(gateway.model.state.hostFaults).toMatchObject([{ code: 'not-approved' }]);
    engine.startResult = { ok: true };
    await gateway.commands.dial({});
    await settle();
    expect(gateway.model.state).toMatchObject({ demand: 'watching', hostFaults: [] });
  });

  it('pauses when the engine is gone', async () => {
    const { state, engine } = await onDemand();
    engine.state = 'stopped';
    engine.events.lost(aFault('engine-died'));
    await settle();
    expect(state()).toMatchObject({ demand: 'paused', activity: expect.stringMatching(/Press Dial/) });
  });

  it('in practice dials the practice provider, which brings no other with it', async () => {
    const { commands, state, uplinks, uplink, want, holds, clock } = await onDemand({ idleMinutes: 1 });
    await commands.practice({});
    await settle();
    await uplink().up();
    uplink().idleMs = () => 60_000;
    await clock.advance(1_000);
    expect(state()).toMatchObject({ phase: 'idle', practice: true, demand: 'watching' });
    expect(holds()).toBe(true);
    await want();
    expect(uplinks).toHaveLength(2);
    expect(uplink().options).toMatchObject({ password: 'dial-up', provider: { id: 'practice' } });
  });

  it('puts up the practice line where its provider is the chosen one', async () => {
    const { practices, state, uplink, want } = await onDemand(
      { selectedProvider: 'home' },
      { port: PRACTICE_PORT },
    );
    expect(practices).toHaveLength(1);
    expect(state()).toMatchObject({ practice: true, demand: 'watching' });
    await want();
    expect(uplink().options).toMatchObject({ portPath: '/dev/pts/9', provider: { id: 'home' } });
  });

  it('on the practice line with another provider chosen, dials nobody', async () => {
    const { commands, gateway, state, uplinks, want, holds } = await onDemand();
    await commands.saveProvider({ provider: { ...provider, id: 'mine', port: PRACTICE_PORT }, password: '' });
    await commands.dial({ providerId: 'mine' });
    await settle();
    await uplinks.at(-1)?.fail(aFault('busy'), false);
    await commands.saveSettings({ patch: { demand: false } });
    await commands.saveSettings({ patch: { demand: true } });
    await settle();
    expect(gateway.model.state.practice).toBe(true);
    expect(state().demand).toBe('paused');
    expect(holds()).toBe(false);
    await want();
    expect(uplinks).toHaveLength(1);
  });
});

describe('a call that nobody uses', () => {
  async function unused(settings: Partial<Settings>) {
    const scripted = await onDemand({ idleMinutes: 5, ...settings });
    const { commands, clock, uplink } = scripted;
    await commands.dial({});
    await settle();
    await uplink().up();
    const since = clock.now();
    uplink().idleMs = () => clock.now() - since;
    return scripted;
  }

  it('is hung up after the time set, with the moment shown before', async () => {
    const { state, clock, uplink, engine, want, uplinks } = await unused({});
    const connected = clock.now();
    await clock.advance(4_000);
    expect(state().idleHangUpAt).toBeNull();
    await clock.advance(2_000);
    expect(state().idleHangUpAt).toBe(connected + 300_000);
    await clock.advance(293_000);
    expect(state().phase).toBe('connected');
    await clock.advance(2_000);
    expect(state()).toMatchObject({
      phase: 'idle',
      fault: null,
      link: null,
      idleHangUpAt: null,
      demand: 'watching',
      activity: 'Waiting for traffic',
    });
    expect(uplink().hangUps).toEqual([false]);
    expect(engine.asked('link-down')).toHaveLength(1);
    await want();
    expect(uplinks).toHaveLength(2);
  });

  it('says why where traffic does not dial', async () => {
    const { state, clock } = await unused({ demand: false });
    await clock.advance(301_000);
    expect(state()).toMatchObject({ phase: 'idle', activity: 'Hung up after 5 min without traffic.' });
  });

  it('stays while it is used, and where no time is set', async () => {
    const { state, clock, uplink, commands } = await unused({});
    await clock.advance(200_000);
    uplink().idleMs = () => 0;
    await clock.advance(2_000);
    expect(state().idleHangUpAt).toBeNull();
    uplink().idleMs = () => 10_000_000;
    await commands.saveSettings({ patch: { idleMinutes: 0 } });
    await clock.advance(5_000);
    expect(state()).toMatchObject({ phase: 'connected', idleHangUpAt: null });
  });

  it('is called again if a computer asks while it is being hung up', async () => {
    const { clock, uplink, uplinks, want, engine } = await unused({});
    let letGo = () => {};
    uplink().hangUp = () =>
      new Promise((resolve) => {
        letGo = resolve;
      });
    await clock.advance(301_000);
    expect(engine.asked('link-down')).toHaveLength(1);
    await want();
    expect(uplinks).toHaveLength(1);
    letGo();
    await settle();
    expect(uplinks).toHaveLength(2);
  });
});
