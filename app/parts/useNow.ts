// The time, told again at a steady pace while a component that shows it is mounted.
import { useEffect, useState } from 'react';

/** Milliseconds since the epoch, renewed every `every` milliseconds. */
export function useNow(every = 1000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}
