// A provider at the end of a null-modem cable: real serial ports on two joined ptys, real PPP on both ends, Windows' greeting
// between. The far end is this gateway's own line for callers; the engine is scripted.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { NEW_CALLER, NEW_PROVIDER, type State } from '../contract.ts';
import { realDialInParts } from '../dial-in/real-parts.ts';
import { scriptedGateway } from '../gateway.test-parts.ts';
import { systemClock } from '../gateway-parts.ts';
import { Uplink } from '../link/uplink.ts';
import { openPty } from '../modem/testing/pty.ts';

it.each(['auto', 'off'] as const)(
  'a call over a cable comes up and is hung up, login %s',
  async (loginScript) => {
    const [ours, theirs] = [openPty(), openPty()];
    ours.onData = (bytes) => theirs.write(bytes);
    theirs.onData = (bytes) => ours.write(bytes);
    const { gateway } = await scriptedGateway(mkdtempSync(join(tmpdir(), 'masq-cable-')), {
      clock: systemClock,
      dialIn: realDialInParts,
      createUplink: (callbacks) => new Uplink(callbacks),
    });
    onTestFinished(async () => {
      await gateway.close();
      await Promise.all([ours.unplug(), theirs.unplug()]);
    });
    const { commands, model } = gateway;
    const until = (what: (state: Readonly<State>) => boolean) =>
      new Promise<void>((resolve) => {
        const stop = model.onState(() => what(model.state) && done());
        const done = () => {
          stop();
          resolve();
        };
        if (what(model.state)) done();
      });
    await commands.saveCaller({ caller: { ...NEW_CALLER, user: 'anna' }, password: 'windows95' });
    await commands.setLine({
      line: {
        kind: 'cable',
        id: 'cable',
        name: 'Cable',
        on: true,
        slipUser: null,
        port: theirs.path,
        portRate: 115_200,
        flow: 'none',
      },
    });
    await gateway.open();
    await until(({ dialIn }) => dialIn.lines[0]?.phase === 'waiting');
    const provider = {
      ...NEW_PROVIDER,
      id: 'cable',
      name: 'The other computer',
      kind: 'cable' as const,
      numbers: [],
      user: 'anna',
      port: ours.path,
      flow: 'none' as const,
      loginScript,
    };
    expect(await commands.saveProvider({ provider, password: 'windows95' })).toMatchObject({ ok: true });
    expect(await commands.dial({})).toEqual({ ok: true, value: {} });
    await until(({ phase }) => phase === 'connected' || phase === 'failed');
    expect(model.state).toMatchObject({
      phase: 'connected',
      fault: null,
      link: { connectText: 'Cable', carrierRate: 115_200 },
    });
    const said = model.snapshot().log.map(({ text }) => text);
    expect(said.includes('The line: CLIENTSERVER')).toBe(loginScript === 'auto');
    await commands.hangUp({});
    expect(model.state.phase).toBe('idle');
  },
);
