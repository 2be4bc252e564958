/**
 * pkexec called directly, for an installed package whose polkit action names the engine's own program: the question then
 * says what is asked for. pkexec up to polkit 126 closes every possible descriptor one by one, which takes minutes under a
 * limit of a thousand million; a shell in front lowers the limit first.
 */
import { launchChild } from './direct.ts';
import { diedEarly, dismissed, noAgent, pkexecMissing } from './faults.ts';
import { type ElevationLauncher, printedFault, type SupervisorCommand } from './launcher.ts';

export const PKEXEC = '/usr/bin/pkexec';
const DISMISSED = 126;
const NOT_AUTHORISED = 127;
const LIMITED = 'command -v "$0" > /dev/null || exit 120; ulimit -n 4096 2> /dev/null; exec "$0" "$@"';
const NO_PKEXEC = 120;

/** The shell's words are fixed; paths travel as arguments and are expanded by nobody. */
export function pkexecCommand(command: SupervisorCommand): SupervisorCommand {
  return ['/bin/sh', '-c', LIMITED, PKEXEC, '--disable-internal-agent', ...command];
}

export const pkexecLauncher: ElevationLauncher = {
  kind: 'pkexec',
  launch: (command) =>
    launchChild(pkexecCommand(command), process.env, (code, stdout, stderr) => {
      if (code === 0) return null;
      return judgePkexec(code, stdout, stderr, process.env.XDG_CURRENT_DESKTOP);
    }),
};

/** pkexec(1), return value: 126 when the dialog was dismissed, 127 when not authorised or on error. */
export function judgePkexec(
  code: number | null,
  stdout: string,
  stderr: string,
  desktop: string | undefined,
) {
  if (code === NO_PKEXEC) return pkexecMissing;
  if (code === DISMISSED) return dismissed;
  if (code === NOT_AUTHORISED) return /no authentication agent/i.test(stderr) ? noAgent(desktop) : dismissed;
  return printedFault(stdout) ?? diedEarly(stderr);
}
