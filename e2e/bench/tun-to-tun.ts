// One process between two TUN interfaces with the real router in it: the masquerade's own speed with real TCP on both
// sides. Started by the bench as a child; says `ready`.
import { randomInt } from 'node:crypto';
import { MASQUERADE_DEFAULT } from '../../engine/contract.ts';
import { Tun } from '../../engine/host/tun.ts';
import { Router } from '../../engine/router.ts';
import { ip, LAN_HOST, LAN_NS, NET_HOST, NET_NS } from './namespaces.ts';

const UPLINK = 1;
const MAPPED = '10.77.3.1';

export function open(name: string, packet: (buffer: Uint8Array, length: number) => void): Tun {
  const opened = Tun.open(name, packet, () => {});
  if (!opened.ok) throw new Error(opened.fault.sentence);
  return opened.tun;
}

/** Packets. A TUN tells its own host nothing of a full queue but by loss, and a TCP window of that host is some thousands. */
const QUEUE = '5000';

/** Moves a TUN into a namespace and gives it the address there; `route` goes by it. */
export function place(name: string, namespace: string, address: string, route: string): void {
  ip('link', 'set', name, 'netns', namespace);
  ip('-n', namespace, 'address', 'add', `${address}/32`, 'dev', name);
  ip('-n', namespace, 'link', 'set', name, 'mtu', '1500', 'txqueuelen', QUEUE, 'up');
  ip('-n', namespace, 'route', 'add', route, 'dev', name);
}

function main(): void {
  const router = new Router(
    {
      toHost: (buffer, offset, length) => lan.write(buffer, offset, length),
      toLink: (_link, _client, buffer, offset, length) => net.write(buffer, offset, length),
      wantLine: () => {},
      readdressed: () => {},
      log: (level, text) => process.stderr.write(`${level} ${text}\n`),
    },
    (bound) => randomInt(bound),
    Date.now(),
  );
  const lan = open('masqb0', (buffer, length) => router.fromHost(buffer, 0, length, Date.now()));
  const net = open('masqb1', (buffer, length) => router.fromLink(UPLINK, buffer, 0, length, Date.now()));
  place('masqb0', LAN_NS, LAN_HOST, 'default');
  place('masqb1', NET_NS, NET_HOST, `${MAPPED}/32`);
  router.configure(
    {
      lan: { address: '10.77.1.1', prefix: 24 },
      masquerade: { ...MASQUERADE_DEFAULT, privateExceptions: [`${NET_HOST}/32`] },
      access: { mode: 'everybody', chosen: [], paused: [] },
      forwards: [],
      helpers: {},
      demand: false,
    },
    Date.now(),
  );
  router.linkUp(
    { link: UPLINK, role: 'uplink', local: MAPPED, peer: NET_HOST, dns: [], mtu: 1500 },
    Date.now(),
  );
  setInterval(() => router.tick(Date.now()), 250);
  lan.start();
  net.start();
  process.stdout.write('ready\n');
  process.stdin.on('end', () => process.exit(0)).resume();
}

main();
