/** The state the faces are told, the events that carry it, and the droppable meter. */
import { z } from 'zod';
import {
  clientSchema,
  countersSchema,
  faultSchema,
  helperStateSchema,
  ipv4Schema,
  logLineSchema,
  portLeaseSchema,
} from '../../engine/contract.ts';
import { modemKindSchema, radioSchema } from '../calling/provider-profile.ts';
import { dialInStateSchema } from '../dial-in/contract.ts';
import { terminalSchema } from '../terminal/terminal-schema.ts';
import { usageNowSchema } from '../usage/usage-schema.ts';
import { providerViewSchema } from './provider.ts';
import { settingsSchema } from './settings.ts';

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
