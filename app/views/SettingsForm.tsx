// The settings dialog: which network is shared, with whom and when, the masquerade's presets, the looks.
import { type FormEvent, useState } from 'react';
import type { Fault, State } from '../../main/contract.ts';
import { isDesktop } from '../api/connection.ts';
import { Button } from '../parts/Button.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { FaultCard } from '../parts/FaultCard.tsx';
import { Check } from '../parts/Field.tsx';
import form from '../parts/form.module.css';
import { Group } from '../parts/Group.tsx';
import { Pick } from '../parts/Pick.tsx';
import { call } from '../store/gateway.ts';
import {
  checkSettings,
  draftOfSettings,
  type SettingsDraft,
  type SettingsErrors,
} from '../store/settings-draft.ts';
import { app } from '../strings.ts';
import { settings as words } from '../strings-forms.ts';
import { LanFields } from './LanFields.tsx';
import { MasqueradeFields } from './MasqueradeFields.tsx';
import { SecondCallFields } from './SecondCallFields.tsx';
import { WhoFields } from './WhoFields.tsx';

export function SettingsForm({ state, onClose }: { state: State; onClose: () => void }) {
  const { settings } = state;
  const [draft, setDraft] = useState<SettingsDraft>(() => draftOfSettings(settings));
  const [errors, setErrors] = useState<SettingsErrors>({});
  const [fault, setFault] = useState<Fault | null>(null);
  const [busy, setBusy] = useState(false);
  const set = (patch: Partial<SettingsDraft>) => setDraft((before) => ({ ...before, ...patch }));

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const checked = checkSettings(draft, settings);
    setErrors(checked.ok ? {} : checked.errors);
    if (!checked.ok) return;
    setBusy(true);
    setFault(null);
    const outcome = await call('saveSettings', { patch: checked.value });
    setBusy(false);
    if (outcome.ok) onClose();
    else setFault(outcome.fault);
  }

  return (
    <Dialog title={words.title} onClose={onClose}>
      <form className={form.form} noValidate onSubmit={(event) => void submit(event)}>
        <div className={form.body}>
          {fault && (
            <div className={form.wide}>
              <FaultCard alert fault={fault} />
            </div>
          )}
          <LanFields state={state} draft={draft} errors={errors} set={set} />
          <WhoFields draft={draft} errors={errors} set={set} />
          <SecondCallFields state={state} draft={draft} errors={errors} set={set} />
          <MasqueradeFields draft={draft} errors={errors} set={set} />
          <Group title={words.host}>
            <Pick
              wide
              label={words.ownTraffic}
              options={words.ownTraffics}
              value={draft.ownTraffic}
              onPick={(ownTraffic) => set({ ownTraffic })}
            />
            <Pick
              wide
              label={words.foreignFirewall}
              options={words.foreignFirewalls}
              value={draft.openForeignFirewall}
              onPick={(openForeignFirewall) => set({ openForeignFirewall })}
            />
          </Group>
          <Group title={words.look}>
            <Pick
              label={words.theme}
              options={words.themes}
              value={draft.theme}
              onPick={(theme) => set({ theme })}
            />
            {isDesktop() && (
              <Check
                label={words.closeToTray}
                checked={draft.closeToTray}
                onChange={(closeToTray) => set({ closeToTray })}
              />
            )}
          </Group>
        </div>
        <footer className={form.foot}>
          <span className={`${form.push} ${form.note}`}>{words.version(state.version)}</span>
          <Button onClick={onClose}>{app.close}</Button>
          <Button type="submit" weight="main" disabled={busy}>
            {busy ? app.saving : app.save}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
