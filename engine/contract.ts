/**
 * What main and the elevated engine say to each other: frames on a Unix socket, and the schema of every message.
 *
 * A frame is `u32 length (big-endian, of what follows), u8 kind, body`. Kind 0 is one JSON control message, kind 1 is a
 * packet: `u16 link, u16 client, IPv4 packet` (big-endian). Both sides check every message against the schemas here; a bad
 * frame ends the connection with a stated reason. This file has no Node in it, so that the window may use its types.
 */
import { z } from 'zod';
import { faultSchema, guardedPathsSchema, ipv4Schema } from './contract/basics.ts';
import { engineConfigSchema } from './contract/config.ts';
import {
  clientSchema,
  countersSchema,
  helperStateSchema,
  logLineSchema,
  portLeaseSchema,
} from './contract/report.ts';

export * from './contract/basics.ts';
export * from './contract/config.ts';
export * from './contract/report.ts';
export {
  CONGESTED_BYTES,
  copyBytes,
  FRAME_HEADER_BYTES,
  FrameReader,
  type FrameSink,
  FrameWriter,
  KIND_CONTROL,
  KIND_PACKET,
  LINE_BATCH_BYTES,
  MAX_CONTROL_BYTES,
  MAX_PACKET_BYTES,
  PACKET_HEADER_BYTES,
} from './frames.ts';
export { PRESETS, type Preset } from './helpers/presets.ts';

export const PROTOCOL_VERSION = 2;
export const HEARTBEAT_MS = 2_000;
/** Silence after which either side takes the other for dead. */
export const HEARTBEAT_LOST_MS = 8_000;
/** How long the engine waits for main to come back before it undoes everything and hangs up the line. */
export const MAIN_GRACE_MS = 5_000;
/** How long a new connection may take to say hello. */
export const HELLO_MS = 3_000;

/** Root's own directory; the socket of a user's engine is `<base>/<uid>/engine.sock`. */
export const RUN_BASE = '/run/masq-gate';
/**
 * Moves RUN_BASE, and the token below it, for tests. Honoured by a supervisor only when root itself started it (neither
 * PKEXEC_UID nor SUDO_UID): root may name any path anyway, and pkexec and sudo do not let the variable through.
 */
export const RUN_BASE_VARIABLE = 'MASQ_GATE_RUN';
/** Where main leaves the token for a uid, the first that exists: derived, never told. */
export function tokenDirectories(uid: number, movedBase: string | null): string[] {
  if (movedBase !== null) return [`${movedBase}/user-${uid}`];
  return [`/run/user/${uid}/masq-gate`, `/tmp/masq-gate-${uid}`];
}
export const TOKEN_FILE = 'engine.token';
/** Exit codes of the supervisor; with any but 0 its last line on stdout is `{"fault": …}`. */
export const SUPERVISOR_FAULT_EXIT = 3;

/** Link numbers. Uplinks and callers are numbered by main from 1; the practice provider's Internet has its own. */
export const PRACTICE_LINK = 0xfffe;
/** Stands for the provider's current name servers, on every link of ours: asking it asks for the line. */
export const DNS_ALIAS = '192.0.0.6';
/** Client number of the gateway itself. LAN hosts and callers are numbered by the engine from 1. */
export const GATEWAY_CLIENT = 0;

/** The one LAN of the practice topology, its hosts and its Internet: fixed, the engine takes no arguments for it. */
export const PRACTICE = {
  lanInterface: 'masq-lan',
  lanAddress: '192.168.66.1',
  hosts: ['masq-host1', 'masq-host2'],
  provider: {
    address: '203.0.113.1',
    poolFirst: '203.0.113.64',
    poolLast: '203.0.113.127',
    dns: '198.51.100.53',
  },
  web: { name: 'www.practice.example', address: '198.51.100.80', file: '/page.html' },
  hops: ['203.0.113.1', '198.51.100.1'],
} as const;

/** What a caller on a modem of ours may do. */
export const callerRightsSchema = z.object({
  /** Out by an uplink. */
  internet: z.boolean(),
  /** To the hosts of the LAN, and they to the caller; the gateway itself it always reaches. */
  lan: z.boolean(),
  /** To other callers; both need it. */
  callers: z.boolean(),
  /** LAN hosts find the caller by ARP; only with an address of the LAN's own network, else it is routed. */
  proxyArp: z.boolean(),
});
export type CallerRights = z.infer<typeof callerRightsSchema>;
export const CALLER_RIGHTS_DEFAULT: CallerRights = {
  internet: true,
  lan: true,
  callers: true,
  proxyArp: false,
};

