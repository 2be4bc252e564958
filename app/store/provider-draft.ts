// What is typed into the provider form: filled from a provider, checked by the contract's own schema. Pure.
import { NEW_PROVIDER, type Provider, providerSchema } from '../../main/contract.ts';
import { checks } from '../strings-forms.ts';
import type { Checked } from './forward-draft.ts';
import { type LoginDraft, loginDraft, readLogin } from './login-draft.ts';
import { readTariff, type TariffDraft, tariffDraft, tariffField } from './tariff-draft.ts';

/** As typed: numbers, AT settings and name servers one a line. */
export interface ProviderDraft extends TariffDraft, LoginDraft {
  name: string;
  numbers: string;
  user: string;
  port: string;
  portRate: string;
  modemInit: string;
  blindDial: boolean;
  headerCompression: boolean;
  link: Provider['link'];
  slipLocal: string;
  slipPeer: string;
  dns: string;
  redialTries: string;
  redialPauseSeconds: string;
  kind: Provider['kind'];
  apn: string;
  flow: Provider['flow'];
  paceRate: string;
  mtu: string;
  carrierWaitSeconds: string;
  longestCallMinutes: string;
}
export type ProviderErrors = Partial<Record<keyof ProviderDraft, string>>;

export const portRates = [9600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600];

const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

export function draftOf(provider: Provider | null): ProviderDraft {
  const from = provider ?? { name: '', numbers: [], user: '', ...NEW_PROVIDER };
  return {
    name: from.name,
    numbers: from.numbers.join('\n'),
    user: from.user,
    port: from.port,
    portRate: String(from.portRate),
    modemInit: from.modemInit.join('\n'),
    blindDial: from.blindDial,
    headerCompression: from.headerCompression,
    link: from.link,
    slipLocal: from.slipLocal,
    slipPeer: from.slipPeer,
    dns: from.dns.join('\n'),
    redialTries: String(from.redialTries),
    redialPauseSeconds: String(from.redialPauseSeconds),
    ...loginDraft(from.loginScript),
    kind: from.kind,
    apn: from.apn,
    flow: from.flow,
    paceRate: String(from.paceRate),
    mtu: String(from.mtu),
    carrierWaitSeconds: String(from.carrierWaitSeconds),
    longestCallMinutes: String(from.longestCallMinutes),
    ...tariffDraft(from),
  };
}

const whole = (text: string) => Number(text || Number.NaN);

export function checkProvider(draft: ProviderDraft, id: string): Checked<Provider, ProviderErrors> {
  const login = readLogin(draft);
  const parsed = providerSchema.safeParse({
    id,
    name: draft.name,
    numbers: draft.kind === 'cable' ? [] : lines(draft.numbers),
    user: draft.user,
    port: draft.port.trim(),
    portRate: Number(draft.portRate),
    modemInit: lines(draft.modemInit),
    blindDial: draft.blindDial,
    headerCompression: draft.headerCompression,
    link: draft.link,
    slipLocal: draft.slipLocal.trim(),
    slipPeer: draft.slipPeer.trim(),
    dns: draft.dns.split(/[\s,]+/).filter(Boolean),
    redialTries: whole(draft.redialTries),
    redialPauseSeconds: whole(draft.redialPauseSeconds),
    loginScript: login.ok ? login.value : 'off',
    kind: draft.kind,
    apn: draft.apn,
    flow: draft.flow,
    paceRate: whole(draft.paceRate),
    mtu: whole(draft.mtu),
    carrierWaitSeconds: whole(draft.carrierWaitSeconds),
    longestCallMinutes: whole(draft.longestCallMinutes),
    ...readTariff(draft),
  });
  if (parsed.success && login.ok) return { ok: true, value: parsed.data };
  const errors: ProviderErrors = login.ok ? {} : { loginSteps: login.error };
  for (const issue of parsed.error?.issues ?? []) {
    const field = tariffField(issue.path) ?? (issue.path[0] as keyof ProviderDraft);
    errors[field] ??= field === 'offPeakHours' ? checks.hours : issue.message;
  }
  return { ok: false, errors };
}

/** An identifier made of the name, unlike those that are taken. */
export function freshId(name: string, taken: readonly string[]): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 24);
  const base = plain || 'provider';
  for (let n = 1; ; n++) {
    const id = n === 1 ? base : `${base}-${n}`;
    if (!taken.includes(id)) return id;
  }
}
