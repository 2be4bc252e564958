// What is typed into the forward form, checked by the contract's own schema before it goes out. Pure.
import {
  commands,
  type Forward,
  freeId,
  PRESETS,
  programForwards,
  rangeId,
  readNetwork,
  rivalOf,
} from '../../main/contract.ts';
import { parseAddress } from '../format/address.ts';
import { forwards as words } from '../strings.ts';
import { forwardProgram } from '../strings-rules.ts';

export interface ForwardDraft {
  /** Name of a program whose ports are known, or empty. */
  program: string;
  protocol: Forward['protocol'];
  first: string;
  last: string;
  insideFirst: string;
  hosts: string;
  sources: string;
}
export const emptyForward: ForwardDraft = {
  program: '',
  protocol: 'tcp',
  first: '',
  last: '',
  insideFirst: '',
  hosts: '',
  sources: '',
};

export type ForwardErrors = Partial<Record<keyof ForwardDraft, string>>;
export type Checked<T, E> = { ok: true; value: T } | { ok: false; errors: E };

const list = (text: string) => text.split(/[\s,]+/).filter(Boolean);

/** The forwards to add: one of one's own, or all that a program needs. None may claim what another has. */
export function checkForwards(
  draft: ForwardDraft,
  known: readonly Forward[],
): Checked<Forward[], ForwardErrors> {
  const checked = draft.program === '' ? checkOwn(draft, known) : checkProgram(draft, known);
  if (!checked.ok) return checked;
  for (const forward of checked.value) {
    const rival = rivalOf(forward, known);
    if (rival === undefined) continue;
    const complaint = words.taken(describeForward(rival));
    return { ok: false, errors: draft.program === '' ? { first: complaint } : { program: complaint } };
  }
  return checked;
}

function checkProgram(draft: ForwardDraft, known: readonly Forward[]): Checked<Forward[], ForwardErrors> {
  const program = PRESETS.find(({ name }) => name === draft.program);
  const host = draft.hosts.trim();
  if (program === undefined || parseAddress(host) === null)
    return { ok: false, errors: { hosts: forwardProgram.hostWrong } };
  return { ok: true, value: programForwards(program, host, known) };
}

function checkOwn(draft: ForwardDraft, known: readonly Forward[]): Checked<Forward[], ForwardErrors> {
  const first = Number(draft.first || Number.NaN);
  const last = draft.last.trim() ? Number(draft.last) : first;
  const insideFirst = draft.insideFirst.trim() ? Number(draft.insideFirst) : first;
  const parsed = commands.addForward.argument.safeParse({
    forward: {
      id: 'new',
      on: true,
      protocol: draft.protocol,
      first,
      last,
      insideFirst,
      hosts: list(draft.hosts).map((text) => {
        const [address, weight] = text.split('=');
        return { address, weight: weight === undefined ? 1 : Number(weight) };
      }),
      sources: list(draft.sources).map((text) => readNetwork(text) ?? text),
    },
  });
  const errors: ForwardErrors = {};
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const field = issue.path[1];
      // A field left empty follows the first port, and so does its fault.
      const follows = (field === 'last' || field === 'insideFirst') && draft[field].trim() === '';
      if (typeof field === 'string' && field in draft && !follows)
        errors[field as keyof ForwardDraft] ??= complaint(field);
    }
  }
  if (last < first) errors.last = words.lastLow;
  if (insideFirst + (last - first) > 65_535) errors.insideFirst ??= words.insideHigh;
  if (list(draft.sources).some((text) => readNetwork(text) === null)) errors.sources ??= words.sourcesWrong;
  if (!parsed.success || Object.keys(errors).length > 0) return { ok: false, errors };
  const { forward } = parsed.data;
  return { ok: true, value: [{ ...forward, id: freeId(rangeId(forward), known) }] };
}

const complaint = (field: string) =>
  field === 'hosts' ? words.hostsWrong : field === 'sources' ? words.sourcesWrong : words.portRange;

/** `TCP 8080` or `UDP 27000–27015`. */
export function describeForward(forward: Forward): string {
  const ports = forward.first === forward.last ? `${forward.first}` : `${forward.first}–${forward.last}`;
  return `${words.protocols[forward.protocol]} ${ports}`;
}

export function describeInside(forward: Forward): string {
  const span = forward.last - forward.first;
  const ports =
    span === 0 ? `${forward.insideFirst}` : `${forward.insideFirst}–${forward.insideFirst + span}`;
  const shared = forward.hosts.length > 1;
  const hosts = forward.hosts.map((host) => (shared ? `${host.address} × ${host.weight}` : host.address));
  return `${hosts.join(', ')} : ${ports}`;
}
