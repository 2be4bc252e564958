/**
 * What main and the elevated engine say to each other: frames on a Unix socket, and the schema of every message.
 *
 * A frame is `u32 length (big-endian, of what follows), u8 kind, body`. Kind 0 is one JSON control message, kind 1 is a
 * packet: `u16 link, u16 client, IPv4 packet` (big-endian). Both sides check every message against the schemas here; a bad
 * frame ends the connection with a stated reason. This file has no Node in it, so that the window may use its types.
 */
import { z } from 'zod';

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

/** Something a person is told: what happened, why most likely, and what to do about it. */
export const faultSchema = z.object({
  code: z.string().max(64),
  sentence: z.string().max(400),
  cause: z.string().max(600),
  remedy: z.string().max(800),
  detail: z.string().max(4000).optional(),
});
export type Fault = z.infer<typeof faultSchema>;

const octet = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';
export const ipv4Schema = z
  .string()
  .regex(new RegExp(`^${octet}(?:\\.${octet}){3}$`), 'an IPv4 address such as 192.168.66.1');
export const interfaceSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,14}$/, 'a network interface name');
export const portSchema = z.number().int().min(1).max(65535);
/** A serial device the engine may be asked to hang up: a name below /dev, never a path that climbs. */
export const serialPathSchema = z
  .string()
  .regex(/^\/dev\/(?:[A-Za-z0-9_-]+\/)?[A-Za-z0-9_.-]{1,64}$/, 'a serial port below /dev')
  .refine((path) => !path.includes('..'));

/** Serial ports with a call on them. */
export const guardedPathsSchema = z.array(serialPathSchema).max(8);

export const lanSchema = z.object({
  interface: interfaceSchema,
  address: ipv4Schema,
  prefix: z.number().int().min(8).max(30),
  dhcp: z
    .object({ first: ipv4Schema, last: ipv4Schema, leaseSeconds: z.number().int().min(120).max(604_800) })
    .nullable(),
});
export type Lan = z.infer<typeof lanSchema>;

const seconds = z.number().int().min(1).max(604_800);
/** Idle times, in seconds, after which a session is forgotten (RFC 4787 REQ-5, RFC 5382 REQ-5, RFC 5508 REQ-2). */
export const timersSchema = z.object({
  tcpEstablished: seconds,
  tcpOpening: seconds,
  tcpClosing: seconds,
  udp: seconds,
  icmp: seconds,
  other: seconds,
});
export type Timers = z.infer<typeof timersSchema>;
export const TIMER_PRESETS = {
  default: { tcpEstablished: 7440, tcpOpening: 240, tcpClosing: 240, udp: 300, icmp: 60, other: 600 },
  classic: { tcpEstablished: 900, tcpOpening: 120, tcpClosing: 120, udp: 300, icmp: 60, other: 600 },
  HOWTO: { tcpEstablished: 7200, tcpOpening: 120, tcpClosing: 10, udp: 160, icmp: 60, other: 600 },
} as const satisfies Record<string, Timers>;

/** RFC 4787 §5: who may answer to a mapped port. "Loose UDP" is endpoint-independent. */
export const filteringSchema = z.enum([
  'endpoint-independent',
  'address-dependent',
  'address-and-port-dependent',
]);
export type Filtering = z.infer<typeof filteringSchema>;

export const masqueradeSchema = z.object({
  timers: timersSchema,
  udpFiltering: filteringSchema,
  tcpFiltering: filteringSchema,
  hairpin: z.boolean(),
  /** Most mappings one client may hold at once, and most new ones a second (RFC 6888 REQ-4). */
  clientMappings: z.number().int().min(16).max(60_000),
  clientMappingsPerSecond: z.number().int().min(1).max(60_000),
  /** Private or special destinations that may leave by the link all the same, as `address/prefix`. */
  privateExceptions: z.array(z.string().regex(/^[\d.]+\/\d{1,2}$/)).max(64),
  /** Do datagrams from outside keep a mapping alive too (RFC 4787 REQ-6, RFC 7857 §7)? Not named means yes. */
  inboundRefresh: z.boolean().optional(),
});
export type MasqueradeConfig = z.infer<typeof masqueradeSchema>;
export const MASQUERADE_DEFAULT: MasqueradeConfig = {
  timers: TIMER_PRESETS.default,
  udpFiltering: 'address-dependent',
  tcpFiltering: 'address-dependent',
  hairpin: true,
  clientMappings: 8192,
  clientMappingsPerSecond: 200,
  privateExceptions: [],
};

