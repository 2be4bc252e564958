/** Hours, the longest call, limits and cost, over scripted parts. */
import { describe, expect, it } from 'vitest';
import { NEW_TARIFF, NO_LIMITS, type Provider, type Settings } from './contract.ts';
import { aFault, provider, scriptedGateway, settle } from './gateway.test-parts.ts';

const MINUTE = 60_000;

async function set(change: Partial<Provider> = {}, settings: Partial<Settings> = {}) {
  const scripted = await scriptedGateway();
  const { gateway } = scripted;
  await gateway.commands.saveProvider({ provider: { ...provider, ...change }, password: 'secret' });
  await gateway.commands.saveSettings({ patch: settings });
  await gateway.open();
  await settle();
  const uplink = () => {
    const last = scripted.uplinks.at(-1);
    if (last === undefined) throw new Error('nothing was dialled');
    return last;
  };
  return { ...scripted, ...gateway.commands, uplink, state: () => gateway.model.state };
}

async function up(change: Partial<Provider> = {}, settings: Partial<Settings> = {}) {
  const all = await set(change, settings);
  await all.dial({});
  await settle();
  all.uplink().callbacks.answered?.();
  await all.uplink().up();
  expect(all.state().phase).toBe('connected');
  return all;
}

/** A span of the week, in minutes from the test's clock. */
function hours(now: number, from: number, to: number): Settings['neverDial'] {
  const minute = (offset: number) => {
    const at = new Date(now + offset * MINUTE);
    return at.getHours() * 60 + at.getMinutes();
  };
  return [{ days: [0, 1, 2, 3, 4, 5, 6], from: minute(from), to: minute(to) }];
}
const START = 1_800_000_000_000;

describe('hours in which nothing dials', () => {
  it('stand against a person, who may override them once', async () => {
    const { dial, hangUp, state, uplink } = await set({}, { neverDial: hours(START, -10, 30) });
    expect(state().neverDialUntil).toBe(START + 30 * MINUTE);
    expect(await dial({})).toMatchObject({ ok: false, fault: { code: 'never-dial-hours' } });
    expect(await dial({ anyway: true })).toEqual({ ok: true, value: {} });
    await settle();
    await uplink().up();
    await hangUp({});
    expect(await dial({})).toMatchObject({ ok: false, fault: { code: 'never-dial-hours' } });
  });

  it('stand against traffic, which is told so, until they are over', async () => {
    const { state, clock, engine, uplinks } = await set(
      {},
      { demand: true, neverDial: hours(START, -10, 30) },
    );
    expect(state()).toMatchObject({
      demand: 'paused',
      activity: expect.stringMatching(/^Nothing dials until \d\d:\d\d$/),
    });
    expect(engine.asked('configure').at(-1)).not.toMatchObject({ config: { demand: true } });
    await clock.advance(31 * MINUTE);
    expect(state().neverDialUntil).toBeNull();
    engine.events.message({ type: 'want-line', client: '192.168.7.9', reason: 'a test' });
    await settle();
    expect(uplinks.length).toBe(state().demand === 'watching' ? 1 : 0);
  });

  it('stand against a redial, not against the call that is up', async () => {
    const { state, clock, uplink, uplinks } = await up(
      { redialPauseSeconds: 10 },
      { neverDial: hours(START, 5, 60) },
    );
    await clock.advance(10 * MINUTE);
    expect(state().phase).toBe('connected');
    await uplink().lose(aFault('carrier-lost'), true);
    await clock.advance(20_000);
    expect(state()).toMatchObject({ phase: 'failed', fault: { code: 'never-dial-hours' } });
    expect(uplinks).toHaveLength(1);
  });
});

describe('hours in which the line is kept up', () => {
  it('dial by themselves, again after the end of a call, and not after a person’s Hang up', async () => {
    const { state, clock, uplink, uplinks, hangUp } = await set(
      {},
      { keepUp: hours(START, 1, 120), idleMinutes: 5 },
    );
    expect(uplinks).toHaveLength(0);
    await clock.advance(MINUTE + 5_000);
    expect(uplinks).toHaveLength(1);
    await uplink().up();
    uplink().idleMs = () => 30 * MINUTE;
    await clock.advance(30 * MINUTE);
    expect(state().phase).toBe('connected');
    await hangUp({});
    await clock.advance(30 * MINUTE);
    expect(uplinks).toHaveLength(1);
  });

  it('do not dial what a person must mend first', async () => {
    const { clock, uplink, uplinks } = await set({}, { keepUp: hours(START, -1, 120) });
    await settle();
    await uplink().fail(aFault('wrong-password'), false);
    await clock.advance(30 * MINUTE);
    expect(uplinks).toHaveLength(1);
  });

  it('a person’s Hang up ends with the hours', async () => {
    const { clock, uplink, uplinks, hangUp } = await set({}, { keepUp: hours(START, -1, 10) });
    await uplink().up();
    await hangUp({});
    await clock.advance(24 * 60 * MINUTE);
    expect(uplinks).toHaveLength(2);
  });
});

