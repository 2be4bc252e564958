/**
 * Two calls to the practice provider at once with every part real: two modems, exchange, PPP, engine, two computers. Each
 * computer leaves by a call of its own; when one call drops, its computer goes on by the other. Needs root.
 */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PRACTICE, type Session } from '../contract.ts';
import type { SupervisorCommand } from '../elevation/launcher.ts';
import { buildEngine, Enclave, isRoot, until } from '../engine-client/engine-client.test-parts.ts';
import { EngineClient } from '../engine-client/engine-client.ts';
import { scriptedGateway } from '../gateway.test-parts.ts';
import { systemClock } from '../gateway-parts.ts';
import { Uplink } from '../link/uplink.ts';
import {
  CALLER_NUMBER,
  type PracticeLine,
  SECOND_CALLER_NUMBER,
  startPracticeLine,
} from '../practice/practice-line.ts';

const WEB = PRACTICE.web;
/** The practice Internet's inner router: reached, but serves nothing. */
const ELSEWHERE = PRACTICE.hops[1];

let built: { folder: string; command: SupervisorCommand };

describe.skipIf(!isRoot)('two calls at once', () => {
  beforeAll(async () => {
    built = await buildEngine();
  });
  afterAll(() => rmSync(built.folder, { recursive: true, force: true }));

  it('carry two computers; what one call drops goes on by the other, and is spread again when it is back', async ({
    onTestFinished,
  }) => {
    const enclave = await Enclave.open();
    onTestFinished(() => enclave.close());
    const before = enclave.state();
    const lines: PracticeLine[] = [];
    const { gateway } = await scriptedGateway(undefined, {
      clock: systemClock,
      asksForApproval: false,
      createUplink: (callbacks) => new Uplink(callbacks),
      createEngine: (events) =>
        new EngineClient({
          events,
          launcher: enclave.launcher,
          command: built.command,
          movedBase: enclave.base,
        }),
      async startPracticeLine() {
        const timing = { routing: 10, ringEvery: 500, training: 500, givingUp: 1_000 };
        const line = await startPracticeLine({ rate: 115_200, timing });
        lines.push(line);
        return line;
      },
    });
    onTestFinished(() => gateway.close());
    const { commands, model } = gateway;
    const onHost = (host: string, command: string) => {
      const child = enclave.spawn(['ip', 'netns', 'exec', host, ...command.split(' ')]);
      let output = '';
      child.stdout.on('data', (bytes: Buffer) => {
        output += bytes.toString();
      });
      const ended = new Promise<string>((resolve) =>
        child.once('close', (code) => resolve(`${output} code ${code}`)),
      );
      return { ended, output: () => output };
    };
    const sessions = async (fits: (session: Session) => boolean) => {
      const outcome = await commands.sessions({ limit: 1000 });
      return outcome.ok ? outcome.value.sessions.filter(fits) : [];
    };
    const linksOf = async (address: string, protocol: string) => [
      ...new Set(
        (await sessions((one) => one.client === address && one.protocol === protocol)).map(
          ({ link }) => link,
        ),
      ),
    ];

    await commands.saveSettings({
      patch: { secondCall: { on: true, providerId: null, port: '', spread: 'connections' } },
    });
    await gateway.open();
    await commands.practice({});
    await until('both calls are up', 30_000, () => model.state.second?.phase === 'connected');
    expect(model.state).toMatchObject({ phase: 'connected', fault: null });
    expect(lines[0]?.exchange.callsUp).toBe(2);
    const [first, second] = [model.state.link?.local, model.state.second?.link?.local];
    expect(new Set([first, second, undefined]).size).toBe(3);
    const addressOf = (host: string) =>
      /192\.168\.66\.\d+/.exec(enclave.sh(`ip netns exec ${host} ip -4 -br addr show scope global`))?.[0] ??
      '';
    await until('the computers have addresses', 15_000, () =>
      PRACTICE.hosts.every((host) => addressOf(host) !== ''),
    );

    // Each computer by a call of its own.
    const pings = PRACTICE.hosts.map((host) => onHost(host, `ping -c 3 -i 0.3 -W 5 ${WEB.address}`));
    for (const ping of pings) expect(await ping.ended).toContain('3 received');
    const links = await Promise.all(PRACTICE.hosts.map((host) => linksOf(addressOf(host), 'icmp')));
    expect(links.flat().sort()).toEqual([1, 2]);
    const index = links.findIndex(([link]) => link === 2);
    const host = PRACTICE.hosts[index] ?? '';
    const address = addressOf(host);

    const pages = PRACTICE.hosts.map((one) =>
      onHost(one, `curl -s -o /dev/null -m 60 -w %{http_code} http://${WEB.address}${WEB.file}`),
    );
    for (const page of pages) expect(await page.ended).toBe('200 code 0');
    const counted = () => [model.state.link, model.state.second?.link].map((link) => link?.bytesDown ?? 0);
    await until('both calls have carried a page', 3_000, () => Math.min(...counted()) > 20_000);

    // The second call's carrier is cut in the middle of a download and a ping.
    const download = onHost(
      host,
      `curl -s -o /dev/null -m 120 -w %{http_code} http://${WEB.address}/big.bin`,
    );
    const pinging = onHost(host, `ping -i 0.5 -c 60 -W 4 ${ELSEWHERE}`);
    await until('both flow', 10_000, () => pinging.output().includes('icmp_seq=2'));
    expect(await linksOf(address, 'tcp')).toContain(2);
    lines[0]?.exchange.dropCarrier(SECOND_CALLER_NUMBER);
    await until('the drop is noticed', 10_000, () => model.state.second?.phase === 'waiting-to-redial');
    const cut = performance.now();
    expect(await download.ended).toContain('code 56'); // curl: reset by the peer
    expect(performance.now() - cut).toBeLessThan(3_000);
    expect(model.state.phase).toBe('connected');
    const heard = pinging.output().split('icmp_seq=').length;
    await until('the ping goes on', 10_000, () => pinging.output().split('icmp_seq=').length > heard + 3);
    expect(await linksOf(address, 'icmp')).toEqual([1]);
    const page = onHost(host, `curl -s -o /dev/null -m 60 -w %{http_code} http://${WEB.name}${WEB.file}`);
    expect(await page.ended).toBe('200 code 0');
    const log = model.snapshot().log.map((line) => line.text);
    expect(log).toContainEqual(
      expect.stringMatching(/^Address changed from .*: [1-9]\d* mappings moved, [1-9]/),
    );

    // Back by itself, and what is new is spread again.
    await until('it is back', 40_000, () => model.state.second?.phase === 'connected');
    enclave.sh(`ip netns exec ${host} curl -s -m 5 http://198.51.100.53/`);
    const fresh = await sessions((one) => one.protocol === 'tcp' && one.remote === '198.51.100.53');
    expect(fresh.map(({ link }) => link)).toEqual([2]);
    lines[0]?.exchange.dropCarrier(CALLER_NUMBER);
    await until('the first is down', 10_000, () => model.state.phase === 'waiting-to-redial');
    const other = onHost(host, `curl -s -o /dev/null -m 60 -w %{http_code} http://${WEB.name}${WEB.file}`);
    expect(await other.ended).toBe('200 code 0');

    await commands.hangUp({});
    expect(model.state).toMatchObject({ phase: 'idle', second: { phase: 'idle' } });
    expect(lines[0]?.exchange.callsUp).toBe(0);
    await gateway.close();
    await until('the host is as before', 5_000, () => enclave.state() === before);
  }, 170_000);
});
