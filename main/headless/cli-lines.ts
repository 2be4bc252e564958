/** `masq-gate lines …`: the lines that take calls, with what each does now; adds, switches and removes them. */
import { type CallerLine, commands, type Fault, freeId, type State } from '../contract.ts';
import type { Arguments } from './cli-arguments.ts';
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

export const lines: Verb = {
  usage: [
    ['lines [list]', 'the lines that take calls'],
    ['lines add modem PORT [--rings N]', 'a modem that answers'],
    ['lines add cable PORT [--flow F]', 'a null-modem cable; rts-cts, xon-xoff or none'],
    ['lines add tcp PORT [--lan] [--callers N]', 'a TCP port for emulators, on this computer or the LAN'],
    ['    [--name NAME] [--rate BITS] [--slip USER]', 'whom to take for a caller that begins with SLIP'],
    ['lines remove|on|off ID', ''],
  ],
  flags: ['--rings', '--flow', '--lan', '--callers', '--name', '--rate', '--slip'],
  read([verb = 'list', ...words], flags) {
    if (verb === 'add') return add(words, flags);
    const stray = [...flags.keys()].find((name) => name !== '--json');
    if (stray !== undefined) return misread(`“${stray}” goes with “add” only.`);
    if (verb === 'list') return wordless(words, list);
    if (verb !== 'remove' && verb !== 'on' && verb !== 'off')
      return misread(`“${verb}” is none of list, add, remove, on and off.`);
    const [id, more] = words;
    if (id === undefined) return misread(`${verb} needs the ID of a line.`);
    if (more !== undefined) return misread(`“${more}” is too much.`);
    return { ok: true, run: (context) => withLine(context, id, verb) };
  },
};

const list = (context: Context) =>
  withState(context, (state) => print(context, state.dialIn.lines, linesTable(state)));

function linesTable({ settings, dialIn }: State): string {
  const { lines: known } = settings.dialIn;
  const rows = dialIn.lines.map((line) => {
    const own = known.find(({ id }) => id === line.id);
    const where =
      own === undefined ? 'practice' : own.kind === 'tcp' ? `tcp ${own.tcpPort}` : `${own.kind} ${own.port}`;
    return [line.id, own?.name ?? 'Practice line', where, line.phase, line.fault?.sentence ?? line.activity];
  });
  if (rows.length === 0) return 'No line takes calls. Add one with “masq-gate lines add”.';
  return format.table(['Id', 'Name', 'Where', 'State', 'What'], rows);
}

function withLine(context: Context, id: string, verb: 'remove' | 'on' | 'off'): Promise<number> {
  return withState(context, async ({ settings }) => {
    const line = settings.dialIn.lines.find((known) => known.id === id);
    if (line === undefined) return tellFault(context, noLine(id, settings.dialIn.lines));
    const outcome =
      verb === 'remove'
        ? await context.client.call('removeLine', { id })
        : await context.client.call('setLine', { line: { ...line, on: verb === 'on' } });
    const deed = verb === 'remove' ? 'removed' : `switched ${verb}`;
    return told(context, outcome, () => print(context, {}, `The line ${line.name} is ${deed}.`));
  });
}

function add([kind, where, more]: readonly string[], flags: Arguments['flags']): Reading {
  if (kind !== 'modem' && kind !== 'cable' && kind !== 'tcp')
    return misread(
      kind === undefined ? 'add needs modem, cable or tcp.' : `“${kind}” is none of modem, cable and tcp.`,
    );
  if (where === undefined) return misread('add needs a port.');
  if (more !== undefined) return misread(`“${more}” is too much.`);
  const text = (name: string) => {
    const value = flags.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const common = {
    on: true,
    name: text('--name') ?? where,
    slipUser: text('--slip') ?? null,
    portRate: Number(text('--rate') ?? 115_200),
  };
  const own =
    kind === 'modem'
      ? { port: where, modemInit: [], rings: Number(text('--rings') ?? 2), callerId: true, ringPatterns: [] }
      : kind === 'cable'
        ? { port: where, flow: text('--flow') ?? 'rts-cts' }
        : {
            tcpPort: Number(where),
            reach: flags.has('--lan') ? 'lan' : 'this-computer',
            callers: Number(text('--callers') ?? 4),
          };
  return {
    ok: true,
    run: (context) =>
      withState(context, async ({ settings }) => {
        const id = freeId(
          `${kind}-${where
            .replace(/^.*\//, '')
            .toLowerCase()
            .replace(/[^a-z0-9]+/g, '-')}`.slice(0, 28),
          settings.dialIn.lines,
        );
        const read = commands.setLine.argument.safeParse({ line: { kind, id, ...common, ...own } });
        if (!read.success)
          return tellFault(
            context,
            notALine(read.error.issues[0]?.path.at(-1), read.error.issues[0]?.message),
          );
        return told(context, await context.client.call('setLine', read.data), () =>
          print(context, read.data.line, `The line ${common.name} takes calls as ${id}.`),
        );
      }),
  };
}

const noLine = (id: string, known: readonly CallerLine[]): Fault => ({
  code: 'unknown-line',
  sentence: `There is no line “${id.slice(0, 60)}”.`,
  cause:
    known.length === 0
      ? 'No line takes calls.'
      : `Known are: ${known.map((line) => line.id).join(', ')}`.slice(0, 600),
  remedy: 'Look for its ID with “masq-gate lines”.',
});

const notALine = (field: unknown, message = ''): Fault => ({
  code: 'line-not-valid',
  sentence: 'The line cannot be like that.',
  cause: `${String(field)}: ${message}`.slice(0, 600),
  remedy: 'See “masq-gate --help” for what a line takes.',
});
