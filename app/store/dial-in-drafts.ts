// What is typed into the forms of the Callers view, checked by the contract's own schemas. Pure.
import {
  type Caller,
  type CallerLine,
  callerLineSchema,
  callerSchema,
  type DialInSettings,
  dialInSchema,
  freeId,
  NEW_CALLER,
  readWeekPlan,
  weekPlanText,
} from '../../main/contract.ts';
import { parseAddress } from '../format/address.ts';
import { callers as callerWords, dialIn as dialInWords, lines as lineWords } from '../strings-callers.ts';
import type { Checked } from './forward-draft.ts';

const list = (text: string) => text.split(/[\s,]+/).filter(Boolean);
const rows = (text: string) =>
  text
    .split('\n')
    .map((row) => row.trim())
    .filter(Boolean);

/** All kinds of line in one, so that changing the kind loses nothing typed. */
export interface LineDraft {
  kind: CallerLine['kind'];
  name: string;
  on: boolean;
  slipUser: string;
  port: string;
  portRate: string;
  modemInit: string;
  rings: string;
  callerId: boolean;
  ringPatterns: string;
  flow: 'rts-cts' | 'xon-xoff' | 'none';
  tcpPort: string;
  reach: 'this-computer' | 'lan';
  callers: string;
}
export type LineErrors = Partial<Record<keyof LineDraft, string>>;

const newLine: LineDraft = {
  kind: 'modem',
  name: '',
  on: true,
  slipUser: '',
  port: '',
  portRate: '115200',
  modemInit: '',
  rings: '2',
  callerId: true,
  ringPatterns: '',
  flow: 'rts-cts',
  tcpPort: '2323',
  reach: 'this-computer',
  callers: '4',
};

export function lineDraft(line: CallerLine | null): LineDraft {
  if (line === null) return newLine;
  const { kind, name, on, slipUser, portRate } = line;
  const draft = { ...newLine, kind, name, on, slipUser: slipUser ?? '', portRate: String(portRate) };
  if (line.kind === 'modem')
    return {
      ...draft,
      port: line.port,
      modemInit: line.modemInit.join('\n'),
      rings: String(line.rings),
      callerId: line.callerId,
      ringPatterns: line.ringPatterns.join(', '),
    };
  if (line.kind === 'cable') return { ...draft, port: line.port, flow: line.flow };
  return { ...draft, tcpPort: String(line.tcpPort), reach: line.reach, callers: String(line.callers) };
}

export function checkLine(
  draft: LineDraft,
  id: string | null,
  known: readonly CallerLine[],
): Checked<CallerLine, LineErrors> {
  const { kind, flow, reach, callerId } = draft;
  const parsed = callerLineSchema.safeParse({
    ...draft,
    id: id ?? freeId(idFrom(draft.name), known),
    portRate: Number(draft.portRate),
    slipUser: draft.slipUser || null,
    ...(kind === 'modem' && {
      modemInit: rows(draft.modemInit),
      rings: Number(draft.rings),
      callerId,
      ringPatterns: list(draft.ringPatterns.toUpperCase()),
    }),
    ...(kind === 'cable' && { flow }),
    ...(kind === 'tcp' && { tcpPort: Number(draft.tcpPort), reach, callers: Number(draft.callers) }),
  });
  if (parsed.success) return { ok: true, value: parsed.data };
  const own: LineErrors = {
    tcpPort: lineWords.portWrong,
    rings: lineWords.ringsWrong,
    callers: lineWords.callersWrong,
    ringPatterns: lineWords.patternsWrong,
  };
  return { ok: false, errors: complaints(parsed.error.issues, draft, own) };
}

export interface CallerDraft {
  user: string;
  on: boolean;
  address: string;
  internet: boolean;
  lan: boolean;
  callers: boolean;
  hours: string;
  calls: string;
}
export type CallerErrors = Partial<Record<keyof CallerDraft, string>>;

export function callerDraft(caller: Caller | null): CallerDraft {
  const from = caller ?? { user: '', ...NEW_CALLER };
  return {
    ...from,
    address: from.address ?? '',
    hours: weekPlanText(from.hours),
    calls: String(from.calls),
  };
}

