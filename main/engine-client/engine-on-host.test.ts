/** The real engine among what else may be on a host: firewalls, DHCP servers, taken ports, another user, an open line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type Client,
  type EngineConfig,
  type Fault,
  MASQUERADE_DEFAULT,
  PRACTICE,
  PRACTICE_LINK,
} from '../../engine/contract.ts';
import type { SupervisorCommand } from '../elevation/launcher.ts';
import { buildEngine, buildInto, Enclave, isRoot, until } from './engine-client.test-parts.ts';
import { EngineClient } from './engine-client.ts';

const CONFIG: EngineConfig = {
  practice: false,
  lan: {
    interface: 'lan0',
    address: '192.168.77.1',
    prefix: 24,
    dhcp: { first: '192.168.77.50', last: '192.168.77.99', leaseSeconds: 600 },
  },
  masquerade: MASQUERADE_DEFAULT,
  access: { mode: 'everybody', chosen: [], paused: [] },
  forwards: [],
  helpers: {},
  demand: false,
  ownTraffic: 'auto',
};
const UPLINK = {
  link: 1,
  role: 'uplink' as const,
  local: PRACTICE.provider.poolFirst,
  peer: PRACTICE.provider.address,
  dns: [PRACTICE.provider.dns],
  mtu: 1500,
};

let built: { folder: string; command: SupervisorCommand };
let enclave: Enclave;
let engine: EngineClient;
let clients: Client[] = [];
let helpers: ChildProcess[] = [];
const faults = new Map<string, Fault | null>();

/** Starts the engine; its uplink and the provider's Internet are joined as a wire without delay. */
async function start(config: EngineConfig): Promise<void> {
  engine = new EngineClient({
    launcher: enclave.launcher,
    command: built.command,
    movedBase: enclave.base,
    events: {
      message(message) {
        if (message.type === 'host-fault') faults.set(message.code, message.fault);
        if (message.type === 'clients') clients = message.clients;
      },
      packet(link, client, buffer, offset, length) {
        engine.sendPacket(link === PRACTICE_LINK ? 1 : PRACTICE_LINK, client, buffer, offset, length);
      },
      lost() {},
      back() {},
    },
  });
  expect(await engine.start(new AbortController().signal)).toEqual({ ok: true });
  expect(await engine.request({ type: 'configure', config })).toMatchObject({ ok: true });
}

function helper(command: readonly string[]): ChildProcess {
  const child = enclave.spawn(command);
  helpers.push(child);
  return child;
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => child.stdout?.once('data', (text: Buffer) => resolve(text.toString())));
}

