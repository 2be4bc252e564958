import { describe, expect, it, vi } from 'vitest';
import { commands } from '../contract.ts';
import { scriptedGateway } from '../gateway.test-parts.ts';
import { CommandRouter } from './command-router.ts';

const trusted = () => true;

async function routed() {
  const { gateway } = await scriptedGateway();
  const log = vi.fn();
  return { gateway, log, router: new CommandRouter({ handlers: gateway.commands, log }) };
}

describe('the command router', () => {
  it('has a handler for every command of the contract', async () => {
    const { gateway } = await routed();
    expect(Object.keys(gateway.commands).sort()).toEqual(Object.keys(commands).sort());
  });

  it('answers a good command with a value of the contract', async () => {
    const { router } = await routed();
    const outcome = await router.call('snapshot', {}, trusted);
    expect(outcome).toMatchObject({ ok: true, value: { state: { phase: 'idle' } } });
  });

  it('refuses a stranger before looking at anything else', async () => {
    const { router, log } = await routed();
    expect(await router.call('snapshot', {}, () => false)).toMatchObject({
      ok: false,
      fault: { code: 'not-allowed' },
    });
    expect(log).toHaveBeenCalledOnce();
  });

  it.each(['toString', '__proto__', 'constructor', 'quit', '', 5, null, undefined, {}])(
    'does not know the command %j',
    async (name) => {
      const { router } = await routed();
      expect(await router.call(name, {}, trusted)).toMatchObject({
        ok: false,
        fault: { code: 'unknown-command' },
      });
    },
  );

  it.each([
    ['dial', { providerId: 5 }],
    ['dial', { providerId: 'a', port: '/dev/x' }],
    ['dial', null],
    ['hangUp', { now: 'yes' }],
    ['pauseClient', { address: '1.2.3', paused: true }],
    ['pauseClient', { address: '1.2.3.4; rm', paused: true }],
    ['sessions', { limit: 1e9 }],
    ['saveSettings', { patch: { theme: 'pink' } }],
    ['practiceFetch', { host: 'evil' }],
    ['snapshot', undefined],
  ])('refuses %s with %j', async (name, argument) => {
    const { router } = await routed();
    expect(await router.call(name, argument, trusted)).toMatchObject({
      ok: false,
      fault: { code: 'bad-argument' },
    });
  });

  it('says in words what is wrong with a form', async () => {
    const { router } = await routed();
    const outcome = await router.call(
      'saveProvider',
      { provider: { id: 'x', name: '', numbers: [] }, password: null },
      trusted,
    );
    expect(outcome).toMatchObject({ ok: false, fault: { sentence: 'name: Give the provider a name.' } });
  });

  it('makes a fault of a bug, and logs it', async () => {
    const { gateway, log } = await routed();
    const router = new CommandRouter({
      handlers: {
        ...gateway.commands,
        refreshPorts: async () => {
          throw new TypeError('x is not a function');
        },
      },
      log,
    });
    expect(await router.call('refreshPorts', {}, trusted)).toMatchObject({
      ok: false,
      fault: { code: 'internal-error', detail: expect.stringContaining('x is not a function') },
    });
    expect(log).toHaveBeenCalledOnce();
  });

  it('does not pass on a result that breaks the contract', async () => {
    const { gateway, log } = await routed();
    const bad = JSON.parse('{"ok":true,"value":{"sessions":"none"}}');
    const router = new CommandRouter({ handlers: { ...gateway.commands, sessions: async () => bad }, log });
    expect(await router.call('sessions', { limit: 5 }, trusted)).toMatchObject({
      ok: false,
      fault: { code: 'internal-error' },
    });
  });
});
