/**
 * A caller of the real engine beside a LAN host of the real kernel: found by ARP or routed, served with names, masqueraded to
 * the uplink, held to its rights, refused an address that is somebody's; and nothing of it stays. Needs root.
 */
import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  CALLER_RIGHTS_DEFAULT,
  type CallerRights,
  type Client,
  type EngineConfig,
  MASQUERADE_DEFAULT,
} from '../../engine/contract.ts';
import type { SupervisorCommand } from '../elevation/launcher.ts';
import { buildEngine, Enclave, isRoot, until } from './engine-client.test-parts.ts';
import { EngineClient } from './engine-client.ts';
import { datagram, dnsAnswer, dnsQuery, echoReply, echoRequest, ends } from './engine-packets.test-parts.ts';

const LAN = '192.168.77.1';
const HOST = '192.168.77.10';
const CALLER = '192.168.77.200';
const FAR = '10.64.0.2';
const OUTSIDE = '203.0.113.70';
const SERVER = '198.51.100.80';
const DNS = '198.51.100.53';
const CONFIG: EngineConfig = {
  practice: false,
  lan: {
    interface: 'lan0',
    address: LAN,
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
const UPLINK = 1;
const LINE = 16;

let built: { folder: string; command: SupervisorCommand };
let enclave: Enclave;
let engine: EngineClient;
let clients: Client[] = [];
/** What the engine gave to each link, and what it gave to the caller's. */
let uplink: Buffer[] = [];
let line: Buffer[] = [];

async function start(changes: Partial<EngineConfig> = {}): Promise<void> {
  engine = new EngineClient({
    launcher: enclave.launcher,
    command: built.command,
    movedBase: enclave.base,
    events: {
      message(message) {
        if (message.type === 'clients') clients = message.clients;
      },
      packet(link, _client, buffer, offset, length) {
        const packet = Buffer.from(buffer.subarray(offset, offset + length));
        (link === UPLINK ? uplink : line).push(packet);
        const isQuery = link === UPLINK && packet[9] === 17 && packet.readUInt16BE(22) === 53;
        const answer = isQuery ? dnsAnswer(packet, SERVER) : echoReply(packet);
        if (answer) engine.sendPacket(link, 0, answer, 0, answer.length);
      },
      lost() {},
      back() {},
    },
  });
  expect(await engine.start(new AbortController().signal)).toEqual({ ok: true });
  expect(await engine.request({ type: 'configure', config: { ...CONFIG, ...changes } })).toMatchObject({
    ok: true,
  });
  const up = {
    link: UPLINK,
    role: 'uplink' as const,
    local: OUTSIDE,
    peer: '203.0.113.1',
    dns: [DNS],
    mtu: 1500,
  };
  expect(await engine.request({ type: 'link-up', up })).toMatchObject({ ok: true });
}

const call = (peer: string, rights: Partial<CallerRights> = {}, local = LAN, link = LINE) =>
  engine.request({
    type: 'link-up',
    up: {
      link,
      role: 'caller',
      local,
      peer,
      dns: [],
      mtu: 1500,
      name: 'anna',
      caller: { ...CALLER_RIGHTS_DEFAULT, ...rights },
    },
  });
const hangUp = () => engine.request({ type: 'link-down', link: LINE });

/** The caller says something; what it hears within the time, as `from > to`, with the ICMP type where it is ICMP. */
async function says(packet: Buffer, heard: (packet: Buffer) => boolean, limitMs = 3_000): Promise<boolean> {
  line = [];
  engine.sendPacket(LINE, 0, packet, 0, packet.length);
  return until('an answer', limitMs, () => line.some(heard)).then(
    () => true,
    () => false,
  );
}
const isEcho = (from: string) => (packet: Buffer) => ends(packet).startsWith(`${from} `) && packet[20] === 0;
const isProhibited = (packet: Buffer) => packet[9] === 1 && packet[20] === 3 && packet[21] === 13;
const ping = (caller: string, to: string) => says(echoRequest(caller, to, 7), isEcho(to));
/** A name asked of the gateway, whose service begins once it has listened for another DHCP server. */
async function lookUp(caller: string, server: string): Promise<boolean> {
  for (let tries = 0; tries < 12; tries++) {
    const query = datagram(caller, 5353 + tries, server, 53, dnsQuery(tries, 'www.practice.example'));
    const isAnswer = (b: Buffer) =>
      ends(b) === `${server} > ${caller}` && b.includes(Buffer.from(SERVER.split('.').map(Number)), 28);
    if (await says(query, isAnswer, 1_000)) return true;
  }
  return false;
}
/** `ping` of the LAN host: answered here, in this process, if it comes to the line. */
const hostPings = (address: string) =>
  new Promise<string>((resolve) => {
    const child = enclave.spawn(['ip', 'netns', 'exec', 'host', 'ping', '-c', '1', '-W', '3', address]);
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.once('close', () => resolve(text));
  });
/** What a call changes. */
const net = () => enclave.sh('ip -4 route; ip neigh show proxy; ip -4 addr show dev masq0');
const state = () => enclave.state() + enclave.sh('ip neigh show proxy');

describe.skipIf(!isRoot)('a caller and a LAN host', () => {
  beforeAll(async () => {
    built = await buildEngine();
  });
  afterAll(() => rmSync(built.folder, { recursive: true, force: true }));
  beforeEach(async () => {
    enclave = await Enclave.open();
    clients = [];
    uplink = [];
    line = [];
    enclave.sh(
      'ip netns add host; ip link add lan0 type veth peer name eth0 netns host; ip -n host link set eth0 up; ip -n host link set lo up;' +
        `ip -n host addr add ${HOST}/24 brd + dev eth0; ip -n host route add default via ${LAN}`,
    );
  });
  afterEach(async () => {
    await engine?.stop();
    enclave.close();
  });

  it('of the LAN’s own network find each other by ARP, and nothing of it stays', async () => {
    const before = state();
    await start();
    const idle = net();
    expect(await call(CALLER, { proxyArp: true })).toMatchObject({ ok: true });
    expect(enclave.sh('ip neigh show proxy')).toContain(`${CALLER} dev lan0 proxy`);
    expect(await ping(CALLER, HOST)).toBe(true);
    expect(await hostPings(CALLER)).toContain('1 received');
    expect(enclave.sh(`ip -n host neigh show ${CALLER}`)).toContain(
      /ether (\S+)/.exec(enclave.sh('ip link show lan0'))?.[1],
    );
    await until('it is listed', 3_000, () => clients.some((one) => one.address === CALLER));
    expect(clients.find((one) => one.address === CALLER)).toMatchObject({ kind: 'caller', name: 'anna' });
    await hangUp();
    expect(net()).toBe(idle);
    await engine.stop();
    await until('the host is as before', 5_000, () => state() === before);
  });

  it('without proxy ARP, or of another network, is routed', async () => {
    await start();
    expect(await call(FAR, {}, '10.64.0.1')).toMatchObject({ ok: true });
    expect(enclave.sh('ip neigh show proxy')).toBe('');
    expect(await ping(FAR, HOST)).toBe(true);
    expect(await hostPings(FAR)).toContain('1 received');
    // Our end of its line is this computer.
    expect(await ping(FAR, '10.64.0.1')).toBe(true);
    expect(await ping(FAR, LAN)).toBe(true);
    await hangUp();
    expect(enclave.sh('ip -4 addr show dev masq0')).not.toContain('10.64.0.1');
    expect(await hostPings(FAR)).not.toContain('1 received');
  });

  it.each([
    [CALLER, LAN],
    [FAR, '10.64.0.1'],
  ])(
    '%s goes out by the uplink, masqueraded, and is answered names by the gateway',
    async (caller, local) => {
      await start();
      expect(await call(caller, {}, local)).toMatchObject({ ok: true });
      expect(await ping(caller, SERVER)).toBe(true);
      expect(uplink.map(ends)).toContain(`${OUTSIDE} > ${SERVER}`);
      expect(uplink.filter((packet) => !ends(packet).startsWith(`${OUTSIDE} `))).toEqual([]);
      expect(await lookUp(caller, LAN)).toBe(true);
      expect(await lookUp(caller, local)).toBe(true);
    },
  );

  it('is held to its rights: the Internet, the LAN, other callers, and paused it is out', async () => {
    await start();
    expect(await call(CALLER, { internet: false, lan: false, callers: false, proxyArp: true })).toMatchObject(
      {
        ok: true,
      },
    );
    expect(await call(FAR, {}, '10.64.0.1', 17)).toMatchObject({ ok: true });
    for (const to of [SERVER, HOST, FAR])
      expect([to, await says(echoRequest(CALLER, to, 7), isProhibited)]).toEqual([to, true]);
    expect(await ping(CALLER, LAN)).toBe(true);
    expect(await lookUp(CALLER, LAN)).toBe(true);
    line = [];
    expect(await hostPings(CALLER)).toContain('Packet filtered');
    expect(line).toEqual([]);
    const refusals = await engine.request({ type: 'refusals' });
    expect(JSON.stringify(refusals)).toContain('may not talk to the LAN');
    await engine.request({
      type: 'configure',
      config: { ...CONFIG, access: { mode: 'everybody', chosen: [], paused: [CALLER] } },
    });
    expect(await call(CALLER, { proxyArp: true })).toMatchObject({ ok: true });
    expect(await says(echoRequest(CALLER, SERVER, 7), isProhibited)).toBe(true);
    expect(await ping(CALLER, HOST)).toBe(true);
  });

  it.each([
    ['a LAN host’s', HOST, 'caller-address-used', /a computer on the LAN has it/],
    ['the gateway’s', LAN, 'caller-clash', /This computer has that address itself, on lan0/],
    ['one that DHCP gives out', '192.168.77.60', 'caller-clash', /are given 192\.168\.77\.50 to/],
    ['the LAN’s last', '192.168.77.255', 'caller-clash', /the first or the last/],
    ['of a net behind another card', '10.9.9.7', 'caller-clash', /10\.9\.9\.0\/24 behind wan0/],
    ['of a net behind a router', '10.9.8.7', 'caller-clash', /reaches 10\.9\.8\.0\/24 by wan0/],
    [
      'a name server’s with a route of its own',
      '198.51.100.7',
      'caller-clash',
      /reaches 198\.51\.100\.7 by wan0/,
    ],
  ])('is refused an address that is %s', async (_whose, address, code, cause) => {
    enclave.sh(
      'ip link add wan0 type veth peer name wan1; ip addr add 10.9.9.2/24 dev wan0; ip link set wan0 up;' +
        'ip route add 10.9.8.0/24 via 10.9.9.1; ip route add 198.51.100.7 via 10.9.9.1',
    );
    await start();
    const idle = net();
    const reply = await call(address, { proxyArp: true });
    expect(reply).toMatchObject({ ok: false, fault: { code } });
    if (!reply.ok) expect(`${reply.fault.sentence} ${reply.fault.cause}`).toMatch(cause);
    expect(net()).toBe(idle);
    expect(await call(CALLER, { proxyArp: true })).toMatchObject({ ok: true });
    expect(await call(CALLER, {}, LAN, 17)).toMatchObject({ ok: false, fault: { code: 'caller-clash' } });
    expect(await hostPings(CALLER)).toContain('1 received');
  });

  it('leaves nothing when the engine is killed', async () => {
    const before = state();
    await start();
    expect(await call(CALLER, { proxyArp: true })).toMatchObject({ ok: true });
    process.kill(enclave.pidOf('engine.cjs'), 'SIGKILL');
    await until('the entry is gone', 5_000, () => enclave.sh('ip neigh show proxy') === '');
    await engine.stop();
    await until('the host is as before', 5_000, () => state() === before);
  });
});
