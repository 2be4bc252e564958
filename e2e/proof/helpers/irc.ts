// DCC between real clients: irssi on the LAN and outside, over ngircd. Chats and files are offered by the one inside; a file
// that was broken off is resumed; two on the LAN meet by the link's address. Then offers that must not be helped.

import { EXPECTATIONS_A_SESSION } from '../../../engine/helpers/expectations.ts';
import type { Proof, Report } from '../report.ts';
import { HOSTS, NET, type Place, type World } from '../world.ts';
import { sayTo } from './scripted.ts';
import { type Outcome, onAndOff, stateOf, switchTo, tells } from './switching.ts';
import { Terminal } from './terminal.ts';

const FILE_BYTES = 400_000;
const PART_BYTES = 150_000;
const FLOOD = 24;
const PEOPLE = { alice: 'h1', carol: 'h2', bob: 'servers' } as const satisfies Record<string, Place>;
type Person = keyof typeof PEOPLE;

const SERVER = `[Global]
Name = irc.example
Info = A server for proofs
Listen = ${NET.web}
Ports = 6667
ServerUID = irc
ServerGID = irc
[Limits]
MaxPenaltyTime = 0
[Options]
Ident = no
DNS = no
PAM = no
SyslogFacility = local1
`;
/** What each irssi does first: everything in one window, nothing of its own accord. */
const STARTUP = [
  '/SET autocreate_windows OFF',
  '/SET -clear autocreate_query_level',
  '/SET -clear autocreate_own_query',
  '/SET dcc_autorename OFF',
  '/SET dcc_autoresume OFF',
  '/SET dcc_autoget OFF',
  '/SET dcc_timeout 20',
  '/SET cmds_max_at_once 1000',
  '/SET max_ctcp_queue 100',
].join('\n');

class Chat {
  readonly #world: World;
  readonly people = new Map<Person, Terminal>();
  #names = 0;

  constructor(world: World) {
    this.#world = world;
  }

  async open(): Promise<void> {
    const world = this.#world;
    await world.run('servers', ['sh', '-c', 'printf %s "$1" > /run/ngircd.conf', 'sh', SERVER]);
    world.spawn('servers', ['ngircd', '--nodaemon', '--config', '/run/ngircd.conf']).stdout?.resume();
    await world.until('ngircd', 10_000, async () =>
      (await world.run('servers', ['ss', '-ltn'])).out.includes(':6667'),
    );
    for (const [person, place] of Object.entries(PEOPLE)) {
      const home = `/run/irc-${person}`;
      const prepare = `mkdir -p ${home}/files && printf '%s\\nSET dcc_download_path ${home}/files\\n' "$1" | sed 's/^.SET/SET/' > ${home}/startup`;
      await world.run(place, ['sh', '-c', prepare, 'sh', STARTUP]);
      const irssi = ['irssi', `--home=${home}`, '-c', NET.web, '-p', '6667', '-n', person];
      this.people.set(person as Person, await Terminal.open(world, place, person, irssi));
    }
    for (const [person, terminal] of this.people)
      if (!(await terminal.shows(/Welcome to the Internet Relay/i, 15_000)))
        throw new Error(`${person} did not get in:\n${await terminal.screen()}`);
  }

  of(person: Person): Terminal {
    return this.people.get(person) as Terminal;
  }

  /** `from` offers a chat, `to` takes it; a line each way. */
  async chat(from: Person, to: Person): Promise<Outcome> {
    await this.offerChat(from, to);
    return this.takeChat(from, to);
  }

