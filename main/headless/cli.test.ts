import { existsSync, mkdtempSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CommandRouter } from '../faces/command-router.ts';
import { type ControlSocket, claimInstance } from '../faces/control-socket.ts';
import { aFault, provider, scriptedGateway, settle } from '../gateway.test-parts.ts';
import { CLI_USAGE, runCli } from './cli.ts';

const controls: ControlSocket[] = [];
afterEach(async () => {
  for (const control of controls.splice(0)) await control.close();
});

async function running() {
  const controlPath = join(mkdtempSync(join(tmpdir(), 'masq-cli-')), 'control.sock');
  const claim = await claimInstance(controlPath, false);
  if (!claim.first) throw new Error('somebody else is there');
  controls.push(claim.control);
  const scripted = await scriptedGateway();
  const { gateway } = scripted;
  await gateway.commands.saveProvider({ provider, password: 'secret' });
  let shown = 0;
  claim.control.serve({
    model: gateway.model,
    router: new CommandRouter({ handlers: gateway.commands, log: () => {} }),
    about: () => ({ type: 'about', pid: 42, face: 'headless', version: '1', address: 'http://here/' }),
    show: () => {
      shown += 1;
    },
  });
  return { ...scripted, controlPath, control: claim.control, shown: () => shown };
}

async function cli(controlPath: string, ...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const stop = new AbortController();
  const code = runCli(argv, {
    controlPath,
    now: () => 1_800_000_005_000,
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    stop: stop.signal,
  });
  return { code, out, err, stop };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settle();
}

describe('masq-gate', () => {
  it('says so when no gateway runs', async () => {
    const { code, err } = await cli('/nonexistent/control.sock', 'status');
    expect(await code).toBe(3);
    expect(err.join()).toContain('not running');
  });

  it.each([[[]], [['frobnicate']], [['status', '--now']], [['dial', 'a', 'b']], [['toString']]])(
    'does not understand %j',
    async (argv) => {
      const { code, err } = await cli('/nonexistent/control.sock', ...argv);
      expect(await code).toBe(2);
      expect(err.at(-1)).toBe(CLI_USAGE);
    },
  );

  it('tells the status in words and in JSON', async () => {
    const { controlPath } = await running();
    const words = await cli(controlPath, 'status');
    expect(await words.code).toBe(0);
    expect(words.out).toEqual(['Not connected']);
    const json = await cli(controlPath, 'status', '--json');
    expect(await json.code).toBe(0);
    expect(JSON.parse(json.out.join())).toMatchObject({ phase: 'idle', providers: [{ id: 'home' }] });
  });

  it('dials, tells every phase, and ends well when connected', async () => {
    const { controlPath, uplinks, gateway } = await running();
    const { code, out } = await cli(controlPath, 'dial', 'Home');
    await until(() => uplinks.length === 1);
    uplinks[0]?.phase('dialling');
    await settle();
    await uplinks[0]?.up();
    expect(await code).toBe(0);
    expect(out.join('\n')).toContain('Dialling: now dialling');
    expect(out.at(-1)).toContain('carrier    33600 bit/s (CONNECT 33600/ARQ/V34/LAPM)');
    const hangup = await cli(controlPath, 'hangup', '--now');
    expect(await hangup.code).toBe(0);
    expect(hangup.out).toEqual(['The line is down.']);
    expect(uplinks[0]?.hangUps[0]).toBe(true);
    expect(gateway.model.state.phase).toBe('idle');
  });

  it('tells a failed call with cause and remedy', async () => {
    const { controlPath, uplinks } = await running();
    const { code, out } = await cli(controlPath, 'dial');
    await until(() => uplinks.length === 1);
    await uplinks[0]?.fail(aFault('wrong-password'), false);
    expect(await code).toBe(1);
    expect(out.at(-1)).toContain('It is wrong-password.\n  Why:  Because wrong-password.\n  Do:   Mend it.');
  });

  it('tells a fault of the gateway, in JSON too', async () => {
    const { controlPath } = await running();
    const words = await cli(controlPath, 'dial', 'nobody');
    expect(await words.code).toBe(1);
    expect(words.err.join()).toContain('There is no provider “nobody”.');
    const json = await cli(controlPath, 'masq', '--json');
    expect(await json.code).toBe(1);
    expect(JSON.parse(json.out.join())).toMatchObject({ fault: { code: 'engine-not-running' } });
  });

  it('shows the log, and follows it until stopped', async () => {
    const { controlPath, gateway } = await running();
    gateway.model.log('info', 'modem', 'before');
    const { code, out, stop } = await cli(controlPath, 'log', '-f');
    await until(() => out.some((line) => line.includes('before')));
    gateway.model.log('warning', 'modem', 'after');
    await until(() => out.some((line) => line.includes('warning: after')));
    stop.abort();
    expect(await code).toBe(0);
    expect(out.filter((line) => line.includes('before'))).toHaveLength(1);
  });

  it('lists clients and masqueraded sessions as tables', async () => {
    const { controlPath, gateway, engine } = await running();
    await gateway.commands.dial({});
    await settle();
    const client = {
      id: 1,
      kind: 'lan' as const,
      address: '192.168.7.5',
      mac: null,
      name: 'desk',
      firstSeen: 1,
      lastSeen: 1,
      leaseExpires: null,
      bytesUp: 1500,
      bytesDown: 2_500_000,
      rateUp: 800,
      rateDown: 28_800,
      sessions: 3,
      paused: false,
    };
    engine.events.message({ type: 'clients', clients: [client] });
    const clients = await cli(controlPath, 'clients');
    expect(await clients.code).toBe(0);
    expect(clients.out.join()).toMatch(
      /desk {2}192\.168\.7\.5 {2}28\.8 kbit\/s {2}800 bit\/s {2}2\.5 MB {2}1\.5 kB/,
    );
    const session = {
      protocol: 'tcp',
      state: 'established',
      client: '192.168.7.5',
      clientPort: 1234,
      mappedPort: 61_000,
      remote: '198.51.100.80',
      remotePort: 80,
      expires: 3661,
      bytesUp: 1,
      bytesDown: 2,
      packetsUp: 1,
      packetsDown: 1,
      helper: null,
      initSeq: 0,
      delta: 0,
      previousDelta: 0,
    };
    engine.replies.sessions = { ok: true, result: [session] };
    const masq = await cli(controlPath, 'masq');
    expect(await masq.code).toBe(0);
    expect(masq.out.join()).toContain('1:01:01  192.168.7.5  198.51.100.80  1234 (61000) -> 80  established');
  });
});

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
