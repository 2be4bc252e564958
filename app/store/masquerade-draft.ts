// The masquerade's part of the settings dialog: filters, idle times by preset or by hand, limits, private networks. Pure.
import { readNetwork, type Settings, TIMER_PRESETS } from '../../main/contract.ts';
import { checks } from '../strings-forms.ts';

type Masquerade = Settings['masquerade'];
type TimerName = keyof Masquerade['timers'];
type TimerPreset = keyof typeof TIMER_PRESETS | 'custom';
export const TIMER_NAMES = Object.keys(TIMER_PRESETS.default) as TimerName[];
const LIMITS = { clientMappings: [16, 60_000], clientMappingsPerSecond: [1, 60_000] } as const;

/** Times and limits are as typed. */
export interface MasqueradeDraft extends Record<TimerName, string> {
  udpFiltering: Masquerade['udpFiltering'];
  tcpFiltering: Masquerade['tcpFiltering'];
  timers: TimerPreset;
  hairpin: boolean;
  inboundRefresh: boolean;
  clientMappings: string;
  clientMappingsPerSecond: string;
  /** Networks, one a line. */
  privateExceptions: string;
}
type MasqueradeErrors = Partial<Record<keyof MasqueradeDraft, string>>;

export function presetOf(timers: Masquerade['timers']): TimerPreset {
  const names = Object.keys(TIMER_PRESETS) as (keyof typeof TIMER_PRESETS)[];
  return (
    names.find((name) => TIMER_NAMES.every((timer) => timers[timer] === TIMER_PRESETS[name][timer])) ??
    'custom'
  );
}

const typed = (timers: Masquerade['timers']) =>
  Object.fromEntries(TIMER_NAMES.map((name) => [name, String(timers[name])])) as Record<TimerName, string>;

export const draftOfMasquerade = (masquerade: Masquerade): MasqueradeDraft => ({
  ...typed(masquerade.timers),
  udpFiltering: masquerade.udpFiltering,
  tcpFiltering: masquerade.tcpFiltering,
  timers: presetOf(masquerade.timers),
  hairpin: masquerade.hairpin,
  inboundRefresh: masquerade.inboundRefresh !== false,
  clientMappings: String(masquerade.clientMappings),
  clientMappingsPerSecond: String(masquerade.clientMappingsPerSecond),
  privateExceptions: masquerade.privateExceptions.join('\n'),
});

/** A preset was picked: its times stand in the fields, from where they may be changed by hand. */
export const pickPreset = (timers: TimerPreset): Partial<MasqueradeDraft> =>
  timers === 'custom' ? { timers } : { timers, ...typed(TIMER_PRESETS[timers]) };

const networks = (text: string) => text.split(/[\s,]+/).filter(Boolean);
const within = (text: string, least: number, most: number) =>
  /^\d+$/.test(text.trim()) && Number(text) >= least && Number(text) <= most;

export function checkMasquerade(draft: MasqueradeDraft): MasqueradeErrors {
  const errors: MasqueradeErrors = {};
  for (const name of TIMER_NAMES) if (!within(draft[name], 1, 604_800)) errors[name] = checks.seconds;
  for (const [name, [least, most]] of Object.entries(LIMITS) as [keyof typeof LIMITS, [number, number]][])
    if (!within(draft[name], least, most)) errors[name] = checks.between(least, most);
  const wrong = networks(draft.privateExceptions).find((text) => readNetwork(text) === null);
  if (wrong !== undefined) errors.privateExceptions = checks.network(wrong);
  return errors;
}

/** Of a draft that was checked. What the dialog does not hold stays as it was. */
export const masqueradeOf = (draft: MasqueradeDraft, before: Masquerade): Masquerade => ({
  ...before,
  timers: Object.fromEntries(TIMER_NAMES.map((name) => [name, Number(draft[name])])) as Masquerade['timers'],
  udpFiltering: draft.udpFiltering,
  tcpFiltering: draft.tcpFiltering,
  hairpin: draft.hairpin,
  ...(draft.inboundRefresh && before.inboundRefresh === undefined
    ? {}
    : { inboundRefresh: draft.inboundRefresh }),
  clientMappings: Number(draft.clientMappings),
  clientMappingsPerSecond: Number(draft.clientMappingsPerSecond),
  privateExceptions: [
    ...new Set(networks(draft.privateExceptions).flatMap((text) => readNetwork(text) ?? [])),
  ],
});
