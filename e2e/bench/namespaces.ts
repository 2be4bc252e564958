// Hosts for measuring: two network namespaces, and three ways from one to the other. Made and removed by the bench itself.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export const LAN_NS = 'masqb-lan';
export const NET_NS = 'masqb-net';
const MID_NS = 'masqb-mid';
export const LAN_HOST = '10.77.1.2';
export const NET_HOST = '10.77.2.2';

export const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });
export const inside = (namespace: string, ...command: string[]): string =>
  execFileSync('ip', ['netns', 'exec', namespace, ...command], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

export function makeHosts(): void {
  removeHosts();
  for (const namespace of [LAN_NS, NET_NS, MID_NS]) {
    ip('netns', 'add', namespace);
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
  }
}

export function removeHosts(): void {
  for (const namespace of [LAN_NS, NET_NS, MID_NS]) {
    try {
      execFileSync('ip', ['netns', 'del', namespace], { stdio: 'ignore' });
    } catch {
      // It was not there.
    }
  }
}

/** A cable between the third host and one of the two, without any segmentation or checksum offload. */
function wire(namespace: string, address: string, name: string, outer: string): void {
  ip('link', 'add', name, 'netns', MID_NS, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
  ip('-n', MID_NS, 'address', 'add', `${outer}/24`, 'dev', name);
  ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0');
  for (const [ns, dev] of [
    [MID_NS, name],
    [namespace, 'eth0'],
  ] as const) {
    inside(ns, 'ethtool', '-K', dev, 'tx', 'off', 'rx', 'off', 'tso', 'off', 'gso', 'off', 'gro', 'off');
    ip('-n', ns, 'link', 'set', dev, 'up');
  }
  ip('-n', namespace, 'route', 'add', 'default', 'via', outer);
}

/** Kernel masquerade on a third host between the two. */
export function kernelPath(): string {
  wire(LAN_NS, LAN_HOST, 'lan0', '10.77.1.1');
  wire(NET_NS, NET_HOST, 'net0', '10.77.2.1');
  inside(MID_NS, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
  execFileSync('ip', ['netns', 'exec', MID_NS, 'nft', '-f', '-'], {
    input:
      'table ip peer {\n chain post {\n  type nat hook postrouting priority 100\n  oifname "net0" masquerade\n }\n}\n',
  });
  return NET_HOST;
}

/**
 * What is on slirp4netns's far side. `link`: a cable of MTU 1500 to the other host, as a gateway's far side is, so that both
 * sides are packets as they are for us. `loopback`: the other host's own loopback, shown as 10.0.2.2, where a stream crosses
 * in pieces of 64 kB and no packet of 1500 bytes is ever made.
 */
export type SlirpFar = 'link' | 'loopback';

export async function slirpPath(far: SlirpFar): Promise<{ target: string; stop(): void }> {
  if (far === 'link') wire(NET_NS, NET_HOST, 'net0', '10.77.2.1');
  const place = far === 'link' ? MID_NS : NET_NS;
  const holder = spawn('ip', ['netns', 'exec', LAN_NS, 'sleep', '600'], { stdio: 'ignore' });
  await sleep(300);
  const slirp = spawn(
    'ip',
    ['netns', 'exec', place, 'slirp4netns', '--configure', '--mtu=1500', String(holder.pid), 'tap0'],
    { stdio: 'ignore' },
  );
  for (let tries = 0; tries < 50; tries++) {
    await sleep(100);
    try {
      if (ip('-n', LAN_NS, 'route').includes('10.0.2.2')) break;
    } catch {
      // Not yet.
    }
  }
  return {
    target: far === 'link' ? NET_HOST : '10.0.2.2',
    stop: () => {
      slirp.kill();
      holder.kill();
    },
  };
}

/** From the LAN host to the net, the other way, or both at once. */
export type Way = 'up' | 'down' | 'both';
const WAY_FLAGS: Readonly<Record<Way, readonly string[]>> = { up: [], down: ['-R'], both: ['--bidir'] };

/** iperf3 from the LAN host: Mbit/s received, of both ways the sum. */
export async function throughput(options: {
  from: string;
  to: string;
  at: string;
  seconds: number;
  way: Way;
}): Promise<number> {
  const server: ChildProcess = spawn('ip', ['netns', 'exec', options.to, 'iperf3', '-s', '-1'], {
    stdio: 'ignore',
  });
  await sleep(400);
  const args = [
    'netns',
    'exec',
    options.from,
    'iperf3',
    '-c',
    options.at,
    '-t',
    String(options.seconds),
    '-J',
    ...WAY_FLAGS[options.way],
  ];
  const client = spawn('ip', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  client.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await new Promise((resolve) => client.once('exit', resolve));
  server.kill();
  interface Sum {
    bits_per_second: number;
  }
  const report = JSON.parse(output) as {
    end?: { sum_received?: Sum; sum_received_bidir_reverse?: Sum };
    error?: string;
  };
  const rate = report.end?.sum_received?.bits_per_second;
  if (rate === undefined) throw new Error(`iperf3: ${report.error ?? 'no result'}`);
  return (rate + (report.end?.sum_received_bidir_reverse?.bits_per_second ?? 0)) / 1e6;
}
