/**
 * The real engine between a LAN host of the real kernel and a scripted link: what the kernel takes from masq0 (ICMP errors, path
 * MTU) under every rp_filter, and ports that LAN programs ask for with Debian's natpmpc. Needs root.
 */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EngineConfig, MASQUERADE_DEFAULT, type PortLease } from '../../engine/contract.ts';
import type { SupervisorCommand } from '../elevation/launcher.ts';
import { buildEngine, Enclave, isRoot, until } from './engine-client.test-parts.ts';
import { EngineClient } from './engine-client.ts';
import { datagram, echoReply } from './engine-packets.test-parts.ts';

const CONFIG: EngineConfig = {
  practice: false,
  lan: { interface: 'lan0', address: '192.168.77.1', prefix: 24, dhcp: null },
  masquerade: MASQUERADE_DEFAULT,
  access: { mode: 'everybody', chosen: [], paused: [] },
  forwards: [],
  portMapping: { pcp: true, natPmp: true },
  helpers: {},
  demand: false,
  ownTraffic: 'always',
};
const LINK = { link: 1, role: 'uplink' as const, peer: '203.0.113.1', dns: [], mtu: 1500 };
const REMOTE = '198.51.100.80';
const natpmpc = hasProgram('natpmpc');

let built: { folder: string; command: SupervisorCommand };
let enclave: Enclave;
let engine: EngineClient;
let helpers: ChildProcess[] = [];
let sent: Buffer[] = [];
let leases: PortLease[] = [];
let logs: string[] = [];

