/**
 * What the window, the panel and the command line may ask of the gateway, and the state they are told: one schema table.
 *
 * Every face calls a command by name with one argument object and gets `{ok, value}` or `{ok: false, fault}`. Main sends
 * `state` events `{seq, patch, log}` (merge the patch over what you hold; on a gap in `seq` ask for `snapshot` again) and
 * droppable `meter` events, at most two a second. The faces hold nothing that main did not tell them.
 */
import { z } from 'zod';
import {
  accessSchema,
  clientSchema,
  countersSchema,
  demandRuleSchema,
  type Fault,
  faultSchema,
  forwardSchema,
  helperSettingSchema,
  helperStateSchema,
  ipv4Schema,
  lanSchema,
  logLineSchema,
  masqueradeSchema,
  portLeaseSchema,
  portMappingSchema,
  sessionSchema,
  triggerSchema,
} from '../engine/contract.ts';
import { dialInCommands, dialInSchema, dialInStateSchema } from './dial-in/contract.ts';
import { modemKindSchema, profileFields, radioSchema } from './provider-profile.ts';
import { terminalCommands, terminalSchema } from './terminal/terminal-schema.ts';
import { NO_LIMITS, usageCommands, usageNowSchema } from './usage/usage-schema.ts';
import { weekPlanSchema } from './week-plan.ts';

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
export { type ModemKind, PROFILES, type ProviderKind, type Radio } from './provider-profile.ts';
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
export type { WeekPlan } from './week-plan.ts';
export { readWeekPlan, weekPlanText } from './week-plan-text.ts';

/** The call's progress. Each has a sentence of its own in every face; Cancel (hangUp) works in all but `idle`. */
export const phaseSchema = z.enum([
  'idle',
  'starting-engine', // waiting for the administrator's approval, or for the engine to be ready
  'opening-modem',
  'initialising-modem',
  'dialling', // ATD sent, until the far modem answers
  'logging-in', // a login script runs
  'negotiating', // LCP
  'authenticating', // PAP or CHAP
  'configuring', // IPCP, then the engine takes the link
  'connected',
  'waiting-to-redial',
  'hanging-up',
  'failed',
]);
export type Phase = z.infer<typeof phaseSchema>;

export const linkFactsSchema = z.object({
  /** bit/s on the telephone line as the modem said; null where it said none (a cable, an LTE module). */
  carrierRate: z.number().nullable(),
  /** bit/s between computer and modem. */
  portRate: z.number(),
  /** The modem's own words, such as `CONNECT 33600/ARQ/V34/LAPM`. */
  connectText: z.string(),
  errorCorrected: z.boolean().nullable(),
  local: ipv4Schema,
  peer: ipv4Schema,
  dns: z.array(ipv4Schema),
  mtu: z.number(),
  authentication: z.string(),
  compression: z.array(z.string()),
  /** Milliseconds since the epoch. */
  connectedAt: z.number(),
  bytesUp: z.number(),
  bytesDown: z.number(),
  /** Of a mobile network, as it was when the call was dialled. */
  radio: radioSchema.optional(),
});
export type LinkFacts = z.infer<typeof linkFactsSchema>;

/**
 * One step of a login script. `expect` waits for these characters, capitals or not; `send` types them, with `{user}` and
 * `{password}` put in and Return at the end unless `bare`; `pause` waits.
 */
export const loginStepSchema = z.discriminatedUnion('do', [
  z.object({
    do: z.literal('expect'),
    text: z.string().min(1, 'Give the text to wait for.').max(100),
    seconds: z.number().int().min(1).max(300).optional(),
  }),
  z.object({ do: z.literal('send'), text: z.string().max(200), bare: z.boolean().optional() }),
  z.object({ do: z.literal('pause'), seconds: z.number().min(0.1).max(60) }),
]);
export type LoginStep = z.infer<typeof loginStepSchema>;

