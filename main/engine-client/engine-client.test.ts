/** The real engine, elevated by hand, in namespaces of its own: lives, deaths, and the host as it was. Needs root. */
import { rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type EngineConfig,
  type Fault,
  FrameReader,
  FrameWriter,
  type FromEngine,
  fromEngineSchema,
  KIND_PACKET,
  MASQUERADE_DEFAULT,
  PROTOCOL_VERSION,
} from '../../engine/contract.ts';
import type { SupervisorCommand } from '../elevation/launcher.ts';
import { buildEngine, buildInto, Enclave, isRoot, until } from './engine-client.test-parts.ts';
import { EngineClient } from './engine-client.ts';

const CONFIG: EngineConfig = {
  practice: false,
  lan: { interface: 'lan0', address: '192.168.77.1', prefix: 24, dhcp: null },
  masquerade: MASQUERADE_DEFAULT,
  access: { mode: 'everybody', chosen: [], paused: [] },
  forwards: [],
  helpers: {},
  demand: false,
  ownTraffic: 'auto',
};
const PRACTICE: EngineConfig = { ...CONFIG, practice: true, lan: null };
/** What the owner promises to any death. */
const RESTORED_MS = 10_000;

let built: { folder: string; command: SupervisorCommand };
let enclave: Enclave;
const clients: EngineClient[] = [];

function client(): { client: EngineClient; said: string[]; faults: Fault[]; logs: string[] } {
  const said: string[] = [];
  const faults: Fault[] = [];
  const logs: string[] = [];
  const made = new EngineClient({
    launcher: enclave.launcher,
    command: built.command,
    movedBase: enclave.base,
    events: {
      message(message: FromEngine) {
        if (message.type === 'log') logs.push(message.line.text);
        if (message.type === 'host-fault' && message.fault) faults.push(message.fault);
      },
      packet() {},
      lost: (fault) => said.push(`lost ${fault.code}`),
      back: (restarts) => said.push(`back ${restarts}`),
    },
  });
  clients.push(made);
  return { client: made, said, faults, logs };
}

async function started(config: EngineConfig = CONFIG) {
  const made = client();
  expect(await made.client.start(new AbortController().signal)).toEqual({ ok: true });
  expect(await made.client.request({ type: 'configure', config })).toMatchObject({ ok: true });
  return made;
}

/** Says hello (or worse) on the engine's socket by hand; resolves with the engine's last message when it hangs up. */
function stranger(bytes: (writer: FrameWriter) => Uint8Array | null): Promise<FromEngine | null> {
  const socket = createConnection(join(enclave.base, '0', 'engine.sock'));
  let last: FromEngine | null = null;
  const reader = new FrameReader({
    control: (text) => {
      last = fromEngineSchema.parse(JSON.parse(text));
    },
    packet() {},
    bad() {},
  });
  const writer = new FrameWriter((frame, done) => void socket.write(frame, done));
  return new Promise((resolve) => {
    socket.on('data', (chunk) => reader.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => resolve(last));
    const raw = bytes(writer);
    if (raw) socket.write(raw);
  });
}

