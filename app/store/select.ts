// What the call panel shows, drawn from the state alone: steps, the button's verb, lamps, the remedy of a fault. Pure.
import {
  type Fault,
  type Meter,
  type Phase,
  PRACTICE_PORT,
  type ProviderView,
  type State,
} from '../../main/contract.ts';
import { call } from '../strings.ts';

export const steps = [
  'engine',
  'modem',
  'dial',
  'negotiate',
  'authenticate',
  'configure',
  'connected',
] as const;
export type Step = (typeof steps)[number];
export type StepMark = 'done' | 'current' | 'failed' | 'todo';

const stepOf: Partial<Record<Phase, Step>> = {
  'starting-engine': 'engine',
  'opening-modem': 'modem',
  'initialising-modem': 'modem',
  dialling: 'dial',
  'logging-in': 'negotiate',
  negotiating: 'negotiate',
  authenticating: 'authenticate',
  configuring: 'configure',
  connected: 'connected',
};

/** A mark for each step. After a call that stopped by itself, the step it had reached is marked as failed. */
export function stepMarks(phase: Phase, lastStep: Phase | null): StepMark[] {
  const now = stepOf[phase];
  const stopped = phase === 'failed' || phase === 'waiting-to-redial';
  const at = now ?? (stopped && lastStep ? stepOf[lastStep] : undefined);
  const index = at ? steps.indexOf(at) : -1;
  return steps.map((step, i) => {
    if (i < index || (phase === 'connected' && i === index)) return 'done';
    if (i > index || index < 0 || step !== at) return 'todo';
    return now ? 'current' : 'failed';
  });
}

export type Tone = 'off' | 'busy' | 'on' | 'error';
export function tone(phase: Phase): Tone {
  if (phase === 'connected') return 'on';
  if (phase === 'failed') return 'error';
  return phase === 'idle' ? 'off' : 'busy';
}

export type Deed = 'dial' | 'hangUp' | 'hangUpNow';
export function verb(phase: Phase): { word: string; deed: Deed } {
  if (phase === 'idle') return { word: call.dial, deed: 'dial' };
  if (phase === 'failed') return { word: call.tryAgain, deed: 'dial' };
  if (phase === 'connected') return { word: call.hangUp, deed: 'hangUp' };
  if (phase === 'hanging-up') return { word: call.hangUpNow, deed: 'hangUpNow' };
  return { word: call.cancel, deed: 'hangUp' };
}

const OFF_HOOK: readonly Phase[] = [
  'dialling',
  'logging-in',
  'negotiating',
  'authenticating',
  'configuring',
  'connected',
];
export interface Lamps {
  hook: boolean;
  carrier: boolean;
  receive: boolean;
  send: boolean;
}

/** The four lamps of an external modem. */
export function lamps(phase: Phase, meter: Meter | null, now: number): Lamps {
  const hook = OFF_HOOK.includes(phase);
  const live = phase === 'connected' && meter !== null && now - meter.at < 3000;
  return {
    hook,
    carrier: hook && phase !== 'dialling',
    receive: live && meter.down > 0,
    send: live && meter.up > 0,
  };
}

/** The provider the Dial button would call. */
export function chosenProvider(state: State): ProviderView | null {
  const id = state.settings.selectedProvider;
  return state.providers.find((p) => p.id === id) ?? state.providers[0] ?? null;
}

/** In practice Dial calls the practice provider, unless the chosen one is itself set to the practice line. */
export const dialsPracticeProvider = (state: State) =>
  state.practice && chosenProvider(state)?.port !== PRACTICE_PORT;

/** Nothing is set up and nothing is going on: the two ways to begin stand side by side. */
export const isFirstRun = (state: State) =>
  state.providers.length === 0 &&
  state.dialIn.lines.length === 0 &&
  !state.practice &&
  state.phase === 'idle' &&
  state.fault === null;

export type Remedy = 'try-again' | 'settings' | 'port' | 'provider' | 'firewall' | 'anyway' | 'pin';

/** The control that helps most with a fault, told by the words of its code. */
export function remedyOf(fault: Fault): Remedy {
  const { code } = fault;
  if (code === 'foreign-firewall-closed') return 'firewall';
  if (code === 'never-dial-hours' || code === 'limit-used-up') return 'anyway';
  if (/^sim-pin/.test(code)) return 'pin';
  if (/clash|^lan-(?!diverted)|dhcp|interface/.test(code)) return 'settings';
  if (/password|login|auth|number|^no-provider/.test(code)) return 'provider';
  if (/^(no-)?(port|modem|serial)/.test(code)) return 'port';
  return 'try-again';
}

/** What the lines of both calls carry, bit/s; null where no modem told. */
export function carrierOf(state: State): number | null {
  const rates = [state.link?.carrierRate, state.second?.link?.carrierRate].filter((rate) => rate != null);
  return rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0);
}

/** The first call's share of the meter, which is of both. */
export function firstShare(meter: Meter): Meter {
  const { second } = meter;
  if (!second) return meter;
  return {
    ...meter,
    up: meter.up - second.up,
    down: meter.down - second.down,
    bytesUp: meter.bytesUp - second.bytesUp,
    bytesDown: meter.bytesDown - second.bytesDown,
  };
}
