// Servers on the LAN, reached from the Internet by curl and datagrams: single port, range, balanced, with allowed sources, UDP,
// and from the LAN itself by the link's address. Each server must see the true remote address. Then what is not forwarded.
import type { Trigger } from '../../engine/contract.ts';
import { listen } from './programs.ts';
import type { Proof, Report } from './report.ts';
import { forward, HOSTS, type HostName, NET, type Place, type World } from './world.ts';

const balanced = [
  { address: HOSTS.h1, weight: 1 },
  { address: HOSTS.h2, weight: 1 },
];
const RULES = [
  forward('web', 'tcp', 8080, 'h1', { insideFirst: 80 }),
  forward('range', 'tcp', 9000, 'h3', { last: 9003, insideFirst: 19_000 }),
  forward('echo', 'udp', 5000, 'h2', { insideFirst: 7 }),
  forward('balanced', 'tcp', 8100, 'h1', { insideFirst: 80, hosts: balanced }),
  forward('some', 'tcp', 8200, 'h1', { insideFirst: 80, sources: [`${NET.other}/32`] }),
];

/** As autofw's `-r udp 2300 2400 -c tcp 47624`. */
const TRIGGER: Trigger = {
  id: 'game',
  on: true,
  protocol: 'tcp',
  first: 47_624,
  last: 47_624,
  opens: [{ protocol: 'udp', first: 2300, last: 2400 }],
  seconds: 60,
  secure: false,
};

/** What the server answers: [who it sees, that one's port, its own address]; empty when nothing came. */
async function who(world: World, from: Place, port: number, source?: string): Promise<string[]> {
  const bound = source === undefined ? [] : ['--interface', source];
  const url = `http://${world.address}:${port}/who`;
  const ran = await world.run(from, ['curl', '-sS', '-m', '3', ...bound, url]);
  return ran.out.trim().split(' ').filter(Boolean);
}

export const forwardsProof: Proof = {
  name: 'forwards',
  async run(world, report) {
    const servers = [
      world.peer('h1', 'http', HOSTS.h1, '80'),
      world.peer('h2', 'http', HOSTS.h2, '80'),
      world.peer('h3', 'http', HOSTS.h3, '19002'),
    ].map(listen);
    const echo = listen(world.peer('h2', 'udp-echo', HOSTS.h2, '7'));
    await world.until('the servers', 10_000, () => [...servers, echo].every((said) => said.length > 0));
    await world.configure({ forwards: RULES, triggers: [TRIGGER] });
    await fromOutside(world, report);
    const datagram = await world.runPeer('servers', 10_000, 'udp-once', world.address ?? '', '5000', '100');
    const seen = echo.findLast(({ event }) => event === 'from');
    report.line(
      datagram.out.includes('"whole":true') && String(seen?.address).startsWith('198.51.100.'),
      'UDP, another port inside',
      `server saw ${seen?.address}`,
    );
    await hairpin(world, report);
    await triggered(world, report);
    await world.redial(100);
    const after = await who(world, 'servers', 8080, NET.web);
    report.line(after[0] === NET.web, 'after a redial, by the new address', `${world.address}: ${after[0]}`);
    await denied(world, report);
  },
};

async function fromOutside(world: World, report: Report): Promise<void> {
  const web = await who(world, 'servers', 8080, NET.web);
  report.line(
    web[0] === NET.web && web[2] === HOSTS.h1,
    'TCP, another port inside: the true remote is seen',
    `${web[2]} saw ${web[0]}`,
  );
  const range = await who(world, 'servers', 9002, NET.other);
  report.line(
    range[0] === NET.other && range[2] === HOSTS.h3,
    'TCP, a range moved to another',
    `9002 → ${range[2]}:19002`,
  );
  const remotes = Object.values(NET);
  const first: (string | undefined)[] = [];
  const again: (string | undefined)[] = [];
  for (const remote of remotes) first.push((await who(world, 'servers', 8100, remote))[2]);
  for (const remote of remotes) again.push((await who(world, 'servers', 8100, remote))[2]);
  const hosts = balanced.map(({ address }) => first.filter((host) => host === address).length);
  report.line(
    hosts.every((count) => count >= 2) && first.join() === again.join(),
    'balanced over two, each remote keeps its host',
    `${hosts.join(' and ')} of ${remotes.length} remotes${first.join() === again.join() ? '' : `; ${first.join()} then ${again.join()}`}`,
  );
  const allowed = await who(world, 'servers', 8200, NET.other);
  const others = await who(world, 'servers', 8200, NET.web);
  report.line(
    allowed[0] === NET.other && others.length === 0,
    'only allowed sources come in',
    `${NET.other} in, ${NET.web} not`,
  );
}

async function hairpin(world: World, report: Report): Promise<void> {
  const seen: string[] = [];
  const hosts: HostName[] = ['h2', 'h3', 'h1'];
  for (const host of hosts) seen.push(`${host}: ${(await who(world, host, 8080))[0]}`);
  report.line(
    seen.every((one) => one.endsWith(` ${world.address}`)),
    'hairpin: by the link’s address from the LAN',
    seen.join(', '),
  );
  const udp = await world.runPeer('h3', 10_000, 'udp-once', world.address ?? '', '5000', '100');
  report.line(udp.out.includes('"whole":true'), 'hairpin: UDP', 'h3 → h2');
}

/** A host that calls a control port may be reached at the trigger's range, by anybody, for a time; before that nobody may. */
async function triggered(world: World, report: Report): Promise<void> {
  const echo = listen(world.peer('h3', 'udp-echo', HOSTS.h3, '2310'));
  await world.until('an echo at the opened port', 10_000, () => echo.length > 0);
  const knock = () => world.runPeer('servers', 10_000, 'udp-once', world.address ?? '', '2310', '100');
  const before = await knock();
  await world.run('h3', ['curl', '-sS', '-m', '5', `http://${NET.other}:${TRIGGER.first}/`]);
  const after = await knock();
  report.line(
    before.out.includes('"whole":false') && after.out.includes('"whole":true'),
    'trigger: a control connection opens a range',
    `closed before, open to h3 after TCP ${TRIGGER.first}`,
  );
}

async function denied(world: World, report: Report): Promise<void> {
  const knock = (port: number) =>
    world.run('servers', ['curl', '-sS', '-m', '12', `http://${world.address}:${port}/`]);
  const silent = await knock(8081);
  report.line(
    silent.code === 7 && silent.ms > 5_900 && silent.ms < 9_000,
    'a port of nobody: silence, then unreachable',
    `${(silent.ms / 1000).toFixed(1)} s`,
  );
  const ident = await knock(113);
  report.line(
    ident.code === 7 && ident.ms < 500,
    'ident (113): refused at once',
    `${ident.ms.toFixed(0)} ms`,
  );
}
