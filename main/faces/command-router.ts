/**
 * The one door for commands, whichever face they come from: checks the sender, the name, the argument and, on the way out,
 * the result, all by the contract's schema table. A bug behind it becomes a Fault, never a dead process.
 */
import { z } from 'zod';
import {
  type CommandArgument,
  type CommandName,
  type CommandResult,
  commands,
  type Fault,
  type Outcome,
} from '../contract.ts';
import { bug } from '../faults.ts';

export type CommandHandlers = {
  readonly [N in CommandName]: (argument: CommandArgument<N>) => Promise<Outcome<CommandResult<N>>>;
};

export interface CommandRouterOptions {
  handlers: CommandHandlers;
  log(text: string): void;
}

export class CommandRouter {
  readonly #handlers: CommandHandlers;
  readonly #log: (text: string) => void;

  constructor(options: CommandRouterOptions) {
    this.#handlers = options.handlers;
    this.#log = options.log;
  }

  /** `isTrusted` is the transport's own check of who asks, made anew for every command. */
  async call(name: unknown, argument: unknown, isTrusted: () => boolean): Promise<Outcome<unknown>> {
    if (!isTrusted()) {
      this.#log('A command from a stranger was refused.');
      return { ok: false, fault: stranger };
    }
    if (!isCommandName(name)) return { ok: false, fault: unknownCommand(name) };
    return this.#run(name, argument);
  }

  async #run<N extends CommandName>(name: N, argument: unknown): Promise<Outcome<unknown>> {
    const checked = commands[name].argument.safeParse(argument);
    if (!checked.success) return { ok: false, fault: badArgument(name, checked.error) };
    try {
      // The schema of this very command has just passed it.
      const outcome = await this.#handlers[name](checked.data as CommandArgument<N>);
      if (!outcome.ok) return outcome;
      const result = commands[name].result.safeParse(outcome.value);
      if (result.success) return { ok: true, value: result.data };
      return this.#bug(name, z.prettifyError(result.error));
    } catch (error) {
      return this.#bug(name, error);
    }
  }

  #bug(name: string, error: unknown): Outcome<never> {
    const fault = bug(name, error);
    this.#log(`${name}: ${fault.detail ?? fault.sentence}`);
    return { ok: false, fault };
  }
}

export function isCommandName(name: unknown): name is CommandName {
  return typeof name === 'string' && Object.hasOwn(commands, name);
}

const stranger: Fault = {
  code: 'not-allowed',
  sentence: 'This window may not give commands.',
  cause: 'The command did not come from Masq-Gate’s own window.',
  remedy: 'Use the window, the panel or the command line that Masq-Gate opened.',
};

function unknownCommand(name: unknown): Fault {
  return {
    code: 'unknown-command',
    sentence: `There is no command “${String(name).slice(0, 60)}”.`,
    cause: 'The face and the gateway may be of different versions.',
    remedy: 'Start both anew.',
  };
}

function badArgument(name: string, error: z.ZodError): Fault {
  const first = error.issues[0];
  const where = first?.path.filter((part) => part !== 'provider').join(' › ') ?? '';
  return {
    code: 'bad-argument',
    sentence: `${where === '' ? name : where}: ${first?.message ?? 'not understood'}`.slice(0, 400),
    cause: 'What was entered does not fit.',
    remedy: 'Mend the named entry and try again.',
    detail: z.prettifyError(error).slice(0, 4000),
  };
}
