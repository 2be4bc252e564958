// PPTP: Debian's pptp on two computers of the LAN at once, to one pptpd outside, our own PPP at both ends of each tunnel. Without the helper
// GRE is let through for one computer at a time, so that only one of the two has its tunnel.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Proof } from '../report.ts';
import { NET, type Place, type World } from '../world.ts';
import { SCRIPT } from './scripted.ts';
import { type Outcome, onAndOff } from './switching.ts';

const SERVER = NET.dns;
const CONFIGURATION = `ppp /run/pptp-ppp
option /dev/null
localip 10.99.0.1
remoteip 10.99.0.10-20
listen ${SERVER}
`;

async function serve(world: World): Promise<void> {
  const program = `#!/bin/sh\nexec ${process.execPath} ${SCRIPT} tunnel-server "$@"\n`;
  const write = 'printf %s "$1" > /run/pptpd.conf; printf %s "$2" > /run/pptp-ppp; chmod 755 /run/pptp-ppp';
  await world.run('servers', ['sh', '-c', write, 'sh', CONFIGURATION, program]);
  world.spawn('servers', ['pptpd', '--fg', '--conf', '/run/pptpd.conf']).stdout?.resume();
  await world.until('pptpd', 5_000, async () =>
    (await world.run('servers', ['ss', '-ltn'])).out.includes(`${SERVER}:1723`),
  );
}

/** As if on a computer of its own, for pptp shares control connections by a socket in /run; and it ends with what started it. */
const ALONE = 'mkdir -p /run/pptp; mount -t tmpfs none /run/pptp; exec "$@"';

async function dial(world: World, place: Place): Promise<Outcome> {
  const alone = [
    'unshare',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    'sh',
    '-c',
    ALONE,
    'sh',
  ];
  const client = [process.execPath, SCRIPT, 'tunnel-client', SERVER];
  const { out, err } = await world.run(place, [...alone, ...client], 9_000);
  try {
    return JSON.parse(out) as Outcome;
  } catch {
    return { ok: false, figures: `the script broke: ${err.slice(-300)}` };
  }
}

export const pptp: Proof = {
  name: 'pptp',
  async run(world, report) {
    await serve(world);
    const both = async (): Promise<Outcome> => {
      const dialled = Promise.all([dial(world, 'h1'), dial(world, 'h2')]);
      await sleep(2_000);
      const calls = (await world.sessions()).filter(({ protocol }) => /gre/i.test(protocol));
      const ids = calls.map(({ clientPort, mappedPort }) => `${clientPort} outside ${mappedPort}`);
      const outcomes = await dialled;
      const figures = outcomes.map((one) => one.figures).join('; ');
      return { ok: outcomes.every(({ ok }) => ok), figures: `${figures}; Call IDs ${ids.join(', ')}` };
    };
    await onAndOff(world, report, 'pptp', [{ what: 'two pptp to one pptpd at once', attempt: both }], null);
  },
};
