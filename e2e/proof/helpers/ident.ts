// ident: an IRC server (ngircd) asks whose each connection is before it lets it in. Answered by the gateway from its own table, by oidentd on
// the LAN behind a forward, or by nobody. And an asker of another address, who is told nothing.
import type { Proof } from '../report.ts';
import { forward, HOSTS, NET, type Place, type World } from '../world.ts';
import { sayTo } from './scripted.ts';
import { type Outcome, onAndOff, refusalsOf, switchTo, tells } from './switching.ts';

const SERVER = `[Global]
Name = irc.example
Info = A server that asks
Listen = ${NET.web}
Ports = 6667
ServerUID = irc
ServerGID = irc
[Limits]
MaxPenaltyTime = 0
[Options]
Ident = yes
DNS = yes
PAM = no
`;
/** A port that another computer has outside, so that it is another there and in here. */
const TAKEN = 40_001;

async function serve(world: World): Promise<void> {
  await world.run('servers', [
    'sh',
    '-c',
    'printf %s "$1" > /run/ngircd-ident.conf; echo "$2 gateway" >> /etc/hosts',
    'sh',
    SERVER,
    world.address ?? '',
  ]);
  world.spawn('servers', ['ngircd', '--nodaemon', '--config', '/run/ngircd-ident.conf']).stdout?.resume();
  await world.until('ngircd', 10_000, async () =>
    (await world.run('servers', ['ss', '-ltn'])).out.includes(':6667'),
  );
}

/** Comes in and reads who the server says it is: `nick!user@host`, the user with ~ before it when nobody has vouched for it. */
async function comeIn(world: World, place: Place, port: number): Promise<Outcome> {
  const words = `NICK ${place}\\r\\nUSER claimed 0 * :somebody\\r\\n`;
  const { figures } = await sayTo(world, place, 2_000, NET.web, 6667, words, port);
  const name = /001 \S+ :.* (\S+)!(\S+)@/.exec(figures)?.[2];
  return { ok: name !== undefined && !name.startsWith('~'), figures: `known as ${name ?? 'nobody'}` };
}

export const ident: Proof = {
  name: 'ident',
  async run(world, report) {
    await serve(world);
    let port = TAKEN + 1;
    await onAndOff(
      world,
      report,
      'ident',
      [{ what: 'ngircd asks the gateway', attempt: () => comeIn(world, 'h1', port++) }],
      null,
    );
    await switchTo(world, 'ident', true);
    const client = sayTo(world, 'h1', 3_000, NET.web, 9000, 'x', port);
    await world.until('the connection', 3_000, async () =>
      (await world.sessions()).some((session) => session.clientPort === port),
    );
    const asked = await sayTo(world, 'servers', 1_000, world.address ?? '', 113, `${port} , 9000\\r\\n`);
    await client;
    const counted = await tells(world, 'ident', () => refusalsOf(world, 'ident', /not there/) > 0);
    report.line(
      /NO-USER/.test(asked.figures) && counted,
      'another address asks about it',
      asked.figures.trim(),
    );

    world.spawn('h1', ['oidentd', '-i', '-S', '-u', 'root', '-g', 'root', '-a', HOSTS.h1]).stdout?.resume();
    await world.until('oidentd', 5_000, async () =>
      (await world.run('h1', ['ss', '-ltn'])).out.includes(':113'),
    );
    // h2 takes the ports first: outside they are its own.
    for (const taken of [TAKEN - 1, TAKEN - 2])
      await sayTo(world, 'h2', 500, NET.web, 6667, 'QUIT\\r\\n', taken);
    let next = TAKEN - 1;
    await onAndOff(
      world,
      report,
      'ident',
      [{ what: 'ngircd asks oidentd behind a forward', attempt: () => comeIn(world, 'h1', next--) }],
      null,
      { forwards: [forward('ident', 'tcp', 113, 'h1')] },
    );
  },
};
