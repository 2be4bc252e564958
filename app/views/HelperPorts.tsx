// A helper's ports: shown, and changed in place.
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import {
  type HelperState,
  helperPortsText,
  MOST_HELPER_PORTS,
  readHelperPorts,
} from '../../main/contract.ts';
import { Button } from '../parts/Button.tsx';
import { Field } from '../parts/Field.tsx';
import { tell } from '../store/gateway.ts';
import { helperPorts as words } from '../strings-rules.ts';
import styles from './Helpers.module.css';

export function HelperPorts({ helper }: { helper: HelperState }) {
  const [editing, setEditing] = useState(false);
  const opener = useId();
  const edited = useRef(false);
  useEffect(() => {
    // Back to the button that opened it, now that it is there again.
    if (edited.current && !editing) document.getElementById(opener)?.focus();
    edited.current = editing;
  }, [editing, opener]);
  if (editing) return <PortsForm helper={helper} onClose={() => setEditing(false)} />;
  return (
    <span className={styles.ports}>
      <span>{helperPortsText(helper.ports) || '—'}</span>
      <Button
        id={opener}
        weight="quiet"
        icon="pencil"
        label={words.change(helper.title)}
        onClick={() => setEditing(true)}
      />
    </span>
  );
}

function PortsForm({ helper, onClose }: { helper: HelperState; onClose: () => void }) {
  const [text, setText] = useState(() => helperPortsText(helper.ports));
  const [error, setError] = useState<string>();
  const element = useRef<HTMLFormElement>(null);
  useEffect(() => element.current?.querySelector('input')?.focus(), []);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const ports = readHelperPorts(text);
    const good = ports !== null && ports.length <= MOST_HELPER_PORTS;
    setError(good ? undefined : words.wrong);
    if (!good) return;
    if (await tell('setHelper', { name: helper.name, setting: { on: helper.on, ports } })) onClose();
  }

  return (
    <form
      ref={element}
      className={styles.portsForm}
      noValidate
      onSubmit={(event) => void submit(event)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <Field label={words.label(helper.title)} hint={words.hint} error={error}>
        {(ids) => (
          <input {...ids} autoComplete="off" value={text} onChange={(event) => setText(event.target.value)} />
        )}
      </Field>
      <Button type="submit" weight="quiet" icon="check" label={words.save} />
      <Button weight="quiet" icon="cross" label={words.cancel} onClick={onClose} />
    </form>
  );
}
