// The gateway over the real modem driver, real PPP and the practice exchange on a pty; only the engine is scripted.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { PRACTICE_LINK } from '../engine/contract.ts';
import { NEW_PROVIDER, type Phase, type Provider } from './contract.ts';
import { scriptedGateway } from './gateway.test-parts.ts';
import { systemClock } from './gateway-parts.ts';
import { Uplink } from './link/uplink.ts';
import { type PracticeLine, startPracticeLine } from './practice/practice-line.ts';

async function gatewayOnPractice(finished: TestContext['onTestFinished']) {
  const lines: PracticeLine[] = [];
  const scripted = await scriptedGateway(mkdtempSync(join(tmpdir(), 'masq-practice-')), {
    clock: systemClock,
    createUplink: (callbacks) => new Uplink(callbacks),
    async startPracticeLine() {
      const timing = { routing: 10, ringEvery: 500, training: 10, givingUp: 1000 };
      const line = await startPracticeLine({ rate: 1_000_000, timing });
      lines.push(line);
      return line;
    },
  });
  finished(() => scripted.gateway.close());
  const phases: Phase[] = [];
  scripted.gateway.model.onState(({ patch }) => {
    if (patch.phase !== undefined && patch.phase !== phases.at(-1)) phases.push(patch.phase);
  });
  /** Waits for a phase to be entered from now on, or to stand. */
  const reach = (...wanted: Phase[]) =>
    new Promise<Phase>((resolve) => {
      const look = () => {
        const { phase } = scripted.gateway.model.state;
        if (!wanted.includes(phase)) return;
        stop();
        resolve(phase);
      };
      const stop = scripted.gateway.model.onState(look);
      look();
    });
  const { commands, model } = scripted.gateway;
  /** Goes through practice once, so that the line is there, and dials a provider of our own over it. */
  async function dialOver(change: Partial<Provider>, password = 'practice') {
    await commands.practice({});
    await commands.hangUp({});
    const port = lines[0]?.portPath ?? '';
    const provider = {
      ...NEW_PROVIDER,
      id: 'mine',
      name: 'Mine',
      numbers: ['555-0100'],
      user: 'practice',
      port,
      ...change,
    };
    await commands.saveProvider({ provider, password });
    phases.length = 0;
    expect(await commands.dial({ providerId: 'mine' })).toMatchObject({ ok: true });
  }
  return { ...scripted, commands, model, lines, phases, reach, dialOver };
}

