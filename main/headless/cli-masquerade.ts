/** `masq-gate timers`, `filter`, `private`, `access`, `refused` and `counters`: the masquerade's own settings, and what it turned away. */
import { ipv4Schema, timersSchema } from '../../engine/contract.ts';
import { readNetwork, type Settings, TIMER_PRESETS } from '../contract.ts';
import {
  type Context,
  misread,
  print,
  type Reading,
  told,
  type Verb,
  withState,
  wordless,
} from './cli-context.ts';

type Masquerade = Settings['masquerade'];
type Timers = Masquerade['timers'];

/** The words of the command line, in the order in which they are shown. */
const TIMERS: Readonly<Record<string, keyof Timers>> = {
  tcp: 'tcpEstablished',
  opening: 'tcpOpening',
  closing: 'tcpClosing',
  udp: 'udp',
  icmp: 'icmp',
  other: 'other',
};
const FILTERS = {
  open: 'endpoint-independent',
  address: 'address-dependent',
  port: 'address-and-port-dependent',
} as const;

export const timers: Verb = {
  usage: [
    [
      'timers [default|classic|HOWTO] [tcp=7440] [opening=240] [closing=240] [udp=300] [icmp=60] [other=600]',
      '',
    ],
    ['', 'seconds after which an idle session is forgotten: shows, or sets'],
  ],
  flags: [],
  read(words) {
    const wanted = readTimers(words);
    if (typeof wanted === 'string') return misread(wanted);
    return change(words, ({ timers: before }) => ({ timers: { ...before, ...wanted } }), timersText);
  },
};

/** What the words set, or what is wrong with them. A preset first, single times after it. */
function readTimers(words: readonly string[]): Partial<Timers> | string {
  let wanted: Partial<Timers> = {};
  for (const [index, word] of words.entries()) {
    const preset = Object.keys(TIMER_PRESETS).find((name) => name.toLowerCase() === word.toLowerCase());
    const [name = '', figure = ''] = word.split('=');
    const timer = Object.hasOwn(TIMERS, name) ? TIMERS[name] : undefined;
    if (preset !== undefined && index === 0)
      wanted = { ...TIMER_PRESETS[preset as keyof typeof TIMER_PRESETS] };
    else if (timer === undefined)
      return `“${word}” is neither a preset (${Object.keys(TIMER_PRESETS).join(', ')}) nor one of ${Object.keys(TIMERS).join(', ')} with = and seconds.`;
    else {
      const seconds = timersSchema.shape[timer].safeParse(/^\d+$/.test(figure) ? Number(figure) : figure);
      if (!seconds.success) return `“${word}” needs a whole number of seconds, from 1 to 604800.`;
      wanted = { ...wanted, [timer]: seconds.data };
    }
  }
  return wanted;
}

const timersText = ({ timers: now }: Masquerade): string => {
  const preset = Object.entries(TIMER_PRESETS).find(([, values]) =>
    Object.entries(values).every(([name, seconds]) => now[name as keyof Timers] === seconds),
  )?.[0];
  const times = Object.entries(TIMERS).map(([word, name]) => `${word}=${now[name]}`);
  return `${times.join(' ')}${preset === undefined ? '' : ` (${preset})`}`;
};

export const filter: Verb = {
  usage: [
    [
      'filter [udp|tcp|both open|address|port]',
      'who may answer to a mapped port: anybody, addresses spoken to,',
    ],
    ['', 'or those and their port: shows, or sets'],
  ],
  flags: [],
  read([protocol, wanted, more]) {
    if (protocol === undefined) return change([], () => ({}), filterText);
    if (protocol !== 'udp' && protocol !== 'tcp' && protocol !== 'both')
      return misread(`“${protocol}” is none of udp, tcp and both.`);
    if (wanted !== 'open' && wanted !== 'address' && wanted !== 'port')
      return misread(`${protocol} needs open, address or port.`);
    if (more !== undefined) return misread(`“${more}” is too much.`);
    const filtering = FILTERS[wanted];
    const patch = {
      ...(protocol === 'tcp' ? {} : { udpFiltering: filtering }),
      ...(protocol === 'udp' ? {} : { tcpFiltering: filtering }),
    };
    return change([protocol], () => patch, filterText);
  },
};