function hasProgram(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function start(changes: Partial<EngineConfig> = {}): Promise<void> {
  engine = new EngineClient({
    launcher: enclave.launcher,
    command: built.command,
    movedBase: enclave.base,
    events: {
      message(message) {
        if (message.type === 'port-leases') leases = message.leases;
        if (message.type === 'log') logs.push(message.line.text);
      },
      packet(_link, _client, buffer, offset, length) {
        const packet = Buffer.from(buffer.subarray(offset, offset + length));
        sent.push(packet);
        const answer = echoReply(packet);
        if (answer) engine.sendPacket(1, 0, answer, 0, answer.length);
      },
      lost() {},
      back() {},
    },
  });
  expect(await engine.start(new AbortController().signal)).toEqual({ ok: true });
  expect(await engine.request({ type: 'configure', config: { ...CONFIG, ...changes } })).toMatchObject({
    ok: true,
  });
}
const linkUp = (local = '203.0.113.70', mtu = 1500) =>
  engine.request({ type: 'link-up', up: { ...LINK, local, mtu } });

const onHost = (line: string) => enclave.sh(`ip netns exec host ${line}`);
/** The same for what needs an answer of the remote, which this process gives. */
const askFrom = (place: readonly string[], line: string) =>
  new Promise<string>((resolve) => {
    const child = enclave.spawn([...place, 'sh', '-c', line]);
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.once('close', () => resolve(text));
  });
const HOST = ['ip', 'netns', 'exec', 'host'];

/** Prints what arrives at a UDP port of the LAN host, in hexadecimal. */
function listener(port: number): { heard: string[] } {
  const script = `require('dgram').createSocket('udp4').on('message', (m, r) => console.log(r.address, m.toString('hex'))).bind(${port}, '0.0.0.0', () => console.log('bound'))`;
  const child = enclave.spawn(['ip', 'netns', 'exec', 'host', process.execPath, '-e', script]);
  helpers.push(child);
  const heard: string[] = [];
  child.stdout?.on('data', (text: Buffer) => heard.push(...text.toString().trim().split('\n')));
  return { heard };
}

describe.skipIf(!isRoot)('the engine and a LAN host', () => {
  beforeAll(async () => {
    built = await buildEngine();
  });
  afterAll(() => rmSync(built.folder, { recursive: true, force: true }));
  beforeEach(async () => {
    enclave = await Enclave.open();
    sent = [];
    leases = [];
    logs = [];
    enclave.sh(
      'ip netns add host; ip link add lan0 type veth peer name eth0 netns host; ip -n host link set eth0 up; ip -n host link set lo up;' +
        'ip -n host addr add 192.168.77.10/24 brd + dev eth0; ip -n host route add default via 192.168.77.1',
    );
  });
  afterEach(async () => {
    await engine?.stop();
    for (const child of helpers) child.kill('SIGKILL');
    helpers = [];
    enclave.close();
  });

  describe.each([0, 1, 2])('rp_filter %i', (filter) => {
    beforeEach(() => {
      // Another way out, as a gateway with a second card has: a strict filter then has something to object to.
      enclave.sh(
        `for f in all default; do echo ${filter} > /proc/sys/net/ipv4/conf/$f/rp_filter; done; ip link add wan0 type dummy; ip addr add 10.9.9.2/24 dev wan0; ip link set wan0 up; ip route add default via 10.9.9.1`,
      );
    });

    it('the LAN host is told that nothing is reachable while the line is down', async () => {
      await start();
      expect(onHost(`ping -c 1 -W 2 ${REMOTE}`)).toContain(
        'From 192.0.0.8 icmp_seq=1 Destination Host Unreachable',
      );
    });

    it('path MTU discovery finds a link of 576 bytes, for the LAN host and for the gateway', async () => {
      await start();
      expect(await linkUp('203.0.113.70', 576)).toMatchObject({ ok: true });
      enclave.sh('ip link set masq0 mtu 1500');
      for (const place of [HOST, []]) {
        const run = (line: string) => askFrom(place, line);
        sent = [];
        expect(await run(`ping -c 1 -W 1 -M do -s 1000 ${REMOTE}`)).toMatch(
          /From 192\.0\.0\.8 icmp_seq=1 Frag needed and DF set \(mtu = 576\)/,
        );
        expect(await run(`ip route get ${REMOTE}`)).toContain('mtu 576');
        expect(sent).toHaveLength(0);
        // A socket that keeps to the path MTU is refused by its own kernel now; what fits comes through.
        expect(await run(`ping -c 1 -W 0.3 -M do -s 549 ${REMOTE} 2>&1`)).toContain('mtu=576');
        expect(await run(`ping -c 1 -W 2 -M do -s 548 ${REMOTE}`)).toContain('1 received');
        expect(sent.at(-1)?.length).toBe(576);
      }
    });
  });

  it('with the TUN at the link’s MTU the kernel’s own word is as good', async () => {
    await start();
    expect(await linkUp('203.0.113.70', 576)).toMatchObject({ ok: true });
    expect(onHost(`ping -c 1 -W 1 -M do -s 1000 ${REMOTE}`)).toContain('mtu = 576');
    expect(await askFrom(HOST, `ping -c 1 -W 2 -M do -s 548 ${REMOTE}`)).toContain('1 received');
    sent = [];
    await askFrom(HOST, `ping -c 1 -W 0.3 -M dont -s 1400 ${REMOTE}`);
    expect(sent.length).toBeGreaterThanOrEqual(3);
    for (const packet of sent) expect(packet.length).toBeLessThanOrEqual(576);
  });

  it.skipIf(!natpmpc)('natpmpc is given a port, and strangers reach it', async () => {
    await start();
    expect(onHost('natpmpc')).toContain('readnatpmpresponseorretry() failed');
    await linkUp();
    expect(onHost('natpmpc')).toContain('Public IP address : 203.0.113.70');
    const asked = onHost('natpmpc -a 6001 5000 udp 300');
    expect(asked).toContain('Mapped public port 6001 protocol UDP to local port 5000 liftime 300');
    await until('the lease is told', 5_000, () => leases.length === 1);
    expect(leases).toMatchObject([
      { by: 'nat-pmp', client: '192.168.77.10', protocol: 'udp', insidePort: 5000, outsidePort: 6001 },
    ]);
    const { heard } = listener(5000);
    await until('a program listens', 5_000, () => heard.length > 0);
    const knock = datagram(REMOTE, 999, '203.0.113.70', 6001, 'hello');
    engine.sendPacket(1, 0, knock, 0, knock.length);
    await until('it hears the stranger', 5_000, () => heard.length > 1);
    expect(heard[1]).toBe(`${REMOTE} ${Buffer.from('hello').toString('hex')}`);
    expect(onHost('natpmpc -a 6001 5000 udp 0')).toContain('liftime 0');
    await until('the lease is gone', 5_000, () => leases.length === 0);
  });

  it.skipIf(!natpmpc)('a redial is announced to the LAN, and the lease follows it', async () => {
    await start();
    await linkUp();
    expect(onHost('natpmpc -a 6001 5000 udp 300')).toContain('Mapped public port 6001');
    const { heard } = listener(5350);
    await until('a program listens', 5_000, () => heard.length > 0);
    await engine.request({ type: 'link-down', link: 1 });
    await linkUp('203.0.113.99');
    const address = Buffer.from([203, 0, 113, 99]).toString('hex');
    const pmp = new RegExp(`^192\\.168\\.77\\.1 00800000[0-9a-f]{8}${address}$`);
    const pcp = /^192\.168\.77\.1 0280000000000000[0-9a-f]{32}$/;
    await until('both protocols tell', 5_000, () =>
      [pmp, pcp].every((kind) => heard.some((line) => kind.test(line))),
    );
    expect(onHost('natpmpc -a 6001 5000 udp 300')).toContain('Mapped public port 6001');
    expect(onHost('natpmpc')).toContain('Public IP address : 203.0.113.99');
  });

  it('of two balanced hosts the one that refuses is found, and the other’s program sees no connection', async () => {
    enclave.sh('ip -n host addr add 192.168.77.11/24 dev eth0');
    const script =
      "require('net').createServer(() => console.log('a connection')).listen(8080, '192.168.77.10', () => console.log('listens'))";
    const child = enclave.spawn([...HOST, process.execPath, '-e', script]);
    helpers.push(child);
    let said = '';
    child.stdout?.on('data', (text: Buffer) => {
      said += text.toString();
    });
    await until('it listens', 5_000, () => said.includes('listens'));
    const hosts = ['192.168.77.10', '192.168.77.11'].map((address) => ({ address, weight: 1 }));
    const web = { id: 'web', on: true, protocol: 'tcp' as const, first: 80, last: 80, insideFirst: 8080 };
    await start({ forwards: [{ ...web, hosts, sources: [] }] });
    await until('the other is found', 5_000, () => logs.some((line) => line.includes('does not answer')));
    expect(logs.filter((line) => line.includes('does not answer'))).toEqual([
      '192.168.77.11 port 8080 of forward "web" does not answer; the others take over.',
    ]);
    expect(said).toBe('listens\n');
  });

  it('nobody is heard from another card, nor when the protocols are off', async () => {
    await start();
    await linkUp();
    enclave.sh(
      'ip netns add other; ip link add wan0 type veth peer name eth0 netns other; ip addr add 10.9.9.1/24 dev wan0; ip link set wan0 up;' +
        'ip -n other link set eth0 up; ip -n other addr add 10.9.9.2/24 dev eth0; ip -n other addr add 192.168.77.10/32 dev eth0; ip -n other route add default via 10.9.9.1;' +
        'for f in all lan0 wan0; do echo 0 > /proc/sys/net/ipv4/conf/$f/rp_filter; done',
    );
    const ask = (from: string, bind: string) =>
      enclave.sh(
        `ip netns exec ${from} ${process.execPath} -e "const s=require('dgram').createSocket('udp4').on('message',m=>{console.log('answer',m.length);process.exit()});s.bind(0,'${bind}',()=>s.send(Buffer.from([0,0]),5351,'192.168.77.1'));setTimeout(()=>{console.log('silence');process.exit()},1000)"`,
      );
    expect(ask('host', '192.168.77.10')).toContain('answer 12');
    expect(ask('other', '10.9.9.2')).toContain('silence');
    expect(ask('other', '192.168.77.10')).toContain('silence');
    await engine.request({
      type: 'configure',
      config: { ...CONFIG, portMapping: { pcp: false, natPmp: false } },
    });
    expect(ask('host', '192.168.77.10')).toContain('silence');
  });
});
