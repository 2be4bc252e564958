// The telephone numbers in the order in which they are called: one field for most people, more by a button.
import { useState } from 'react';
import { Button } from '../parts/Button.tsx';
import { Field } from '../parts/Field.tsx';
import form from '../parts/form.module.css';
import { profile as words } from '../strings-calling.ts';
import { provider as forms } from '../strings-forms.ts';

const MOST = 8;

interface Props {
  /** One a line. */
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}

export function NumberFields({ value, error, onChange }: Props) {
  const numbers = value.split('\n');
  // Keys that stay with a number while it is moved.
  const [keys, setKeys] = useState<number[]>(() => numbers.map((_, index) => index));
  const change = (list: string[], order = keys) => {
    setKeys(order);
    onChange(list.join('\n'));
  };
  const swapped = <T,>(list: readonly T[], at: number): T[] => {
    const copy = [...list];
    copy.splice(at - 1, 2, list[at] as T, list[at - 1] as T);
    return copy;
  };
  const without = <T,>(list: readonly T[], at: number): T[] => list.filter((_, index) => index !== at);
  return (
    <>
      {numbers.map((number, at) => (
        <Field
          key={keys[at]}
          wide={numbers.length > 1}
          label={words.numberAt(at + 1)}
          hint={at === 0 ? forms.numberHint : undefined}
          error={at === 0 ? error : undefined}
        >
          {(ids) => (
            <div className={form.row}>
              <input
                {...ids}
                inputMode="tel"
                autoComplete="off"
                spellCheck={false}
                value={number}
                onChange={(event) =>
                  change(numbers.map((other, index) => (index === at ? event.target.value : other)))
                }
              />
              {at > 0 && (
                <>
                  <Button
                    icon="up"
                    label={words.numberUp(number)}
                    onClick={() => change(swapped(numbers, at), swapped(keys, at))}
                  />
                  <Button
                    icon="bin"
                    label={words.dropNumber(number)}
                    onClick={() => change(without(numbers, at), without(keys, at))}
                  />
                </>
              )}
              {at === numbers.length - 1 && numbers.length < MOST && number.trim() !== '' && (
                <Button
                  icon="plus"
                  label={words.addNumber}
                  onClick={() => change([...numbers, ''], [...keys, Math.max(...keys) + 1])}
                />
              )}
            </div>
          )}
        </Field>
      ))}
    </>
  );
}
