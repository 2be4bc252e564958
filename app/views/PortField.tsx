// Where the modem is: a port from the list or a typed path, a test of it, and the rate between computer and modem.
import { useState } from 'react';
import { type ModemKind, type PortInfo, PRACTICE_PORT, type State } from '../../main/contract.ts';
import { wholeRate } from '../format/quantity.ts';
import { Button } from '../parts/Button.tsx';
import { Field } from '../parts/Field.tsx';
import form from '../parts/form.module.css';
import { call, tell } from '../store/gateway.ts';
import { ofKind } from '../store/profile-draft.ts';
import { type ProviderDraft, portRates } from '../store/provider-draft.ts';
import { profile } from '../strings-calling.ts';
import { provider as words } from '../strings-forms.ts';

const TYPED = '?typed';

interface Props {
  state: State;
  draft: ProviderDraft;
  error: string | undefined;
  set: (patch: Partial<ProviderDraft>) => void;
}

const describe = (port: PortInfo) => (port.description ? `${port.path}: ${port.description}` : port.path);

export function PortField({ state, draft, error, set }: Props) {
  const listed =
    draft.port === '' || draft.port === PRACTICE_PORT || state.ports.some((port) => port.path === draft.port);
  const [typed, setTyped] = useState(!listed);
  const typing = typed || !listed;
  const rates = portRates.includes(Number(draft.portRate))
    ? portRates
    : [...portRates, Number(draft.portRate)];

  const trouble = state.portsFault && `${state.portsFault.sentence} ${state.portsFault.remedy}`;

  function choose(value: string): void {
    setTyped(value === TYPED);
    if (value !== TYPED) set({ port: value });
  }

  return (
    <>
      <Field label={words.port} hint={trouble ?? undefined} error={typing ? undefined : error} wide>
        {(ids) => (
          <div className={form.row}>
            <select
              {...ids}
              data-field="port"
              value={typing ? TYPED : draft.port}
              onChange={(event) => choose(event.target.value)}
            >
              <option value="">{words.portAny}</option>
              {state.ports.map((port) => (
                <option key={port.path} value={port.path}>
                  {describe(port)}
                </option>
              ))}
              <option value={PRACTICE_PORT}>{words.portPractice}</option>
              <option value={TYPED}>{words.portTyped}</option>
            </select>
            <Button icon="again" label={words.refresh} onClick={() => void tell('refreshPorts', {})} />
          </div>
        )}
      </Field>
      {typing && (
        <Field label={words.portPath} error={error} wide>
          {(ids) => (
            <input
              {...ids}
              autoComplete="off"
              spellCheck={false}
              placeholder="/dev/ttyUSB0"
              value={draft.port}
              onChange={(event) => set({ port: event.target.value })}
            />
          )}
        </Field>
      )}
      <Field label={words.rate}>
        {(ids) => (
          <select {...ids} value={draft.portRate} onChange={(event) => set({ portRate: event.target.value })}>
            {rates.map((rate) => (
              <option key={rate} value={rate}>
                {wholeRate(rate)}
              </option>
            ))}
          </select>
        )}
      </Field>
      {draft.port !== PRACTICE_PORT && draft.kind !== 'cable' && (
        <PortTest
          key={draft.port}
          path={draft.port.trim()}
          ports={state.ports}
          onKind={(kind) => {
            if (kind === 'cellular' || kind === 'satellite') set(ofKind(draft, kind));
          }}
        />
      )}
    </>
  );
}

/** Keyed by the path: a verdict belongs to one port only. */
function PortTest({
  path,
  ports,
  onKind,
}: {
  path: string;
  ports: readonly PortInfo[];
  onKind: (kind: ModemKind | undefined) => void;
}) {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ good: boolean; sentence: string } | null>(() =>
    lastVerdict(path, ports),
  );

  async function test(): Promise<void> {
    setBusy(true);
    setSaid(null);
    const outcome = await call('probePort', { path });
    setBusy(false);
    const kind = outcome.ok ? outcome.value.kind : undefined;
    onKind(kind);
    const found = kind === 'cellular' || kind === 'satellite' ? ` ${profile.found[kind]}` : '';
    setSaid(
      outcome.ok
        ? { good: outcome.value.isModem, sentence: `${outcome.value.sentence}${found}` }
        : { good: false, sentence: `${outcome.fault.sentence} ${outcome.fault.remedy}` },
    );
  }

  return (
    <div className={form.test}>
      <Button disabled={busy || path === ''} onClick={() => void test()}>
        {busy ? words.testing : words.test}
      </Button>
      <output className={said?.good ? form.good : form.problem}>{said?.sentence}</output>
    </div>
  );
}

function lastVerdict(path: string, ports: readonly PortInfo[]) {
  const port = ports.find((candidate) => candidate.path === path);
  return port?.verdict ? { good: port.isModem === true, sentence: port.verdict } : null;
}
