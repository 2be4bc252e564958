/** The engine's whole configuration, as main tells it: the LAN, the masquerade, who may use it, forwards, triggers, helpers. */
import { z } from 'zod';
import { interfaceSchema, ipv4Schema, portSchema } from './basics.ts';

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
