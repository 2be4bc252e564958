// rsh and rlogin (rsh-redone, started by inetd) from two computers at once. Both want a client's port below 1024, and rsh a second connection
// to another such port, for error messages, without which the daemon runs nothing: the masquerade keeps the class, the helper opens the
// second. What comes there is not looked at: this client loses it, on one and the same computer too.
import type { Proof } from '../report.ts';
import { NET, type Place, type World } from '../world.ts';
import { type Outcome, onAndOff } from './switching.ts';
import { Terminal } from './terminal.ts';

/** The first of the servers' addresses, from which their programs call back. */
const SERVER = NET.dns;
const INETD = `514 stream tcp nowait root /usr/sbin/in.rshd in.rshd
513 stream tcp nowait root /usr/sbin/in.rlogind in.rlogind
`;
/** Everybody is believed: who may log in is not what is proven. The daemons also want a name for each caller. */
const PAM = `auth required pam_permit.so
account required pam_permit.so
session required pam_permit.so
`;
const CLIENTS = ['h1', 'h2'] as const;

async function serve(world: World): Promise<void> {
  const prepare =
    'for service in rsh rlogin login; do printf %s "$1" > /etc/pam.d/$service; done; printf %s "$2" > /run/inetd-remote.conf; echo "$3 gateway" >> /etc/hosts';
  await world.run('servers', ['sh', '-c', prepare, 'sh', PAM, INETD, world.address ?? '']);
  world.spawn('servers', ['inetd', '-i', '/run/inetd-remote.conf']).stdout?.resume();
  await world.until('inetd', 5_000, async () => {
    const { out } = await world.run('servers', ['ss', '-ltn']);
    return out.includes(':513') && out.includes(':514');
  });
}

async function onBoth(attempt: (place: Place) => Promise<Outcome>): Promise<Outcome> {
  const outcomes = await Promise.all(CLIENTS.map(attempt));
  return outcomes.find(({ ok }) => !ok) ?? (outcomes[0] as Outcome);
}

async function rsh(world: World, place: Place): Promise<Outcome> {
  const command = ['rsh-redone-rsh', '-l', 'root', SERVER, 'echo output'];
  const { out, err } = await world.run(place, command, 2_500);
  const ok = out.trim() === 'output';
  return { ok, figures: ok ? 'ran, with its second connection' : err.trim() || 'nothing came' };
}

async function rlogin(world: World, place: Place): Promise<Outcome> {
  const terminal = await Terminal.open(world, place, 'rlogin', ['rsh-redone-rlogin', '-l', 'root', SERVER]);
  try {
    await terminal.shows(/[#$] *$/m, 3_000);
    await terminal.enter('echo $((6 * 7)) by rlogin');
    const ok = await terminal.shows('42 by rlogin', 2_000);
    const screen = (await terminal.screen()).trim();
    return { ok, figures: ok ? 'a shell, by a port below 1024 each' : screen.slice(-200) || 'nothing came' };
  } finally {
    await terminal.close();
  }
}

export const remote: Proof = {
  name: 'remote',
  async run(world, report) {
    await serve(world);
    await onAndOff(
      world,
      report,
      'rsh',
      [
        { what: 'rsh to in.rshd, two at once', attempt: () => onBoth((place) => rsh(world, place)) },
        {
          what: 'rlogin to in.rlogind, two at once',
          attempt: () => onBoth((place) => rlogin(world, place)),
          worksWithout: 'it has one connection, whose port keeps its class',
        },
      ],
      null,
    );
  },
};
