/**
 * Dial-in, as the faces see it: lines that take calls, who may call, and what is on each line now. Part of main/contract.ts.
 * Passwords are not here: they lie in the secret store under `callerSecretId`.
 */
import { z } from 'zod';
import { faultSchema, ipv4Schema } from '../../engine/contract.ts';
import { weekPlanSchema } from '../calling/week-plan.ts';

const id = z.string().regex(/^[a-z0-9-]{1,32}$/, 'up to 32 small letters, digits and dashes');
const callerNameSchema = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9._@-]{1,40}$/, 'A user name has up to 40 letters, digits and . _ @ -');
const common = {
  id,
  name: z.string().trim().min(1, 'Give the line a name.').max(60),
  on: z.boolean(),
  /** Whom to take for the caller when SLIP, which knows no login, is the first thing heard; null: SLIP only after a text login. */
  slipUser: callerNameSchema.nullable(),
};
const serial = {
  /** Path of the port, or PRACTICE_PORT. */
  port: z.string().trim().min(1, 'Choose the port.').max(200),
  /** bit/s between computer and modem, or on the cable. */
  portRate: z.number().int().min(300).max(4_000_000),
};

export const callerLineSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('modem'),
    ...common,
    ...serial,
    modemInit: z.array(z.string().max(60)).max(9),
    /** Answer on this ring. Caller ID comes between the first and the second. */
    rings: z.number().int().min(1).max(20),
    callerId: z.boolean(),
    /** Letters of the distinctive rings to answer; empty: any ring. Other calls are let ring. */
    ringPatterns: z.array(z.string().regex(/^[A-F\d]$/)).max(6),
  }),
  z.object({
    kind: z.literal('cable'),
    ...common,
    ...serial,
    flow: z.enum(['rts-cts', 'xon-xoff', 'none']),
  }),
  z.object({
    kind: z.literal('tcp'),
    ...common,
    tcpPort: z.number().int().min(1024).max(65_535),
    /** Who may connect: programs on this computer, or the LAN too. */
    reach: z.enum(['this-computer', 'lan']),
    /** Most callers at once. */
    callers: z.number().int().min(1).max(32),
    /** bit/s that a caller is given, as a modem of that speed would. */
    portRate: z.number().int().min(300).max(4_000_000),
  }),
]);
export type CallerLine = z.infer<typeof callerLineSchema>;
export type CallerLineOf<K extends CallerLine['kind']> = Extract<CallerLine, { kind: K }>;

/** Somebody who may call in. */
export const callerSchema = z.object({
  user: callerNameSchema,
  on: z.boolean(),
  /** Always this address; null: the next free one of the pool. */
  address: ipv4Schema.nullable(),
  /** What may be reached: the Internet by the provider’s link, the LAN, other callers. */
  internet: z.boolean(),
  lan: z.boolean(),
  callers: z.boolean(),
  /** When calls are taken; empty: always. */
  hours: weekPlanSchema,
  /** How many calls at once. */
  calls: z.number().int().min(1).max(32),
});
export type Caller = z.infer<typeof callerSchema>;
export const NEW_CALLER: Omit<Caller, 'user'> = {
  on: true,
  address: null,
  internet: true,
  lan: true,
  callers: true,
  hours: [],
  calls: 1,
};
/** Where a caller’s password lies in the secret store. */
export const callerSecretId = (user: string) => `caller:${user.toLowerCase()}`;

export const dialInSchema = z.object({
  lines: z.array(callerLineSchema).max(16),
  callers: z.array(callerSchema).max(200),
  /** The gateway's end of every caller's link. */
  local: ipv4Schema,
  /** Addresses given out. */
  pool: z.object({ first: ipv4Schema, last: ipv4Schema }),
  /** Name servers of Windows networks, told to callers that ask. */
  wins: z.array(ipv4Schema).max(2),
  /** Answer for callers' addresses on the LAN, so that computers find callers with an address of the LAN's own network. */
  proxyArp: z.boolean(),
  /** Hang up after so many minutes in which the caller sent nothing; 0: never. */
  idleMinutes: z.number().int().min(0).max(1440),
  /** Hang up after so many minutes in all; 0: never. */
  longestMinutes: z.number().int().min(0).max(10_080),
});
export type DialInSettings = z.infer<typeof dialInSchema>;
export const DIAL_IN_DEFAULT: DialInSettings = {
  lines: [],
  callers: [],
  local: '192.168.67.1',
  pool: { first: '192.168.67.10', last: '192.168.67.41' },
  wins: [],
  proxyArp: false,
  idleMinutes: 0,
  longestMinutes: 0,
};

