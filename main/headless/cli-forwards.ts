/** `masq-gate forwards …`: lists, adds, removes and switches port forwards. */
import { ipv4Schema } from '../../engine/contract.ts';
import {
  type Fault,
  type Forward,
  freeId,
  type PortRange,
  PRESETS,
  programForwards,
  rangeId,
  readNetwork,
  rivalOf,
} from '../contract.ts';
import { type Arguments, readPort, readRange } from './cli-arguments.ts';
import {
  type Context,
  misread,
  print,
  type Reading,
  tellFault,
  told,
  type Verb,
  withState,
  wordless,
} from './cli-context.ts';
import * as format from './cli-format.ts';

export const forwards: Verb = {
  usage: [
    ['forwards [list]', 'the forwarded ports'],
    ['forwards add tcp|udp|both PORT[-PORT] HOST[=WEIGHT] …', 'let them in, to one host or shared by weight'],
    ['    [--inside PORT] [--from NETWORK,…] [--name ID]', 'other port inside; only from these networks'],
    ['forwards add PROGRAM HOST', 'what a program needs; “masq-gate programs” lists them'],
    ['forwards remove|on|off ID', ''],
  ],
  flags: ['--inside', '--from', '--name'],
  read([verb = 'list', ...words], flags) {
    if (verb === 'add') return add(words, flags);
    const stray = [...flags.keys()].find((name) => name !== '--json');
    if (stray !== undefined) return misread(`“${stray}” goes with “add” only.`);
    if (verb === 'list') return wordless(words, list);
    if (verb !== 'remove' && verb !== 'on' && verb !== 'off')
      return misread(`“${verb}” is none of list, add, remove, on and off.`);
    const [id, more] = words;
    if (id === undefined) return misread(`${verb} needs the ID of a forward.`);
    if (more !== undefined) return misread(`“${more}” is too much.`);
    return { ok: true, run: (context) => withForward(context, id, verb) };
  },
};

const list = (context: Context) =>
  withState(context, ({ settings }) => print(context, settings.forwards, format.forwards(settings.forwards)));

function withForward(context: Context, id: string, verb: 'remove' | 'on' | 'off'): Promise<number> {
  return withState(context, async ({ settings }) => {
    const known = settings.forwards.find((forward) => forward.id === id);
    if (known === undefined) return tellFault(context, noForward(id, settings.forwards));
    const after = { ...known, on: verb === 'on' };
    const rival = verb === 'on' ? rivalOf(after, settings.forwards) : undefined;
    if (rival !== undefined) return tellFault(context, overlaps(after, rival));
    const outcome =
      verb === 'remove'
        ? await context.client.call('removeForward', { id })
        : await context.client.call('saveSettings', {
            patch: { forwards: settings.forwards.map((forward) => (forward.id === id ? after : forward)) },
          });
    const deed = verb === 'remove' ? 'removed' : `switched ${verb}`;
    return told(context, outcome, () => print(context, after, `Forward ${id} ${deed}.`));
  });
}

function add(words: readonly string[], flags: Arguments['flags']): Reading {
  const wanted = readForwards(words, flags);
  if (!wanted.ok) return misread(wanted.sentence);
  return {
    ok: true,
    run: (context) =>
      withState(context, async ({ settings }) => {
        const known = settings.forwards;
        const made = wanted.make(known);
        for (const forward of made) {
          const namesake = known.find(({ id }) => id === forward.id);
          if (namesake !== undefined) return tellFault(context, nameTaken(namesake));
          const rival = rivalOf(forward, known);
          if (rival !== undefined) return tellFault(context, overlaps(forward, rival));
        }
        const patch = { forwards: [...known, ...made] };
        return told(context, await context.client.call('saveSettings', { patch }), () =>
          print(context, made, `Added ${made.map(({ id }) => id).join(', ')}.\n${format.forwards(made)}`),
        );
      }),
  };
}

type Wanted = { ok: true; make(known: readonly Forward[]): Forward[] } | { ok: false; sentence: string };

function readProgram(words: readonly string[], flags: Arguments['flags']): Wanted | null {
  const [name, address, more] = words;
  const program = PRESETS.find((known) => known.name === name);
  if (program === undefined) return null;
  const wrong = (sentence: string) => ({ ok: false as const, sentence });
  if (address === undefined) return wrong('add needs the address of a computer on your network.');
  if (!ipv4Schema.safeParse(address).success)
    return wrong(`“${address}” is no address such as 192.168.66.5.`);
  if (more !== undefined) return wrong(`“${more}” is too much: a program is forwarded to one computer.`);
  if (flags.size > Number(flags.has('--json'))) return wrong('A program takes no flags.');
  return { ok: true, make: (known) => programForwards(program, address, known) };
}