describe.skipIf(!isRoot)('the engine on a host', () => {
  beforeAll(async () => {
    built = await buildEngine();
  });
  afterAll(() => rmSync(built.folder, { recursive: true, force: true }));
  beforeEach(async () => {
    enclave = await Enclave.open();
    faults.clear();
    clients = [];
    enclave.sh(
      'ip netns add peer; ip link add lan0 type veth peer name host0 netns peer; ip -n peer link set host0 up',
    );
  });
  afterEach(async () => {
    await engine?.stop();
    for (const child of helpers) child.kill('SIGKILL');
    helpers = [];
    enclave.close();
  });

  it('serves two practice hosts: leases, names, equal pages, and who they are', async () => {
    const before = enclave.state();
    await start({ ...CONFIG, practice: true, lan: null });
    expect(await engine.request({ type: 'link-up', up: UPLINK })).toMatchObject({ ok: true });
    await until(
      'both leases',
      10_000,
      () => clients.filter((one) => one.name?.startsWith('masq-host')).length === 2,
    );
    const pages = await Promise.all(
      PRACTICE.hosts.map((host) => engine.request({ type: 'practice-fetch', host })),
    );
    const sums = pages.map((page) => (page.ok ? (page.result as { sha256: string }).sha256 : page.fault));
    const page = readFileSync(join(enclave.base, '0', 'practice', 'page.html'));
    const wanted = createHash('sha256').update(page).digest('hex');
    expect(sums).toEqual([wanted, wanted]);
    await until('their bytes', 3_000, () =>
      clients
        .filter((one) => one.kind === 'lan')
        .every((one) => one.bytesDown > page.length && one.mac !== null),
    );
    await engine.stop();
    expect(enclave.state()).toBe(before);
  });

  it('is let through by a firewall that drops, and takes its rules away again', async () => {
    enclave.sh(
      "nft 'add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }; add chain ip filter DOCKER-USER; add rule ip filter FORWARD counter jump DOCKER-USER'",
    );
    const before = enclave.state();
    expect(before).toContain('policy drop');
    await start({ ...CONFIG, openForeignFirewall: 'yes' });
    const rules = () =>
      enclave.sh('nft list chain ip filter FORWARD').match(/comment "masq-gate"/g)?.length ?? 0;
    await until('both rules', 5_000, () => rules() === 2);
    process.kill(enclave.pidOf('engine.cjs'), 'SIGKILL');
    await until('they are gone with the engine', 5_000, () => rules() === 0);
    await engine.stop();
    await until('the host is as before', 5_000, () => enclave.state() === before);
  });

  it('gives out no addresses where another DHCP server does, and says whose', async () => {
    enclave.sh('ip -n peer addr add 192.168.77.9/24 dev host0');
    helper(
      'ip netns exec peer dnsmasq -k -C /dev/null -p 0 -i host0 --pid-file= --dhcp-leasefile=/run/other -F 192.168.77.200,192.168.77.210'.split(
        ' ',
      ),
    );
    await start(CONFIG);
    await until('the other server is found', 8_000, () => faults.has('dhcp-other-server'));
    expect(faults.get('dhcp-other-server')?.sentence).toContain('192.168.77.9');
    await until('names are served all the same', 5_000, () => enclave.programs().includes('dnsmasq'));
    const own = enclave.processes().map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    expect(own.filter((line) => line.includes('@masq0') && line.includes('dhcp-range'))).toEqual([]);
  });

  it('names the program that holds port 53, and serves when it has gone', async () => {
    const squatter = helper([
      process.execPath,
      '-e',
      "require('dgram').createSocket('udp4').bind(53, '0.0.0.0', () => console.log('bound'))",
    ]);
    await firstLine(squatter);
    await start({ ...CONFIG, lan: { ...(CONFIG.lan as NonNullable<typeof CONFIG.lan>), dhcp: null } });
    await until('it is told', 8_000, () => Boolean(faults.get('dnsmasq')));
    expect(faults.get('dnsmasq')).toMatchObject({
      code: 'port-53-taken',
      cause: expect.stringContaining('node'),
    });
    squatter.kill('SIGKILL');
    await until('all is well', 8_000, () => faults.get('dnsmasq') === null);
  });

  it('works for an ordinary user, and refuses everyone else, root too', async () => {
    const uid = 61_234;
    rmSync(`/tmp/masq-gate-${uid}`, { recursive: true, force: true });
    // Where that user may read it, whoever owns the folder that this source lies in.
    const folder = mkdtempSync(join(tmpdir(), 'masq-user-'));
    chmodSync(folder, 0o755);
    const driver = await buildInto(
      folder,
      'main/engine-client/engine-client.test-driver.ts',
      'user.mjs',
      true,
    );
    const as = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
    const user = helper([...as, process.execPath, driver, '-', '-']);
    expect(await firstLine(user)).toBe('token left\n');
    helper(['env', `SUDO_UID=${uid}`, ...built.command]);
    expect(await firstLine(user)).toContain('"ok":true');
    expect(
      enclave.sh(`stat -c '%a %u' /run/masq-gate /run/masq-gate/${uid} /run/masq-gate/${uid}/engine.sock`),
    ).toBe(`755 0\n755 0\n600 ${uid}\n`);
    const knock = `${process.execPath} -e "require('net').connect('/run/masq-gate/${uid}/engine.sock').pipe(process.stdout)"`;
    expect(enclave.sh(knock)).toContain('user 0 is not the owner of this engine');
    expect(enclave.sh(`setpriv --reuid=61235 --clear-groups ${knock} 2>&1`)).toContain('EACCES');
    expect(enclave.sh(`ls /tmp/masq-gate-${uid}`)).toBe('');
    rmSync(`/tmp/masq-gate-${uid}`, { recursive: true, force: true });
    rmSync(folder, { recursive: true });
  });

  it('hangs up every line of a program that was killed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'masq-line-'));
    const heard = ['', ''];
    const lines: string[] = [];
    for (const n of [0, 1]) {
      const note = join(folder, `tty${n}`);
      const talk = `tty > ${note}; stty raw -echo; echo ready; sleep 60`;
      const terminal = spawn('script', ['-qfc', talk, '/dev/null']);
      helpers.push(terminal);
      await firstLine(terminal);
      terminal.stdout.on('data', (bytes: Buffer) => {
        heard[n] += bytes.toString('latin1');
      });
      lines.push(readFileSync(note, 'utf8').trim());
    }
    const driver = await buildInto(
      built.folder,
      'main/engine-client/engine-client.test-driver.ts',
      'guard.mjs',
    );
    const child = helper([process.execPath, driver, enclave.base, built.command[1] ?? '', ...lines]);
    expect(await firstLine(child)).toContain('"ok":true');
    process.kill(enclave.pidOf('guard.mjs'), 'SIGKILL');
    await until('the escape and the hang-up, twice', 10_000, () =>
      heard.every((text) => text.endsWith('+++ATH\r')),
    );
    await until('the engine has ended', 5_000, () => enclave.programs().length === 0);
    rmSync(folder, { recursive: true, force: true });
  });
});
