// A button that removes, and asks once more in place.
import { useState } from 'react';
import { Button } from '../parts/Button.tsx';
import form from '../parts/form.module.css';

interface Props {
  word: string;
  sure: string;
  onRemove: () => void;
}

export function RemoveTwice({ word, sure, onRemove }: Props) {
  const [asked, setAsked] = useState(false);
  return (
    <div className={form.push}>
      <Button
        weight={asked ? 'bad' : 'quiet'}
        icon="bin"
        onClick={() => (asked ? onRemove() : setAsked(true))}
      >
        {asked ? sure : word}
      </Button>
    </div>
  );
}
