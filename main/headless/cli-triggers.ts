/** `masq-gate triggers …` and `port-mapping …`: ports that programs on the LAN have opened, by what they send or by asking. */
import {
  type Fault,
  type PortLease,
  type PortMappingConfig,
  type PortRange,
  PRESETS,
  programTriggers,
  rangeId,
  type Settings,
  type State,
  TRIGGER_RANGES,
  TRIGGER_SECONDS,
  type Trigger,
} from '../contract.ts';
import { freeId } from '../port-rules.ts';
import { type Arguments, readRange } from './cli-arguments.ts';
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

const LONGEST_SECONDS = 86_400;

export const triggers: Verb = {
  usage: [
    ['triggers [list]', 'ports that open when a client sends to another port'],
    ['triggers add PROGRAM', 'those a program needs; “masq-gate programs” lists them'],
    ['triggers add tcp|udp|both PORT[-PORT] --opens udp:2300-2400,…', ''],
    ['    [--seconds 600] [--secure] [--name ID]', '--secure: only for remotes the client has sent to'],
    ['triggers remove|on|off ID', ''],
  ],
  flags: ['--opens', '--seconds', '--secure', '--name'],
  read([verb = 'list', ...words], flags) {
    if (verb === 'add') return add(words, flags);
    const stray = [...flags.keys()].find((name) => name !== '--json');
    if (stray !== undefined) return misread(`“${stray}” goes with “add” only.`);
    if (verb === 'list')
      return wordless(words, (context) =>
        withState(context, ({ settings, portLeases }) =>
          print(context, settings.triggers, format.triggers(settings.triggers, portLeases, context.now())),
        ),
      );
    if (verb !== 'remove' && verb !== 'on' && verb !== 'off')
      return misread(`“${verb}” is none of list, add, remove, on and off.`);
    const [id, more] = words;
    if (id === undefined) return misread(`${verb} needs the ID of a trigger.`);
    if (more !== undefined) return misread(`“${more}” is too much.`);
    return { ok: true, run: (context) => change(context, id, verb) };
  },
};

function change(context: Context, id: string, verb: 'remove' | 'on' | 'off'): Promise<number> {
  return withState(context, async ({ settings }) => {
    const known = settings.triggers;
    const trigger = known.find((one) => one.id === id);
    if (trigger === undefined) return tellFault(context, noTrigger(id, known));
    const after = { ...trigger, on: verb === 'on' };
    const list =
      verb === 'remove'
        ? known.filter((one) => one.id !== id)
        : known.map((one) => (one.id === id ? after : one));
    const deed = verb === 'remove' ? 'removed' : `switched ${verb}`;
    return told(context, await context.client.call('saveSettings', { patch: { triggers: list } }), () =>
      print(context, after, `Trigger ${id} ${deed}.`),
    );
  });
}

function add(words: readonly string[], flags: Arguments['flags']): Reading {
  const wanted = readTriggers(words, flags);
  if (!wanted.ok) return misread(wanted.sentence);
  return {
    ok: true,
    run: (context) =>
      withState(context, async ({ settings }) => {
        const made = wanted.make(settings.triggers);
        const taken = made.find(({ id }) => settings.triggers.some((known) => known.id === id));
        if (taken !== undefined) return tellFault(context, nameTaken(taken));
        const patch = { triggers: [...settings.triggers, ...made] };
        return told(context, await context.client.call('saveSettings', { patch }), () =>
          print(
            context,
            made,
            `Added ${made.map(({ id }) => id).join(', ')}.\n${format.triggers(made, [], context.now())}`,
          ),
        );
      }),
  };
}

type Wanted = { ok: true; make(known: readonly Trigger[]): Trigger[] } | { ok: false; sentence: string };

