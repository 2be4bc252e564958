/**
 * `masq-gate …`: asks the running gateway, desktop or headless, over the control socket, and prints the answer.
 *
 * Exit codes: 0 done, 1 the gateway answered with a fault, 2 not understood, 3 no gateway runs.
 */
import type { Outcome, Snapshot, State } from '../contract.ts';
import { type ControlClient, connectControl } from '../faces/control-client.ts';
import { PHASE_WORDS } from '../faces/words.ts';
import { formatLogLine } from '../log.ts';
import * as format from './cli-format.ts';

export const CLI_USAGE = `Usage: masq-gate COMMAND [--json]

  status              what the line does now
  dial [PROVIDER]     call, and wait until connected or failed
  practice            dial the built-in practice line
  hangup [--now]      end the call, or cancel it; --now skips the polite ways
  clients             who uses the link, and how fast
  masq                the masqueraded sessions
  forwards            the forwarded ports
  helpers             the protocol helpers, and what they did
  log [-f]            the last lines of the log; -f follows it

  --json              machine-readable output
Exit codes: 0 done, 1 a fault was told, 2 not understood, 3 Masq-Gate is not running.`;

export interface CliEnvironment {
  controlPath: string;
  now(): number;
  out(text: string): void;
  err(text: string): void;
  /** Aborted by Ctrl-C, which ends following and waiting, never the call. */
  stop: AbortSignal;
}

interface Context extends CliEnvironment {
  client: ControlClient;
  json: boolean;
}

interface Verb {
  flags: readonly string[];
  words: number;
  run(context: Context, words: readonly string[], flags: ReadonlySet<string>): Promise<number>;
}

export async function runCli(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const { out, err } = environment;
  const flags = new Set(argv.filter((argument) => argument.startsWith('-')));
  const [name = '', ...words] = argv.filter((argument) => !argument.startsWith('-'));
  if (flags.has('--help') || flags.has('-h')) {
    out(CLI_USAGE);
    return 0;
  }
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  const known = new Set(['--json', ...(verb?.flags ?? [])]);
  const stray = [...flags].find((flag) => !known.has(flag)) ?? words[verb?.words ?? 0];
  if (verb === undefined || stray !== undefined) {
    err(
      verb === undefined ? `masq-gate: there is no command “${name}”.` : `masq-gate: “${stray}” is too much.`,
    );
    err(CLI_USAGE);
    return 2;
  }
  const client = await connectControl(environment.controlPath);
  if (client === null) {
    err('masq-gate: Masq-Gate is not running. Start it from your desktop’s menu, or with npm start.');
    return 3;
  }
  try {
    return await verb.run({ ...environment, client, json: flags.has('--json') }, words, flags);
  } finally {
    client.close();
  }
}

const verbs: Record<string, Verb> = {
  status: {
    flags: [],
    words: 0,
    run: (context) =>
      withSnapshot(context, ({ state }) => print(context, state, format.status(state, context.now()))),
  },
  clients: {
    flags: [],
    words: 0,
    run: (context) =>
      withSnapshot(context, ({ state }) => print(context, state.clients, format.clients(state.clients))),
  },
  forwards: {
    flags: [],
    words: 0,
    run: (context) =>
      withSnapshot(context, ({ state: { settings } }) =>
        print(context, settings.forwards, format.forwards(settings.forwards)),
      ),
  },
  helpers: {
    flags: [],
    words: 0,
    run: (context) =>
      withSnapshot(context, ({ state }) => print(context, state.helpers, format.helpers(state.helpers))),
  },
  masq: {
    flags: [],
    words: 0,
    run: async (context) =>
      told(context, await context.client.call('sessions', { limit: 5000 }), ({ sessions }) =>
        print(context, sessions, format.sessions(sessions)),
      ),
  },
  hangup: {
    flags: ['--now'],
    words: 0,
    run: async (context, _, flags) =>
      told(context, await context.client.call('hangUp', { now: flags.has('--now') }), () =>
        print(context, {}, 'The line is down.'),
      ),
  },
  dial: {
    flags: [],
    words: 1,
    run: (context, [wanted]) =>
      watchCall(context, async ({ providers }) => {
        const lower = wanted?.toLowerCase();
        const named = providers.find((known) => known.id === wanted || known.name.toLowerCase() === lower);
        const providerId = named?.id ?? wanted;
        return context.client.call('dial', providerId === undefined ? {} : { providerId });
      }),
  },
  practice: {
    flags: [],
    words: 0,
    run: (context) => watchCall(context, () => context.client.call('practice', {})),
  },
  log: { flags: ['-f'], words: 0, run: (context, _, flags) => showLog(context, flags.has('-f')) },
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
  });
  if (follow && code === 0) await Promise.race([context.client.closed, aborted(context.stop)]);
  return code;
}

/** Starts a call and tells its phases until it is up or over. */
async function watchCall(
  context: Context,
  start: (state: State) => Promise<Outcome<unknown>>,
): Promise<number> {
  const { client, json, out, stop } = context;
  const first = await client.call('snapshot', {});
  if (!first.ok) return told(context, first, () => {});
  let state = first.value.state;
  let finish: (final: State) => void = () => {};
  const finished = new Promise<State>((resolve) => {
    finish = resolve;
  });
  let said = '';
  client.onState(({ patch }) => {
    state = { ...state, ...patch } as State;
    const words = `${PHASE_WORDS[state.phase]}${state.activity === '' ? '' : `: ${state.activity}`}`;
    if (!json && patch.phase !== undefined && words !== said) out(words);
    said = words;
    if (patch.phase !== undefined && ['connected', 'failed', 'idle'].includes(state.phase)) finish(state);
  });
  const started = await start(state);
  if (!started.ok) return told(context, started, () => {});
  const final = await Promise.race([
    finished,
    aborted(stop).then(() => null),
    client.closed.then(() => null),
  ]);
  if (final === null) return 1;
  if (json) out(JSON.stringify(final));
  else if (final.phase !== 'idle') out(format.status(final, context.now()));
  return final.phase === 'connected' ? 0 : 1;
}

async function withSnapshot(context: Context, use: (snapshot: Snapshot) => void): Promise<number> {
  return told(context, await context.client.call('snapshot', {}), use);
}

function told<T>(context: Context, outcome: Outcome<T>, use: (value: T) => void): number {
  if (outcome.ok) {
    use(outcome.value);
    return 0;
  }
  if (context.json) context.out(JSON.stringify({ fault: outcome.fault }));
  else context.err(`masq-gate: ${format.fault(outcome.fault)}`);
  return 1;
}

function print(context: Context, value: unknown, text: string): void {
  context.out(context.json ? JSON.stringify(value) : text);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
