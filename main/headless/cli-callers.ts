/** `masq-gate callers …`: who is on the line, who may call in; adds, changes and removes them, and hangs up. */

import { ipv4Schema } from '../../engine/contract.ts';
import {
  type Caller,
  type CallIn,
  type Fault,
  NEW_CALLER,
  readWeekPlan,
  type State,
  weekPlanText,
} from '../contract.ts';
import { bytes } from '../faces/words.ts';
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

export const callers: Verb = {
  usage: [
    ['callers [list]', 'who has called in, and who may'],
    [
      'callers add USER [--password-from FILE]',
      'let somebody call in, or change them; “-” reads the password',
    ],
    [
      '    [--address A] [--no-internet] [--no-lan]',
      'from what is piped in; an address of their own; not out, not',
    ],
    [
      '    [--no-callers] [--calls N] [--hours PLAN]',
      'to the LAN, not to other callers; at once; "Mon-Fri 18:00-22:00"',
    ],
    ['callers remove|on|off USER', ''],
    ['callers hangup CALL|USER', 'end a call'],
    ['callers practice [hangup|fetch]', 'have the practice computer call in, hang up, or fetch its page'],
  ],
  flags: ['--password-from', '--address', '--no-internet', '--no-lan', '--no-callers', '--calls', '--hours'],
  read([verb = 'list', ...words], flags) {
    if (verb === 'add') return add(words, flags);
    const stray = [...flags.keys()].find((name) => name !== '--json');
    if (stray !== undefined) return misread(`“${stray}” goes with “add” only.`);
    if (verb === 'list') return wordless(words, list);
    if (verb === 'practice') return practice(words);
    if (!['remove', 'on', 'off', 'hangup'].includes(verb))
      return misread(`“${verb}” is none of list, add, remove, on, off, hangup and practice.`);
    const [who, more] = words;
    if (who === undefined) return misread(`${verb} needs a user${verb === 'hangup' ? ' or a call' : ''}.`);
    if (more !== undefined) return misread(`“${more}” is too much.`);
    if (verb === 'hangup') return { ok: true, run: (context) => hangUp(context, who) };
    if (verb === 'remove')
      return {
        ok: true,
        run: async (context) =>
          told(context, await context.client.call('removeCaller', { user: who }), () =>
            print(context, {}, `${who} may no longer call in.`),
          ),
      };
    return { ok: true, run: (context) => turn(context, who, verb === 'on') };
  },
};

const list = (context: Context) =>
  withState(context, (state) =>
    print(
      context,
      { calls: state.dialIn.calls, callers: state.settings.dialIn.callers },
      [callsTable(state.dialIn.calls, state, context.now()), callersTable(state)].join('\n\n'),
    ),
  );

function callsTable(calls: readonly CallIn[], { settings }: State, now: number): string {
  if (calls.length === 0) return 'Nobody has called in.';
  return format.table(
    ['Call', 'User', 'Address', 'Line', 'From', 'Rate', 'Since', 'In', 'Out'],
    calls.map((call) => [
      String(call.id),
      call.user ?? call.phase,
      call.address ?? '-',
      settings.dialIn.lines.find(({ id }) => id === call.line)?.name ?? call.line,
      call.from ?? '-',
      format.bits(call.rate),
      format.duration(now - call.since),
      bytes(call.bytesIn),
      bytes(call.bytesOut),
    ]),
  );
}

function callersTable({ settings, dialIn }: State): string {
  const { callers } = settings.dialIn;
  if (callers.length === 0) return 'Nobody may call in. Add somebody with “masq-gate callers add USER”.';
  return format.table(
    ['User', 'On', 'Address', 'May reach', 'At once', 'Hours'],
    callers.map((caller) => [
      `${caller.user}${dialIn.passwords.includes(caller.user) ? '' : ' (no password)'}`,
      caller.on ? 'on' : 'off',
      caller.address ?? 'from the pool',
      reach(caller),
      String(caller.calls),
      weekPlanText(caller.hours).replaceAll('\n', '; ') || 'always',
    ]),
  );
}

function reach({ internet, lan, callers }: Caller): string {
  const places = [internet && 'Internet', lan && 'LAN', callers && 'callers'].filter(Boolean);
  return places.join(', ') || 'this gateway only';
}

