// Asks again and again while mounted and visible; one question at a time. A failed answer leaves the last good one.
import { useEffect, useRef, useState } from 'react';

export function usePolled<T>(ask: () => Promise<T | null>, every: number): T | null {
  const [value, setValue] = useState<T | null>(null);
  const question = useRef(ask);
  question.current = ask;

  useEffect(() => {
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const round = async () => {
      const answer = document.hidden ? null : await question.current();
      if (over) return;
      if (answer !== null) setValue(answer);
      timer = setTimeout(() => void round(), every);
    };
    void round();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [every]);

  return value;
}
