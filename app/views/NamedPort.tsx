// A serial port by its path, typed or taken from those that are known.
import type { PortInfo } from '../../main/contract.ts';
import { Field } from '../parts/Field.tsx';

interface Props {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  ports: readonly PortInfo[];
  value: string;
  onChange(path: string): void;
}

export function NamedPort({ label, hint, error, ports, value, onChange }: Props) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <>
          <input
            {...ids}
            list={`${ids.id}-ports`}
            autoComplete="off"
            spellCheck={false}
            placeholder="/dev/ttyUSB1"
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
          <datalist id={`${ids.id}-ports`}>
            {ports.map((port) => (
              <option key={port.path} value={port.path}>
                {port.description}
              </option>
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
