// The login of a provider as it is typed: a choice, and steps of one's own. Pure; the contract's schema checks each step.
import { type LoginStep, loginStepSchema, type Provider } from '../../main/contract.ts';
import { profile as words } from '../strings-calling.ts';

export type LoginChoice = 'off' | 'auto' | 'terminal' | 'steps';

export interface StepDraft {
  /** Stable while it is moved about. */
  key: number;
  does: LoginStep['do'];
  text: string;
  seconds: string;
  bare: boolean;
}

export interface LoginDraft {
  login: LoginChoice;
  loginSteps: StepDraft[];
}

let keys = 0;
export const newStep = (does: StepDraft['does'], text = ''): StepDraft => ({
  key: keys++,
  does,
  text,
  seconds: '',
  bare: false,
});

/** What most terminal servers ask. */
const usualSteps = () => [
  newStep('expect', 'ogin:'),
  newStep('send', '{user}'),
  newStep('expect', 'word:'),
  newStep('send', '{password}'),
];

export function loginDraft(script: Provider['loginScript']): LoginDraft {
  if (typeof script === 'string') return { login: script, loginSteps: usualSteps() };
  return {
    login: 'steps',
    loginSteps: script.map((step) => ({
      ...newStep(step.do),
      text: step.do === 'pause' ? '' : step.text,
      seconds: step.do === 'send' ? '' : String(step.seconds ?? ''),
      bare: step.do === 'send' && step.bare === true,
    })),
  };
}

/** A step moved one place up or down. */
export function moved(steps: readonly StepDraft[], at: number, by: -1 | 1): StepDraft[] {
  const list = [...steps];
  const [step] = list.splice(at, 1);
  if (step) list.splice(at + by, 0, step);
  return list;
}

export function readLogin({
  login,
  loginSteps,
}: LoginDraft): { ok: true; value: Provider['loginScript'] } | { ok: false; error: string } {
  if (login !== 'steps') return { ok: true, value: login };
  if (loginSteps.length === 0) return { ok: false, error: words.noSteps };
  const value: LoginStep[] = [];
  for (const [index, { does, text, seconds, bare }] of loginSteps.entries()) {
    const time = seconds.trim() === '' ? undefined : Number(seconds.replace(',', '.'));
    const parsed = loginStepSchema.safeParse(
      does === 'expect'
        ? { do: does, text, ...(time === undefined ? {} : { seconds: time }) }
        : does === 'send'
          ? { do: does, text, ...(bare ? { bare } : {}) }
          : { do: does, seconds: time ?? Number.NaN },
    );
    if (!parsed.success)
      return {
        ok: false,
        error: `${words.step(index + 1)}: ${stepError(parsed.error.issues[0]?.path[0], does)}`,
      };
    value.push(parsed.data);
  }
  return { ok: true, value };
}

function stepError(field: PropertyKey | undefined, does: StepDraft['does']): string {
  if (field === 'text') return words.stepText;
  return does === 'pause' ? words.stepPause : words.stepSeconds;
}
