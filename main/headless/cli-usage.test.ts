import { describe, expect, it } from 'vitest';
import { NEW_TARIFF } from '../contract.ts';
import { provider, settle } from '../gateway.test-parts.ts';
import { cli, running, tells, until, well } from './cli.test-parts.ts';
import { runCli } from './cli.ts';

async function called() {
  const all = await running();
  const { gateway, uplinks, clock, controlPath } = all;
  await gateway.commands.saveProvider({
    provider: { ...provider, tariff: { ...NEW_TARIFF, price: 0.06, setUp: 0.1 } },
    password: null,
  });
  await gateway.commands.dial({});
  await settle();
  uplinks[0]?.callbacks.answered?.();
  await uplinks[0]?.up();
  await clock.advance(90_500);
  return { ...all, controlPath };
}

describe('masq-gate usage', () => {
  it('shows the cost while the call is up, the month, the calls, and CSV', async () => {
    const { controlPath, gateway } = await called();
    expect(await tells(controlPath, 0, 'status')).toMatch(
      /cost {7}0\.22 €\n {2}this month 0:01:\d\d, 0 B, 0\.22 €/,
    );
    await gateway.commands.hangUp({});
    const text = await tells(controlPath, 0, 'usage');
    expect(text).toMatch(/^2027-01 +Calls +Time/);
    expect(text).toMatch(/Home +1 +0:01:30 +0 B +0 B +0\.22 €/);
    expect(text).toContain('555-0100');
    const csv = await tells(controlPath, 0, 'usage', '--csv', '--month', '2027-01');
    expect(csv.split('\r\n')[1]).toMatch(/^2027-01-15T\d\d:\d\d:\d\dZ,Home,555-0100,90,0,0,0\.2200,€$/);
    expect(await tells(controlPath, 0, 'usage', '--month', '2026-11')).toBe(
      'No call was counted in 2026-11. There is something for 2027-01.',
    );
    expect(JSON.parse(await tells(controlPath, 0, 'usage', '--json'))).toMatchObject({
      totals: [{ calls: 1 }],
    });
  });

  it.each([['usage now'], ['usage --month november'], ['usage --month'], ['terminal a b'], ['stay here']])(
    'does not understand %j',
    async (line) => {
      const { code } = await cli('/nonexistent/control.sock', ...line.split(' '));
      expect(await code).toBe(2);
    },
  );
});

describe('masq-gate terminal', () => {
  it('types to the modem, shows what it says, and closes the port on leaving', async () => {
    const { controlPath, terminals, clock } = await running();
    let press: (text: string) => void = () => {};
    let shown = '';
    let released = false;
    const out: string[] = [];
    const code = runCli(['terminal'], {
      controlPath,
      now: Date.now,
      out: (text) => out.push(text),
      err: (text) => out.push(text),
      stop: new AbortController().signal,
      readText: async () => '',
      ask: null,
      doctor: well,
      keys: {
        show: (text) => {
          shown += text;
        },
        listen(pressed) {
          press = pressed;
          return () => {
            released = true;
          };
        },
      },
    });
    await until(() => out.length > 0);
    expect(out).toEqual(['Ctrl-] leaves.']);
    press('ATI\r');
    await until(() => terminals[0]?.typed === 'ATI\r');
    terminals[0]?.say('\r\nOK\r\n');
    await clock.advance(60);
    await until(() => shown.includes('OK'));
    expect(shown).toBe('\r\nOK\r\n');
    press('\x1d');
    expect(await code).toBe(0);
    expect(terminals[0]?.closed).toBe(true);
    expect(released).toBe(true);
  });
});
