import { existsSync, mkdtempSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CommandRouter } from '../faces/command-router.ts';
import { claimInstance } from '../faces/control-socket.ts';
import { scriptedGateway } from '../gateway.test-parts.ts';
import { cli, controls, running } from './cli.test-parts.ts';

describe('the control socket', () => {
  it('is for its owner alone, and gone afterwards', async () => {
    const { controlPath, control } = await running();
    expect(statSync(controlPath).mode & 0o777).toBe(0o600);
    controls.splice(controls.indexOf(control), 1);
    await control.close();
    expect(existsSync(controlPath)).toBe(false);
  });

  it('lets one gateway run; a second start finds the first and brings it forward', async () => {
    const { controlPath, shown } = await running();
    const second = await claimInstance(controlPath, true);
    expect(second).toMatchObject({ first: false, about: { pid: 42, address: 'http://here/' } });
    expect(shown()).toBe(1);
  });

  it('left by a crash is taken over', async () => {
    const controlPath = join(mkdtempSync(join(tmpdir(), 'masq-cli-')), 'control.sock');
    const first = createServer();
    await new Promise<void>((resolve) => first.listen(controlPath, resolve));
    // A socket whose process is gone: the name stays, nobody listens.
    const { renameSync } = await import('node:fs');
    renameSync(controlPath, `${controlPath}.kept`);
    await new Promise<void>((resolve) => first.close(() => resolve()));
    renameSync(`${controlPath}.kept`, controlPath);
    const claim = await claimInstance(controlPath, false);
    expect(claim.first).toBe(true);
    if (claim.first) controls.push(claim.control);
  });

  it('of two simultaneous starts lets one win', async () => {
    const controlPath = join(mkdtempSync(join(tmpdir(), 'masq-cli-')), 'control.sock');
    const serve = async () => {
      const claim = await claimInstance(controlPath, false);
      if (claim.first) {
        controls.push(claim.control);
        const { gateway } = await scriptedGateway();
        claim.control.serve({
          model: gateway.model,
          router: new CommandRouter({ handlers: gateway.commands, log: () => {} }),
          about: () => ({ type: 'about', pid: 1, face: 'desktop', version: '1', address: null }),
          show: () => {},
        });
      }
      return claim.first;
    };
    expect((await Promise.all([serve(), serve()])).filter(Boolean)).toHaveLength(1);
  });

  it.each([['rubbish\n'], ['{"type":"call"}\n'], ['{"type":"quit"}\n'], ['{"type":"hello","token":"x"}\n']])(
    'ends on %j and lives on',
    async (text) => {
      const { controlPath } = await running();
      const socket = connect(controlPath);
      socket.on('error', () => {});
      socket.write(text);
      await new Promise((resolve) => socket.on('close', resolve));
      const { code } = await cli(controlPath, 'status');
      expect(await code).toBe(0);
    },
  );

  it('ends on a line without end', async () => {
    const { controlPath } = await running();
    const socket = connect(controlPath);
    socket.on('error', () => {});
    socket.write('x'.repeat(3 << 20));
    await new Promise((resolve) => socket.on('close', resolve));
  });
});
