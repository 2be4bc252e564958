// The list of programs whose ports are known, with what is to be known of the one chosen; first of it stands "own ports".
import type { Preset } from '../../main/contract.ts';
import { Field } from '../parts/Field.tsx';
import { forwardProgram as words } from '../strings-rules.ts';

interface Props {
  programs: readonly Preset[];
  /** Its name; empty for own ports. */
  value: string;
  error?: string | undefined;
  onPick: (name: string) => void;
}

export function ProgramPick({ programs, value, error, onPick }: Props) {
  const hint = programs.find(({ name }) => name === value)?.hint;
  return (
    <Field label={words.label} hint={hint} error={error}>
      {(ids) => (
        <select {...ids} value={value} onChange={(event) => onPick(event.target.value)}>
          <option value="">{words.own}</option>
          {programs.map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
