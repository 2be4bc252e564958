// Programs that need no parser but ports: games of the "loose UDP" kind and the messengers of their time. Data for forwards and triggers,
// put together from the port lists of their day; none of these has been tried with the program itself, whose servers are mostly gone.
// Says what to open; opens nothing, reads no payload. With endpoint-independent UDP filtering most of the games need none of it.

export interface PortRange {
  readonly protocol: 'tcp' | 'udp';
  readonly first: number;
  readonly last: number;
}

export interface Preset {
  readonly name: string;
  readonly title: string;
  readonly kind: 'game' | 'talk' | 'files' | 'remote';
  /** A packet from inside to one of these remote ports says that the program runs; none: only a forward can serve it. */
  readonly triggers: readonly PortRange[];
  /** What others come to, also from addresses the program has never sent to. */
  readonly opens: readonly PortRange[];
  /** Its port must be the same outside: one computer at a time, further ones need a port of their own. */
  readonly samePort: boolean;
  /** One sentence for a person: what else is to be known. */
  readonly hint: string;
}

const tcp = (first: number, last = first): PortRange => ({ protocol: 'tcp', first, last });
const udp = (first: number, last = first): PortRange => ({ protocol: 'udp', first, last });

const ONE_AT_A_TIME = 'One computer at a time.';
const NOTHING_TO_PLAY =
  'To play, nothing is needed; to host a game, forward the port to the computer that hosts it.';

/** By name. */
export const PRESETS: readonly Preset[] = [
  {
    name: 'age-of-empires',
    title: 'Age of Empires and other DirectPlay games',
    kind: 'game',
    triggers: [tcp(47_624)],
    opens: [tcp(2300, 2400), udp(2300, 2400), tcp(47_624)],
    samePort: true,
    hint: 'DirectPlay tells the others the computer’s inside address; who hosts a game does best with a forward. One computer at a time.',
  },
  {
    name: 'aim',
    title: 'AOL Instant Messenger: files and pictures',
    kind: 'talk',
    triggers: [tcp(5190)],
    opens: [tcp(4443), tcp(5190)],
    samePort: true,
    hint: 'Talking needs nothing; these ports are for receiving files and pictures, by one computer at a time.',
  },
  {
    name: 'asherons-call',
    title: 'Asheron’s Call',
    kind: 'game',
    triggers: [udp(9000, 9013)],
    opens: [udp(9000, 9013)],
    samePort: false,
    hint: 'Several computers can play; the game’s servers answer from other addresses than were asked.',
  },
  {
    name: 'battle-net',
    title: 'Battle.net: Diablo, StarCraft, WarCraft II and III',
    kind: 'game',
    triggers: [tcp(6112)],
    opens: [tcp(6112, 6119), udp(6112, 6119)],
    samePort: true,
    hint: 'The first computer keeps port 6112; a second in the same game needs a forward of 6113 (and the same port set in the game), and hairpin on.',
  },
  {
    name: 'battlezone-2',
    title: 'Battlezone II',
    kind: 'game',
    triggers: [udp(17_770, 17_772)],
    opens: [udp(17_770, 17_772), tcp(17_771)],
    samePort: true,
    hint: ONE_AT_A_TIME,
  },
  {
    name: 'dialpad',
    title: 'Dialpad',
    kind: 'talk',
    triggers: [tcp(7175)],
    opens: [tcp(51_200, 51_201), udp(51_200, 51_201), tcp(51_210), udp(51_210)],
    samePort: true,
    hint: ONE_AT_A_TIME,
  },
  {
    name: 'gnutella',
    title: 'Gnutella: LimeWire, BearShare',
    kind: 'files',
    triggers: [tcp(6346, 6347)],
    opens: [tcp(6346), udp(6346)],
    samePort: true,
    hint: 'Without it files can be fetched from those only who can be reached themselves. One computer at a time, or another port set in each.',
  },
  {
    name: 'half-life',
    title: 'Half-Life and Counter-Strike',
    kind: 'game',
    triggers: [],
    opens: [udp(27_015)],
    samePort: true,
    hint: NOTHING_TO_PLAY,
  },
  {
    name: 'icq',
    title: 'ICQ: files and direct talk',
    kind: 'talk',
    triggers: [udp(4000), tcp(5190)],
    opens: [tcp(20_000, 20_019)],
    samePort: true,
    hint: 'Set the same range in ICQ (Preferences, Connections, firewall): 20000-20019 for the first computer, 20020-20039 for the next.',
  },
  {
    name: 'icuii',
    title: 'ICUII',
    kind: 'talk',
    triggers: [tcp(2019)],
    opens: [tcp(2000, 2038), tcp(2050, 2051), tcp(2069), tcp(2085), tcp(3010, 3030)],
    samePort: true,
    hint: ONE_AT_A_TIME,
  },
  {
    name: 'kali',
    title: 'Kali',
    kind: 'game',
    triggers: [],
    opens: [udp(2213)],
    samePort: true,
    hint: 'Each computer needs a port of its own set in Kali: 2213, 2214 and so on, each with a forward.',
  },
  {
    name: 'msn-messenger',
    title: 'MSN Messenger: files and voice',
    kind: 'talk',
    triggers: [tcp(1863)],
    opens: [tcp(6891, 6900), tcp(6901), udp(6901)],
    samePort: true,
    hint: 'Talking needs nothing; ten files can be sent at once. One computer at a time.',
  },
  {
    name: 'msn-zone',
    title: 'MSN Gaming Zone',
    kind: 'game',
    triggers: [tcp(28_800, 29_000)],
    opens: [tcp(28_800, 29_000), tcp(2300, 2400), udp(2300, 2400)],
    samePort: true,
    hint: 'Games that are played through the Zone use DirectPlay: one computer at a time.',
  },
  {
    name: 'napster',
    title: 'Napster and WinMX',
    kind: 'files',
    triggers: [tcp(8875), tcp(8888)],
    opens: [tcp(6699), udp(6257)],
    samePort: true,
    hint: 'Without it files can be fetched from those only who can be reached themselves. One computer at a time.',
  },
  {
    name: 'pcanywhere',
    title: 'pcAnywhere',
    kind: 'remote',
    triggers: [],
    opens: [tcp(5631), udp(5632)],
    samePort: true,
    hint: 'For a computer that others are to steer; let in only the addresses you know.',
  },
  {
    name: 'quake-2',
    title: 'Quake II',
    kind: 'game',
    triggers: [],
    opens: [udp(27_910)],
    samePort: true,
    hint: NOTHING_TO_PLAY,
  },
  {
    name: 'quake-3',
    title: 'Quake III Arena',
    kind: 'game',
    triggers: [],
    opens: [udp(27_960)],
    samePort: true,
    hint: NOTHING_TO_PLAY,
  },
  {
    name: 'quakeworld',
    title: 'QuakeWorld',
    kind: 'game',
    triggers: [],
    opens: [udp(27_500)],
    samePort: true,
    hint: NOTHING_TO_PLAY,
  },
  {
    name: 'unreal',
    title: 'Unreal and Unreal Tournament',
    kind: 'game',
    triggers: [],
    opens: [udp(7777, 7779)],
    samePort: true,
    hint: NOTHING_TO_PLAY,
  },
  {
    name: 'yahoo',
    title: 'Yahoo! Messenger: voice and pictures',
    kind: 'talk',
    triggers: [tcp(5050)],
    opens: [tcp(5000, 5010), udp(5000, 5010), tcp(5100)],
    samePort: true,
    hint: 'Talking needs nothing. One computer at a time.',
  },
];
