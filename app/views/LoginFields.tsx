// How to log in before PPP: not at all, by the usual prompts, by hand, or by steps that can be put in any order.
import { Button } from '../parts/Button.tsx';
import form from '../parts/form.module.css';
import { Group } from '../parts/Group.tsx';
import { Pick } from '../parts/Pick.tsx';
import { moved, newStep, type StepDraft } from '../store/login-draft.ts';
import type { ProviderDraft } from '../store/provider-draft.ts';
import { profile as words } from '../strings-calling.ts';
import styles from './LoginFields.module.css';

interface Props {
  draft: ProviderDraft;
  error: string | undefined;
  set: (patch: Partial<ProviderDraft>) => void;
}

export function LoginFields({ draft, error, set }: Props) {
  const { login, loginSteps } = draft;
  const put = (list: StepDraft[]) => set({ loginSteps: list });
  return (
    <Group title={words.login}>
      <Pick
        wide
        label={words.loginBy}
        options={draft.kind === 'cable' ? words.cableLogins : words.logins}
        value={login}
        onPick={(next) => set({ login: next })}
      />
      {login === 'terminal' && <p className={`${form.wide} ${form.note}`}>{words.byHandHint}</p>}
      {login === 'steps' && (
        <div className={form.wide}>
          <ol className={styles.steps}>
            {loginSteps.map((step, at) => (
              <Step
                key={step.key}
                step={step}
                number={at + 1}
                last={at === loginSteps.length - 1}
                onChange={(patch) =>
                  put(loginSteps.map((other) => (other === step ? { ...step, ...patch } : other)))
                }
                onMove={(by) => put(moved(loginSteps, at, by))}
                onDrop={() => put(loginSteps.filter((other) => other !== step))}
              />
            ))}
          </ol>
          {error && (
            <p role="alert" className={form.problem}>
              {error}
            </p>
          )}
          <p className={form.note}>{words.sendHint}</p>
          <Button icon="plus" onClick={() => put([...loginSteps, newStep('expect')])}>
            {words.addStep}
          </Button>
        </div>
      )}
    </Group>
  );
}

interface StepProps {
  step: StepDraft;
  number: number;
  last: boolean;
  onChange: (patch: Partial<StepDraft>) => void;
  onMove: (by: -1 | 1) => void;
  onDrop: () => void;
}

function Step({ step, number, last, onChange, onMove, onDrop }: StepProps) {
  const { does } = step;
  return (
    <li>
      <fieldset className={styles.step}>
        <legend className="out-of-sight">{words.step(number)}</legend>
        <select
          aria-label={words.does}
          value={does}
          onChange={(event) => onChange({ does: event.target.value as StepDraft['does'] })}
        >
          {Object.entries(words.deeds).map(([key, word]) => (
            <option key={key} value={key}>
              {word}
            </option>
          ))}
        </select>
        {does !== 'pause' && (
          <input
            aria-label={words.text}
            className={styles.text}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={step.text}
            onChange={(event) => onChange({ text: event.target.value })}
          />
        )}
        {does !== 'send' && (
          <input
            aria-label={words.seconds}
            className={styles.seconds}
            inputMode="decimal"
            autoComplete="off"
            placeholder={does === 'expect' ? words.secondsHint : words.seconds}
            value={step.seconds}
            onChange={(event) => onChange({ seconds: event.target.value })}
          />
        )}
        {does === 'send' && (
          <label className={styles.bare}>
            <input
              type="checkbox"
              checked={step.bare}
              onChange={(event) => onChange({ bare: event.target.checked })}
            />
            {words.bare}
          </label>
        )}
        <span className={styles.moves}>
          <Button
            icon="up"
            label={words.earlier(number)}
            disabled={number === 1}
            onClick={() => onMove(-1)}
          />
          <Button icon="down" label={words.later(number)} disabled={last} onClick={() => onMove(1)} />
          <Button icon="bin" label={words.dropStep(number)} onClick={onDrop} />
        </span>
      </fieldset>
    </li>
  );
}
