// Who may call in and on which lines, kept by the gateway: saved, passwords apart, told to the faces.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Caller, type CallerLine, NEW_CALLER } from '../contract.ts';
import { scriptedGateway } from '../gateway.test-parts.ts';

const caller = (change: Partial<Caller> = {}): Caller => ({ ...NEW_CALLER, user: 'Retro', ...change });
const line: CallerLine = {
  kind: 'cable',
  id: 'desk',
  name: 'Desk',
  on: false,
  slipUser: null,
  port: '/dev/ttyS1',
  portRate: 115_200,
  flow: 'rts-cts',
};

describe('the callers’ book', () => {
  it('keeps a caller, and the password in the secret store only', async () => {
    const { gateway, directory } = await scriptedGateway();
    expect(await gateway.commands.saveCaller({ caller: caller(), password: 'windows95' })).toMatchObject({
      ok: true,
    });
    expect(gateway.model.state.settings.dialIn.callers).toEqual([caller()]);
    expect(gateway.model.state.dialIn.passwords).toEqual(['Retro']);
    expect(readFileSync(join(directory, 'settings.json'), 'utf8')).not.toContain('windows95');
    expect(JSON.stringify(gateway.model.snapshot())).not.toContain('windows95');

    const again = await scriptedGateway(directory);
    expect(again.gateway.model.state.settings.dialIn.callers).toEqual([caller()]);
    expect(again.gateway.model.state.dialIn.passwords).toEqual(['Retro']);
  });

  it('wants a password, keeps it on a change, and forgets it with the caller', async () => {
    const { gateway, directory } = await scriptedGateway();
    const { commands, model } = gateway;
    const code = 'caller-password-missing';
    expect(await commands.saveCaller({ caller: caller(), password: null })).toMatchObject({
      fault: { code },
    });
    expect(await commands.saveCaller({ caller: caller(), password: '' })).toMatchObject({ fault: { code } });
    await commands.saveCaller({ caller: caller(), password: 'windows95' });
    const changed = caller({ user: 'RETRO', lan: false });
    expect(await commands.saveCaller({ caller: changed, password: null })).toMatchObject({ ok: true });
    expect(model.state.settings.dialIn.callers).toEqual([changed]);
    expect(await commands.removeCaller({ user: 'retro' })).toMatchObject({ ok: true });
    expect(model.state.settings.dialIn.callers).toEqual([]);
    expect(model.state.dialIn.passwords).toEqual([]);
    expect(readFileSync(join(directory, 'secrets.json'), 'utf8')).not.toContain('windows95');
    expect(await commands.removeCaller({ user: 'retro' })).toMatchObject({
      fault: { code: 'unknown-caller' },
    });
  });

  it('keeps lines, one for each port', async () => {
    const { gateway } = await scriptedGateway();
    const { commands, model } = gateway;
    expect(await commands.setLine({ line })).toMatchObject({ ok: true });
    expect(await commands.setLine({ line: { ...line, name: 'Desk 2' } })).toMatchObject({ ok: true });
    expect(await commands.setLine({ line: { ...line, id: 'other' } })).toMatchObject({
      fault: { code: 'line-port-taken' },
    });
    expect(model.state.settings.dialIn.lines).toEqual([{ ...line, name: 'Desk 2' }]);
    expect(await commands.removeLine({ id: 'desk' })).toMatchObject({ ok: true });
    expect(model.state.settings.dialIn.lines).toEqual([]);
    expect(await commands.removeLine({ id: 'desk' })).toMatchObject({ fault: { code: 'unknown-line' } });
  });
});
