/**
 * What the window knows of the gateway: the snapshot, with each event's patch merged over it in order.
 *
 * Pure. Nothing is guessed: until a snapshot came there is no state, and a gap in `seq` is reported so that the caller asks
 * for a new one. Events that arrive while a snapshot is on its way are kept and applied after it.
 */
import {
  appendTerminal,
  type Client,
  type LogLine,
  type Meter,
  type Phase,
  type Snapshot,
  type State,
  type StateEvent,
} from '../../main/contract.ts';
import { addSample, type Sample } from './traffic.ts';

export const LOG_LINES = 2000;

export interface Line extends LogLine {
  /** Counts up over the window's life, so that a list has stable keys. */
  number: number;
}

export interface Model {
  seq: number;
  state: State | null;
  log: readonly Line[];
  lines: number;
  /** What the terminal shows. */
  terminal: string;
  clients: readonly Client[];
  meter: Meter | null;
  samples: readonly Sample[];
  /** The last step of a call that was under way: where it stopped, if it failed. */
  lastStep: Phase | null;
  /** Events that came while a snapshot was on its way; null when none is. */
  early: readonly StateEvent[] | null;
}

export const emptyModel: Model = {
  seq: 0,
  state: null,
  log: [],
  lines: 0,
  terminal: '',
  clients: [],
  meter: null,
  samples: [],
  lastStep: null,
  early: [],
};

const RESTING: readonly Phase[] = ['idle', 'waiting-to-redial', 'hanging-up', 'failed'];
const stepAfter = (before: Phase | null, phase: Phase): Phase | null =>
  phase === 'idle' ? null : RESTING.includes(phase) ? before : phase;

function addLines(model: Model, lines: readonly LogLine[]): Pick<Model, 'log' | 'lines'> {
  if (lines.length === 0) return { log: model.log, lines: model.lines };
  const numbered = lines.map((line, index) => ({ ...line, number: model.lines + index }));
  return { log: [...model.log, ...numbered].slice(-LOG_LINES), lines: model.lines + lines.length };
}

/** Ready for a new snapshot: from now on events wait for it. */
export const awaitSnapshot = (model: Model): Model => ({ ...model, early: model.early ?? [] });

export function applySnapshot(model: Model, snapshot: Snapshot): { model: Model; gap: boolean } {
  const { state } = snapshot;
  let next: Model = {
    ...model,
    seq: snapshot.seq,
    state,
    ...addLines({ ...model, log: [] }, snapshot.log),
    terminal: snapshot.terminal ?? '',
    clients: state.clients,
    lastStep: stepAfter(model.lastStep, state.phase),
    early: null,
  };
  for (const event of model.early ?? []) {
    const applied = applyEvent(next, event);
    if (applied.gap) return { model: { ...applied.model, early: [event] }, gap: true };
    next = applied.model;
  }
  return { model: next, gap: false };
}

/** `gap` means that an event is missing and the model must not be trusted before the next snapshot. */
export function applyEvent(model: Model, event: StateEvent): { model: Model; gap: boolean } {
  if (model.early) return { model: { ...model, early: [...model.early, event] }, gap: false };
  if (!model.state || event.seq <= model.seq) return { model, gap: false };
  if (event.seq !== model.seq + 1) return { model: { ...model, early: [event] }, gap: true };
  const state = merge(model.state, event.patch);
  const step = event.patch.phase ? stepAfter(model.lastStep, event.patch.phase) : model.lastStep;
  return {
    model: {
      ...model,
      ...addLines(model, event.log),
      terminal:
        event.terminal === undefined ? model.terminal : appendTerminal(model.terminal, event.terminal),
      seq: event.seq,
      state,
      clients: event.patch.clients ?? model.clients,
      lastStep: step,
    },
    gap: false,
  };
}

export function applyMeter(model: Model, meter: Meter): Model {
  return {
    ...model,
    meter,
    samples: addSample(model.samples, meter),
    clients: freshen(model.clients, meter.clients),
  };
}

/** The newest word on each client, whichever event brought it. */
function freshen(held: readonly Client[], fresh: readonly Client[]): readonly Client[] {
  if (fresh.length === 0) return held;
  const byId = new Map(fresh.map((client) => [client.id, client]));
  const known = held.map((client) => byId.get(client.id) ?? client);
  const ids = new Set(held.map((client) => client.id));
  return [...known, ...fresh.filter((client) => !ids.has(client.id))];
}

function merge(state: State, patch: StateEvent['patch']): State {
  const given = Object.entries(patch).filter(([, value]) => value !== undefined);
  return { ...state, ...(Object.fromEntries(given) as Partial<State>) };
}