/** What the words after `add` describe, made once the known triggers are; pure. */
export function readTriggers(words: readonly string[], flags: Arguments['flags']): Wanted {
  const wrong = (sentence: string) => ({ ok: false as const, sentence });
  const [protocol, portText, more] = words;
  if (protocol === undefined) return wrong('add needs a program, or a protocol and a port.');
  const program = PRESETS.find((known) => known.name === protocol);
  if (program !== undefined) {
    if (portText !== undefined) return wrong(`“${portText}” is too much: a program’s ports are known.`);
    if (flags.size > Number(flags.has('--json'))) return wrong('A program takes no flags.');
    if (program.triggers.length === 0)
      return wrong(
        `Nothing ${program.title} sends tells that it runs: use “forwards add ${program.name} HOST”.`,
      );
    return { ok: true, make: (known) => programTriggers(program, known) };
  }
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'both')
    return wrong(`“${protocol}” is none of tcp, udp and both, and no known program.`);
  const control = readRange(portText ?? '');
  if (control === null)
    return wrong(portText === undefined ? 'add needs a port.' : `“${portText}” is no port, and no range.`);
  if (more !== undefined) return wrong(`“${more}” is too much.`);
  const opens = readRanges(String(flags.get('--opens') ?? ''));
  if (opens === null)
    return wrong('--opens takes ports with their protocol, such as udp:2300-2400,tcp:47624.');
  if (opens.length > TRIGGER_RANGES) return wrong(`--opens takes up to ${TRIGGER_RANGES} ranges.`);
  const secondsText = String(flags.get('--seconds') ?? TRIGGER_SECONDS);
  const seconds = /^\d{1,5}$/.test(secondsText) ? Number(secondsText) : 0;
  if (seconds < 1 || seconds > LONGEST_SECONDS) return wrong(`--seconds takes 1 to ${LONGEST_SECONDS}.`);
  const name = flags.get('--name');
  if (typeof name === 'string' && !/^[a-z0-9-]{1,32}$/.test(name))
    return wrong('--name takes up to 32 small letters, digits and dashes.');
  const range = { protocol, ...control } as const;
  return {
    ok: true,
    make: (known) => [
      {
        ...range,
        id: typeof name === 'string' ? name : freeId(rangeId(range), known),
        on: true,
        opens,
        seconds,
        secure: flags.has('--secure'),
      },
    ],
  };
}

/** `udp:2300-2400,tcp:47624`; null when one is none, or there is none. */
function readRanges(text: string): PortRange[] | null {
  const ranges: PortRange[] = [];
  for (const part of text.split(',')) {
    const [, protocol, ports = ''] = /^(tcp|udp|both):(.+)$/.exec(part) ?? [];
    const range = readRange(ports);
    if (range === null || (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'both')) return null;
    ranges.push({ protocol, ...range });
  }
  return ranges;
}

export const programs: Verb = {
  usage: [['programs', 'games and messengers whose ports are known']],
  flags: [],
  read: ([word]) =>
    word !== undefined
      ? misread(`“${word}” is too much.`)
      : {
          ok: true,
          run: async (context) => print(context, PRESETS, format.programs()),
          alone: async (context) => print(context, PRESETS, format.programs()),
        },
};

const PROTOCOLS = { pcp: 'pcp', 'nat-pmp': 'natPmp' } as const satisfies Record<
  string,
  keyof PortMappingConfig
>;

export const portMapping: Verb = {
  usage: [
    ['port-mapping', 'ports that programs on the LAN have asked for'],
    ['port-mapping on|off pcp|nat-pmp', 'let programs ask, by this protocol'],
  ],
  flags: [],
  read([verb, name, more]) {
    if (verb === undefined)
      return { ok: true, run: (context) => withState(context, (state) => showMapping(context, state)) };
    if (verb !== 'on' && verb !== 'off') return misread(`“${verb}” is neither on nor off.`);
    if (name !== 'pcp' && name !== 'nat-pmp') return misread(`${verb} needs pcp or nat-pmp.`);
    if (more !== undefined) return misread(`“${more}” is too much.`);
    return {
      ok: true,
      run: (context) =>
        withState(context, async ({ settings }) => {
          const after = { ...settings.portMapping, [PROTOCOLS[name]]: verb === 'on' };
          const patch: Partial<Settings> = { portMapping: after };
          return told(context, await context.client.call('saveSettings', { patch }), () =>
            print(context, after, `${name} is switched ${verb}.`),
          );
        }),
    };
  },
};

function showMapping(context: Context, { settings, portLeases }: State): number {
  const { pcp, natPmp } = settings.portMapping;
  const asked = portLeases.filter(({ by }) => by !== 'trigger');
  const word = (on: boolean) => (on ? 'on' : 'off');
  return print(
    context,
    { ...settings.portMapping, leases: asked satisfies PortLease[] },
    `PCP is ${word(pcp)}, NAT-PMP is ${word(natPmp)}.\n${format.leases(asked, context.now())}`,
  );
}

const noTrigger = (id: string, known: readonly Trigger[]): Fault => ({
  code: 'no-such-trigger',
  sentence: `There is no trigger “${id.slice(0, 60)}”.`,
  cause:
    known.length === 0
      ? 'There are no triggers.'
      : `Known are: ${known.map((one) => one.id).join(', ')}`.slice(0, 600),
  remedy: 'Look for its ID with “masq-gate triggers”.',
});

const nameTaken = ({ id }: Trigger): Fault => ({
  code: 'trigger-name-taken',
  sentence: `There is a trigger “${id}” already.`,
  cause: 'Every trigger has a name of its own.',
  remedy: `Choose another --name, or remove it first with “masq-gate triggers remove ${id}”.`,
});
