/** The terminal, to a modem and to the far end of a call, over scripted parts. */
import { describe, expect, it } from 'vitest';
import { appendTerminal, type StateEvent } from './contract.ts';
import { provider, scriptedGateway, settle } from './gateway.test-parts.ts';

async function set(loginScript: typeof provider.loginScript = 'auto') {
  const scripted = await scriptedGateway();
  const { gateway } = scripted;
  await gateway.commands.saveProvider({ provider: { ...provider, loginScript }, password: 'secret' });
  let text = '';
  gateway.model.onState((event: StateEvent) => {
    text = appendTerminal(text, event.terminal ?? '');
  });
  return { ...scripted, ...gateway.commands, state: () => gateway.model.state, shown: () => text };
}

describe('the terminal to a modem', () => {
  it('opens the provider’s port, shows what the modem says, and closes', async () => {
    const { terminalOpen, terminalType, terminalClose, terminals, state, shown, clock, gateway } =
      await set();
    expect(await terminalType({ text: 'x' })).toMatchObject({ ok: false, fault: { code: 'no-terminal' } });
    expect(await terminalOpen({})).toEqual({ ok: true, value: {} });
    expect(state().terminal).toEqual({ to: 'modem', port: '/dev/ttyUSB0', mayType: true });
    expect(await terminalOpen({})).toMatchObject({ ok: false, fault: { code: 'terminal-taken' } });
    await terminalType({ text: 'ATI\r' });
    expect(terminals[0]?.typed).toBe('ATI\r');
    terminals[0]?.say('ATI\r\r\nModem 56k\r\n');
    terminals[0]?.say('\r\nOK\r\n');
    await clock.advance(100);
    expect(shown()).toBe('ATI\n\nModem 56k\n\nOK\n');
    expect(gateway.model.snapshot().terminal).toBe(shown());
    await terminalClose({});
    expect(state().terminal).toBeNull();
    expect(terminals[0]?.closed).toBe(true);
  });

  it('gives the port back to a call, and is refused during one', async () => {
    const { terminalOpen, dial, terminals, uplinks } = await set();
    await terminalOpen({ port: '/dev/ttyS0' });
    await dial({});
    await settle();
    expect(terminals[0]).toMatchObject({ path: '/dev/ttyS0', closed: true });
    expect(uplinks).toHaveLength(1);
    expect(await terminalOpen({})).toMatchObject({ ok: false, fault: { code: 'terminal-during-call' } });
  });

  it('that is being opened when a call is dialled gives the port back before the call begins', async () => {
    const { terminalOpen, dial, terminals, uplinks, state } = await set();
    const opening = terminalOpen({ port: '/dev/ttyS0' });
    const dialling = dial({});
    await Promise.all([opening, dialling]);
    await settle();
    expect(terminals).toMatchObject([{ closed: true }]);
    expect(state().terminal).toBeNull();
    expect(uplinks).toHaveLength(1);
  });

  it('closes when nobody types, and when the port is gone', async () => {
    const { terminalOpen, terminalType, terminals, state, clock } = await set();
    await terminalOpen({});
    await clock.advance(590_000);
    await terminalType({ text: 'a' });
    await clock.advance(590_000);
    expect(state().terminal).not.toBeNull();
    await clock.advance(20_000);
    expect(state().terminal).toBeNull();
    await terminalOpen({});
    terminals[1]?.onClose?.('unplugged', 'pulled');
    await settle();
    expect(state().terminal).toBeNull();
  });
});

describe('the terminal to the far end', () => {
  async function talking() {
    const all = await set('terminal');
    await all.dial({});
    await settle();
    const uplink = all.uplinks[0];
    if (uplink === undefined) throw new Error('nothing was dialled');
    const typed: string[] = [];
    let started = false;
    uplink.callbacks.talk?.({
      type: (bytes) => typed.push(String.fromCharCode(...bytes)),
      startPpp: () => {
        started = true;
      },
    });
    return { ...all, uplink, typed, started: () => started };
  }

  it('takes what a person types, and starts PPP when told', async () => {
    const { state, uplink, typed, started, shown, clock, terminalType, terminalStartPpp } = await talking();
    expect(state().terminal).toEqual({ to: 'far-end', port: '/dev/ttyUSB0', mayType: true });
    uplink.callbacks.heard?.(Uint8Array.from('login: ', (letter) => letter.charCodeAt(0)));
    await clock.advance(100);
    expect(shown()).toBe('login: ');
    await terminalType({ text: 'me\r' });
    expect(typed).toEqual(['me\r']);
    await terminalStartPpp({});
    expect(started()).toBe(true);
    uplink.callbacks.talk?.(undefined);
    expect(state().terminal).toBeNull();
    expect(await terminalStartPpp({})).toMatchObject({ ok: false, fault: { code: 'no-terminal' } });
  });

  it('closing it hangs up', async () => {
    const { state, uplink, terminalClose } = await talking();
    await terminalClose({});
    expect(uplink.hangUps).toHaveLength(1);
    expect(state()).toMatchObject({ phase: 'idle' });
  });

  it('is only shown while a script types', async () => {
    const { state, uplink, terminalType } = await talking();
    uplink.callbacks.talk?.(null);
    expect(state().terminal).toMatchObject({ mayType: false });
    expect(await terminalType({ text: 'x' })).toMatchObject({ ok: false, fault: { code: 'no-terminal' } });
  });

  it('a second call’s login does not take it away from the first', async () => {
    const { saveProvider, saveSettings, dial, uplinks, state, terminalType, typed, shown, clock } =
      await talking();
    await saveSettings({
      patch: { secondCall: { on: true, providerId: 'work', port: '/dev/ttyS0', spread: 'clients' } },
    });
    await saveProvider({ provider: { ...provider, id: 'work', port: '/dev/ttyS0' }, password: 'x' });
    expect(await dial({ call: 'second' })).toMatchObject({ ok: true });
    await settle();
    uplinks[1]?.callbacks.talk?.(null);
    uplinks[1]?.callbacks.heard?.(Uint8Array.of(65));
    await clock.advance(100);
    expect(shown()).toBe('');
    expect(state().terminal).toMatchObject({ port: '/dev/ttyUSB0', mayType: true });
    uplinks[1]?.callbacks.talk?.(undefined);
    expect(await terminalType({ text: 'me' })).toMatchObject({ ok: true });
    expect(typed).toEqual(['me']);
  });

  it('a provider logged in to by hand is not dialled by traffic', async () => {
    const { saveSettings, state } = await set('terminal');
    await saveSettings({ patch: { demand: true } });
    expect(state().demand).toBe('paused');
  });
});
