/**
 * `masq-gate doctor`: every check as a line, ok or trouble with cause and remedy. Exit code 1 when there is trouble.
 * Works without a running gateway; with one it also tells what that gateway has found: faults of the host, the call, the ports.
 */
import type { State } from '../contract.ts';
import { PHASE_WORDS } from '../faces/words.ts';
import { type AloneContext, EXIT, misread, type Verb } from './cli-context.ts';
import { type Check, checkHost, troubleOf } from './cli-doctor-checks.ts';

export const doctor: Verb = {
  usage: [['doctor', 'look for what could stand in the way, and say what helps']],
  flags: [],
  read: ([word]) =>
    word !== undefined
      ? misread(`“${word}” is too much.`)
      : {
          ok: true,
          alone: (context) =>
            examine(context, null, [
              {
                name: 'gateway',
                ok: true,
                sentence: 'Masq-Gate is not running; what it would find is not asked.',
              },
            ]),
          async run(context) {
            const { pid, face } = await context.client.about(false);
            const snapshot = await context.client.call('snapshot', {});
            const found = snapshot.ok
              ? checkState(snapshot.value.state, `process ${pid}, ${face}`)
              : [troubleOf('gateway', snapshot.fault)];
            return examine(context, pid, found);
          },
        },
};

async function examine(context: AloneContext, pid: number | null, found: Check[]): Promise<number> {
  const checks = [...found, ...(await checkHost(context.doctor, pid))];
  const well = checks.every((check) => check.ok);
  context.out(context.json ? JSON.stringify({ ok: well, checks }) : describeChecks(checks));
  return well ? EXIT.done : EXIT.fault;
}

/** What the running gateway tells of itself. */
export function checkState(state: State, who: string): Check[] {
  const checks: Check[] = [
    { name: 'gateway', ok: true, sentence: `Masq-Gate runs (${who}): ${PHASE_WORDS[state.phase]}.` },
  ];
  if (state.fault !== null) checks.push(troubleOf('last call', state.fault));
  for (const fault of state.hostFaults) checks.push(troubleOf('this computer', fault));
  if (state.engine === 'lost')
    checks.push({
      name: 'engine',
      ok: false,
      sentence: 'The engine has stopped while it was needed.',
      cause: 'It ended by itself or was ended; the log says more.',
      remedy: 'It is being started again. If it stays away, hang up and dial again.',
    });
  if (state.providers.length === 0)
    checks.push({
      name: 'provider',
      ok: false,
      sentence: 'No provider is set up.',
      cause: 'Nobody has entered a number to call yet.',
      remedy: 'Set one up in the window, or try “masq-gate practice”.',
    });
  return checks;
}

export function describeChecks(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, ok, sentence, cause, remedy }) => [
    `${ok ? 'ok     ' : 'trouble'}  ${name.padEnd(width)}  ${sentence}`,
    ...(cause === undefined ? [] : [`${' '.repeat(width + 11)}Why:  ${cause}`]),
    ...(remedy === undefined ? [] : [`${' '.repeat(width + 11)}Do:   ${remedy}`]),
  ]);
  const bad = checks.filter((check) => !check.ok).length;
  const sum = bad === 0 ? 'All is well.' : bad === 1 ? 'One thing needs you.' : `${bad} things need you.`;
  return [...lines, '', sum].join('\n');
}
