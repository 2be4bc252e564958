/** The real engine on a host where something is missing, full, taken, in the way or pulled out. Needs root. */
import { type ChildProcess, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EngineConfig, type Fault, MASQUERADE_DEFAULT } from '../../engine/contract.ts';
import type { SupervisorCommand } from '../elevation/launcher.ts';
import { openSecretStore } from '../settings/secrets.ts';
import { SettingsStore } from '../settings/store.ts';
import { buildEngine, Enclave, isRoot, until } from './engine-client.test-parts.ts';
import { EngineClient } from './engine-client.ts';

const LAN = {
  interface: 'lan0',
  address: '192.168.77.1',
  prefix: 24,
  dhcp: { first: '192.168.77.50', last: '192.168.77.99', leaseSeconds: 600 },
};
const CONFIG: EngineConfig = {
  practice: false,
  lan: { ...LAN, dhcp: null },
  masquerade: MASQUERADE_DEFAULT,
  access: { mode: 'everybody', chosen: [], paused: [] },
  forwards: [],
  helpers: {},
  demand: false,
  ownTraffic: 'auto',
};
const WITH_DHCP: EngineConfig = { ...CONFIG, lan: LAN };
const PRACTICE: EngineConfig = { ...CONFIG, practice: true, lan: null };
/** Longer than any pause between two tries of the engine. */
const SOON_MS = 10_000;

let built: { folder: string; command: SupervisorCommand };
let enclave: Enclave;
let engine: EngineClient;
let helpers: ChildProcess[] = [];
let logs: string[] = [];
const faults = new Map<string, Fault | null>();

/** The engine with nothing configured yet. */
async function start(): Promise<void> {
  engine = new EngineClient({
    launcher: enclave.launcher,
    command: built.command,
    movedBase: enclave.base,
    events: {
      message(message) {
        if (message.type === 'host-fault') faults.set(message.code, message.fault);
        if (message.type === 'log') logs.push(message.line.text);
      },
      packet() {},
      lost() {},
      back() {},
    },
  });
  expect(await engine.start(new AbortController().signal)).toEqual({ ok: true });
}

async function configure(config: EngineConfig): Promise<Fault | null> {
  const reply = await engine.request({ type: 'configure', config });
  return reply.ok ? null : reply.fault;
}

/** Nothing can be run from these places, as if the program were not installed. */
function hide(...tools: string[]): void {
  for (const tool of tools) {
    enclave.sh(
      `for d in /usr/sbin /usr/bin /sbin /bin; do [ -x $d/${tool} ] && mount --bind /dev/null $(readlink -f $d/${tool}); done`,
    );
  }
}

function show(tool: string): void {
  enclave.sh(`grep -o ' /[a-z/]*/${tool} ' /proc/self/mounts | while read at; do umount $at; done`);
}

/** No block is left, and in the journal's own last one only room for the beginning of a line. Empty lines say nothing there. */
const fill = () =>
  enclave.sh(`dd if=/dev/zero of=/run/masq-gate/fill bs=1k
    for j in /run/masq-gate/journal-*; do
      [ -e $j ] && yes '' | head -c $((4096 - $(stat -c %s $j) % 4096 - 10)) >> $j
    done`);
const empty = () => enclave.sh('rm /run/masq-gate/fill');