  async takeChat(from: Person, to: Person): Promise<Outcome> {
    const word = `word-${++this.#names}`;
    await this.of(to).enter(`/dcc chat ${from}`);
    await this.of(to).shows(/connection with|can't connect/i, 3_000);
    const connected = await this.of(from).shows(`DCC CHAT connection with ${to}`, 300);
    await this.of(from).enter(`/msg =${to} ${word}`);
    const there = connected && (await this.of(to).shows(word, 3_000));
    await this.of(to).enter(`/msg =${from} back-${word}`);
    const back = there && (await this.of(from).shows(`back-${word}`, 3_000));
    await this.#forget(from, to);
    return {
      ok: back,
      figures: back ? 'a line each way' : connected ? 'the words were lost' : 'no connection',
    };
  }

  async offerChat(from: Person, to: Person): Promise<void> {
    await this.of(from).enter(`/dcc chat ${to}`);
    await this.of(to).shows(/DCC CHAT from/i, 3_000);
  }

  /** A file; `resumed`: as if its first part were there already, which is other than the sender's, so that one sees what came. */
  async send(from: Person, to: Person, resumed = false): Promise<Outcome> {
    const name = `file-${++this.#names}`;
    const target = `/run/irc-${to}/files/${name}`;
    const part = resumed ? PART_BYTES : 0;
    const prepare = `head -c ${FILE_BYTES} /dev/urandom > /run/${name}; [ ${part} = 0 ] || head -c ${part} /dev/zero > ${target}`;
    await this.#world.run('h1', ['sh', '-c', prepare]);
    await this.of(from).enter(`/dcc send ${to} /run/${name}`);
    await this.of(to).shows(`DCC SEND from ${from}`, 3_000);
    await this.of(to).enter(`/dcc ${resumed ? 'resume' : 'get'} ${from} ${name}`);
    const done = await this.of(to).shows(/received file|can't connect/i, 4_000);
    const compare = `cmp -i ${part} /run/${name} ${target} && cmp -n ${part} /dev/zero ${target} && echo same`;
    const { out } = await this.#world.run('h1', ['sh', '-c', compare]);
    await this.#forget(from, to);
    if (out.trim() === 'same') return { ok: true, figures: `${FILE_BYTES - part} bytes, the same` };
    return { ok: false, figures: done ? 'no connection' : 'nothing came' };
  }

  async #forget(from: Person, to: Person): Promise<void> {
    for (const kind of ['chat', 'send', 'get']) {
      await this.of(from).enter(`/dcc close ${kind} ${to}`);
      await this.of(to).enter(`/dcc close ${kind} ${from}`);
    }
    await this.clear();
  }

  async clear(): Promise<void> {
    for (const terminal of this.people.values()) await terminal.enter('/clear');
  }
}

export const irc: Proof = {
  name: 'irc',
  async run(world, report) {
    // A conversation is read from its beginning or not at all: they come in with the helper on.
    await switchTo(world, 'irc', true);
    const chat = new Chat(world);
    await chat.open();
    await attacks(world, report, chat);
    await onAndOff(
      world,
      report,
      'irc',
      [
        { what: 'irssi to irssi outside: DCC CHAT', attempt: () => chat.chat('alice', 'bob') },
        { what: 'irssi to irssi outside: DCC SEND', attempt: () => chat.send('alice', 'bob') },
        { what: 'irssi to irssi outside: DCC RESUME', attempt: () => chat.send('alice', 'bob', true) },
        {
          what: 'irssi to irssi, both on the LAN: DCC CHAT',
          attempt: () => chat.chat('alice', 'carol'),
          worksWithout: 'the inside address leads there, too',
        },
        {
          what: 'irssi to irssi, both on the LAN: DCC SEND',
          attempt: () => chat.send('carol', 'alice'),
          worksWithout: 'the inside address leads there, too',
        },
      ],
      {
        offer: () => chat.offerChat('alice', 'bob'),
        take: () => chat.takeChat('alice', 'bob'),
      },
    );
  },
};

/** What a client may be talked into saying, in its own words: a third party's address, a port of the system, X. */
async function attacks(world: World, report: Report, chat: Chat): Promise<void> {
  const own = asNumber(HOSTS.h1);
  const alice = chat.of('alice');
  await alice.enter(`/ctcp bob DCC CHAT chat ${asNumber(HOSTS.h2)} 5000`);
  await alice.enter(`/ctcp bob DCC SEND passwd ${own} 22 100`);
  await alice.enter(`/ctcp bob DCC SEND screen ${own} 6000 100`);
  const counted = await tells(world, 'irc', ({ refusals }) => refusals.length >= 3);
  const { expectations, refusals } = stateOf(world, 'irc');
  report.line(
    counted && expectations === 0,
    'offers of a third party, of port 22 and of X',
    `${expectations} awaited; refused: ${refusals.map(({ reason }) => reason).join('; ')}`,
  );
  // Another one says all it has at once, and more than a session may await.
  const offers = Array.from({ length: FLOOD }, (_, i) => dccOffer(asNumber(HOSTS.h3), 5000 + i)).join('');
  const hello = 'NICK mallory\\r\\nUSER mallory 0 * :mallory\\r\\n';
  const flood = sayTo(world, 'h3', 3_000, NET.web, 6667, hello + offers);
  const full = await tells(world, 'irc', (state) =>
    state.refusals.some(({ reason }) => /too many/.test(reason)),
  );
  const awaited = stateOf(world, 'irc').expectations;
  await flood;
  report.line(
    full && awaited === EXPECTATIONS_A_SESSION,
    `${FLOOD} offers at once`,
    `${awaited} awaited, the others refused`,
  );
  for (const kind of ['chat', 'get']) await chat.of('bob').enter(`/dcc close ${kind} alice`);
  await chat.of('bob').enter('/dcc close chat mallory');
  await chat.clear();
}

/** As it stands in the text that `sayTo` is given. */
function dccOffer(address: number, port: number): string {
  return `PRIVMSG bob :\\u0001DCC CHAT chat ${address} ${port}\\u0001\\r\\n`;
}

function asNumber(address: string): number {
  return address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);
}
