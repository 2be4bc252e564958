// What kind of NAT this is, asked by coturn's turnutils_natdiscovery (RFC 5780): a client on the LAN, a server with two addresses
// and two ports. Then the case every home has: two computers that use the same source port to the same server.
import type { Proof } from './report.ts';
import { HOSTS, NET, type World } from './world.ts';

const FILTERINGS = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'] as const;
/** Idle time set for the lifetime test, and waits below and above it; seconds. */
const LIFETIME = 5;
const BELOW = 3;
const ABOVE = 8;

function startStunServer(world: World): void {
  const quiet = ['--no-cli', '--no-tls', '--no-dtls', '--no-tcp', '--no-auth', '--log-file=/dev/null'];
  const addresses = [NET.stun, NET.stunOther].flatMap((address) => ['-L', address]);
  const ports = ['-p', '3478', '--alt-listening-port=3479', '--pidfile=/run/turn.pid'];
  world
    .spawn('servers', ['turnserver', '-n', '--stun-only', ...addresses, ...ports, ...quiet])
    .stdout?.resume();
}

/** The verdict lines of natdiscovery, in their own words. */
function verdict(text: string): string {
  const lines = text
    .split('\n')
    .filter((line) => /^NAT with|successful hairpin|timeout|reflexive/i.test(line));
  return [...new Set(lines.map((line) => line.replace(/^.*: IPv4\. /, '').trim()))].join('; ');
}

export const behaviour: Proof = {
  name: 'behaviour',
  async run(world, report) {
    startStunServer(world);
    // A port of its own for each test: a mapping that an earlier test opened would be seen again.
    let port = 40_100;
    const ask = async (...flags: string[]) => {
      const own = ['-L', HOSTS.h1, '-l', String(port++)];
      return (await world.run('h1', ['turnutils_natdiscovery', ...flags, ...own, NET.stun], 30_000)).out;
    };
    await world.until('the STUN server', 10_000, async () => (await ask('-m')).includes('response 1'));
    for (const filtering of FILTERINGS) {
      await world.configure({ masquerade: { udpFiltering: filtering } });
      const title = `${filtering} asked for`;
      const mapping = await ask('-m');
      report.line(
        mapping.includes('NAT with Endpoint Independent Mapping!'),
        `${title}: mapping`,
        verdict(mapping),
      );
      const found = await ask('-f');
      const words = filtering
        .split('-')
        .map((word) => (word === 'and' ? word : word.charAt(0).toUpperCase() + word.slice(1)))
        .join(' ');
      report.line(found.includes(`NAT with ${words} Filtering!`), `${title}: filtering`, verdict(found));
      const turned = await ask('-H');
      report.line(turned.includes('successful hairpinning'), `${title}: hairpin`, verdict(turned));
    }
    await lifetime(world, report, ask);
    await world.configure({ masquerade: { hairpin: false } });
    const off = await ask('-H');
    report.line(
      !off.includes('successful hairpinning'),
      'hairpin switched off: none',
      verdict(off) || 'no answer',
    );
    await world.configure({});
    await samePort(world, report);
  },
};

const lifetime = async (
  world: World,
  report: Parameters<Proof['run']>[1],
  ask: (...flags: string[]) => Promise<string>,
): Promise<void> => {
  const timers = { tcpEstablished: 7440, tcpOpening: 240, tcpClosing: 240, icmp: 60, other: 600 };
  await world.configure({ masquerade: { timers: { ...timers, udp: LIFETIME } } });
  const young = await ask('-t', '-T', String(BELOW));
  report.line(
    young.includes('reflexive addr') && !young.includes('timeout'),
    `lifetime set to ${LIFETIME} s: alive after ${BELOW} s`,
    verdict(young),
  );
  const old = await ask('-t', '-T', String(ABOVE));
  report.line(old.includes('timeout'), `lifetime set to ${LIFETIME} s: gone after ${ABOVE} s`, verdict(old));
};

const samePort = async (world: World, report: Parameters<Proof['run']>[1]): Promise<void> => {
  const fetch = (host: 'h1' | 'h2' | 'h3') =>
    world.run(host, ['curl', '-sS', '-m', '10', '--local-port', '50000', `http://${NET.web}/late/1000`]);
  const answers = await Promise.all([fetch('h1'), fetch('h2'), fetch('h3')]);
  const seen = answers.map(({ out }) => out.split(' ')[1]);
  report.line(
    answers.every(({ code }) => code === 0) && new Set(seen).size === 3 && seen.includes('50000'),
    'three hosts, one source port, TCP, at once',
    `50000 → ${seen.join(', ')}`,
  );
  const query = (host: 'h1' | 'h2' | 'h3') =>
    world.run(host, ['dig', '+short', '-b', `${HOSTS[host]}#50001`, `@${NET.dns}`, `${host}.example`]);
  const names = await Promise.all([query('h1'), query('h2'), query('h3')]);
  const mapped = (await world.sessions()).filter(
    (one) => one.protocol === 'udp' && one.clientPort === 50_001,
  );
  report.line(
    names.every(({ out }) => out.trim() === NET.web) &&
      new Set(mapped.map((one) => one.mappedPort)).size === 3,
    'three hosts, one source port, UDP (dig -b)',
    `50001 → ${mapped.map((one) => one.mappedPort).join(', ')}`,
  );
};
