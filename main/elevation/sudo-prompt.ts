/**
 * The package sudo-prompt: one question by the desktop's polkit agent (or kdesudo), without a polkit action of our own. It
 * hands a command line to two shells, the user's and root's, escaping only double quotes: so the line may hold nothing but
 * plain absolute paths, and anything else is refused here. It calls back only when the supervisor ends.
 */
import sudo from 'sudo-prompt';
import type { Fault } from '../../engine/contract.ts';
import { diedEarly, dismissed, noAgent, pkexecMissing, unsafePath } from './faults.ts';
import { type ElevationLauncher, printedFault, type SupervisorCommand } from './launcher.ts';

const PLAIN_PATH = /^(?:\/[A-Za-z0-9._+-]+)+$/;

/** The command line, or a Fault when a word of it would mean something to a shell. */
export function buildCommandLine(
  command: SupervisorCommand,
): { ok: true; line: string } | { ok: false; fault: Fault } {
  for (const word of command) if (!PLAIN_PATH.test(word)) return { ok: false, fault: unsafePath(word) };
  return { ok: true, line: command.join(' ') };
}

/** sudo-prompt's fixed texts (of @vscode/sudo-prompt 9.3.2); anything else came from the command itself. */
export function judgeSudoPrompt(
  error: Error | undefined,
  stdout: string,
  stderr: string,
  desktop: string | undefined,
): Fault | null {
  if (!error) return null;
  if (error.message === 'User did not grant permission.') return dismissed;
  if (error.message === 'No polkit authentication agent found.') return noAgent(desktop);
  if (error.message === 'Unable to find pkexec or kdesudo.') return pkexecMissing;
  return printedFault(stdout) ?? diedEarly(stderr || error.message);
}

export const sudoPromptLauncher: ElevationLauncher = {
  kind: 'sudo-prompt',
  launch(command) {
    const built = buildCommandLine(command);
    if (!built.ok) return { exited: Promise.resolve(built.fault) };
    return {
      exited: new Promise((resolve) => {
        sudo.exec(built.line, { name: 'Masq Gate' }, (error, stdout, stderr) =>
          resolve(
            judgeSudoPrompt(
              error,
              String(stdout ?? ''),
              String(stderr ?? ''),
              process.env.XDG_CURRENT_DESKTOP,
            ),
          ),
        );
      }),
    };
  },
};