export const linkUpSchema = z.object({
  link: z.number().int().min(1).max(PRACTICE_LINK),
  /** `uplink`: the masquerade hides everything behind `local`. `caller`: a client behind us. `practice`: the provider's side. */
  role: z.enum(['uplink', 'caller', 'practice']),
  local: ipv4Schema,
  peer: ipv4Schema,
  dns: z.array(ipv4Schema).max(4),
  mtu: z.number().int().min(128).max(1500),
  /** bit/s of an uplink, by which clients are spread where there are several; not named counts as 33,600. */
  rate: z.number().int().min(50).max(1_000_000_000).optional(),
  /** A caller's user name. */
  name: z.string().max(64).optional(),
  /** What a caller may do; not named means CALLER_RIGHTS_DEFAULT. */
  caller: callerRightsSchema.optional(),
});
export type LinkUp = z.infer<typeof linkUpSchema>;

const requestId = z.number().int().min(1);

/** Main → engine. `hello` comes first; everything with an id gets one `reply`. */
export const toEngineSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    protocol: z.number().int(),
    token: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  z.object({ type: z.literal('ping') }),
  z.object({ type: z.literal('configure'), id: requestId, config: engineConfigSchema }),
  z.object({ type: z.literal('link-up'), id: requestId, up: linkUpSchema }),
  z.object({ type: z.literal('link-down'), id: requestId, link: z.number().int().min(1).max(PRACTICE_LINK) }),
  /** All serial ports with a call on them, so that the engine can hang them up when main dies. */
  z.object({ type: z.literal('guard-lines'), id: requestId, paths: guardedPathsSchema }),
  z.object({ type: z.literal('sessions'), id: requestId, limit: z.number().int().min(1).max(5000) }),
  z.object({ type: z.literal('refusals'), id: requestId }),
  /** Cut what a client has open; used when it is paused. */
  z.object({ type: z.literal('cut'), id: requestId, client: ipv4Schema }),
  /** Have a practice LAN host fetch the practice page; the engine knows the one address. */
  z.object({ type: z.literal('practice-fetch'), id: requestId, host: z.enum(PRACTICE.hosts) }),
  /** Undo everything on the host, answer, exit. */
  z.object({ type: z.literal('stop'), id: requestId }),
]);
export type ToEngine = z.infer<typeof toEngineSchema>;

/** Engine → main. `welcome` answers a good hello; `refused` is the last thing said on a connection that ends. */
export const fromEngineSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('welcome'),
    protocol: z.number().int(),
    pid: z.number().int(),
    restarts: z.number().int(),
  }),
  z.object({ type: z.literal('refused'), reason: z.string().max(400) }),
  z.object({ type: z.literal('pong') }),
  z.object({ type: z.literal('reply'), id: requestId, ok: z.literal(true), result: z.unknown().optional() }),
  z.object({ type: z.literal('reply-fault'), id: requestId, fault: faultSchema }),
  /** At most twice a second, and only when something changed. */
  z.object({ type: z.literal('clients'), clients: z.array(clientSchema).max(2048) }),
  z.object({ type: z.literal('helpers'), helpers: z.array(helperStateSchema).max(64) }),
  z.object({ type: z.literal('counters'), counters: countersSchema }),
  /** All of them, whenever they changed. */
  z.object({ type: z.literal('port-leases'), leases: z.array(portLeaseSchema).max(2048) }),
  z.object({ type: z.literal('log'), line: logLineSchema }),
  /** Something on the host is not as it should be, or (null) is well again, by code. */
  z.object({ type: z.literal('host-fault'), code: z.string().max(64), fault: faultSchema.nullable() }),
  /** A packet asks for the line (demand dialling). */
  z.object({ type: z.literal('want-line'), client: z.string().max(64), reason: z.string().max(200) }),
  /** What a redial did: how many mappings moved, how many TCP flows were reset, how many packets had been held. */
  z.object({
    type: z.literal('readdressed'),
    from: ipv4Schema,
    to: ipv4Schema,
    moved: z.number(),
    reset: z.number(),
    held: z.number(),
  }),
]);
export type FromEngine = z.infer<typeof fromEngineSchema>;