/** `waiting` for a call; `ringing`, not answered yet; `fault` is tried again by itself. */
export const linePhaseSchema = z.enum([
  'off',
  'starting',
  'waiting',
  'ringing',
  'answering',
  'logging-in',
  'connected',
  'hanging-up',
  'fault',
]);
export type LinePhase = z.infer<typeof linePhaseSchema>;

/** One call that has been answered. */
export const callInSchema = z.object({
  /** Its number; the engine's link has the same. */
  id: z.number().int(),
  line: z.string(),
  phase: z.enum(['answering', 'logging-in', 'connected', 'hanging-up']),
  /** Who calls, as the exchange or the socket says; null if it does not. */
  from: z.string().nullable(),
  user: z.string().nullable(),
  address: ipv4Schema.nullable(),
  protocol: z.enum(['ppp', 'slip', 'cslip']).nullable(),
  /** Such as `CHAP-MD5`; null before. */
  authentication: z.string().nullable(),
  /** bit/s of the carrier, or of the port where there is none. */
  rate: z.number(),
  /** Milliseconds since the epoch. */
  since: z.number(),
  bytesIn: z.number(),
  bytesOut: z.number(),
});
export type CallIn = z.infer<typeof callInSchema>;

export const lineStateSchema = z.object({
  id: z.string(),
  phase: linePhaseSchema,
  /** In words: what is done or waited for. */
  activity: z.string(),
  since: z.number(),
  /** Why the line takes no calls, or what became of the last one; the next call clears it. */
  fault: faultSchema.nullable(),
});
export type LineState = z.infer<typeof lineStateSchema>;

export const practiceCallerSchema = z.object({
  phase: z.enum(['idle', 'calling', 'connected', 'hanging-up', 'failed']),
  activity: z.string(),
  /** The address it was given. */
  address: ipv4Schema.nullable(),
});
export type PracticeCaller = z.infer<typeof practiceCallerSchema>;

export const dialInStateSchema = z.object({
  lines: z.array(lineStateSchema),
  calls: z.array(callInSchema),
  /** User names with a password. */
  passwords: z.array(z.string()),
  /** The built-in computer that calls in for practice. */
  practiceCaller: practiceCallerSchema,
});
export type DialInState = z.infer<typeof dialInStateSchema>;

export const emptyDialIn: DialInState = {
  lines: [],
  calls: [],
  passwords: [],
  practiceCaller: { phase: 'idle', activity: '', address: null },
};

const done = z.object({});
const command = <A extends z.ZodType, R extends z.ZodType>(argument: A, result: R) => ({ argument, result });

export const dialInCommands = {
  /** Adds a line that takes calls, or changes the one with its id. */
  setLine: command(z.object({ line: callerLineSchema }).strict(), done),
  removeLine: command(z.object({ id: z.string().max(32) }).strict(), done),
  /** `password` null keeps the old one. */
  saveCaller: command(
    z.object({ caller: callerSchema, password: z.string().max(128).nullable() }).strict(),
    done,
  ),
  removeCaller: command(z.object({ user: z.string().max(40) }).strict(), done),
  hangUpCaller: command(z.object({ call: z.number().int() }).strict(), done),
  /** Have the practice computer call in, over the practice exchange, or hang up. */
  practiceCaller: command(z.object({ deed: z.enum(['call', 'hang-up']) }).strict(), done),
  /** Have it fetch the practice page by its own link and the provider's. */
  practiceCallerFetch: command(
    z.object({}).strict(),
    z.object({ bytes: z.number(), milliseconds: z.number(), sha256: z.string() }),
  ),
} as const;
