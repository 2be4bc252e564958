// Packets larger than the way: fragments both ways, and path MTU where the link is small, and where a router beyond it is.
import type { Ran } from './programs.ts';
import type { Proof, Report } from './report.ts';
import { forward, HOSTS, NET, type Place, type World } from './world.ts';

const SMALL_MTU = 576;
const TRANSFER = 1_000_000;

const received = (ran: Ran): string => /(\d+) received/.exec(ran.out)?.[1] ?? '0';
const whole = (ran: Ran): boolean => ran.out.includes('"whole":true');

export const sizes: Proof = {
  name: 'sizes',
  async run(world, report) {
    world.peer('h2', 'udp-echo', HOSTS.h2, '7');
    const rule = forward('echo', 'udp', 5000, 'h2', { insideFirst: 7 });
    await world.configure({ forwards: [rule] });
    await fragments(world, report, 'link of 1500');
    await world.redial(0, SMALL_MTU);
    await fragments(world, report, `link of ${SMALL_MTU}`);
    await smallLink(world, report);
    await world.redial(0, 1500);
    await beyond(world, report);
  },
};

async function fragments(world: World, report: Report, name: string): Promise<void> {
  const before = (await world.freshCounters())['fragments-sent'] ?? 0;
  const ping = await world.run('h1', ['ping', '-n', '-c', '20', '-i', '0.05', '-s', '4000', NET.web]);
  const large = await world.run('h3', ['ping', '-n', '-c', '5', '-i', '0.2', '-s', '20000', NET.web]);
  report.line(
    received(ping) === '20' && received(large) === '5',
    `${name}: ping -s 4000 and 20000`,
    `${received(ping)} of 20, ${received(large)} of 5`,
  );
  const out = await world.runPeer('h1', 10_000, 'udp-once', NET.web, '7', '4000');
  const back = await world.runPeer('servers', 10_000, 'udp-once', world.address ?? '', '5000', '4000');
  const after = (await world.freshCounters())['fragments-sent'] ?? 0;
  report.line(
    whole(out) && whole(back),
    `${name}: UDP of 4000 bytes, asked from in and out`,
    `${after - before} fragments sent by the engine`,
  );
}

async function transfers(world: World): Promise<{ ok: boolean; text: string }> {
  const down = await world.run('h1', ['curl', '-sS', '-m', '20', `http://${NET.web}/bytes/${TRANSFER}`]);
  const post = `head -c ${TRANSFER} /dev/zero | curl -sS -m 20 --data-binary @- http://${NET.web}/`;
  const up = await world.run('h1', ['sh', '-c', post]);
  return {
    ok: down.out.length === TRANSFER && up.out.trim() === String(TRANSFER),
    text: `1 MB down in ${down.ms.toFixed(0)} ms, up in ${up.ms.toFixed(0)} ms`,
  };
}

/** The MTU a host has learned for the way to the web server. */
async function learned(world: World, place: Place): Promise<string> {
  const { out } = await world.run(place, ['ip', 'route', 'get', NET.web]);
  return /mtu (\d+)/.exec(out)?.[1] ?? 'none';
}

const unfragmented = (world: World, bytes: number): Promise<Ran> =>
  world.run('h1', ['ping', '-n', '-c', '2', '-W', '1', '-M', 'do', '-s', String(bytes - 28), NET.web]);

async function smallLink(world: World, report: Report): Promise<void> {
  const moved = await transfers(world);
  report.line(moved.ok, `link of ${SMALL_MTU}: TCP both ways`, moved.text);
  const fits = await unfragmented(world, SMALL_MTU);
  report.line(
    received(fits) === '2',
    `link of ${SMALL_MTU}: what fits passes with DF`,
    `${received(fits)} of 2`,
  );
  const large = await unfragmented(world, 1400);
  const said = /From (\S+) .*mtu = (\d+)/.exec(`${large.out}${large.err}`);
  report.line(
    said?.[2] === String(SMALL_MTU) && (await learned(world, 'h1')) === String(SMALL_MTU),
    `link of ${SMALL_MTU}: what does not is told so`,
    `${said?.[1]}: mtu ${said?.[2]}; the host learned ${await learned(world, 'h1')}`,
  );
  await world.run('h1', ['ip', 'route', 'flush', 'cache']);
}

/** Clamping cannot help here: only the error that comes back through the masquerade can. */
async function beyond(world: World, report: Report): Promise<void> {
  // A route's MTU, so that only what goes towards the server is too large: the server itself offers full segments.
  const route = ['198.51.100.0/24', 'dev', 'up0', 'src', '198.51.100.1', 'mtu', String(SMALL_MTU)];
  await world.run('provider', ['ip', 'route', 'change', ...route]);
  const before = await learned(world, 'h1');
  const moved = await transfers(world);
  const after = await learned(world, 'h1');
  report.line(
    moved.ok && before === 'none' && after === String(SMALL_MTU),
    `a router of ${SMALL_MTU} beyond the link: TCP both ways`,
    `${moved.text}; the host learned ${after}`,
  );
  const ping = await world.run('h1', ['ping', '-n', '-c', '5', '-i', '0.2', '-s', '1400', NET.web]);
  report.line(
    received(ping) === '5',
    `a router of ${SMALL_MTU} beyond the link: ping -s 1400`,
    `${received(ping)} of 5`,
  );
}