const filterText = ({ udpFiltering, tcpFiltering }: Masquerade): string => {
  const word = (filtering: string) =>
    Object.entries(FILTERS).find(([, value]) => value === filtering)?.[0] ?? filtering;
  return `udp ${word(udpFiltering)}, tcp ${word(tcpFiltering)}`;
};

export const privateNets: Verb = {
  usage: [['private [add|remove NETWORK]', 'private networks that may be reached by the link all the same']],
  flags: [],
  read([verb, text, more]) {
    const show = ({ privateExceptions }: Masquerade) =>
      privateExceptions.join('\n') || 'None but the provider’s own.';
    if (verb === undefined) return change([], () => ({}), show);
    if (verb !== 'add' && verb !== 'remove') return misread(`“${verb}” is neither add nor remove.`);
    const net = text === undefined ? null : readNetwork(text);
    if (net === null) return misread(`${verb} needs a network such as 10.20.0.0/16.`);
    if (more !== undefined) return misread(`“${more}” is too much.`);
    return change(
      [verb],
      ({ privateExceptions: before }) => ({
        privateExceptions: [...before.filter((one) => one !== net), ...(verb === 'add' ? [net] : [])],
      }),
      show,
    );
  },
};

/** Shows, or changes and shows. */
function change(
  words: readonly string[],
  patch: (before: Masquerade) => Partial<Masquerade>,
  text: (now: Masquerade) => string,
): Reading {
  return {
    ok: true,
    run: (context) =>
      withState(context, async ({ settings }) => {
        const masquerade = { ...settings.masquerade, ...patch(settings.masquerade) };
        if (words.length === 0) return print(context, masquerade, text(masquerade));
        return told(context, await context.client.call('saveSettings', { patch: { masquerade } }), () =>
          print(context, masquerade, text(masquerade)),
        );
      }),
  };
}

export const access: Verb = {
  usage: [['access [everybody | chosen ADDRESS …]', 'who may use the link: shows, or sets']],
  flags: [],
  read([mode, ...addresses]) {
    if (mode === undefined) return { ok: true, run: (context) => withAccess(context, null) };
    if (mode === 'everybody')
      return wordless(addresses, (context) => withAccess(context, { mode: 'everybody' }));
    if (mode !== 'chosen') return misread(`“${mode}” is neither everybody nor chosen.`);
    const wrong = addresses.find((address) => !ipv4Schema.safeParse(address).success);
    if (wrong !== undefined) return misread(`“${wrong}” is no address such as 192.168.66.5.`);
    if (addresses.length === 0) return misread('chosen needs at least one address.');
    const chosen = [...new Set(addresses)];
    return { ok: true, run: (context) => withAccess(context, { mode: 'chosen', chosen }) };
  },
};

function withAccess(context: Context, wanted: Partial<Settings['access']> | null): Promise<number> {
  return withState(context, async ({ settings }) => {
    const now = { ...settings.access, ...wanted };
    const who = now.mode === 'everybody' ? 'Everybody on the network' : now.chosen.join(', ');
    const text = `${who}${now.paused.length === 0 ? '' : `; paused: ${now.paused.join(', ')}`}.`;
    if (wanted === null) return print(context, now, text);
    return told(context, await context.client.call('saveSettings', { patch: { access: now } }), () =>
      print(context, now, text),
    );
  });
}

export const refused: Verb = {
  usage: [['refused', 'the last packets that were turned away, and why']],
  flags: [],
  read: (words) =>
    wordless(words, async (context) =>
      told(context, await context.client.call('refusals', {}), ({ refusals }) => {
        const lines = refusals.map(({ at, text }) => `${new Date(at).toTimeString().slice(0, 8)}  ${text}`);
        return print(context, refusals, lines.join('\n') || 'Nothing was turned away.');
      }),
    ),
};

export const counters: Verb = {
  usage: [['counters [WORD]', 'what the engine counted, each forward and trigger too; those with WORD']],
  flags: [],
  read([word = '', more]) {
    if (more !== undefined) return misread(`“${more}” is too much.`);
    return {
      ok: true,
      run: (context) =>
        withState(context, ({ counters: all }) => {
          const named = Object.entries(all).filter(([name]) => name.includes(word));
          const lines = named.sort().map(([name, count]) => `${String(count).padStart(12)}  ${name}`);
          return print(context, Object.fromEntries(named), lines.join('\n') || 'Nothing was counted.');
        }),
    };
  },
};
