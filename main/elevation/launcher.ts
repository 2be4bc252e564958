/**
 * How the engine's supervisor comes to run as root: one interface, and an adapter for each way. What can go wrong on the
 * way (dismissed, no agent, no pkexec, died early) arrives as a Fault; approval itself is seen by the engine's socket.
 */
import { type Fault, faultSchema } from '../../engine/contract.ts';

/** Program and arguments of the supervisor, all absolute paths. */
export type SupervisorCommand = readonly [string, ...string[]];

export interface Launched {
  /** Resolves when the supervisor has ended, or never came to run: null after an orderly end. Never rejects. */
  readonly exited: Promise<Fault | null>;
}

export interface ElevationLauncher {
  readonly kind: 'direct' | 'pkexec' | 'sudo-prompt';
  /** The person is asked now. `movedBase` moves the run directory for tests, where root itself starts the supervisor. */
  launch(command: SupervisorCommand, movedBase: string | null): Launched;
}

/** The Fault the supervisor printed as its last line (`{"fault": …}`), if it did. */
export function printedFault(stdout: string): Fault | null {
  const line = stdout.trim().split('\n').at(-1) ?? '';
  try {
    return faultSchema.parse((JSON.parse(line) as { fault: unknown }).fault);
  } catch {
    return null;
  }
}