export const forwardSchema = z.object({
  id: z.string().regex(/^[a-z0-9-]{1,32}$/),
  on: z.boolean(),
  protocol: z.enum(['tcp', 'udp', 'both']),
  first: portSchema,
  last: portSchema,
  /** Where the range begins on the inside; the same as `first` when ports are kept. */
  insideFirst: portSchema,
  hosts: z
    .array(z.object({ address: ipv4Schema, weight: z.number().int().min(1).max(100) }))
    .min(1)
    .max(16),
  /** Remote addresses that may come in, as `address/prefix`; empty means all. */
  sources: z.array(z.string().regex(/^[\d.]+\/\d{1,2}$/)).max(64),
});
export type Forward = z.infer<typeof forwardSchema>;

const portRange = {
  protocol: z.enum(['tcp', 'udp', 'both']),
  first: portSchema,
  last: portSchema,
};
/**
 * A port trigger (autofw's RANGE): what a host sends to a control port opens inbound ranges for that host, for a time that
 * every further control packet begins anew.
 */
export const triggerSchema = z.object({
  id: z.string().regex(/^[a-z0-9-]{1,32}$/),
  on: z.boolean(),
  /** The control traffic: destination ports of what goes out. */
  ...portRange,
  /** What is opened; the ports are the same outside and inside. */
  opens: z.array(z.object(portRange)).min(1).max(8),
  /** How long after the last control packet new sessions may come in. */
  seconds: z.number().int().min(1).max(86_400),
  /** Only from remotes that the host has sent control traffic to. */
  secure: z.boolean(),
});
export type Trigger = z.infer<typeof triggerSchema>;

/** Which protocols let programs on the LAN open ports themselves (RFC 6887, RFC 6886). Both off unless asked for. */
export const portMappingSchema = z.object({ pcp: z.boolean(), natPmp: z.boolean() });
export type PortMappingConfig = z.infer<typeof portMappingSchema>;

/**
 * Which names may bring the line up, in order; the first pattern that fits a looked-up name decides, and none means dial.
 * In a pattern `*` stands for any characters (also none) and `?` for one.
 */
export const demandRuleSchema = z.object({
  action: z.enum(['dial', 'ignore']),
  pattern: z.string().regex(/^[A-Za-z0-9*?._-]{1,253}$/, 'a name such as *.example.com'),
});
export type DemandRule = z.infer<typeof demandRuleSchema>;

/** Who may use the link: everybody on the LAN, or only the listed addresses; paused ones never. */
export const accessSchema = z.object({
  mode: z.enum(['everybody', 'chosen']),
  chosen: z.array(ipv4Schema).max(1024),
  paused: z.array(ipv4Schema).max(1024),
});
export type Access = z.infer<typeof accessSchema>;

/** A number: by whatever the protocol is spoken; `1719/udp`: by that only. */
export const helperPortSchema = z.union([
  portSchema,
  z
    .string()
    .regex(/^[1-9]\d{0,4}\/(?:tcp|udp)$/, 'a port such as 1719/udp')
    .refine((text) => Number.parseInt(text, 10) <= 65_535, 'a port such as 1719/udp'),
]);
export type HelperPort = z.infer<typeof helperPortSchema>;
export const MOST_HELPER_PORTS = 12;

/** No ports: those of the registry. */
export const helperSettingSchema = z.object({
  on: z.boolean(),
  ports: z.array(helperPortSchema).max(MOST_HELPER_PORTS),
});
export type HelperSetting = z.infer<typeof helperSettingSchema>;

export const engineConfigSchema = z.object({
  /** Build the practice topology; its LAN is then the LAN and `lan` is ignored. */
  practice: z.boolean(),
  lan: lanSchema.nullable(),
  masquerade: masqueradeSchema,
  access: accessSchema,
  forwards: z.array(forwardSchema).max(256),
  /** By helper name; a helper not named here stands as its registry entry says. */
  helpers: z.record(z.string().max(32), helperSettingSchema),
  triggers: z.array(triggerSchema).max(64).optional(),
  portMapping: portMappingSchema.optional(),
  /** Hold the packet that asks for the line and say so, while no uplink is up. */
  demand: z.boolean(),
  demandRules: z.array(demandRuleSchema).max(256).optional(),
  /** Over several uplinks: each client as a whole, or also its plain TCP connections (the default) one by one. */
  spread: z.enum(['clients', 'connections']).optional(),
  /** Clients of whom all goes by one uplink, because their share of a line is limited. */
  together: z.array(ipv4Schema).max(256).optional(),
  /** Whether the gateway's own traffic uses the link: only without another default route, always, or never. */
  ownTraffic: z.enum(['auto', 'always', 'never']),
  /** May the rule that lets masq0 through stand in a foreign firewall's own chain? `ask`, the default, tells and waits. */
  openForeignFirewall: z.enum(['ask', 'yes', 'no']).optional(),
});
export type EngineConfig = z.infer<typeof engineConfigSchema>;

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