function add([user, more]: readonly string[], flags: Arguments['flags']): Reading {
  if (user === undefined) return misread('add needs the name of a user.');
  if (more !== undefined) return misread(`“${more}” is too much. A password is read with --password-from.`);
  const text = (name: string) => {
    const value = flags.get(name);
    return typeof value === 'string' ? value : null;
  };
  const address = text('--address');
  if (address !== null && !ipv4Schema.safeParse(address).success)
    return misread(`“${address}” after --address is no address such as 192.168.67.50.`);
  const calls = text('--calls') === null ? 1 : Number(text('--calls'));
  if (!Number.isInteger(calls) || calls < 1 || calls > 32)
    return misread('--calls takes a number from 1 to 32.');
  const hours = readWeekPlan((text('--hours') ?? '').split(';').join('\n'));
  if (hours === null) return misread('--hours takes times such as "Mon-Fri 18:00-22:00; Sat 10:00-12:00".');
  const caller: Caller = {
    ...NEW_CALLER,
    user,
    address,
    calls,
    hours,
    internet: !flags.has('--no-internet'),
    lan: !flags.has('--no-lan'),
    callers: !flags.has('--no-callers'),
  };
  const file = text('--password-from');
  return {
    ok: true,
    async run(context) {
      let password: string | null = null;
      if (file !== null) {
        try {
          password = (await context.readText(file)).split(/\r?\n/)[0] ?? '';
        } catch (error) {
          return tellFault(context, unreadable(file, error));
        }
      }
      return told(context, await context.client.call('saveCaller', { caller, password }), () =>
        print(context, caller, `${user} may call in and reach ${reach(caller)}.`),
      );
    },
  };
}

const turn = (context: Context, user: string, on: boolean) =>
  withState(context, async ({ settings }) => {
    const known = settings.dialIn.callers.find((caller) => caller.user.toLowerCase() === user.toLowerCase());
    if (known === undefined) return tellFault(context, noSuch(user));
    const outcome = await context.client.call('saveCaller', { caller: { ...known, on }, password: null });
    return told(context, outcome, () =>
      print(context, {}, `${known.user} is switched ${on ? 'on' : 'off'}.`),
    );
  });

const hangUp = (context: Context, who: string) =>
  withState(context, async ({ dialIn }) => {
    const wanted = dialIn.calls.filter(
      ({ id, user }) => String(id) === who || user?.toLowerCase() === who.toLowerCase(),
    );
    if (wanted.length === 0) return tellFault(context, noSuch(who));
    for (const { id } of wanted) {
      const outcome = await context.client.call('hangUpCaller', { call: id });
      if (!outcome.ok) return tellFault(context, outcome.fault);
    }
    return print(context, {}, `Hung up on ${who}.`);
  });

function practice([deed, more]: readonly string[]): Reading {
  if (more !== undefined || (deed !== undefined && deed !== 'hangup' && deed !== 'fetch'))
    return misread(`“${more ?? deed}” is not understood here.`);
  if (deed === 'fetch')
    return {
      ok: true,
      run: async (context) =>
        told(context, await context.client.call('practiceCallerFetch', {}), (page) =>
          print(
            context,
            page,
            `The practice computer that called in fetched ${bytes(page.bytes)} in ${page.milliseconds} ms.`,
          ),
        ),
    };
  return {
    ok: true,
    run: async (context) =>
      told(
        context,
        await context.client.call('practiceCaller', { deed: deed === undefined ? 'call' : 'hang-up' }),
        () =>
          print(
            context,
            {},
            deed === undefined
              ? 'The practice computer calls in; “masq-gate callers” shows it.'
              : 'The practice computer hangs up.',
          ),
      ),
  };
}

const noSuch = (who: string): Fault => ({
  code: 'unknown-caller',
  sentence: `There is no caller “${who.slice(0, 60)}”.`,
  cause: 'Nobody of that name may call in, or no such call is on a line.',
  remedy: 'Look at both with “masq-gate callers”.',
});

const unreadable = (file: string, error: unknown): Fault => ({
  code: 'password-file',
  sentence: `The password could not be read from “${file.slice(0, 100)}”.`,
  cause: 'There is no such file, or you may not read it.',
  remedy: 'Name a file whose first line is the password, or pipe it in and name “-”.',
  detail: String(error),
});
