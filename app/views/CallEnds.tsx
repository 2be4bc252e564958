// A call that will be hung up all the same: why, how soon, and the button that puts it off.
import type { State } from '../../main/contract.ts';
import { duration } from '../format/time.ts';
import { Button } from '../parts/Button.tsx';
import { useNow } from '../parts/useNow.ts';
import { tell } from '../store/gateway.ts';
import { online as words } from '../strings-calling.ts';
import styles from './CallEnds.module.css';

export function CallEnds({ ends }: { ends: NonNullable<State['callEnds']> }) {
  const now = useNow();
  return (
    <div role="alert" className={styles.ends}>
      {/* The countdown is not read out each second. */}
      <p>{ends.sentence}</p>
      <p aria-live="off">{words.ends(duration(ends.at - now))}</p>
      {ends.mayStay && <Button onClick={() => void tell('stayOnline', {})}>{words.stay}</Button>}
    </div>
  );
}
