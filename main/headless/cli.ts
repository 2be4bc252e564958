/**
 * `masq-gate …`: asks the running gateway, desktop or headless, over the control socket, and prints the answer.
 *
 * Exit codes: 0 done, 1 the gateway answered with a fault, 2 not understood, 3 no gateway runs. The verbs are in cli-*.ts.
 */
import { connectControl } from '../faces/control-client.ts';
import { readArguments } from './cli-arguments.ts';
import { terminal } from './cli-by-hand.ts';
import { dial, hangup, log, practice, stay } from './cli-call.ts';
import { callers } from './cli-callers.ts';
import { limit, pause, priority, resume } from './cli-clients.ts';
import { type CliEnvironment, EXIT, type Verb } from './cli-context.ts';
import { doctor } from './cli-doctor.ts';
import { forwards } from './cli-forwards.ts';
import { helpers } from './cli-helpers.ts';
import { importFile } from './cli-import.ts';
import { lines } from './cli-lines.ts';
import { clients, masq, status } from './cli-look.ts';
import { access, counters, filter, privateNets, refused, timers } from './cli-masquerade.ts';
import { portMapping, programs, triggers } from './cli-triggers.ts';
import { usage } from './cli-usage.ts';

export type { CliEnvironment } from './cli-context.ts';

const verbs: Record<string, Verb> = {
  status,
  dial,
  practice,
  hangup,
  stay,
  terminal,
  usage,
  clients,
  pause,
  resume,
  limit,
  priority,
  masq,
  refused,
  counters,
  access,
  timers,
  filter,
  private: privateNets,
  callers,
  lines,
  forwards,
  triggers,
  programs,
  'port-mapping': portMapping,
  helpers,
  import: importFile,
  log,
  doctor,
};

function usageLines(list: readonly Verb[]): string {
  return list
    .flatMap(({ usage }) => usage)
    .map(([words, does]) =>
      words.length > 30 && does !== ''
        ? `  ${words}\n${' '.repeat(33)}${does}`
        : `  ${words.padEnd(30)} ${does}`,
    )
    .map((line) => line.trimEnd())
    .join('\n');
}

export const CLI_USAGE = `Usage: masq-gate COMMAND [--json]

${usageLines(Object.values(verbs))}

  --json                         machine-readable output
Exit codes: 0 done, 1 a fault was told, 2 not understood, 3 Masq-Gate is not running.`;

export async function runCli(argv: readonly string[], environment: CliEnvironment): Promise<number> {
  const { out, err } = environment;
  if (argv.includes('--help') || argv.includes('-h')) {
    out(CLI_USAGE);
    return EXIT.done;
  }
  const notUnderstood = (sentence: string, usage: string) => {
    err(`masq-gate: ${sentence}`);
    err(usage);
    return EXIT.notUnderstood;
  };
  const given = readArguments(argv);
  if (!given.ok) return notUnderstood(given.sentence, CLI_USAGE);
  const { flags } = given.value;
  const [name, ...words] = given.value.words;
  if (name === undefined) return notUnderstood('give a command.', CLI_USAGE);
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (verb === undefined) return notUnderstood(`there is no command “${name}”.`, CLI_USAGE);
  const usage = `Usage:\n${usageLines([verb])}`;
  const stray = [...flags.keys()].find((flag) => flag !== '--json' && !verb.flags.includes(flag));
  if (stray !== undefined) return notUnderstood(`${name} knows no “${stray}”.`, usage);
  const reading = verb.read(words, flags);
  if (!reading.ok) return notUnderstood(reading.sentence, usage);

  const context = { ...environment, json: flags.has('--json') };
  const client = await connectControl(environment.controlPath);
  if (client === null) {
    if (reading.alone !== undefined) return reading.alone(context);
    err('masq-gate: Masq-Gate is not running. Start it from your desktop’s menu, or with npm start.');
    return EXIT.notRunning;
  }
  try {
    return await reading.run({ ...context, client });
  } finally {
    client.close();
  }
}
