// The administrator’s approval refused, from the dialog’s exit code to what the gateway tells: nothing dialled, nothing left.
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EngineClient } from '../engine-client/engine-client.ts';
import { scriptedGateway } from '../gateway.test-parts.ts';
import { launchChild } from './direct.ts';
import type { ElevationLauncher } from './launcher.ts';
import { judgePkexec } from './pkexec.ts';

/** pkexec’s part is played by a shell that ends as pkexec would. */
async function dialWith(script: string, desktop?: string) {
  const base = mkdtempSync(join(tmpdir(), 'masq-refused-'));
  let asked = 0;
  const launcher: ElevationLauncher = {
    kind: 'pkexec',
    launch() {
      asked += 1;
      return launchChild(['/bin/sh', '-c', script], process.env, (code, stdout, stderr) =>
        judgePkexec(code, stdout, stderr, desktop),
      );
    },
  };
  const { gateway, uplinks } = await scriptedGateway(undefined, {
    createEngine: (events) =>
      new EngineClient({ events, launcher, command: ['/bin/false'], movedBase: base }),
  });
  const failed = () =>
    new Promise<void>((resolve) => {
      const stop = gateway.model.onState(({ patch }) => {
        if (patch.phase === 'failed') {
          stop();
          resolve();
        }
      });
    });
  const first = failed();
  expect(await gateway.commands.practice({})).toMatchObject({ ok: true });
  await first;
  const left = () => readdirSync(join(base, `user-${process.getuid?.()}`));
  return { gateway, uplinks, asked: () => asked, left, failed, base };
}

it.each([
  [
    'the question was closed',
    'exit 126',
    undefined,
    'approval-dismissed',
    'Dial again and give the password',
  ],
  [
    'nothing can ask',
    'echo "Error: No authentication agent found." >&2; exit 127',
    'LXQt',
    'no-polkit-agent',
    'apt install lxqt-policykit',
  ],
  [
    'the account may not',
    'echo "Not authorized" >&2; exit 127',
    undefined,
    'approval-dismissed',
    'administrator',
  ],
  ['pkexec is not there', 'exit 120', undefined, 'pkexec-missing', 'apt install pkexec'],
  ['the engine could not run', 'echo "no such file" >&2; exit 1', undefined, 'engine-died-early', 'log'],
])('%s: told with a remedy, nothing dialled, no token left', async (_what, script, desktop, code, remedy) => {
  const { gateway, uplinks, asked, left, failed, base } = await dialWith(script, desktop);
  const { state } = gateway.model;
  expect(state).toMatchObject({ phase: 'failed', engine: 'stopped', link: null });
  expect(state.fault).toMatchObject({ code, remedy: expect.stringContaining(remedy) });
  expect(uplinks).toEqual([]);
  expect(left()).toEqual([]);
  expect(existsSync(join(base, String(process.getuid?.())))).toBe(false);
  const again = failed();
  await gateway.commands.practice({});
  await again;
  expect(asked()).toBe(2);
  await gateway.close();
});
