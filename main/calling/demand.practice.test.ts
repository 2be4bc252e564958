/** Demand with every part real: engine, practice computers, modem driver, PPP, exchange. A computer's curl brings the line up. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NEW_PROVIDER, PRACTICE, PRACTICE_PORT } from '../contract.ts';
import type { SupervisorCommand } from '../elevation/launcher.ts';
import { buildEngine, Enclave, isRoot, until } from '../engine-client/engine-client.test-parts.ts';
import { EngineClient } from '../engine-client/engine-client.ts';
import { scriptedGateway } from '../gateway.test-parts.ts';
import { systemClock } from '../gateway-parts.ts';
import { Uplink } from '../link/uplink.ts';
import { startPracticeLine } from '../practice/practice-line.ts';

const [HOST] = PRACTICE.hosts;
const WEB = PRACTICE.web;

const curl = (host: string) => `curl -s -o /dev/null -m 60 -w %{http_code} http://${host}${WEB.file}`;

let built: { folder: string; command: SupervisorCommand };

/** Runs a command on a practice computer; its output. */
async function onHost(enclave: Enclave, command: string): Promise<string> {
  const child = enclave.spawn(['ip', 'netns', 'exec', HOST, ...command.split(' ')]);
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes.toString();
  });
  await new Promise((resolve) => child.once('close', resolve));
  return output;
}

async function waiting(enclave: Enclave) {
  const { gateway } = await scriptedGateway(undefined, {
    clock: systemClock,
    asksForApproval: false,
    createUplink(callbacks) {
      const uplink = new Uplink(callbacks);
      // A minute without use is over in six seconds.
      const meter = uplink.meter.bind(uplink);
      uplink.meter = () => ({ ...meter(), idleMs: meter().idleMs * 10 });
      return uplink;
    },
    createEngine: (events) =>
      new EngineClient({
        events,
        launcher: enclave.launcher,
        command: built.command,
        movedBase: enclave.base,
      }),
    startPracticeLine: () =>
      startPracticeLine({ timing: { routing: 10, ringEvery: 500, training: 500, givingUp: 1_000 } }),
  });
  const provider = {
    ...NEW_PROVIDER,
    id: 'practised',
    name: 'Practised',
    numbers: ['555-0100'],
    user: 'practice',
    port: PRACTICE_PORT,
  };
  await gateway.commands.saveProvider({ provider, password: 'practice' });
  await gateway.commands.saveSettings({
    patch: { demand: true, idleMinutes: 1, selectedProvider: 'practised' },
  });
  await until('it waits for traffic', 20_000, () => gateway.model.state.demand === 'watching');
  await until('the computers have addresses', 15_000, () =>
    enclave.sh(`ip netns exec ${HOST} ip -4 -br addr show scope global`).includes('192.168.66.'),
  );
  return gateway;
}

describe.skipIf(!isRoot)('a computer on the practice LAN, with the line down', () => {
  beforeAll(async () => {
    built = await buildEngine();
  });
  afterAll(() => rmSync(built.folder, { recursive: true, force: true }));

  it('brings the line up by asking, loses nothing by it, and lets it go unused', async ({
    onTestFinished,
  }) => {
    const enclave = await Enclave.open();
    onTestFinished(() => enclave.close());
    const gateway = await waiting(enclave);
    onTestFinished(() => gateway.close());
    const { model, commands } = gateway;
    expect(model.state).toMatchObject({ phase: 'idle', activity: 'Waiting for traffic', practice: true });

    expect(await onHost(enclave, curl(WEB.address))).toBe('200');
    expect(model.state).toMatchObject({ phase: 'connected', fault: null });
    const log = model.snapshot().log.map((line) => line.text);
    expect(log).toContainEqual(expect.stringMatching(/asks for the line: tcp to 198\.51\.100\.80 port 80/));
    expect(log).toContainEqual(expect.stringMatching(/ [1-9]\d* packets? that waited for the line sent/));
    const first = model.state.link?.local;

    await until('nobody used it for its minute', 30_000, () => model.state.phase === 'idle');
    expect(model.state).toMatchObject({ fault: null, demand: 'watching', activity: 'Waiting for traffic' });
    expect(await onHost(enclave, curl(WEB.name))).toBe('200');
    expect(model.state.link?.local).not.toBe(first);

    await commands.hangUp({});
    const asked = performance.now();
    expect(await onHost(enclave, curl(WEB.address))).toBe('000');
    expect(performance.now() - asked).toBeLessThan(10_000);
    expect(model.state).toMatchObject({ phase: 'idle', demand: 'paused' });
  }, 90_000);
});