const providerFields = z.object({
  id: z.string().regex(/^[a-z0-9-]{1,32}$/),
  name: z.string().trim().min(1, 'Give the provider a name.').max(60),
  numbers: z
    .array(
      z
        .string()
        .trim()
        .regex(
          /^[0-9A-D*#TPWtpw,@!;()+ .\-/]{1,60}$/,
          'A telephone number has digits, and * # , W for pauses and waits.',
        ),
    )
    .max(8),
  user: z.string().max(128),
  /** Path of the modem's port, empty for the first modem that answers, or PRACTICE_PORT. */
  port: z.string().max(200),
  portRate: z.number().int().min(300).max(4_000_000),
  /** Extra AT settings sent one by one after the base string; a refused one is remembered, not fatal. */
  modemInit: z.array(z.string().max(60)).max(9),
  /** Dial without waiting for a dial tone (ATX3). */
  blindDial: z.boolean(),
  headerCompression: z.boolean(),
  /** What runs on the line once it is up: PPP, or SLIP (RFC 1055), with headers compressed (RFC 1144) as CSLIP. */
  link: z.enum(['ppp', 'slip', 'cslip']).default('ppp'),
  /** SLIP gives no addresses: ours and the provider's own, or empty to read them from what its text login says. */
  slipLocal: ipv4Schema.or(z.literal('')).default(''),
  slipPeer: ipv4Schema.or(z.literal('')).default(''),
  /** Provider's name servers to use when PPP gives none. */
  dns: z.array(ipv4Schema).max(4),
  /** How often to try again after busy, no answer or a dropped line, and the first pause in seconds (it grows). */
  redialTries: z.number().int().min(0).max(100),
  redialPauseSeconds: z.number().int().min(1).max(3600),
  /**
   * How to log in to a provider that greets with text before PPP: `off` not at all, `auto` answers the usual prompts if
   * text comes instead of PPP, `terminal` leaves the line to a person until PPP is begun, or steps of one's own before it.
   */
  loginScript: z
    .union([z.enum(['off', 'auto', 'terminal']), z.array(loginStepSchema).min(1).max(40)])
    .default('auto'),
  ...profileFields,
});
/** A cable has no number, and is not found by trying: its port is named. */
function wellReached(
  { kind, numbers, port }: z.infer<typeof providerFields>,
  context: { addIssue(issue: { code: 'custom'; path: string[]; message: string }): void },
): void {
  const complain = (field: string, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message });
  if (kind !== 'cable' && numbers.length === 0) complain('numbers', 'Give the number to dial.');
  if (kind === 'cable' && port === '') complain('port', 'Choose the port that the cable is on.');
}
export const providerSchema = providerFields.superRefine(wellReached);
export type Provider = z.infer<typeof providerSchema>;
/** As the faces see it: never the password or the PIN itself. */
export const providerViewSchema = providerFields
  .extend({ hasPassword: z.boolean(), hasPin: z.boolean() })
  .superRefine(wellReached);
export type ProviderView = z.infer<typeof providerViewSchema>;
/** The port of a provider that is called over the built-in practice line; its telephone book is `main/practice/numbers.ts`. */
export const PRACTICE_PORT = 'practice';
export const NEW_PROVIDER: Omit<Provider, 'id' | 'name' | 'numbers' | 'user'> = {
  port: '',
  portRate: 115_200,
  modemInit: [],
  blindDial: false,
  headerCompression: true,
  link: 'ppp',
  slipLocal: '',
  slipPeer: '',
  dns: [],
  redialTries: 5,
  redialPauseSeconds: 10,
  loginScript: 'auto',
  kind: 'telephone',
  apn: '',
  flow: 'rts-cts',
  paceRate: 0,
  mtu: 0,
  carrierWaitSeconds: 60,
  longestCallMinutes: 0,
  tariff: null,
  limits: NO_LIMITS,
};

/** A second call at the same time, on a modem of its own; clients are spread over both. */
export const secondCallSchema = z.object({
  /** Dial brings it up after the first. */
  on: z.boolean(),
  /** Null: the same provider as the first call's. */
  providerId: z.string().max(32).nullable(),
  /** Path of its modem's port; empty: that of its provider. */
  port: z.string().max(200),
  /** Spread each client as a whole, or also its plain TCP connections one by one. */
  spread: z.enum(['clients', 'connections']).default('connections'),
});
export type SecondCall = z.infer<typeof secondCallSchema>;

/** What one client may have of the line: kbit/s each way at most, or null, and its weight beside the others (4 to 1 to a quarter). */
export const clientShareSchema = z.object({
  address: ipv4Schema,
  limitKbit: z.number().int().min(1, 'The least limit is 1 kbit/s.').max(1_000_000).nullable(),
  priority: z.enum(['low', 'normal', 'high']),
});
export type ClientShare = z.infer<typeof clientShareSchema>;
export type Priority = ClientShare['priority'];

export const settingsSchema = z.object({
  lan: lanSchema.nullable(),
  masquerade: masqueradeSchema,
  access: accessSchema,
  /** Clients that have another share of the line than everybody. */
  shares: z.array(clientShareSchema).max(256),
  forwards: z.array(forwardSchema).max(256),
  triggers: z.array(triggerSchema).max(64),
  /** May programs on the LAN open ports themselves, by PCP or NAT-PMP? */
  portMapping: portMappingSchema,
  /** Which names may bring the line up by themselves; the first that fits decides, none means dial. */
  demandRules: z.array(demandRuleSchema).max(256),
  helpers: z.record(z.string().max(32), helperSettingSchema),
  ownTraffic: z.enum(['auto', 'always', 'never']),
  /** May Masq-Gate let the LAN through another program's firewall that drops it? Undone when sharing ends. */
  openForeignFirewall: z.enum(['ask', 'yes', 'no']),
  selectedProvider: z.string().max(32).nullable(),
  secondCall: secondCallSchema,
  /** Dial by itself when a computer asks for the Internet; a person's Hang up suspends it until the next Dial. */
  demand: z.boolean(),
  /** Hang up after so many minutes without traffic of a user; 0: never. */
  idleMinutes: z.number().int().min(0).max(1440),
  /** When to be online without being asked: dials by itself and does not hang up for want of traffic. */
  keepUp: weekPlanSchema,
  /** When nobody and nothing dials; a person may override it for one call. */
  neverDial: weekPlanSchema,
  /** Lines that take calls, and who may call in. */
  dialIn: dialInSchema,
  theme: z.enum(['system', 'light', 'dark']),
  /** Keep running in the tray when the window is closed. */
  closeToTray: z.boolean(),
});
export type Settings = z.infer<typeof settingsSchema>;

