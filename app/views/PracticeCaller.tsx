// The practice computer that calls in: one button that changes with its call, its state, and a page by its link.
import { useState } from 'react';
import type { PracticeCaller as Caller } from '../../main/contract.ts';
import { sizeText } from '../format/quantity.ts';
import { wait } from '../format/time.ts';
import { Button } from '../parts/Button.tsx';
import { call, tell } from '../store/gateway.ts';
import { useUi } from '../store/ui.ts';
import { practiceCaller as words } from '../strings-callers.ts';
import styles from './PracticeBanner.module.css';

export function PracticeCaller({ caller, connected }: { caller: Caller; connected: boolean }) {
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState('');
  const setFault = useUi((ui) => ui.setFault);
  const resting = caller.phase === 'idle' || caller.phase === 'failed';

  async function fetchPage(): Promise<void> {
    setBusy(true);
    setResult('');
    setFault(null);
    const outcome = await call('practiceCallerFetch', {});
    setBusy(false);
    if (outcome.ok) setResult(words.result(sizeText(outcome.value.bytes), wait(outcome.value.milliseconds)));
    else setFault(outcome.fault);
  }

  return (
    <>
      <div className={styles.fetch}>
        <Button
          icon="phone"
          disabled={caller.phase === 'hanging-up'}
          onClick={() => void tell('practiceCaller', { deed: resting ? 'call' : 'hang-up' })}
        >
          {resting ? words.call : words.hangUp}
        </Button>
        <output className={styles.result}>{caller.activity}</output>
      </div>
      <div className={styles.fetch}>
        <Button
          icon="page"
          disabled={!connected || caller.phase !== 'connected' || busy}
          onClick={() => void fetchPage()}
        >
          {words.fetch}
        </Button>
        <output className={styles.result}>{busy ? words.fetching : result}</output>
      </div>
    </>
  );
}