async function squat(port: number): Promise<ChildProcess> {
  const bind = `require('dgram').createSocket('udp4').bind(${port}, '0.0.0.0', () => console.log('bound'))`;
  const child = enclave.spawn([process.execPath, '-e', bind]);
  helpers.push(child);
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

const told = (code: string) => until(`${code} is told`, SOON_MS, () => Boolean(faults.get(code)));
const well = (code: string) => until(`${code} is well`, SOON_MS, () => faults.get(code) === null);
const wayOf = (address: string, from = '') =>
  /dev (\S+)/.exec(enclave.sh(`ip route get ${address} ${from}`))?.[1] ?? 'none';
const OTHER_CARD =
  'ip link add other0 type veth peer name other1; ip addr add 10.5.0.1/16 dev other0; ip link set other1 up; ip link set other0 up';

describe.skipIf(!isRoot)('on a bad day', () => {
  beforeAll(async () => {
    built = await buildEngine();
  });
  afterAll(() => rmSync(built.folder, { recursive: true, force: true }));
  beforeEach(async () => {
    enclave = await Enclave.open();
    faults.clear();
    logs = [];
    enclave.sh(
      'ip netns add peer; ip link add lan0 type veth peer name host0 netns peer; ip -n peer link set host0 up',
    );
  });
  afterEach(async () => {
    await engine.stop();
    for (const child of helpers) child.kill('SIGKILL');
    helpers = [];
    enclave.close();
  });

  it('without dnsmasq: the LAN is served but for addresses and names, told so until it is installed', async () => {
    const before = enclave.state();
    hide('dnsmasq');
    await start();
    expect(await configure(WITH_DHCP)).toBeNull();
    await told('dnsmasq');
    expect(faults.get('dnsmasq')).toMatchObject({
      code: 'dnsmasq-missing',
      remedy: expect.stringContaining('apt install dnsmasq-base'),
    });
    expect(enclave.sh('ip rule')).toContain('lookup 66');
    expect(await configure(PRACTICE)).toMatchObject({ code: 'dnsmasq-missing' });
    expect(await configure(CONFIG)).toBeNull();
    show('dnsmasq');
    await well('dnsmasq');
    expect(enclave.programs()).toContain('dnsmasq');
    await engine.stop();
    expect(enclave.state()).toBe(before);
  });

  it('without ip: refused before anything is changed, with the package to install', async () => {
    const before = enclave.state();
    hide('ip');
    await start();
    for (const config of [CONFIG, PRACTICE]) {
      const fault = await configure(config);
      expect(`${fault?.code} ${fault?.cause} ${fault?.remedy}`).toMatch(
        /^ip-missing .*“ip” is not installed.*apt install iproute2/,
      );
    }
    await engine.stop();
    show('ip');
    expect(enclave.state()).toBe(before);
  });

  it.each([
    [67, 'DHCP'],
    [53, 'DNS'],
  ])('with port %i taken: names the program, and serves once it has gone', async (port, service) => {
    const squatter = await squat(port);
    await start();
    expect(await configure(WITH_DHCP)).toBeNull();
    await told('dnsmasq');
    expect(faults.get('dnsmasq')).toMatchObject({
      code: `port-${port}-taken`,
      sentence: expect.stringContaining(service),
      cause: expect.stringContaining('node'),
    });
    squatter.kill('SIGKILL');
    await well('dnsmasq');
    expect(enclave.programs()).toContain('dnsmasq');
  });

  it('with a provider inside the LAN’s network: refused at link-up, and for a LAN chosen during the call', async () => {
    await start();
    expect(await configure(CONFIG)).toBeNull();
    const up = (local: string) =>
      engine.request({
        type: 'link-up',
        up: { link: 1, role: 'uplink', local, peer: '203.0.113.1', dns: ['198.51.100.53'], mtu: 1500 },
      });
    const refused = {
      code: 'provider-clash',
      remedy: expect.stringContaining('192.168.66.1 with prefix 24'),
    };
    expect(await up('192.168.77.40')).toMatchObject({ ok: false, fault: refused });
    expect(enclave.sh('ip rule')).toContain('iif lan0 lookup 66');
    expect(await up('10.8.0.2')).toMatchObject({ ok: true });
    const clashing = { ...LAN, address: '10.8.0.1', dhcp: null };
    expect(await configure({ ...CONFIG, lan: clashing })).toMatchObject({
      ...refused,
      sentence: expect.stringContaining('10.8.0.2'),
    });
    expect(enclave.sh('ip rule; ip addr show lan0')).not.toMatch(/lookup 66|10\.8\.0\.1/);
    expect(await configure(CONFIG)).toBeNull();
  });

  it('with a full disk: changes nothing, says so, and goes on when there is room', async () => {
    enclave.sh('mkdir /run/masq-gate; mount -t tmpfs -o size=96k,mode=755 none /run/masq-gate');
    const before = enclave.state();
    fill();
    await start();
    for (const config of [CONFIG, PRACTICE]) {
      expect(await configure(config)).toMatchObject({
        code: 'disk-full',
        remedy: expect.stringContaining('df -h /run/masq-gate'),
      });
    }
    expect(enclave.sh('ip link; ip rule; ip netns')).not.toMatch(/masq|lookup 66/);
    empty();
    expect(await configure(CONFIG)).toBeNull();
    await engine.stop();
    expect(enclave.state()).toBe(before);
  });

  it('keeps settings and passwords working when their disk is full, leaves no half file, and saves when there is room', async () => {
    await start();
    enclave.sh('mkdir /run/config; mount -t tmpfs -o size=16k none /run/config');
    const directory = enclave.path('/run/config');
    const { store } = await SettingsStore.open({ directory, now: Date.now });
    const { store: secrets } = await openSecretStore({ directory, now: Date.now, cipher: null });
    expect(await store.change({ settings: { ...store.settings, theme: 'dark' } })).toBeNull();
    enclave.sh('dd if=/dev/zero of=/run/config/fill bs=1k 2>&1');
    const full = { cause: 'The disk is full.', remedy: expect.stringContaining('Make room') };
    expect(await store.change({ settings: { ...store.settings, theme: 'light' } })).toMatchObject(full);
    expect(await secrets.set('home', 'secret')).toMatchObject(full);
    expect([store.settings.theme, secrets.has('home')]).toEqual(['light', true]);
    expect(readdirSync(directory).sort()).toEqual(['fill', 'settings.json']);
    expect(readFileSync(`${directory}/settings.json`, 'utf8')).toContain('"theme": "dark"');
    enclave.sh('rm /run/config/fill');
    expect(await store.change({})).toBeNull();
    expect(readFileSync(`${directory}/settings.json`, 'utf8')).toContain('"theme": "light"');
  });

  it('leaves no half token where there is no room for one, and asks nobody for approval', async () => {
    await start();
    enclave.sh(
      'mkdir /run/user; mount -t tmpfs -o size=8k none /run/user; dd if=/dev/zero of=/run/user/fill bs=1k 2>&1',
    );
    const base = enclave.path('/run/user');
    let asked = false;
    const other = new EngineClient({
      launcher: { kind: 'direct', launch: () => ({ exited: new Promise(() => (asked = true)) }) },
      command: built.command,
      movedBase: base,
      events: { message() {}, packet() {}, lost() {}, back() {} },
    });
    expect(await other.start(new AbortController().signal)).toMatchObject({
      fault: { code: 'no-runtime-directory', remedy: expect.stringContaining('Free some space') },
    });
    expect(asked).toBe(false);
    expect(readdirSync(`${base}/user-0`)).toEqual([]);
  });

  it('with the disk full in the middle: a service that dies stays away, told, until there is room', async () => {
    enclave.sh('mkdir /run/masq-gate; mount -t tmpfs -o size=96k,mode=755 none /run/masq-gate');
    await start();
    expect(await configure(CONFIG)).toBeNull();
    await until('dnsmasq', SOON_MS, () => enclave.programs().includes('dnsmasq'));
    const pid = enclave.pidOf('engine.cjs');
    fill();
    process.kill(enclave.pidOf('dnsmasq'), 'SIGKILL');
    await told('dnsmasq');
    await until('the disk is blamed', SOON_MS, () => faults.get('dnsmasq')?.code === 'disk-full');
    expect(enclave.programs()).not.toContain('dnsmasq');
    expect(enclave.sh('grep -c . /run/masq-gate/journal-*')).toBe(
      enclave.sh('grep -c }$ /run/masq-gate/journal-*'),
    );
    empty();
    await well('dnsmasq');
    expect(enclave.pidOf('engine.cjs')).toBe(pid);
  });

  it('leaves the gateway’s own traffic on its own default route, or takes it all, or none, as set', async () => {
    const before = enclave.state();
    await start();
    expect(await configure(CONFIG)).toBeNull();
    expect(wayOf('198.51.100.80')).toBe('masq0');
    expect(await configure({ ...CONFIG, ownTraffic: 'never' })).toBeNull();
    expect(wayOf('198.51.100.80')).toBe('none');
    enclave.sh(`${OTHER_CARD}; ip route add default via 10.5.0.254`);
    expect(await configure(CONFIG)).toBeNull();
    expect(wayOf('198.51.100.80')).toBe('other0');
    expect(await configure({ ...CONFIG, ownTraffic: 'always' })).toBeNull();
    expect(wayOf('198.51.100.80')).toBe('masq0');
    expect(wayOf('10.5.0.9')).toBe('other0');
    expect(wayOf('192.168.77.50')).toBe('lan0');
    await engine.stop();
    expect(wayOf('198.51.100.80')).toBe('other0');
    enclave.sh('ip link del other0');
    expect(enclave.state()).toBe(before);
  });

  it('keeps the LAN on the line beside a VPN’s routes, and names the VPN whose rules come first', async () => {
    enclave.sh(`${OTHER_CARD}; ip route add 0.0.0.0/1 dev other0; ip route add 128.0.0.0/1 dev other0`);
    enclave.sh('ip addr add 192.0.2.7/24 dev other0'); // a documentation net in earnest use is a local net like any
    await start();
    expect(await configure(CONFIG)).toBeNull();
    expect(wayOf('193.0.14.129', 'from 192.168.77.20 iif lan0')).toBe('masq0');
    enclave.sh('ip rule add pref 5270 lookup 52; ip route add default dev other0 table 52');
    expect(await configure({ ...CONFIG, ownTraffic: 'never' })).toBeNull();
    await told('lan-diverted');
    expect(faults.get('lan-diverted')).toMatchObject({
      sentence: expect.stringContaining('other0'),
      cause: expect.stringContaining('5270 (from all, table 52)'),
      remedy: expect.stringContaining('VPN'),
    });
    enclave.sh('ip rule del pref 5270');
    expect(await configure(CONFIG)).toBeNull();
    await well('lan-diverted');
  });

  it('names a foreign masquerade that hides the LAN’s hosts, and leaves it alone', async () => {
    enclave.sh(
      'nft \'add table ip nat; add chain ip nat POSTROUTING { type nat hook postrouting priority 100; }; add chain ip nat DOCKER; add rule ip nat POSTROUTING ip saddr 172.17.0.0/16 oifname != "docker0" masquerade\'',
    );
    await start();
    expect(await configure(CONFIG)).toBeNull();
    enclave.sh("nft 'add rule ip nat POSTROUTING counter masquerade'");
    const rules = enclave.sh('nft list ruleset');
    expect(faults.get('foreign-masquerade') ?? null).toBeNull();
    expect(await configure({ ...CONFIG, ownTraffic: 'never' })).toBeNull();
    await told('foreign-masquerade');
    expect(faults.get('foreign-masquerade')).toMatchObject({
      sentence: expect.stringContaining('(Docker)'),
      cause: expect.stringContaining('“ip nat POSTROUTING”'),
    });
    await engine.stop();
    expect(enclave.sh('nft list ruleset')).toBe(rules);
  });

  it('opens a firewall that drops only with the person’s consent, and closes it when that is taken back', async () => {
    enclave.sh(
      "nft 'add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }; add chain ip filter ufw-user-forward'",
    );
    const before = enclave.sh('nft list ruleset');
    await start();
    expect(await configure(CONFIG)).toBeNull();
    await told('foreign-firewall');
    expect(faults.get('foreign-firewall')).toMatchObject({
      code: 'foreign-firewall-closed',
      sentence: expect.stringContaining('(ufw)'),
    });
    expect(enclave.sh('nft list ruleset')).toBe(before);
    expect(await configure({ ...CONFIG, openForeignFirewall: 'yes' })).toBeNull();
    await until('our rules', SOON_MS, () => enclave.sh('nft list ruleset').includes('masq-gate'));
    expect(faults.get('foreign-firewall')).toBeNull();
    expect(await configure({ ...CONFIG, openForeignFirewall: 'no' })).toBeNull();
    expect(enclave.sh('nft list ruleset')).toBe(before);
    await until('it is noted', SOON_MS, () => logs.some((line) => line.startsWith('ufw drops')));
    expect(faults.get('foreign-firewall')).toBeNull();
  });

  it('serves a LAN card again that was pulled out and comes back', async () => {
    const before = plain(enclave.state());
    await start();
    expect(await configure(WITH_DHCP)).toBeNull();
    await until('dnsmasq', SOON_MS, () => enclave.programs().includes('dnsmasq'));
    enclave.sh('ip link del lan0');
    await told('lan-missing');
    expect(faults.get('lan-missing')?.remedy).toContain('Plug it in again');
    enclave.sh('ip link add lan0 type veth peer name host0 netns peer; ip -n peer link set host0 up');
    await well('lan-missing');
    expect(enclave.sh('ip -br addr show lan0; cat /proc/sys/net/ipv4/conf/lan0/forwarding')).toMatch(
      /192\.168\.77\.1\/24\s+1\n/,
    );
    const client = enclave.spawn(
      'ip netns exec peer busybox udhcpc -f -n -q -i host0 -t 15 -T 1 -s /bin/true'.split(' '),
    );
    expect(await new Promise((resolve) => client.once('exit', resolve))).toBe(0);
    await engine.stop();
    expect(plain(enclave.state())).toBe(before);
  });

  it('switches forwarding on again when somebody resets it for all cards', async () => {
    await start();
    expect(await configure(CONFIG)).toBeNull();
    enclave.sh('echo 1 > /proc/sys/net/ipv4/ip_forward; echo 0 > /proc/sys/net/ipv4/ip_forward');
    await until('forwarding', SOON_MS, () =>
      ['lan0', 'masq0'].every(
        (card) => enclave.sh(`cat /proc/sys/net/ipv4/conf/${card}/forwarding`) === '1\n',
      ),
    );
  });

  it('leaves a LAN card the addresses it had, be it ours or another', async () => {
    enclave.sh('ip addr add 10.9.0.1/24 dev lan0');
    const before = enclave.state();
    await start();
    expect(await configure(CONFIG)).toBeNull();
    expect(enclave.sh('ip -br addr show lan0')).toMatch(/10\.9\.0\.1\/24 192\.168\.77\.1\/24/);
    expect(logs.join('\n')).toContain('lan0 already has 10.9.0.1/24');
    expect(await configure({ ...CONFIG, lan: { ...LAN, address: '10.9.0.1', dhcp: null } })).toBeNull();
    await engine.stop();
    expect(enclave.state()).toBe(before);
  });

  it('runs with few capabilities, in every thread', async () => {
    const has = (set: string, bit: number) => ((BigInt(`0x${set}`) >> BigInt(bit)) & 1n) === 1n;
    const setpriv = spawnSync('setpriv', ['--bounding-set=-all', '--no-new-privs', 'true']);
    expect(setpriv.status).toBe(0);
    await start();
    const pid = enclave.pidOf('engine.cjs');
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
      for (const name of ['CapBnd', 'CapEff', 'CapPrm']) {
        const set = new RegExp(`${name}:\\s*(\\w+)`).exec(status)?.[1] ?? '';
        expect(has(set, 12)).toBe(true); // net_admin
        // sys_module, sys_rawio, sys_boot, sys_time, mknod, mac_admin, bpf
        for (const bit of [16, 17, 22, 25, 27, 33, 39]) expect(has(set, bit)).toBe(false);
      }
      expect(status).toMatch(/NoNewPrivs:\s*1/);
    }
  });
});

/** A card made anew has another number. */
function plain(state: string): string {
  return state.replace(/@if\d+/g, '');
}
