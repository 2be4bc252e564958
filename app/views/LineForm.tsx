// A line's form: what it is, its port, and how it answers. Fields are those of the chosen kind.
import { useState } from 'react';
import type { State } from '../../main/contract.ts';
import { wholeRate } from '../format/quantity.ts';
import { Check, Field } from '../parts/Field.tsx';
import { Pick } from '../parts/Pick.tsx';
import { checkLine, type LineDraft, type LineErrors, lineDraft } from '../store/dial-in-drafts.ts';
import { call } from '../store/gateway.ts';
import { portRates } from '../store/provider-draft.ts';
import { kindWords, lines as words } from '../strings-callers.ts';
import { NamedPort } from './NamedPort.tsx';
import { RecordForm, useSaving } from './RecordForm.tsx';

type Typed = 'name' | 'rings' | 'ringPatterns' | 'tcpPort' | 'callers';
type Set = (patch: Partial<LineDraft>) => void;

export function LineForm({ state, id, onClose }: { state: State; id: string | null; onClose: () => void }) {
  const known = state.settings.dialIn.lines.find((line) => line.id === id) ?? null;
  const [draft, setDraft] = useState<LineDraft>(() => lineDraft(known));
  const [errors, setErrors] = useState<LineErrors>({});
  const saving = useSaving(onClose);
  const set: Set = (patch) => setDraft((before) => ({ ...before, ...patch }));

  function submit(): void {
    const checked = checkLine(draft, known?.id ?? null, state.settings.dialIn.lines);
    setErrors(checked.ok ? {} : checked.errors);
    if (checked.ok) void saving.done(call('setLine', { line: checked.value }));
    else saving.showError();
  }

  const field = (key: Typed, label: string, hint?: string) => (
    <Field label={label} hint={hint} error={errors[key]}>
      {(ids) => (
        <input
          {...ids}
          autoComplete="off"
          value={draft[key]}
          onChange={(event) => set({ [key]: event.target.value })}
        />
      )}
    </Field>
  );
  const users = Object.fromEntries(state.settings.dialIn.callers.map(({ user }) => [user, user]));
  const rates = Object.fromEntries(
    [...new Set([...portRates, Number(draft.portRate)])].map((rate) => [String(rate), wholeRate(rate)]),
  );

  return (
    <RecordForm
      title={known ? words.editTitle : words.newTitle}
      saving={saving}
      onSubmit={submit}
      remove={
        known && {
          word: words.remove,
          sure: words.removeSure,
          onRemove: () => void saving.done(call('removeLine', { id: known.id })),
        }
      }
    >
      {field('name', words.name)}
      <Pick label={words.kind} options={kindWords} value={draft.kind} onPick={(kind) => set({ kind })} />
      {draft.kind === 'tcp' ? (
        <>
          {field('tcpPort', words.tcpPort)}
          <Pick
            label={words.reach}
            options={words.reaches}
            value={draft.reach}
            onPick={(reach) => set({ reach })}
          />
          {field('callers', words.callers)}
        </>
      ) : (
        <NamedPort
          label={words.port}
          hint={draft.kind === 'modem' ? words.portHint : undefined}
          error={errors.port}
          ports={state.ports}
          value={draft.port}
          onChange={(port) => set({ port })}
        />
      )}
      <Pick
        label={draft.kind === 'tcp' ? words.callerRate : words.rate}
        options={rates}
        value={draft.portRate}
        onPick={(portRate) => set({ portRate })}
      />
      {draft.kind === 'cable' && (
        <Pick label={words.flow} options={words.flows} value={draft.flow} onPick={(flow) => set({ flow })} />
      )}
      {draft.kind === 'modem' && (
        <>
          {field('rings', words.rings, words.ringsHint)}
          {field('ringPatterns', words.patterns, words.patternsHint)}
          <Check label={words.callerId} checked={draft.callerId} onChange={(callerId) => set({ callerId })} />
          <Field label={words.init} hint={words.initHint} error={errors.modemInit} wide>
            {(ids) => (
              <textarea
                {...ids}
                rows={2}
                spellCheck={false}
                value={draft.modemInit}
                onChange={(event) => set({ modemInit: event.target.value })}
              />
            )}
          </Field>
        </>
      )}
      <Pick
        wide
        label={words.slip}
        options={{ '': words.slipNobody, ...users }}
        value={draft.slipUser}
        onPick={(slipUser) => set({ slipUser })}
      />
    </RecordForm>
  );
}
