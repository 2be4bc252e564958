/** Already root: the supervisor is an ordinary child. Elevation's variables are taken out, so that it works for root. */
import { spawn } from 'node:child_process';
import { RUN_BASE_VARIABLE } from '../../engine/contract.ts';
import { diedEarly } from './faults.ts';
import { type ElevationLauncher, type Launched, printedFault, type SupervisorCommand } from './launcher.ts';

export const directLauncher: ElevationLauncher = {
  kind: 'direct',
  launch(command, movedBase) {
    const environment = { ...process.env };
    delete environment.PKEXEC_UID;
    delete environment.SUDO_UID;
    delete environment[RUN_BASE_VARIABLE];
    if (movedBase !== null) environment[RUN_BASE_VARIABLE] = movedBase;
    return launchChild(command, environment, (code, stdout, stderr) =>
      code === 0 ? null : (printedFault(stdout) ?? diedEarly(stderr)),
    );
  },
};

/** Starts a program of which the supervisor is, or becomes, the process; its own session, so that Ctrl-C is ours alone. */
export function launchChild(
  command: SupervisorCommand,
  environment: NodeJS.ProcessEnv,
  judge: (code: number | null, stdout: string, stderr: string) => Awaited<Launched['exited']>,
): Launched {
  const [program, ...args] = command;
  const child = spawn(program, args, {
    env: environment,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-8000);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-8000);
  });
  return {
    exited: new Promise((resolve) => {
      child.on('error', (error) => resolve(diedEarly(error.message)));
      child.on('close', (code) => resolve(judge(code, stdout, stderr)));
    }),
  };
}
