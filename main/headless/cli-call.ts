/** Verbs about the call: dial, practice, hangup and log. A call is watched by the events of the state, never polled. */
import type { CallState, Outcome, Snapshot, State } from '../contract.ts';
import { PHASE_WORDS } from '../faces/words.ts';
import { formatLogLine } from '../log.ts';
import {
  type Context,
  EXIT,
  misread,
  print,
  tellFault,
  told,
  type Verb,
  withSnapshot,
  wordless,
} from './cli-context.ts';
import * as format from './cli-format.ts';

export const dial: Verb = {
  usage: [
    ['dial [PROVIDER] [--anyway]', 'call, and wait until connected or failed; --anyway for once,'],
    ['', 'though hours or a limit stand against it'],
    ['dial --second [--anyway]', 'make the second call alone'],
  ],
  flags: ['--anyway', '--second'],
  read: ([wanted, more], flags) =>
    more !== undefined || (wanted !== undefined && flags.has('--second'))
      ? misread(`“${more ?? wanted}” is too much.`)
      : {
          ok: true,
          run: (context) =>
            watchCall(context, flags.has('--second'), async ({ providers }) => {
              const lower = wanted?.toLowerCase();
              const named = providers.find((p) => p.id === wanted || p.name.toLowerCase() === lower);
              const providerId = named?.id ?? wanted;
              return context.client.call('dial', {
                ...(providerId === undefined ? {} : { providerId }),
                ...(flags.has('--anyway') ? { anyway: true } : {}),
                ...(flags.has('--second') ? { call: 'second' as const } : {}),
              });
            }),
        },
};

export const practice: Verb = {
  usage: [['practice [end]', 'dial the built-in practice line, or leave it']],
  flags: [],
  read: ([word, more]) => {
    if (more !== undefined || (word !== undefined && word !== 'end'))
      return misread(`“${more ?? word}” is not understood here.`);
    if (word === undefined)
      return {
        ok: true,
        run: (context) => watchCall(context, false, () => context.client.call('practice', {})),
      };
    return {
      ok: true,
      run: async (context) =>
        told(context, await context.client.call('endPractice', {}), () =>
          print(context, {}, 'The practice line is taken down.'),
        ),
    };
  },
};

export const hangup: Verb = {
  usage: [
    ['hangup [--now] [--second]', 'end the call, or cancel it; --now skips the polite ways;'],
    ['', '--second ends the second call alone'],
  ],
  flags: ['--now', '--second'],
  read: (words, flags) =>
    wordless(words, async (context) => {
      const alone = flags.has('--second') ? { call: 'second' as const } : {};
      const outcome = await context.client.call('hangUp', { now: flags.has('--now'), ...alone });
      return told(context, outcome, () =>
        print(context, {}, flags.has('--second') ? 'The second line is down.' : 'The line is down.'),
      );
    }),
};

export const stay: Verb = {
  usage: [['stay', 'go on with a call that is about to be hung up']],
  flags: [],
  read: (words) =>
    wordless(words, async (context) =>
      told(context, await context.client.call('stayOnline', {}), () =>
        print(context, {}, 'The call goes on.'),
      ),
    ),
};

export const log: Verb = {
  usage: [['log [-f]', 'the last lines of the log; -f follows it']],
  flags: ['-f'],
  read: (words, flags) => wordless(words, (context) => showLog(context, flags.has('-f'))),
};

async function showLog(context: Context, follow: boolean): Promise<number> {
  const line = (entry: Snapshot['log'][number]) =>
    context.out(context.json ? JSON.stringify(entry) : formatLogLine(entry));
  let shown = -1;
  const early: { seq: number; log: Snapshot['log'] }[] = [];
  if (follow)
    context.client.onState((event) => {
      if (shown < 0) early.push(event);
      else if (event.seq > shown) for (const entry of event.log) line(entry);
    });
  const code = await withSnapshot(context, (snapshot) => {
    for (const entry of snapshot.log) line(entry);
    shown = snapshot.seq;
    for (const event of early) if (event.seq > shown) for (const entry of event.log) line(entry);
    return EXIT.done;
  });
  if (follow && code === EXIT.done) await Promise.race([context.client.closed, aborted(context.stop)]);
  return code;
}

/** Starts a call and tells its phases until it is up or over. */
async function watchCall(
  context: Context,
  second: boolean,
  start: (state: State) => Promise<Outcome<unknown>>,
): Promise<number> {
  const { client, json, out, stop } = context;
  const first = await client.call('snapshot', {});
  if (!first.ok) return tellFault(context, first.fault);
  let state = first.value.state;
  let finish: (final: State) => void = () => {};
  const finished = new Promise<State>((resolve) => {
    finish = resolve;
  });
  let said = '';
  const call = (): CallState => (second && state.second) || state;
  client.onState(({ patch }) => {
    const before = call().phase;
    state = { ...state, ...patch } as State;
    const { phase, activity } = call();
    const words = `${PHASE_WORDS[phase]}${activity === '' ? '' : `: ${activity}`}`;
    const moved = second ? phase !== before : patch.phase !== undefined;
    if (!json && moved && words !== said) out(words);
    said = words;
    if (moved && ['connected', 'failed', 'idle'].includes(phase)) finish(state);
  });
  const started = await start(state);
  if (!started.ok) return tellFault(context, started.fault);
  const final = await Promise.race([
    finished,
    aborted(stop).then(() => null),
    client.closed.then(() => null),
  ]);
  if (final === null) return EXIT.fault;
  if (json) out(JSON.stringify(final));
  else if (call().phase !== 'idle') out(format.status(final, context.now()));
  return call().phase === 'connected' ? EXIT.done : EXIT.fault;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
