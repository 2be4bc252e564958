// The call: one large state, its progress, one button whose verb changes, the provider to call, the facts of the link.
import type { State } from '../../main/contract.ts';
import { Button } from '../parts/Button.tsx';
import { cx } from '../parts/cx.ts';
import { keyboardScroll } from '../parts/keyboardScroll.ts';
import { tell, useGateway } from '../store/gateway.ts';
import { chosenProvider, dialsPracticeProvider, tone as toneOf, verb } from '../store/select.ts';
import { call, firstRun, lost, phaseSentences, phaseWords } from '../strings.ts';
import { CallGauge } from './CallGauge.tsx';
import styles from './CallPanel.module.css';
import { LampRow } from './LampRow.tsx';
import { LinkFacts } from './LinkFacts.tsx';
import { ProviderChooser } from './ProviderChooser.tsx';
import { SecondCall } from './SecondCall.tsx';
import { Steps } from './Steps.tsx';

interface Props {
  state: State;
  /** Nothing is set up: the ways to begin stand elsewhere. */
  first: boolean;
  /** Another view has the attention: where room is short, only the state and the button stay. */
  aside: boolean;
}

export function CallPanel({ state, first, aside }: Props) {
  const { phase } = state;
  const reached = useGateway((store) => store.reach === 'open');
  const tone = reached ? toneOf(phase) : 'off';
  const resting = phase === 'idle' || phase === 'failed';
  return (
    <aside
      className={cx(styles.panel, styles[tone], first && styles.first, aside && styles.aside)}
      aria-label={call.panel}
      {...keyboardScroll}
    >
      <div className={styles.instrument}>
        <LampRow phase={reached ? phase : 'idle'} />
        <CallGauge state={state} />
      </div>
      <div className={styles.words}>
        <p role="status" aria-label={call.state} className={styles.state}>
          {reached ? phaseWords[phase] : lost.word}
        </p>
        <p className={styles.activity}>
          {reached
            ? state.activity || (first ? firstRun.panel : phaseSentences[phase])
            : lost.lastKnown(phaseWords[phase])}
        </p>
      </div>
      <div className={styles.controls}>
        {!first && <MainAction state={state} />}
        {!first && resting && <ProviderChooser state={state} />}
        {resting && !first && !state.practice && (
          <Button weight="quiet" icon="exchange" onClick={() => void tell('practice', {})}>
            {call.practice}
          </Button>
        )}
      </div>
      {phase !== 'idle' && phase !== 'connected' && <Steps phase={phase} />}
      {!first && state.second && <SecondCall call={state.second} />}
      {phase === 'connected' && state.link && <LinkFacts link={state.link} usage={state.usage} />}
    </aside>
  );
}

function MainAction({ state }: { state: State }) {
  const reach = useGateway((store) => store.reach);
  const { word, deed } = verb(state.phase);

  function act(): void {
    if (deed === 'hangUp') void tell('hangUp', {});
    else if (deed === 'hangUpNow') void tell('hangUp', { now: true });
    else if (dialsPracticeProvider(state)) void tell('practice', {});
    else {
      const provider = chosenProvider(state);
      // Without a provider only the practice line can have been called before.
      void (provider ? tell('dial', { providerId: provider.id }) : tell('practice', {}));
    }
  }

  return (
    <Button
      large
      weight={deed === 'dial' ? 'main' : state.phase === 'connected' ? 'bad' : 'plain'}
      icon={deed === 'dial' ? 'phone' : 'cross'}
      data-main-action=""
      disabled={reach !== 'open'}
      onClick={act}
    >
      {word}
    </Button>
  );
}
