// What is typed into the trigger form, and triggers in words. Pure.
import {
  freeId,
  type PortRange,
  PRESETS,
  programTriggers,
  rangeId,
  TRIGGER_RANGES,
  TRIGGER_SECONDS,
  type Trigger,
} from '../../main/contract.ts';
import { forwards } from '../strings.ts';
import { triggers as words } from '../strings-rules.ts';
import type { Checked } from './forward-draft.ts';
import { rangeText, readPort, readRanges } from './port-list.ts';

export interface TriggerDraft {
  /** Name of a program whose ports are known, or empty. */
  program: string;
  protocol: Trigger['protocol'];
  first: string;
  last: string;
  opens: string;
  seconds: string;
  secure: boolean;
}
export const emptyTrigger: TriggerDraft = {
  program: '',
  protocol: 'tcp',
  first: '',
  last: '',
  opens: '',
  seconds: String(TRIGGER_SECONDS),
  secure: false,
};
export type TriggerErrors = Partial<Record<keyof TriggerDraft, string>>;

/** Programs that say by what they send that they run. */
export const TRIGGERING = PRESETS.filter((program) => program.triggers.length > 0);

/** The triggers to add: one of one's own, or all that a program needs. */
export function checkTriggers(
  draft: TriggerDraft,
  known: readonly Trigger[],
): Checked<Trigger[], TriggerErrors> {
  const program = TRIGGERING.find(({ name }) => name === draft.program);
  if (program !== undefined) return { ok: true, value: programTriggers(program, known) };
  const errors: TriggerErrors = {};
  const first = readPort(draft.first.trim());
  const last = draft.last.trim() === '' ? first : readPort(draft.last.trim());
  const opens = readRanges(draft.opens);
  const seconds = /^\d{1,5}$/.test(draft.seconds.trim()) ? Number(draft.seconds) : 0;
  if (first === null) errors.first = forwards.portRange;
  else if (last === null) errors.last = forwards.portRange;
  else if (last < first) errors.last = forwards.lastLow;
  if (opens === null || opens.length === 0 || opens.length > TRIGGER_RANGES) errors.opens = words.opensWrong;
  if (seconds < 1 || seconds > 86_400) errors.seconds = words.secondsWrong;
  if (first === null || last === null || opens === null || Object.keys(errors).length > 0)
    return { ok: false, errors };
  const range = { protocol: draft.protocol, first, last };
  const id = freeId(rangeId(range), known);
  return { ok: true, value: [{ ...range, id, on: true, opens, seconds, secure: draft.secure }] };
}

export const describeRange = (range: PortRange): string =>
  `${forwards.protocols[range.protocol]} ${rangeText(range)}`;
