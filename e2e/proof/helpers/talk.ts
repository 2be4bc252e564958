// talk between two terminals: GNU inetutils' talk and talkd (ntalk, UDP 518), one person on the LAN, one outside. The call goes
// out, the one who is called looks it up at the caller's daemon and connects; then the other way, to a daemon behind a forward.
import type { Proof } from '../report.ts';
import { forward, HOSTS, NET, type World } from '../world.ts';
import { type Outcome, onAndOff } from './switching.ts';
import { Terminal } from './terminal.ts';

const INETD = '518 dgram udp wait root /usr/sbin/talkd talkd\n';
/** Each with a host name of its own, which talk turns into the address it names. */
const NAMES = { h1: 'talk-inside', servers: 'talk-outside' } as const;
/** The first of the servers’ addresses: a daemon of inetd answers from it whatever was asked. */
const OUTSIDE = NET.dns;
type Side = keyof typeof NAMES;

function named(side: Side, ...command: string[]): string[] {
  return ['unshare', '--uts', 'sh', '-c', 'hostname "$1"; shift; exec "$@"', 'sh', NAMES[side], ...command];
}

async function open(world: World): Promise<void> {
  const hosts = `${HOSTS.h1} ${NAMES.h1}\n${OUTSIDE} ${NAMES.servers}\n${world.address} talk-gateway\n`;
  // Who is logged in, where tmux enters its terminals.
  const prepare =
    'printf %s "$1" >> /etc/hosts; printf %s "$2" > /run/inetd-talk.conf; : > /run/utmp; chown root:utmp /run/utmp; chmod 664 /run/utmp';
  await world.run('h1', ['sh', '-c', prepare, 'sh', hosts, INETD]);
  for (const place of ['h1', 'servers'] as const) {
    world.spawn(place, ['inetd', '-i', '/run/inetd-talk.conf']).stdout?.resume();
    await world.until(`talkd of ${place}`, 5_000, async () =>
      (await world.run(place, ['ss', '-lun'])).out.includes(':518'),
    );
  }
}

/** A call from one side to the other: it rings, is answered, and a line goes each way. */
class Call {
  readonly #caller: Terminal;
  readonly #called: Terminal;

  private constructor(caller: Terminal, called: Terminal) {
    this.#caller = caller;
    this.#called = called;
  }

  /** Calls whoever is at `to`, whose host is reached as `at`. */
  static async begin(world: World, from: Side, to: Side, at: string): Promise<Call> {
    const called = await Terminal.open(world, to, 'called', named(to, 'sh'));
    const device = await called.device();
    // Who is called lets messages in, as `mesg y` does.
    await world.run(to, ['chmod', 'g+w', `/dev/${device}`]);
    const command = named(from, 'inetutils-talk', `root@${at}`, device);
    return new Call(await Terminal.open(world, from, 'caller', command), called);
  }

  rings(): Promise<boolean> {
    return this.#called.shows(/connection requested by/i, 3_000);
  }

  /** The one called answers, reaching the caller's host as `back`. */
  async answer(back: string): Promise<Outcome> {
    const [caller, called] = [this.#caller, this.#called];
    const outcome = async (): Promise<Outcome> => {
      if (!(await this.rings())) return { ok: false, figures: `no ring: ${last(await caller.screen())}` };
      await called.enter(`inetutils-talk root@${back}`);
      if (!(await caller.shows(/\[Connection established/, 3_000)))
        return { ok: false, figures: `no connection: ${last(await called.screen())}` };
      await called.shows(/\[Connection established/, 1_000);
      await caller.enter('good evening');
      await called.enter('and to you');
      const heard = (await called.shows('good evening', 2_000)) && (await caller.shows('and to you', 2_000));
      return {
        ok: heard,
        figures: heard ? 'rang, looked up, connected, a line each way' : 'connected, but silent',
      };
    };
    try {
      return await outcome();
    } finally {
      await caller.close();
      await called.close();
    }
  }
}

function last(screen: string): string {
  return (
    screen
      .trim()
      .split('\n')
      .filter((line) => /\w/.test(line))
      .at(-1)
      ?.trim() ?? ''
  );
}

export const talk: Proof = {
  name: 'talk',
  async run(world, report) {
    await open(world);
    let ringing: Call | null = null as Call | null;
    await onAndOff(
      world,
      report,
      'talk',
      [
        {
          what: 'talk to talkd outside, who calls back',
          attempt: async () =>
            (await Call.begin(world, 'h1', 'servers', NAMES.servers)).answer('talk-gateway'),
        },
      ],
      {
        offer: async () => {
          ringing = await Call.begin(world, 'h1', 'servers', NAMES.servers);
          await ringing.rings();
        },
        take: async () => ringing?.answer('talk-gateway') ?? { ok: true, figures: 'nothing was begun' },
      },
    );
    await onAndOff(
      world,
      report,
      'talk',
      [
        {
          what: 'talk from outside to talkd behind a forward',
          attempt: async () =>
            (await Call.begin(world, 'servers', 'h1', 'talk-gateway')).answer(NAMES.servers),
        },
      ],
      null,
      { forwards: [forward('talk', 'udp', 518, 'h1')] },
    );
  },
};
