// What is typed into the settings dialog: filled from the settings, checked, and turned into a patch. Pure.
import {
  type Lan,
  type LanCandidate,
  readWeekPlan,
  type Settings,
  settingsSchema,
  weekPlanText,
} from '../../main/contract.ts';
import { formatAddress, parseAddress, sameNetwork, suggestLan, suggestRange } from '../format/address.ts';
import { checks } from '../strings-forms.ts';
import type { Checked } from './forward-draft.ts';
import {
  checkMasquerade,
  draftOfMasquerade,
  type MasqueradeDraft,
  masqueradeOf,
} from './masquerade-draft.ts';

export interface SettingsDraft extends MasqueradeDraft {
  /** Empty: do not share. */
  card: string;
  address: string;
  prefix: string;
  dhcp: boolean;
  first: string;
  last: string;
  leaseHours: string;
  ownTraffic: Settings['ownTraffic'];
  openForeignFirewall: Settings['openForeignFirewall'];
  access: Settings['access']['mode'];
  /** Addresses as typed. */
  chosen: string;
  demand: boolean;
  idleMinutes: string;
  /** Spans of the week, one a line. */
  keepUp: string;
  neverDial: string;
  /** One a line, such as `ignore *.example.com`. */
  demandRules: string;
  secondOn: boolean;
  /** Empty: the first call's. */
  secondProvider: string;
  /** Empty: its provider's, or any that answers. */
  secondPort: string;
  spread: Settings['secondCall']['spread'];
  theme: Settings['theme'];
  closeToTray: boolean;
}
export type SettingsErrors = Partial<Record<keyof SettingsDraft, string>>;

type LanDraft = Pick<SettingsDraft, 'card' | 'address' | 'prefix' | 'dhcp' | 'first' | 'last' | 'leaseHours'>;

function lanDraft(lan: Lan | null): LanDraft {
  return {
    card: lan?.interface ?? '',
    address: lan?.address ?? '',
    prefix: String(lan?.prefix ?? 24),
    dhcp: lan ? lan.dhcp !== null : true,
    first: lan?.dhcp?.first ?? '',
    last: lan?.dhcp?.last ?? '',
    leaseHours: String((lan?.dhcp?.leaseSeconds ?? 43_200) / 3600),
  };
}

export const draftOfSettings = (settings: Settings): SettingsDraft => ({
  ...lanDraft(settings.lan),
  ...draftOfMasquerade(settings.masquerade),
  ownTraffic: settings.ownTraffic,
  openForeignFirewall: settings.openForeignFirewall,
  access: settings.access.mode,
  chosen: settings.access.chosen.join('\n'),
  demand: settings.demand,
  idleMinutes: String(settings.idleMinutes),
  keepUp: weekPlanText(settings.keepUp),
  neverDial: weekPlanText(settings.neverDial),
  demandRules: settings.demandRules.map(({ action, pattern }) => `${action} ${pattern}`).join('\n'),
  secondOn: settings.secondCall.on,
  secondProvider: settings.secondCall.providerId ?? '',
  secondPort: settings.secondCall.port,
  spread: settings.secondCall.spread,
  theme: settings.theme,
  closeToTray: settings.closeToTray,
});

/** A card was chosen: its own network, or a free one, is filled in. */
export function chooseCard(name: string, settings: Settings, candidates: readonly LanCandidate[]): LanDraft {
  if (settings.lan?.interface === name) return lanDraft(settings.lan);
  const card = candidates.find((candidate) => candidate.name === name);
  return lanDraft(card ? suggestLan(card, candidates) : null);
}

/** The address or prefix was changed: the range follows it, unless it still fits. */
export function followAddress(draft: LanDraft): Pick<SettingsDraft, 'first' | 'last'> {
  const prefix = Number(draft.prefix);
  const range = suggestRange(draft.address, prefix);
  const own = parseAddress(draft.address);
  const first = parseAddress(draft.first);
  const fits = own !== null && first !== null && range !== null && sameNetwork(own, first, prefix);
  return fits || !range ? { first: draft.first, last: draft.last } : range;
}

