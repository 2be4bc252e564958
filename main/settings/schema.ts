/** What settings.json holds, its version, its defaults, and how older versions become this one. No files here. */
import { z } from 'zod';
import { MASQUERADE_DEFAULT } from '../../engine/contract.ts';
import { DIAL_IN_DEFAULT, providerSchema, type Settings, settingsSchema } from '../contract.ts';

export const SETTINGS_VERSION = 1;

export const DEFAULT_SETTINGS: Settings = {
  lan: null,
  masquerade: MASQUERADE_DEFAULT,
  access: { mode: 'everybody', chosen: [], paused: [] },
  shares: [],
  forwards: [],
  triggers: [],
  portMapping: { pcp: false, natPmp: false },
  demandRules: [],
  helpers: {},
  ownTraffic: 'auto',
  openForeignFirewall: 'ask',
  selectedProvider: null,
  secondCall: { on: false, providerId: null, port: '', spread: 'connections' },
  demand: false,
  idleMinutes: 0,
  keepUp: [],
  neverDial: [],
  dialIn: DIAL_IN_DEFAULT,
  theme: 'system',
  closeToTray: true,
};

export const settingsFileSchema = z.object({
  version: z.literal(SETTINGS_VERSION),
  settings: settingsSchema,
  providers: z.array(providerSchema).max(100),
});
export type SettingsFile = z.infer<typeof settingsFileSchema>;

export function emptySettingsFile(): SettingsFile {
  return { version: SETTINGS_VERSION, settings: structuredClone(DEFAULT_SETTINGS), providers: [] };
}

type Plain = Record<string, unknown>;
/** `steps[n]` makes version n into version n + 1. Version 0 is a file from before versions were written. */
const steps: readonly ((old: Plain) => Plain)[] = [(old) => ({ ...old, version: 1 })];

export type Read =
  | { ok: true; file: SettingsFile; migratedFrom: number | null }
  | { ok: false; reason: 'not-json' | 'newer' | 'not-valid'; detail: string };

/** Keys that a later minor release adds are filled from the defaults, so that adding one needs no step. */
export function readSettingsText(text: string): Read {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    return { ok: false, reason: 'not-json', detail: String(error) };
  }
  if (!isPlain(found)) return { ok: false, reason: 'not-valid', detail: 'not an object' };
  const version = found.version === undefined ? 0 : found.version;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 0)
    return { ok: false, reason: 'not-valid', detail: 'the version is not a whole number' };
  if (version > SETTINGS_VERSION)
    return {
      ok: false,
      reason: 'newer',
      detail: `version ${version}, this program knows ${SETTINGS_VERSION}`,
    };
  let current: Plain = found;
  for (const step of steps.slice(version)) current = step(current);
  const checked = settingsFileSchema.safeParse({
    ...current,
    providers: current.providers ?? [],
    settings: { ...DEFAULT_SETTINGS, ...(isPlain(current.settings) ? current.settings : {}) },
  });
  if (!checked.success) return { ok: false, reason: 'not-valid', detail: z.prettifyError(checked.error) };
  return { ok: true, file: checked.data, migratedFrom: version === SETTINGS_VERSION ? null : version };
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
