/**
 * What the window, the panel and the command line may ask of the gateway, and the state they are told: one schema table.
 *
 * Every face calls a command by name with one argument object and gets `{ok, value}` or `{ok: false, fault}`. Main sends
 * `state` events `{seq, patch, log}` (merge the patch over what you hold; on a gap in `seq` ask for `snapshot` again) and
 * droppable `meter` events, at most two a second. The faces hold nothing that main did not tell them.
 */
import { z } from 'zod';
import {
  type Fault,
  forwardSchema,
  helperSettingSchema,
  ipv4Schema,
  sessionSchema,
} from '../engine/contract.ts';
import { modemKindSchema } from './calling/provider-profile.ts';
import { providerSchema, providerViewSchema } from './contract/provider.ts';
import { clientShareSchema, settingsSchema } from './contract/settings.ts';
import { type Meter, type StateEvent, snapshotSchema } from './contract/state.ts';
import { dialInCommands } from './dial-in/contract.ts';
import { terminalCommands } from './terminal/terminal-schema.ts';
import { usageCommands } from './usage/usage-schema.ts';

export type {
  Client,
  DemandRule,
  Fault,
  Forward,
  HelperPort,
  HelperState,
  Lan,
  LogLevel,
  LogLine,
  PortLease,
  PortMappingConfig,
  Preset,
  Session,
  Trigger,
} from '../engine/contract.ts';
export { MOST_HELPER_PORTS, PRACTICE, PRESETS, TIMER_PRESETS } from '../engine/contract.ts';
export { type ModemKind, PROFILES, type ProviderKind, type Radio } from './calling/provider-profile.ts';
export type { WeekPlan } from './calling/week-plan.ts';
export { readWeekPlan, weekPlanText } from './calling/week-plan-text.ts';
export * from './contract/provider.ts';
export * from './contract/settings.ts';
export * from './contract/state.ts';
export * from './dial-in/contract.ts';
export {
  freeId,
  helperPortsText,
  type PortRange,
  programForwards,
  programTriggers,
  rangeId,
  readHelperPorts,
  readNetwork,
  rivalOf,
  TRIGGER_RANGES,
  TRIGGER_SECONDS,
} from './port-rules.ts';
export type { Terminal } from './terminal/terminal-schema.ts';
export { appendTerminal } from './terminal/terminal-text.ts';
export { usageCsv } from './usage/csv.ts';
export {
  type CallRecord,
  type Limits,
  type MonthTotal,
  moneyText,
  NEW_TARIFF,
  NO_LIMITS,
  type Tariff,
  type UsageNow,
  type UsageReport,
} from './usage/usage-schema.ts';

/** One line of an old rule file and what it means here, in words for the person who is asked for consent. */
export const importedRowSchema = z.object({
  /** Line of the file, from 1. */
  number: z.number(),
  text: z.string(),
  /** `becomes` a setting, is `already` so, or is `left-out` for the reason given. */
  outcome: z.enum(['becomes', 'already', 'left-out']),
  words: z.string(),
});
export type ImportedRow = z.infer<typeof importedRowSchema>;

const none = z.object({}).strict();
const done = z.object({});
const command = <A extends z.ZodType, R extends z.ZodType>(argument: A, result: R) => ({ argument, result });

export const commands = {
  snapshot: command(none, snapshotSchema),
  /**
   * Start a call, and the second with it if that is set. Resolves when it is under way, not when it is up: watch `phase`.
   * With `call: 'second'` the second alone. `anyway`: for this once neither never-dial hours nor a used-up limit stand
   * against it.
   */
  dial: command(
    z
      .object({
        providerId: z.string().max(32).optional(),
        call: z.literal('second').optional(),
        anyway: z.boolean().optional(),
      })
      .strict(),
    done,
  ),
  /** End both calls, or the second alone, or cancel whatever is under way. `now` skips the polite ways. */
  hangUp: command(
    z.object({ now: z.boolean().optional(), call: z.literal('second').optional() }).strict(),
    done,
  ),
  /** Dial the built-in practice provider over the built-in practice line. */
  practice: command(none, done),
  /** Leave practice: hang up if needed, take down the practice LAN. */
  endPractice: command(none, done),
  /** Have a practice LAN host fetch the practice page through the link. */
  practiceFetch: command(
    z.object({ host: z.enum(['masq-host1', 'masq-host2']) }).strict(),
    z.object({ bytes: z.number(), milliseconds: z.number(), sha256: z.string() }),
  ),
  saveProvider: command(
    z
      .object({
        provider: providerSchema,
        password: z.string().max(256).nullable(),
        /** Of a SIM card: absent or null keeps the old one, empty forgets it. */
        pin: z
          .string()
          .regex(/^(?:\d{4,8})?$/, 'A PIN has four to eight digits.')
          .nullable()
          .optional(),
      })
      .strict(),
    z.object({ provider: providerViewSchema }),
  ),
  removeProvider: command(z.object({ id: z.string().max(32) }).strict(), done),
  saveSettings: command(z.object({ patch: settingsSchema.partial() }).strict(), done),
  refreshPorts: command(none, done),
  probePort: command(
    z.object({ path: z.string().max(200) }).strict(),
    z.object({ isModem: z.boolean(), sentence: z.string(), kind: modemKindSchema.optional() }),
  ),
  setHelper: command(z.object({ name: z.string().max(32), setting: helperSettingSchema }).strict(), done),
  pauseClient: command(z.object({ address: ipv4Schema, paused: z.boolean() }).strict(), done),
  /** How much of the line a client gets; what is left out stays as it was. */
  shareClient: command(clientShareSchema.partial({ limitKbit: true, priority: true }).strict(), done),
  addForward: command(z.object({ forward: forwardSchema }).strict(), done),
  removeForward: command(z.object({ id: z.string().max(32) }).strict(), done),
  sessions: command(
    z.object({ limit: z.number().int().min(1).max(5000) }).strict(),
    z.object({ sessions: z.array(sessionSchema) }),
  ),
  refusals: command(none, z.object({ refusals: z.array(z.object({ at: z.number(), text: z.string() })) })),
  /** Reads an old rule file and changes nothing: what each line becomes, and the patch that `saveSettings` takes on consent. */
  importRules: command(
    z.object({ source: z.string().max(200_000, 'A rule file may have up to 200,000 characters.') }).strict(),
    z.object({ rows: z.array(importedRowSchema), patch: settingsSchema.partial() }),
  ),
  clearFault: command(none, done),
  /** Puts off the end that `callEnds` tells of: the longest call begins anew, a limit no longer ends this call. */
  stayOnline: command(none, done),
  ...terminalCommands,
  ...usageCommands,
  ...dialInCommands,
} as const;

export type Commands = typeof commands;
export type CommandName = keyof Commands;
export type CommandArgument<N extends CommandName> = z.infer<Commands[N]['argument']>;
export type CommandResult<N extends CommandName> = z.infer<Commands[N]['result']>;
export type Outcome<T> = { ok: true; value: T } | { ok: false; fault: Fault };

/** The one object the preload (or the panel's WebSocket) gives the window. Listeners return their own removal. */
export interface GatewayApi {
  call<N extends CommandName>(name: N, argument: CommandArgument<N>): Promise<Outcome<CommandResult<N>>>;
  onState(listener: (event: StateEvent) => void): () => void;
  onMeter(listener: (event: Meter) => void): () => void;
}