function checkLan(draft: LanDraft): SettingsErrors {
  const errors: SettingsErrors = {};
  const own = parseAddress(draft.address);
  const prefix = Number(draft.prefix);
  if (own === null) errors.address = checks.address;
  const goodPrefix = Number.isInteger(prefix) && prefix >= 8 && prefix <= 30;
  if (!goodPrefix) errors.prefix = checks.prefix;
  if (!draft.dhcp || own === null || !goodPrefix) return errors;
  const first = parseAddress(draft.first);
  const last = parseAddress(draft.last);
  if (first === null) errors.first = checks.address;
  if (last === null) errors.last = checks.address;
  if (first === null || last === null) return errors;
  if (!sameNetwork(own, first, prefix)) errors.first = checks.outside;
  else if (first > last) errors.first = checks.order;
  else if (own >= first && own <= last) errors.first = checks.own;
  if (!sameNetwork(own, last, prefix)) errors.last = checks.outside;
  const hours = Number(draft.leaseHours);
  if (!(hours >= 1 && hours <= 168)) errors.leaseHours = checks.lease;
  return errors;
}

const words = (text: string) => text.split(/[\s,]+/).filter(Boolean);
const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

/** Lines such as `dial *.example.com`; null when one is not understood. */
export function readDemandRules(text: string): Settings['demandRules'] | null {
  const rules: unknown[] = lines(text).map((line) => {
    const [action, pattern, ...more] = line.split(/\s+/);
    return more.length > 0 ? null : { action: action?.toLowerCase(), pattern };
  });
  const parsed = settingsSchema.shape.demandRules.safeParse(rules);
  return parsed.success ? parsed.data : null;
}

function checkWho(draft: SettingsDraft): SettingsErrors {
  const errors: SettingsErrors = {};
  const chosen = words(draft.chosen);
  const wrong = chosen.find((address) => parseAddress(address) === null);
  // With everybody the list is out of sight, and so would be its fault.
  if (draft.access === 'chosen' && wrong !== undefined) errors.chosen = checks.chosen(wrong);
  else if (draft.access === 'chosen' && chosen.length === 0) errors.chosen = checks.nobody;
  const minutes = Number(draft.idleMinutes || Number.NaN);
  if (!Number.isInteger(minutes) || minutes < 0 || minutes > 1440) errors.idleMinutes = checks.idle;
  if (readWeekPlan(draft.keepUp) === null) errors.keepUp = checks.hours;
  if (readWeekPlan(draft.neverDial) === null) errors.neverDial = checks.hours;
  if (readDemandRules(draft.demandRules) === null) errors.demandRules = checks.demandRules;
  return errors;
}

const plain = (address: string) => formatAddress(parseAddress(address) ?? 0);

export function checkSettings(
  draft: SettingsDraft,
  settings: Settings,
): Checked<Partial<Settings>, SettingsErrors> {
  const errors = { ...(draft.card ? checkLan(draft) : {}), ...checkWho(draft), ...checkMasquerade(draft) };
  if (Object.keys(errors).length > 0) return { ok: false, errors };
  const parsed = settingsSchema
    .pick({
      lan: true,
      masquerade: true,
      access: true,
      ownTraffic: true,
      openForeignFirewall: true,
      demand: true,
      idleMinutes: true,
      keepUp: true,
      neverDial: true,
      demandRules: true,
      secondCall: true,
      theme: true,
      closeToTray: true,
    })
    .safeParse({
      lan: draft.card
        ? {
            interface: draft.card,
            address: plain(draft.address),
            prefix: Number(draft.prefix),
            dhcp: draft.dhcp
              ? {
                  first: plain(draft.first),
                  last: plain(draft.last),
                  leaseSeconds: Math.round(Number(draft.leaseHours) * 3600),
                }
              : null,
          }
        : null,
      masquerade: masqueradeOf(draft, settings.masquerade),
      access: {
        ...settings.access,
        mode: draft.access,
        chosen: [
          ...new Set(
            words(draft.chosen)
              .filter((text) => parseAddress(text) !== null)
              .map(plain),
          ),
        ],
      },
      demand: draft.demand,
      idleMinutes: Number(draft.idleMinutes),
      keepUp: readWeekPlan(draft.keepUp),
      neverDial: readWeekPlan(draft.neverDial),
      demandRules: readDemandRules(draft.demandRules),
      secondCall: {
        on: draft.secondOn,
        providerId: draft.secondProvider || null,
        port: draft.secondPort.trim(),
        spread: draft.spread,
      },
      ownTraffic: draft.ownTraffic,
      openForeignFirewall: draft.openForeignFirewall,
      theme: draft.theme,
      closeToTray: draft.closeToTray,
    });
  // What the form itself did not catch stands at the card, the one thing not typed here.
  return parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, errors: { card: parsed.error.issues[0]?.message ?? '' } };
}