describe.concurrent('a call over the practice line', () => {
  it('comes up with the provider’s address, carries packets and hangs up', async ({ onTestFinished }) => {
    const { commands, model, engine, phases, reach } = await gatewayOnPractice(onTestFinished);
    await commands.practice({});
    await reach('connected', 'failed');
    expect(model.state.fault).toBeNull();
    expect(phases.filter((phase) => phase !== 'initialising-modem' && phase !== 'authenticating')).toEqual([
      'starting-engine',
      'opening-modem',
      'dialling',
      'negotiating',
      'configuring',
      'connected',
    ]);
    expect(model.state.link).toMatchObject({
      local: '203.0.113.64',
      peer: '203.0.113.1',
      dns: ['198.51.100.53'],
    });
    expect(engine.asked('link-up').at(-1)).toMatchObject({ up: { role: 'uplink', local: '203.0.113.64' } });

    const packet = ipPacket('203.0.113.64', '198.51.100.80');
    engine.events.packet(1, 3, packet, 0, packet.length);
    await waitFor(() => engine.packets.some(({ link }) => link === PRACTICE_LINK));
    expect(engine.packets.find(({ link }) => link === PRACTICE_LINK)?.bytes).toEqual([...packet]);
    const back = ipPacket('198.51.100.80', '203.0.113.64');
    engine.events.packet(PRACTICE_LINK, 0, back, 0, back.length);
    await waitFor(() => engine.packets.some(({ link }) => link === 1));
    expect(engine.packets.find(({ link }) => link === 1)?.bytes).toEqual([...back]);

    await commands.hangUp({});
    expect(model.state).toMatchObject({ phase: 'idle', link: null });
  });

  it('with a wrong password fails with a remedy and does not dial again', async ({ onTestFinished }) => {
    const { model, reach, dialOver, phases } = await gatewayOnPractice(onTestFinished);
    await dialOver({}, 'guess');
    expect(await reach('failed', 'connected', 'waiting-to-redial')).toBe('failed');
    expect(model.state.fault).toMatchObject({ code: expect.stringMatching(/password|auth/) });
    expect(phases).not.toContain('waiting-to-redial');
  });

  it('to a provider that asks for name and password in words logs in, then brings PPP up', async ({
    onTestFinished,
  }) => {
    const { model, reach, dialOver, phases } = await gatewayOnPractice(onTestFinished);
    await dialOver({ numbers: ['555-0107'] });
    await reach('connected', 'failed');
    expect(model.state.fault).toBeNull();
    expect(phases).toEqual(expect.arrayContaining(['negotiating', 'logging-in', 'connected']));
  });

  it('with a script of its own does so sooner', async ({ onTestFinished }) => {
    const { model, reach, dialOver, phases } = await gatewayOnPractice(onTestFinished);
    await dialOver({
      numbers: ['555-0107'],
      loginScript: [
        { do: 'expect', text: 'login:' },
        { do: 'send', text: '{user}' },
        { do: 'expect', text: 'password:' },
        { do: 'send', text: '{password}' },
      ],
    });
    await reach('connected', 'failed');
    expect(model.state.fault).toBeNull();
    expect(phases.indexOf('logging-in')).toBeLessThan(phases.indexOf('negotiating'));
  });

  it('to a login that lets nobody in says so and does not call again', async ({ onTestFinished }) => {
    const { model, reach, dialOver } = await gatewayOnPractice(onTestFinished);
    await dialOver({ numbers: ['555-0106'] });
    expect(await reach('failed', 'connected', 'waiting-to-redial')).toBe('failed');
    expect(model.state.fault).toMatchObject({ code: 'login-refused' });
  });

  it('to a busy number waits and tries again', async ({ onTestFinished }) => {
    const { model, reach, dialOver } = await gatewayOnPractice(onTestFinished);
    await dialOver({ numbers: ['555-0112'], redialPauseSeconds: 1, redialTries: 3 });
    expect(await reach('failed', 'connected', 'waiting-to-redial')).toBe('waiting-to-redial');
    expect(model.state.fault?.sentence).toMatch(/busy/i);
    expect(await reach('failed', 'connected')).toBe('connected');
  });

  it('whose modem is pulled out ends the call, and the engine forgets link and port', async ({
    onTestFinished,
  }) => {
    const { model, engine, reach, lines, dialOver, phases } = await gatewayOnPractice(onTestFinished);
    await dialOver({ redialTries: 5 });
    await reach('connected', 'failed');
    expect(engine.asked('guard-lines').at(-1)).toMatchObject({ paths: [lines[0]?.portPath] });
    await lines[0]?.close();
    expect(await reach('failed', 'waiting-to-redial')).toBe('failed');
    expect(model.state.fault).toMatchObject({
      code: 'modem-unplugged',
      remedy: expect.stringContaining('Plug it in again'),
    });
    expect(model.state.link).toBeNull();
    expect(phases).not.toContain('waiting-to-redial');
    await waitFor(() => engine.asked('guard-lines').length === 2);
    expect(engine.asked('link-down').at(-1)).toMatchObject({ link: 1 });
    expect(engine.asked('guard-lines').at(-1)).toMatchObject({ paths: [] });
  });

  it('cancelled while it rings leaves the line free for the next', async ({ onTestFinished }) => {
    const { commands, model, reach, dialOver, lines } = await gatewayOnPractice(onTestFinished);
    await dialOver({ numbers: ['555-0103'] });
    await reach('dialling');
    await commands.hangUp({});
    expect(model.state.phase).toBe('idle');
    expect(lines[0]?.exchange.callsUp).toBe(0);
    await commands.practice({});
    expect(await reach('connected', 'failed')).toBe('connected');
  });
});

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** An IPv4 header with an empty UDP datagram; checksums are not this path's business. */
function ipPacket(from: string, to: string): Uint8Array {
  const octets = (address: string) => address.split('.').map(Number);
  const udp = [0x04, 0xd2, 0, 53, 0, 8, 0, 0];
  return Uint8Array.of(0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, ...octets(from), ...octets(to), ...udp);
}
