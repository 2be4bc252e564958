/** What the engine tells of itself: clients, sessions, helpers, opened ports, counters, log lines. */
import { z } from 'zod';
import { ipv4Schema } from './basics.ts';
import { helperPortSchema, MOST_HELPER_PORTS } from './config.ts';

export const clientSchema = z.object({
  id: z.number().int().min(0).max(0xffff),
  kind: z.enum(['lan', 'caller', 'gateway']),
  address: ipv4Schema,
  mac: z.string().max(17).nullable(),
  name: z.string().max(64).nullable(),
  /** Milliseconds since the epoch. */
  firstSeen: z.number(),
  lastSeen: z.number(),
  leaseExpires: z.number().nullable(),
  /** Bytes of IP through the link since the engine started, and bit/s over the last second. */
  bytesUp: z.number(),
  bytesDown: z.number(),
  rateUp: z.number(),
  rateDown: z.number(),
  sessions: z.number().int(),
  paused: z.boolean(),
});
export type Client = z.infer<typeof clientSchema>;

export const sessionSchema = z.object({
  protocol: z.string().max(8),
  state: z.string().max(16),
  client: ipv4Schema,
  clientPort: z.number().int(),
  mappedPort: z.number().int(),
  remote: ipv4Schema,
  remotePort: z.number().int(),
  /** Seconds until forgotten. */
  expires: z.number(),
  bytesUp: z.number(),
  bytesDown: z.number(),
  packetsUp: z.number(),
  packetsDown: z.number(),
  helper: z.string().max(32).nullable(),
  /** The uplink it goes by. */
  link: z.number().int().optional(),
  /** Sequence shift made by a helper, outbound: first sequence touched, delta, previous delta. */
  initSeq: z.number(),
  delta: z.number(),
  previousDelta: z.number(),
});
export type Session = z.infer<typeof sessionSchema>;

export const helperStateSchema = z.object({
  name: z.string().max(32),
  title: z.string().max(64),
  /** One sentence for a person: what it opens. */
  opens: z.string().max(300),
  on: z.boolean(),
  ports: z.array(helperPortSchema).max(MOST_HELPER_PORTS),
  hits: z.number(),
  expectations: z.number(),
  lastUse: z.number().nullable(),
  refusals: z.array(z.object({ reason: z.string().max(120), count: z.number() })).max(16),
});
export type HelperState = z.infer<typeof helperStateSchema>;

/** A port held open for a time: asked for by a program on the LAN, or opened by a trigger. */
export const portLeaseSchema = z.object({
  by: z.enum(['pcp', 'nat-pmp', 'trigger']),
  /** The trigger's id. */
  rule: z.string().max(32).nullable(),
  client: ipv4Schema,
  protocol: z.enum(['tcp', 'udp', 'both']),
  insidePort: z.number().int(),
  outsidePort: z.number().int(),
  /** How many ports, from these on. */
  count: z.number().int(),
  /** The only remote that may come, if one was named. */
  remote: ipv4Schema.nullable(),
  /** Milliseconds since the epoch. */
  expires: z.number(),
});
export type PortLease = z.infer<typeof portLeaseSchema>;

export const countersSchema = z.record(z.string().max(64), z.number());
export type Counters = z.infer<typeof countersSchema>;

export const logLevelSchema = z.enum(['debug', 'info', 'warning', 'error']);
export type LogLevel = z.infer<typeof logLevelSchema>;
export const logLineSchema = z.object({
  /** Milliseconds since the epoch. */
  at: z.number(),
  level: logLevelSchema,
  part: z.string().max(24),
  text: z.string().max(2000),
});
export type LogLine = z.infer<typeof logLineSchema>;
