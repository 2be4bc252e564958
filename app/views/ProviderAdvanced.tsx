// What most people never touch, in groups: the kind of line, the modem, the login, calling again, cost and limits.
import { Check, Field } from '../parts/Field.tsx';
import form from '../parts/form.module.css';
import { Group } from '../parts/Group.tsx';
import { Pick } from '../parts/Pick.tsx';
import { ofKind } from '../store/profile-draft.ts';
import type { ProviderDraft, ProviderErrors } from '../store/provider-draft.ts';
import { profile } from '../strings-calling.ts';
import { provider as words } from '../strings-forms.ts';
import { LoginFields } from './LoginFields.tsx';
import { TariffFields } from './TariffFields.tsx';

interface Props {
  draft: ProviderDraft;
  errors: ProviderErrors;
  set: (patch: Partial<ProviderDraft>) => void;
}

/** Complaints about these are seen without opening anything. */
const IN_SIGHT: readonly (keyof ProviderDraft)[] = ['name', 'numbers', 'user', 'port', 'portRate', 'apn'];

export function ProviderAdvanced({ draft, errors, set }: Props) {
  // A complaint must not hide in a closed drawer.
  const hidden = (Object.keys(errors) as (keyof ProviderDraft)[]).some((key) => !IN_SIGHT.includes(key));
  const lines = (key: 'modemInit' | 'dns', label: string, hint: string) => (
    <Field label={label} hint={hint} error={errors[key]}>
      {(ids) => (
        <textarea
          {...ids}
          rows={2}
          spellCheck={false}
          value={draft[key]}
          onChange={(event) => set({ [key]: event.target.value })}
        />
      )}
    </Field>
  );
  const number = (
    key: 'redialTries' | 'redialPauseSeconds' | 'carrierWaitSeconds' | 'paceRate' | 'mtu',
    label: string,
    hint?: string,
  ) => (
    <Field label={label} hint={hint} error={errors[key]}>
      {(ids) => (
        <input
          {...ids}
          inputMode="numeric"
          autoComplete="off"
          value={draft[key]}
          onChange={(event) => set({ [key]: event.target.value })}
        />
      )}
    </Field>
  );
  const address = (key: 'slipLocal' | 'slipPeer', label: string) => (
    <Field label={label} hint={profile.slipHint} error={errors[key]}>
      {(ids) => (
        <input
          {...ids}
          autoComplete="off"
          spellCheck={false}
          value={draft[key]}
          onChange={(event) => set({ [key]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <details className={form.advanced} open={hidden ? true : undefined}>
      <summary>{words.advanced}</summary>
      <div className={form.inner}>
        <Group title={profile.line}>
          <Pick
            label={profile.kind}
            options={profile.kinds}
            value={draft.kind}
            onPick={(kind) => set(ofKind(draft, kind))}
          />
          <Pick
            label={profile.link}
            options={profile.links}
            value={draft.link}
            onPick={(link) => set({ link })}
          />
          {draft.link !== 'ppp' && address('slipLocal', profile.slipLocal)}
          {draft.link !== 'ppp' && address('slipPeer', profile.slipPeer)}
          {draft.kind === 'cable' && (
            <Pick
              label={profile.flow}
              options={profile.flows}
              value={draft.flow}
              onPick={(flow) => set({ flow })}
            />
          )}
          {number('paceRate', profile.pace, profile.paceHint)}
          {number('mtu', profile.mtu, profile.mtuHint)}
          {lines('dns', words.dns, words.dnsHint)}
          {draft.link === 'ppp' && (
            <Check
              label={words.compression}
              checked={draft.headerCompression}
              onChange={(headerCompression) => set({ headerCompression })}
            />
          )}
        </Group>
        {draft.kind !== 'cable' && (
          <Group title={profile.modem}>
            {lines('modemInit', words.init, words.initHint)}
            {number('carrierWaitSeconds', profile.carrierWait)}
            <Check
              label={words.blind}
              checked={draft.blindDial}
              onChange={(blindDial) => set({ blindDial })}
            />
          </Group>
        )}
        <LoginFields draft={draft} error={errors.loginSteps} set={set} />
        <Group title={profile.redial}>
          {number('redialTries', words.tries)}
          {number('redialPauseSeconds', words.pause)}
        </Group>
        <TariffFields draft={draft} errors={errors} set={set} />
      </div>
    </details>
  );
}