/** `before`: the name it had, null for somebody new. */
export function checkCaller(
  draft: CallerDraft,
  before: string | null,
  known: readonly Caller[],
): Checked<Caller, CallerErrors> {
  const hours = readWeekPlan(draft.hours);
  const parsed = callerSchema.safeParse({
    ...draft,
    address: draft.address.trim() || null,
    hours: hours ?? [],
    calls: Number(draft.calls || Number.NaN),
  });
  const own: CallerErrors = { address: callerWords.addressWrong, calls: callerWords.callsWrong };
  const errors = parsed.success ? {} : complaints(parsed.error.issues, draft, own);
  if (hours === null) errors.hours = callerWords.hoursWrong;
  const name = draft.user.trim().toLowerCase();
  if (before === null && known.some(({ user }) => user.toLowerCase() === name))
    errors.user = callerWords.taken;
  if (!parsed.success || Object.keys(errors).length > 0) return { ok: false, errors };
  return { ok: true, value: parsed.data };
}

export interface DialInDraft {
  first: string;
  last: string;
  local: string;
  wins: string;
  proxyArp: boolean;
  idleMinutes: string;
  longestMinutes: string;
}
export type DialInErrors = Partial<Record<keyof DialInDraft, string>>;

export function dialInDraft(dialIn: DialInSettings): DialInDraft {
  const { pool, local, wins, proxyArp, idleMinutes, longestMinutes } = dialIn;
  return {
    ...pool,
    local,
    wins: wins.join(', '),
    proxyArp,
    idleMinutes: String(idleMinutes),
    longestMinutes: String(longestMinutes),
  };
}

export function checkDialIn(
  draft: DialInDraft,
  dialIn: DialInSettings,
): Checked<DialInSettings, DialInErrors> {
  const first = parseAddress(draft.first.trim());
  const last = parseAddress(draft.last.trim());
  const errors: DialInErrors = {};
  if (first === null) errors.first = dialInWords.addressWrong;
  if (last === null) errors.last = dialInWords.addressWrong;
  else if (first !== null && last < first) errors.last = dialInWords.lastLow;
  const minutes = (text: string) => (/^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN);
  const parsed = dialInSchema.safeParse({
    ...dialIn,
    pool: { first: draft.first.trim(), last: draft.last.trim() },
    local: draft.local.trim(),
    wins: list(draft.wins),
    proxyArp: draft.proxyArp,
    idleMinutes: minutes(draft.idleMinutes),
    longestMinutes: minutes(draft.longestMinutes),
  });
  const own: DialInErrors = {
    local: dialInWords.addressWrong,
    wins: dialInWords.winsWrong,
    idleMinutes: dialInWords.minutesWrong,
    longestMinutes: dialInWords.minutesWrong,
  };
  if (!parsed.success) Object.assign(errors, { ...complaints(parsed.error.issues, draft, own), ...errors });
  if (!parsed.success || Object.keys(errors).length > 0) return { ok: false, errors };
  return { ok: true, value: parsed.data };
}

/** The schema's complaint by field, in the form's own words where it has some. */
function complaints<D extends object>(
  issues: readonly { path: readonly PropertyKey[]; message: string }[],
  draft: D,
  own: Partial<Record<keyof D, string>>,
): Partial<Record<keyof D, string>> {
  const errors: Partial<Record<keyof D, string>> = {};
  for (const { path, message } of issues) {
    const field = path[0] as keyof D;
    if (field in draft) errors[field] ??= own[field] ?? message;
  }
  return errors;
}

const idFrom = (name: string) =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 24) || 'line';

/** `Internet, LAN` */
export function reachText(caller: Pick<Caller, 'internet' | 'lan' | 'callers'>): string {
  const { reaches, nothing } = callerWords;
  const places = (['internet', 'lan', 'callers'] as const).filter((place) => caller[place]);
  return places.map((place) => reaches[place]).join(', ') || nothing;
}
