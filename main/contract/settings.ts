/** The settings: what a person has chosen, but for providers. Their defaults stand in `main/settings/schema.ts`. */
import { z } from 'zod';
import {
  accessSchema,
  demandRuleSchema,
  forwardSchema,
  helperSettingSchema,
  ipv4Schema,
  lanSchema,
  masqueradeSchema,
  portMappingSchema,
  triggerSchema,
} from '../../engine/contract.ts';
import { weekPlanSchema } from '../calling/week-plan.ts';
import { dialInSchema } from '../dial-in/contract.ts';

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
