// Says that this is practice, and lets the practice computers fetch a page so that one sees the line at work.
import { useState } from 'react';
import { type PracticeCaller as Caller, PRACTICE } from '../../main/contract.ts';
import { sizeText } from '../format/quantity.ts';
import { wait } from '../format/time.ts';
import { Button } from '../parts/Button.tsx';
import { Icon } from '../parts/Icon.tsx';
import { call, tell } from '../store/gateway.ts';
import { useUi } from '../store/ui.ts';
import { practice } from '../strings.ts';
import styles from './PracticeBanner.module.css';
import { PracticeCaller } from './PracticeCaller.tsx';

type Host = (typeof PRACTICE.hosts)[number];

export function PracticeBanner({ connected, caller }: { connected: boolean; caller: Caller }) {
  return (
    <section className={styles.banner} aria-labelledby="practice">
      <span className={styles.icon}>
        <Icon name="exchange" size={24} />
      </span>
      <div className={styles.words}>
        <h2 id="practice">{practice.title}</h2>
        <p>{practice.text}</p>
        {!connected && <p className={styles.note}>{practice.notYet}</p>}
      </div>
      <Button onClick={() => void tell('endPractice', {})}>{practice.leave}</Button>
      <div className={styles.fetches}>
        {PRACTICE.hosts.map((host, index) => (
          <Fetch key={host} host={host} number={index + 1} connected={connected} />
        ))}
        <PracticeCaller caller={caller} connected={connected} />
      </div>
    </section>
  );
}

function Fetch({ host, number, connected }: { host: Host; number: number; connected: boolean }) {
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState('');
  const setFault = useUi((ui) => ui.setFault);

  async function fetchPage(): Promise<void> {
    setBusy(true);
    setResult('');
    setFault(null);
    const outcome = await call('practiceFetch', { host });
    setBusy(false);
    if (outcome.ok) {
      const { bytes, milliseconds } = outcome.value;
      setResult(practice.result(number, sizeText(bytes), wait(milliseconds)));
    } else setFault(outcome.fault);
  }

  return (
    <div className={styles.fetch}>
      <Button icon="page" disabled={!connected || busy} onClick={() => void fetchPage()}>
        {practice.fetch(number)}
      </Button>
      <output className={styles.result}>{busy ? practice.fetching : result}</output>
    </div>
  );
}
