// PPTP: Debian's pptp on two computers of the LAN at once, to one pptpd outside, our own PPP at both ends of each tunnel, and both with the
// same Call ID. Without the helper GRE is let through for one computer at a time, so that only one of the two has its tunnel.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Proof } from '../report.ts';
import { NET, type Place, type World } from '../world.ts';
import { SCRIPT } from './scripted.ts';
import { type Outcome, onAndOff, stateOf } from './switching.ts';

const SERVER = NET.dns;
const CONFIGURATION = `ppp /run/pptp-ppp
option /dev/null
localip 10.99.0.1
remoteip 10.99.0.10-20
listen ${SERVER}
`;

async function serve(world: World): Promise<void> {
  const program = `#!/bin/sh\nexec ${process.execPath} ${SCRIPT} tunnel-server "$@"\n`;
  const write =
    'printf %s "$1" > /run/pptpd.conf; printf %s "$2" > /run/pptp-ppp; chmod 755 /run/pptp-ppp; printf GateGateGateGate > /run/pptp-random';
  await world.run('servers', ['sh', '-c', write, 'sh', CONFIGURATION, program]);
  world.spawn('servers', ['pptpd', '--fg', '--conf', '/run/pptpd.conf']).stdout?.resume();
  await world.until('pptpd', 5_000, async () =>
    (await world.run('servers', ['ss', '-ltn'])).out.includes(`${SERVER}:1723`),
  );
}

/**
 * As if on a computer of its own, for pptp shares control connections by a socket in /run; and it ends with what started it. Its Call ID
 * is what /dev/random gives, so that here both get the same.
 */
const ALONE =
  'mkdir -p /run/pptp; mount -t tmpfs none /run/pptp; mount --bind /run/pptp-random /dev/random; exec "$@"';

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
    /** Call IDs inside and outside, while the helper was on. */
    let ids: (readonly [number, number])[] = [];
    const both = async (): Promise<Outcome> => {
      const dialled = Promise.all([dial(world, 'h1'), dial(world, 'h2')]);
      await sleep(2_000);
      const calls = (await world.sessions()).filter(({ protocol }) => /gre/i.test(protocol));
      if (stateOf(world, 'pptp').on)
        ids = calls.map(({ clientPort, mappedPort }) => [clientPort, mappedPort] as const);
      const outcomes = await dialled;
      return {
        ok: outcomes.every(({ ok }) => ok),
        figures: outcomes.map(({ figures }) => figures).join('; '),
      };
    };
    await onAndOff(world, report, 'pptp', [{ what: 'two pptp to one pptpd at once', attempt: both }], null);
    const [one, other] = ids;
    report.line(
      ids.length === 2 && one?.[0] === other?.[0] && one?.[1] !== other?.[1],
      'one Call ID inside, two outside',
      ids.map(([inside, outside]) => `${inside} is ${outside}`).join(', '),
    );
  },
};