describe('the longest call', () => {
  it('is announced, and then hung up', async () => {
    const { state, clock } = await up({ longestCallMinutes: 10 });
    await clock.advance(7.9 * MINUTE);
    expect(state().callEnds).toBeNull();
    await clock.advance(0.2 * MINUTE);
    expect(state().callEnds).toEqual({
      at: START + 10 * MINUTE,
      sentence: 'A call may last 10 min.',
      mayStay: true,
    });
    await clock.advance(2 * MINUTE);
    expect(state()).toMatchObject({
      phase: 'idle',
      callEnds: null,
      fault: null,
      activity: 'Hung up: A call may last 10 min.',
    });
  });

  it('begins anew when a person wants to stay', async () => {
    const { state, clock, stayOnline } = await up({ longestCallMinutes: 10 });
    expect(await stayOnline({})).toMatchObject({ ok: false, fault: { code: 'call-not-ending' } });
    await clock.advance(9 * MINUTE);
    expect(await stayOnline({})).toEqual({ ok: true, value: {} });
    await clock.advance(7 * MINUTE);
    expect(state()).toMatchObject({ phase: 'connected', callEnds: null });
    await clock.advance(4 * MINUTE);
    expect(state().phase).toBe('idle');
  });
});

const tariff = { ...NEW_TARIFF, price: 0.06, setUp: 0.1 };

describe('cost and limits', () => {
  it('are counted from the far modem’s answer, shown while the call is up, and kept', async () => {
    const { state, clock, hangUp, usage, uplink } = await up({ tariff });
    expect(state().usage).toMatchObject({ cost: 160_000, currency: '€', limit: null });
    uplink().bytesDown = 4_000;
    await clock.advance(61_500);
    expect(state().usage).toMatchObject({ cost: 220_000 });
    await hangUp({});
    expect(state().usage).toBeNull();
    expect(await usage({})).toMatchObject({
      ok: true,
      value: {
        totals: [{ calls: 1, seconds: 61, cost: 220_000 }],
        calls: [{ number: '555-0100', bytesDown: 4_000 }],
      },
    });
  });

  it('a call that was not answered is not counted, one that failed to log in is', async () => {
    const { dial, uplink, usage, hangUp } = await set({ tariff, redialTries: 0 });
    await dial({});
    await settle();
    await uplink().fail(aFault('busy'), true);
    expect(await usage({})).toMatchObject({ value: { calls: [] } });
    await dial({});
    await settle();
    uplink().callbacks.answered?.();
    await uplink().fail(aFault('wrong-password'), false);
    expect(await usage({})).toMatchObject({ value: { calls: [{ cost: 160_000 }] } });
    await hangUp({});
  });

  it('a limit is told near its end, and asks at it; without an answer the call is hung up', async () => {
    const { state, clock, dial } = await up({ limits: { ...NO_LIMITS, minutes: 10 } });
    await clock.advance(8 * MINUTE + 1_000);
    expect(state().hostFaults.map(({ code }) => code)).toContain('limit-near');
    expect(state().callEnds).toBeNull();
    await clock.advance(2 * MINUTE);
    expect(state().callEnds).toMatchObject({
      mayStay: true,
      sentence: 'This month’s limit of 10 min is used up.',
    });
    await clock.advance(MINUTE);
    expect(state()).toMatchObject({ phase: 'idle', callEnds: null });
    expect(await dial({})).toMatchObject({ ok: false, fault: { code: 'limit-used-up' } });
    expect(await dial({ anyway: true })).toMatchObject({ ok: true });
    await clock.advance(MINUTE);
    expect(state().callEnds).toBeNull();
  });

  it('a person’s answer holds for the call', async () => {
    const { state, clock, stayOnline } = await up({ limits: { ...NO_LIMITS, minutes: 10 } });
    await clock.advance(10 * MINUTE + 2_000);
    expect(await stayOnline({})).toMatchObject({ ok: true });
    await clock.advance(60 * MINUTE);
    expect(state()).toMatchObject({ phase: 'connected', callEnds: null });
  });

  it('a limit that stops hangs up at once, and one that warns does not', async () => {
    const stops = await up({ limits: { ...NO_LIMITS, megabytes: 1, atLimit: 'stop' } });
    stops.uplink().bytesDown = 1_000_000;
    await stops.clock.advance(2_000);
    expect(stops.state()).toMatchObject({
      phase: 'idle',
      activity: 'Hung up: This month’s limit of 1 MB is used up.',
    });
    const warns = await up({ tariff, limits: { ...NO_LIMITS, money: 0.1, atLimit: 'warn' } });
    await warns.clock.advance(2_000);
    expect(warns.state().phase).toBe('connected');
    expect(warns.state().hostFaults).toMatchObject([
      { sentence: 'Home: This month’s limit of 0.1 € is used up.' },
      {},
    ]);
  });
});

describe('a SIM card’s PIN', () => {
  it('is kept as a secret, handed to the call, and forgotten once the card refused it', async () => {
    const { saveProvider, dial, uplink, state } = await set();
    await saveProvider({ provider: { ...provider, kind: 'cellular' }, password: null, pin: '4711' });
    expect(state().providers).toMatchObject([{ hasPassword: true, hasPin: true }]);
    await dial({});
    await settle();
    expect(uplink().options).toMatchObject({ password: 'secret', pin: '4711' });
    await uplink().fail(aFault('sim-pin-wrong'), false);
    await settle();
    expect(state().providers).toMatchObject([{ hasPassword: true, hasPin: false }]);
    await dial({});
    await settle();
    expect(uplink().options?.pin).toBeNull();
  });
});