export const portInfoSchema = z.object({
  path: z.string(),
  description: z.string(),
  /** What the last probe said, in a sentence; null before any probe. */
  verdict: z.string().nullable(),
  isModem: z.boolean().nullable(),
  /** What the modem said it is, at the last probe. */
  kind: modemKindSchema.optional(),
});
export type PortInfo = z.infer<typeof portInfoSchema>;

export const lanCandidateSchema = z.object({
  name: z.string(),
  description: z.string(),
  addresses: z.array(z.string()),
  up: z.boolean(),
  wireless: z.boolean(),
  /** Carries the gateway's own default route: rarely the card to share to. */
  carriesDefault: z.boolean(),
});
export type LanCandidate = z.infer<typeof lanCandidateSchema>;

/** One call as the faces see it. */
export const callStateSchema = z.object({
  phase: phaseSchema,
  /** When this phase began, milliseconds since the epoch. */
  since: z.number(),
  /** What is being done or waited for, in words, such as `Trying 555-0100 again in 10 s (2 of 5)`. */
  activity: z.string(),
  /** Why the last call failed or ended by itself; stays until the next Dial. */
  fault: faultSchema.nullable(),
  providerId: z.string().nullable(),
  link: linkFactsSchema.nullable(),
  /** When the call is hung up if nobody uses it before, ms since the epoch; null while it is in use or may stay. */
  idleHangUpAt: z.number().nullable(),
  /** A call that will be hung up all the same: when, why in a sentence, and whether `stayOnline` puts it off. */
  callEnds: z.object({ at: z.number(), sentence: z.string(), mayStay: z.boolean() }).nullable(),
  /** What the call under way has cost so far; null while none is counted. */
  usage: usageNowSchema.nullable(),
});
export type CallState = z.infer<typeof callStateSchema>;

export const stateSchema = callStateSchema.extend({
  /** The second call; null where none is set up and none is under way. */
  second: callStateSchema.nullable(),
  /** Things on the host that need a person: another DHCP server, a firewall in the way. */
  hostFaults: z.array(faultSchema),
  /** Whether traffic dials: `watching` it does, `paused` it waits for a person's Dial, `off` it is not set. */
  demand: z.enum(['off', 'watching', 'paused']),
  /** These are hours in which nothing dials: until when, ms since the epoch; null outside them. */
  neverDialUntil: z.number().nullable(),
  terminal: terminalSchema.nullable(),
  engine: z.enum(['stopped', 'starting', 'running', 'lost']),
  practice: z.boolean(),
  providers: z.array(providerViewSchema),
  settings: settingsSchema,
  ports: z.array(portInfoSchema),
  /** Why ports could not be listed, if so. */
  portsFault: faultSchema.nullable(),
  lanCandidates: z.array(lanCandidateSchema),
  clients: z.array(clientSchema),
  helpers: z.array(helperStateSchema),
  counters: countersSchema,
  /** Ports held open for a time, asked for by programs on the LAN or opened by triggers. */
  portLeases: z.array(portLeaseSchema),
  /** The lines that take calls, and the calls on them. */
  dialIn: dialInStateSchema,
  /** Where passwords are kept. */
  secrets: z.enum(['keyring', 'file']),
  version: z.string(),
});
export type State = z.infer<typeof stateSchema>;

export const snapshotSchema = z.object({
  seq: z.number(),
  state: stateSchema,
  log: z.array(logLineSchema),
  /** What the terminal shows, at most TERMINAL_CHARACTERS. */
  terminal: z.string().optional(),
});
export type Snapshot = z.infer<typeof snapshotSchema>;
export const stateEventSchema = z.object({
  seq: z.number(),
  patch: stateSchema.partial(),
  log: z.array(logLineSchema),
  /** New text of the terminal, for `appendTerminal`. */
  terminal: z.string().optional(),
});
export type StateEvent = z.infer<typeof stateEventSchema>;

export const meterSchema = z.object({
  at: z.number(),
  /** bit/s of IP over the last half second or second, of both calls together. */
  up: z.number(),
  down: z.number(),
  bytesUp: z.number(),
  bytesDown: z.number(),
  /** The second call's share of it, while it is up. */
  second: z
    .object({ up: z.number(), down: z.number(), bytesUp: z.number(), bytesDown: z.number() })
    .nullable()
    .optional(),
  /** What waits for the line: bytes, and the time they will take, ms. */
  queuedBytes: z.number(),
  queuedMs: z.number(),
  clients: z.array(clientSchema),
  /** Bytes of IP of each call that came in. */
  callsIn: z.array(z.object({ id: z.number(), bytesIn: z.number(), bytesOut: z.number() })).optional(),
});
export type Meter = z.infer<typeof meterSchema>;

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
