/** What every verb of the command line works with: the gateway's answers, the output, and how a verb is declared. */
import type { Fault, Outcome, Snapshot, State } from '../contract.ts';
import type { ControlClient } from '../faces/control-client.ts';
import type { Arguments } from './cli-arguments.ts';
import type { DoctorHost } from './cli-doctor-checks.ts';
import * as format from './cli-format.ts';

export const EXIT = { done: 0, fault: 1, notUnderstood: 2, notRunning: 3 } as const;

export interface CliEnvironment {
  controlPath: string;
  now(): number;
  out(text: string): void;
  err(text: string): void;
  /** Aborted by Ctrl-C, which ends following and waiting, never the call. */
  stop: AbortSignal;
  /** A text file, or what is piped in for `-`. Rejects as Node's readFile does. */
  readText(path: string): Promise<string>;
  /** Asks a person a question to be answered with yes or no; null where no person sits at a terminal. */
  ask: ((question: string) => Promise<boolean>) | null;
  doctor: DoctorHost;
  keys?: Keys;
}

/** A keyboard read key by key, or what is piped in, and the screen beside it. */
export interface Keys {
  show(text: string): void;
  /** `ended`: no more will come. Returns its own removal. */
  listen(pressed: (text: string) => void, ended: () => void): () => void;
}

/** Where no gateway is needed, or none runs. */
export interface AloneContext extends CliEnvironment {
  json: boolean;
}

export interface Context extends AloneContext {
  client: ControlClient;
}

/** What the words and flags of a verb came to. The sentence says what is wrong with them. */
export type Reading =
  | {
      ok: true;
      run(context: Context): Promise<number>;
      /** Instead of `run`, when no gateway runs. */
      alone?(context: AloneContext): Promise<number>;
    }
  | { ok: false; sentence: string };

export interface Verb {
  /** Lines of the form `words  what it does`, for the help. */
  usage: readonly (readonly [string, string])[];
  /** Flags it takes besides --json. */
  flags: readonly string[];
  read(words: readonly string[], flags: Arguments['flags']): Reading;
}

export const misread = (sentence: string): Reading => ({ ok: false, sentence });

/** A verb that takes no words. */
export const wordless = (words: readonly string[], run: (context: Context) => Promise<number>): Reading =>
  words[0] === undefined ? { ok: true, run } : misread(`“${words[0]}” is too much.`);

export async function withState(
  context: Context,
  use: (state: State) => number | Promise<number>,
): Promise<number> {
  return withSnapshot(context, ({ state }) => use(state));
}

export async function withSnapshot(
  context: Context,
  use: (snapshot: Snapshot) => number | Promise<number>,
): Promise<number> {
  return told(context, await context.client.call('snapshot', {}), use);
}

/** Uses the value, or tells the fault. The exit code. */
export async function told<T>(
  context: AloneContext,
  outcome: Outcome<T>,
  use: (value: T) => number | Promise<number>,
): Promise<number> {
  if (outcome.ok) return use(outcome.value);
  return tellFault(context, outcome.fault);
}

export function tellFault(context: AloneContext, fault: Fault): number {
  if (context.json) context.out(JSON.stringify({ fault }));
  else context.err(`masq-gate: ${format.fault(fault)}`);
  return EXIT.fault;
}

/** Success, told in words or as JSON. */
export function print(context: AloneContext, value: unknown, text: string): number {
  context.out(context.json ? JSON.stringify(value) : text);
  return EXIT.done;
}