describe.skipIf(!isRoot)('the engine as a process', () => {
  beforeAll(async () => {
    built = await buildEngine();
  });
  afterAll(() => rmSync(built.folder, { recursive: true, force: true }));
  beforeEach(async () => {
    enclave = await Enclave.open();
    enclave.sh('ip link add lan0 type veth peer name host0 && ip link set host0 up');
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((one) => one.stop()));
    enclave.close();
  });

  it('builds masq0, its table and rules, and leaves the host as it was after a polite stop', async () => {
    const before = enclave.state();
    const { client: engine } = await started();
    expect(enclave.sh('ip -br addr show masq0')).toContain('masq0');
    expect(enclave.sh('ip -br addr show lan0')).toContain('192.168.77.1/24');
    expect(enclave.sh('ip route show table 66')).toMatch(/^default dev masq0.*\nunreachable default/);
    expect(enclave.sh('ip route show default')).toMatch(/^default dev masq0 .*metric 2000000000/);
    expect(enclave.sh('cat /proc/sys/net/ipv4/conf/lan0/forwarding')).toBe('1\n');
    expect(enclave.sh('cat /proc/sys/net/ipv4/ip_forward')).toBe('0\n');
    expect(enclave.sh('cat /proc/sys/net/ipv6/conf/masq0/disable_ipv6')).toBe('1\n');
    await engine.stop();
    expect(engine.state).toBe('stopped');
    expect(enclave.state()).toBe(before);
  });

  it('is restarted after kill -9 of the engine, and the LAN is served again when told', async () => {
    const before = enclave.state();
    const { client: engine, said } = await started();
    process.kill(enclave.pidOf('engine.cjs'), 'SIGKILL');
    await until('the engine is back', RESTORED_MS, () => said.length === 2);
    expect(said).toEqual(['lost engine-lost', 'back 1']);
    expect(enclave.sh('ip rule')).not.toContain('lookup 66');
    expect(await engine.request({ type: 'configure', config: CONFIG })).toMatchObject({ ok: true });
    expect(enclave.sh('ip rule')).toContain('lookup 66');
    await engine.stop();
    expect(enclave.state()).toBe(before);
  });

  it('gives up with a reason when the engine dies a fourth time', async () => {
    const before = enclave.state();
    const { client: engine, said } = await started();
    for (let death = 1; death <= 4; death++) {
      process.kill(enclave.pidOf('engine.cjs'), 'SIGKILL');
      await until(`an answer to death ${death}`, RESTORED_MS, () => said.length === death * 2);
    }
    expect(said.slice(-2)).toEqual(['lost engine-lost', 'lost engine-keeps-dying']);
    expect(engine.state).toBe('stopped');
    expect(enclave.state()).toBe(before);
  });

  it('undoes everything after kill -9 of the supervisor', async () => {
    const before = enclave.state();
    await started(PRACTICE);
    process.kill(enclave.pidOf('supervisor.cjs'), 'SIGKILL');
    await until('the host is as before', RESTORED_MS, () => enclave.programs().length === 0);
    expect(withoutLock(enclave.state())).toBe(before);
  });

  it('undoes what a death of both left, at the next start', async () => {
    const before = enclave.state();
    const first = await started(PRACTICE);
    const engine = enclave.pidOf('engine.cjs');
    process.kill(enclave.pidOf('supervisor.cjs'), 'SIGSTOP');
    process.kill(engine, 'SIGKILL');
    process.kill(enclave.pidOf('supervisor.cjs'), 'SIGKILL');
    await until('the first is lost', RESTORED_MS, () => first.said.length > 0);
    expect(enclave.sh('ip rule')).toContain('lookup 66');
    const second = client();
    expect(await second.client.start(new AbortController().signal)).toEqual({ ok: true });
    expect(enclave.sh('ip rule')).not.toContain('lookup 66');
    await second.client.stop();
    expect(enclave.state()).toBe(before);
  });

  it('is refused a second time in one namespace, with a sentence', async () => {
    await started();
    const second = await client().client.start(new AbortController().signal);
    expect(second).toMatchObject({ ok: false, fault: { code: 'engine-running' } });
  });

  it('undoes and ends when the program that controls it is killed', async () => {
    const before = enclave.state();
    const driver = await buildInto(
      built.folder,
      'main/engine-client/engine-client.test-driver.ts',
      'driver.mjs',
    );
    const child = enclave.spawn([process.execPath, driver, enclave.base, built.command[1] ?? '']);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    expect(enclave.sh('ip rule')).toContain('lookup 66');
    process.kill(enclave.pidOf('driver.mjs'), 'SIGKILL');
    await until('the host is as before', RESTORED_MS, () => enclave.programs().length === 0);
    expect(enclave.state()).toBe(before);
  });

  it('undoes on SIGTERM to the supervisor', async () => {
    const before = enclave.state();
    await started();
    process.kill(enclave.pidOf('supervisor.cjs'), 'SIGTERM');
    await until('all ended', RESTORED_MS, () => enclave.programs().length === 0);
    expect(enclave.state()).toBe(before);
  });

  it('refuses a wrong token, a second controller, bad frames and silence, each with its reason', async () => {
    const { logs } = await started();
    const hello = (token: string, protocol = PROTOCOL_VERSION) =>
      stranger((writer) => {
        writer.control({ type: 'hello', protocol, token });
        return null;
      });
    const refusals = await Promise.all([
      hello('0'.repeat(64)),
      stranger((writer) => {
        writer.control({ type: 'stop', id: 1 });
        return null;
      }),
      stranger(() => Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 1, 2)),
      stranger(() => Uint8Array.of(0, 0, 0, 30, KIND_PACKET, ...new Array(29).fill(0))),
      stranger(() => Uint8Array.of(0, 0, 0, 4, 0, 1, 2, 3)),
      stranger(() => null),
    ]);
    const reasons = refusals.map((one) => (one?.type === 'refused' ? one.reason : one));
    expect(reasons).toEqual([
      'the token is wrong',
      'stop before hello',
      expect.stringContaining('bad frame: a control message of 4294967294 bytes'),
      'a packet before hello',
      'a message that does not fit the protocol',
      'no hello in time',
    ]);
    expect(logs.filter((text) => text.startsWith('Connection ended'))).toHaveLength(6);
  });

  it('answers a LAN that is not there, clashes, or has a bad DHCP range with a Fault, the host untouched', async () => {
    const { client: engine } = await started({ ...CONFIG, lan: null });
    const untouched = enclave.state();
    enclave.sh(
      'ip link add other0 type veth peer name other1; ip addr add 10.5.0.1/16 dev other0; ip link set other0 up',
    );
    const lan = (change: object) => ({ ...CONFIG, lan: { ...CONFIG.lan, ...change } }) as EngineConfig;
    const refused = async (config: EngineConfig) => {
      const reply = await engine.request({ type: 'configure', config });
      return reply.ok ? 'served' : reply.fault;
    };
    expect(await refused(lan({ interface: 'nosuch0' }))).toMatchObject({
      code: 'lan-missing',
      remedy: expect.stringContaining('lan0'),
    });
    expect(await refused(lan({ address: '10.5.7.1' }))).toMatchObject({
      code: 'lan-clash',
      remedy: expect.stringContaining('192.168.66.1'),
    });
    const dhcp = { first: '192.168.78.10', last: '192.168.78.20', leaseSeconds: 600 };
    expect(await refused(lan({ dhcp }))).toMatchObject({ code: 'dhcp-range' });
    enclave.sh('ip link del other0');
    expect(await refused({ ...CONFIG, lan: null })).toBe('served');
    expect(enclave.state()).toBe(untouched);
  });
});

/** A killed supervisor cannot take its lock file away; the next one does. */
function withoutLock(state: string): string {
  return state.replace(/^.*lock-\d+\n/m, '');
}
