// The second call beneath the first: its state, its rate and address, one button. Its faults are told here, plainly.
import { type CallState, type LinkFacts, moneyText, type UsageNow } from '../../main/contract.ts';
import { rateText } from '../format/quantity.ts';
import { duration } from '../format/time.ts';
import { Button } from '../parts/Button.tsx';
import { cx } from '../parts/cx.ts';
import { Icon } from '../parts/Icon.tsx';
import { useNow } from '../parts/useNow.ts';
import { tell, useGateway } from '../store/gateway.ts';
import { tone, verb } from '../store/select.ts';
import { GAP_MS } from '../store/traffic.ts';
import { phaseWords } from '../strings.ts';
import { online } from '../strings-calling.ts';
import { second as words } from '../strings-second.ts';
import styles from './SecondCall.module.css';

export function SecondCall({ call }: { call: CallState }) {
  const { phase, fault, link } = call;
  const reached = useGateway((store) => store.reach === 'open');
  return (
    <section className={cx(styles.call, styles[tone(phase)])} aria-label={words.title}>
      <div className={styles.head}>
        <h2>{words.title}</h2>
        <p role="status" aria-label={words.state} className={styles.state}>
          {phaseWords[phase]}
        </p>
        <Action call={call} disabled={!reached} />
      </div>
      {phase === 'connected' && link ? (
        <Facts link={link} usage={call.usage} />
      ) : (
        phase !== 'failed' && <p className={styles.activity}>{call.activity || words.resting}</p>
      )}
      {fault && (
        <div role="alert" className={styles.fault} data-code={fault.code}>
          <Icon name="alert" size={18} />
          <p>
            {fault.sentence} {fault.remedy}
          </p>
        </div>
      )}
    </section>
  );
}

function Facts({ link, usage }: { link: LinkFacts; usage: UsageNow | null }) {
  const meter = useGateway((store) => store.meter);
  const now = useNow();
  const live = meter?.second && now - meter.at < GAP_MS ? meter.second : null;
  return (
    <dl className={styles.facts}>
      {link.carrierRate !== null && (
        <div>
          <dt>{words.carrier}</dt>
          <dd>{rateText(link.carrierRate)}</dd>
        </div>
      )}
      <div>
        <dt>{words.address}</dt>
        <dd className={styles.mono}>{link.local}</dd>
      </div>
      <div>
        <dt>{words.now}</dt>
        <dd>
          {rateText(live?.down ?? 0)}, {rateText(live?.up ?? 0)}
        </dd>
      </div>
      <div>
        <dt>{words.online}</dt>
        <dd>{duration(now - link.connectedAt)}</dd>
      </div>
      {usage?.cost != null && (
        <div>
          <dt>{online.cost}</dt>
          <dd>{moneyText(usage.cost, usage.currency)}</dd>
        </div>
      )}
    </dl>
  );
}

function Action({ call, disabled }: { call: CallState; disabled: boolean }) {
  const { word, deed } = verb(call.phase);

  function act(): void {
    if (deed === 'dial') void tell('dial', { call: 'second' });
    else void tell('hangUp', { call: 'second', now: deed === 'hangUpNow' });
  }

  return (
    <Button
      icon={deed === 'dial' ? 'phone' : 'cross'}
      aria-label={words.button(word)}
      disabled={disabled}
      onClick={act}
    >
      {word}
    </Button>
  );
}
