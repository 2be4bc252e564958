// What a change of the kind of line brings with it: the usual settings of the new kind, where those of the old were left. Pure.
import { PROFILES, type ProviderKind } from '../../main/contract.ts';
import type { ProviderDraft } from './provider-draft.ts';

/** The fields of a form that follow the kind, as the form holds them. */
function typed(kind: ProviderKind): Partial<ProviderDraft> {
  const {
    portRate,
    carrierWaitSeconds,
    paceRate,
    redialPauseSeconds,
    loginScript,
    blindDial,
    modemInit,
    number,
  } = PROFILES[kind];
  return {
    portRate: String(portRate),
    carrierWaitSeconds: String(carrierWaitSeconds),
    paceRate: String(paceRate),
    redialPauseSeconds: String(redialPauseSeconds),
    login: loginScript,
    blindDial,
    modemInit: modemInit.join('\n'),
    numbers: number,
  };
}

/** What a person has changed already stays as it is. */
export function ofKind(draft: ProviderDraft, kind: ProviderKind): Partial<ProviderDraft> {
  const before = typed(draft.kind);
  const after = typed(kind);
  const patch: Record<string, unknown> = { kind };
  for (const key of Object.keys(after) as (keyof ProviderDraft)[])
    if (draft[key] === before[key]) patch[key] = after[key];
  return patch;
}
