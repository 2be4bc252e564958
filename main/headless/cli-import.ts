/**
 * `masq-gate import FILE`: shows what each line of an old rule file becomes here, and applies it on consent.
 *
 * The running gateway reads the file against its own settings and is asked anew when consent was given, because settings may
 * have changed while a person read. Where no gateway runs the rows are shown all the same, against the defaults.
 */
import type { ImportedRow } from '../contract.ts';
import { readRules } from '../rule-import/rule-import.ts';
import { DEFAULT_SETTINGS } from '../settings/schema.ts';
import {
  type AloneContext,
  type Context,
  EXIT,
  misread,
  print,
  tellFault,
  told,
  type Verb,
} from './cli-context.ts';

export const importFile: Verb = {
  usage: [
    ['import FILE [--apply]', 'read an old rc.firewall (ipfwadm, ipchains, ipmasqadm, iptables);'],
    ['', 'shows each line, applies with --apply or your yes; - reads a pipe'],
  ],
  flags: ['--apply'],
  read([path, more], flags) {
    if (path === undefined) return misread('import needs a file.');
    if (more !== undefined) return misread(`“${more}” is too much.`);
    const apply = flags.has('--apply');
    return {
      ok: true,
      run: (context) => withText(context, path, (source) => importInto(context, source, apply)),
      alone: (context) =>
        withText(context, path, async (source) => {
          const { rows, patch } = readRules(source, DEFAULT_SETTINGS);
          print(context, { rows, patch, applied: false }, describeRows(rows));
          context.err(
            'masq-gate: Masq-Gate is not running, so nothing can be applied. Start it and import again.',
          );
          return EXIT.notRunning;
        }),
    };
  },
};

async function importInto(context: Context, source: string, consented: boolean): Promise<number> {
  const { client, json, out } = context;
  return told(context, await client.call('importRules', { source }), async ({ rows, patch }) => {
    if (!json) out(describeRows(rows));
    const refusal =
      Object.keys(patch).length === 0
        ? 'There is nothing to apply.'
        : consented || (await asked(context))
          ? null
          : 'Nothing is changed. With --apply this is applied.';
    if (refusal !== null) return print(context, { rows, patch, applied: false }, refusal);
    return told(context, await client.call('importRules', { source }), async (fresh) =>
      told(context, await client.call('saveSettings', { patch: fresh.patch }), () =>
        print(context, { ...fresh, applied: true }, 'Applied.'),
      ),
    );
  });
}

/** False, too, where nobody can be asked: in a script, or where the answer is to be JSON. */
async function asked({ json, ask }: Context): Promise<boolean> {
  return !json && ask !== null && (await ask('Apply this to the settings? [y/N] '));
}

/** Every row as the line it was and, under it, what it is here. */
export function describeRows(rows: readonly ImportedRow[]): string {
  if (rows.length === 0) return 'No line of this file means anything to Masq-Gate.';
  const width = String(rows.at(-1)?.number ?? 0).length;
  const marks = { becomes: '+', already: '=', 'left-out': '-' } as const;
  const count = (outcome: ImportedRow['outcome']) => rows.filter((row) => row.outcome === outcome).length;
  const lines = rows.flatMap(({ number, text, outcome, words }) => [
    `${String(number).padStart(width)}  ${printable(text)}`,
    `${' '.repeat(width)}  ${marks[outcome]} ${printable(words)}`,
  ]);
  return [
    ...lines,
    '',
    `+ becomes a setting: ${count('becomes')}   = is so anyway: ${count('already')}   - left out: ${count('left-out')}`,
  ].join('\n');
}

/** A file may hold anything; a terminal must not obey it. */
function printable(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '?');
}

async function withText(
  context: AloneContext,
  path: string,
  use: (source: string) => Promise<number>,
): Promise<number> {
  let source: string;
  try {
    source = await context.readText(path);
  } catch (error) {
    return tellFault(context, {
      code: 'file-unreadable',
      sentence: `${path.slice(0, 200)} could not be read.`,
      cause: String(error instanceof Error ? error.message : error).slice(0, 600),
      remedy: 'Give the path of a text file that you may read.',
    });
  }
  return use(source);
}
