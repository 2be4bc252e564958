// A native list to pick one of a few worded values from, typed by those values.
import { Field } from './Field.tsx';

interface Props<V extends string> {
  label: string;
  options: Partial<Record<V, string>>;
  value: V;
  onPick: (value: V) => void;
  wide?: boolean;
}

export function Pick<V extends string>({ label, options, value, onPick, wide = false }: Props<V>) {
  return (
    <Field label={label} wide={wide}>
      {(ids) => (
        <select {...ids} value={value} onChange={(event) => onPick(event.target.value as V)}>
          {Object.entries<string | undefined>(options).map(([key, word]) => (
            <option key={key} value={key}>
              {word}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
