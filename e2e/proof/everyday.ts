// The programs people try a connection with, each as it comes from Debian: curl, dig, ping, three kinds of traceroute, mtr.
import type { Proof } from './report.ts';
import { GATEWAY, HOSTS, NET, PEER } from './world.ts';

const PATH = [GATEWAY, PEER, NET.web];
/** The addresses a traceroute or mtr report names, in their order, each once. */
const hops = (text: string): string[] => [
  ...new Set(text.split('\n').flatMap((line) => line.match(/^ *\d+\.?[ |-]+(\d+(?:\.\d+){3})/)?.[1] ?? [])),
];

export const everyday: Proof = {
  name: 'everyday',
  async run(world, report) {
    const page = await world.run('h1', ['curl', '-sS', '-m', '10', 'http://www.example/who']);
    report.line(page.out.startsWith(`${world.address} `), 'curl by name', `server saw ${page.out.trim()}`);
    const megabytes = 10;
    const bytes = megabytes * 1024 * 1024;
    const big = await world.run('h1', [
      'curl',
      '-sS',
      '-m',
      '30',
      '-o',
      '/dev/null',
      '-w',
      '%{size_download} %{speed_download}',
      `http://${NET.web}/bytes/${bytes}`,
    ]);
    const [size, speed] = big.out.split(' ').map(Number);
    report.line(
      size === bytes,
      'curl, 10 MB',
      `${size} bytes, ${(((speed ?? 0) * 8) / 1e6).toFixed(0)} Mbit/s`,
    );
    const names = await world.run('h1', ['dig', '+short', `@${GATEWAY}`, 'news.example']);
    const direct = await world.run('h1', ['dig', '+short', `@${NET.dns}`, 'mail.example']);
    const stream = await world.run('h1', ['dig', '+short', '+tcp', `@${NET.dns}`, 'ftp.example']);
    report.line(
      [names, direct, stream].every((one) => one.out.trim() === NET.web),
      'dig: gateway, provider, provider over TCP',
      `${[names, direct, stream].map((one) => one.ms.toFixed(0)).join(', ')} ms`,
    );
    const ping = await world.run('h1', ['ping', '-n', '-c', '50', '-i', '0.02', NET.web]);
    const received = /(\d+) received/.exec(ping.out)?.[1];
    const trip = /= [\d.]+\/([\d.]+)\//.exec(ping.out)?.[1];
    report.line(received === '50', 'ping', `${received} of 50, ${trip} ms`);
    for (const [kind, flags] of [
      ['UDP', []],
      ['ICMP', ['-I']],
      ['TCP', ['-T']],
    ] as const) {
      const traced = await world.run('h1', ['traceroute', '-n', '-w', '2', ...flags, NET.web]);
      const found = hops(traced.out);
      const ok = found.join() === PATH.join() && !traced.out.includes('*');
      report.line(ok, `traceroute, ${kind}`, found.join(' → ') || traced.err);
    }
    const mtr = await world.run('h2', ['mtr', '-n', '-r', '-c', '5', '-i', '0.2', NET.web]);
    const losses = [...mtr.out.matchAll(/ (\d+\.\d)% /g)].map(([, loss]) => loss);
    report.line(
      hops(mtr.out).join() === PATH.join() && losses.every((loss) => loss === '0.0'),
      'mtr',
      `${hops(mtr.out).join(' → ')}, losses ${losses.join('%, ')}%`,
    );
    const closed = await world.run('h1', ['curl', '-sS', '-m', '5', `http://${NET.web}:81/`]);
    report.line(
      closed.code === 7 && closed.ms < 2_000,
      'a closed port is refused at once',
      `${closed.ms.toFixed(0)} ms`,
    );
    const own = await world.run('h1', ['ping', '-n', '-c', '3', '-i', '0.2', HOSTS.h2]);
    report.line(
      own.out.includes('3 received'),
      'hosts of the LAN reach each other',
      'not through the gateway',
    );
  },
};