/** What the words after `add` describe, made once the known forwards are; pure. */
export function readForwards(words: readonly string[], flags: Arguments['flags']): Wanted {
  const program = readProgram(words, flags);
  if (program !== null) return program;
  const wrong = (sentence: string) => ({ ok: false as const, sentence });
  const [protocol, portText, ...hostTexts] = words;
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'both')
    return wrong(
      protocol === undefined
        ? 'add needs a protocol.'
        : `“${protocol}” is none of tcp, udp and both, and no known program.`,
    );
  const range = readRange(portText ?? '');
  if (range === null)
    return wrong(
      portText === undefined
        ? 'add needs a port.'
        : `“${portText}” is no port, and no range such as 5000-5010.`,
    );
  const hosts = readHosts(hostTexts);
  if (typeof hosts === 'string') return wrong(hosts);
  const insideText = flags.get('--inside');
  const insideFirst = typeof insideText === 'string' ? readPort(insideText) : range.first;
  if (insideFirst === null) return wrong(`“${insideText}” after --inside is no port.`);
  if (insideFirst + range.last - range.first > 65_535)
    return wrong('The range inside goes beyond port 65535.');
  const sources = readSources(flags.get('--from'));
  if (typeof sources === 'string') return wrong(sources);
  const id = flags.get('--name');
  if (typeof id === 'string' && !/^[a-z0-9-]{1,32}$/.test(id))
    return wrong('--name takes up to 32 small letters, digits and dashes.');
  const forward: Omit<Forward, 'id'> = { on: true, protocol, ...range, insideFirst, hosts, sources };
  return {
    ok: true,
    make: (known) => [{ ...forward, id: typeof id === 'string' ? id : freeId(rangeId(forward), known) }],
  };
}

/** A sentence when they are not understood. */
function readHosts(texts: readonly string[]): Forward['hosts'] | string {
  if (texts.length === 0) return 'add needs the address of a computer on your network.';
  if (texts.length > 16) return 'A forward is shared by up to 16 computers.';
  const hosts: Forward['hosts'] = [];
  for (const text of texts) {
    const [address = '', weightText = '1', ...more] = text.split('=');
    const weight = /^\d{1,3}$/.test(weightText) ? Number(weightText) : 0;
    if (more.length > 0 || !ipv4Schema.safeParse(address).success)
      return `“${text}” is no address such as 192.168.66.5 or 192.168.66.5=3.`;
    if (weight < 1 || weight > 100) return `The weight in “${text}” is no number from 1 to 100.`;
    if (hosts.some((host) => host.address === address)) return `${address} is named twice.`;
    hosts.push({ address, weight });
  }
  return hosts;
}

/** A sentence when they are not understood. */
function readSources(given: string | true | undefined): string[] | string {
  const texts = typeof given === 'string' ? given.split(',').filter(Boolean) : [];
  if (texts.length > 64) return '--from takes up to 64 networks.';
  const sources: string[] = [];
  for (const text of texts) {
    const network = readNetwork(text);
    if (network === null) return `“${text}” after --from is no network such as 198.51.100.0/24.`;
    sources.push(network);
  }
  return sources;
}

const ports = ({ protocol, first, last }: PortRange) =>
  `${protocol === 'both' ? 'tcp and udp' : protocol} ${first}${last === first ? '' : `-${last}`}`;

const noForward = (id: string, known: readonly Forward[]): Fault => ({
  code: 'no-such-forward',
  sentence: `There is no forward “${id.slice(0, 60)}”.`,
  cause:
    known.length === 0
      ? 'No ports are forwarded.'
      : `Known are: ${known.map((f) => f.id).join(', ')}`.slice(0, 600),
  remedy: 'Look for its ID with “masq-gate forwards”.',
});

const nameTaken = (namesake: Forward): Fault => ({
  code: 'forward-name-taken',
  sentence: `There is a forward “${namesake.id}” already.`,
  cause: `It forwards ${ports(namesake)}.`,
  remedy: `Choose another --name, or remove it first with “masq-gate forwards remove ${namesake.id}”.`,
});

const overlaps = (wanted: Forward, rival: Forward): Fault => ({
  code: 'forward-overlaps',
  sentence: `${ports(wanted)} cannot be forwarded twice.`,
  cause: `The forward “${rival.id}” has ${ports(rival)}, and the first of two has the port.`,
  remedy: `Name several hosts in one forward to share the port among them, or first switch the other off with “masq-gate forwards off ${rival.id}”.`,
});
