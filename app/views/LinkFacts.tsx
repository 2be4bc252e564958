// What is known of the link. The carrier rate is large; the port rate is small and said to be another thing, because
// people take the one for the other. None of it is announced as it changes.
import type { ReactNode } from 'react';
import { type LinkFacts as Facts, moneyText, type UsageNow } from '../../main/contract.ts';
import { count, rate, sizeText, wholeRate } from '../format/quantity.ts';
import { duration } from '../format/time.ts';
import { useNow } from '../parts/useNow.ts';
import { useGateway } from '../store/gateway.ts';
import { firstShare } from '../store/select.ts';
import { call, facts } from '../strings.ts';
import { online } from '../strings-calling.ts';
import styles from './LinkFacts.module.css';

export function LinkFacts({ link, usage }: { link: Facts; usage: UsageNow | null }) {
  const meter = useGateway((store) => store.meter);
  const now = useNow();
  // The meter may still hold figures of the call before this one.
  const bytes = meter && meter.at >= link.connectedAt ? firstShare(meter) : link;
  const carrier = link.carrierRate === null ? null : rate(link.carrierRate);
  return (
    <section className={styles.facts} aria-label={facts.title}>
      <dl className={styles.list}>
        <div className={styles.carrier}>
          <dt>{facts.carrierRate}</dt>
          <dd>
            {carrier ? (
              <>
                <b>{carrier.value}</b> {carrier.unit}
              </>
            ) : (
              facts.carrierUnknown
            )}
          </dd>
        </div>
        <Fact name={facts.address} mono>
          {link.local}
        </Fact>
        <Fact name={facts.peer} mono>
          {link.peer}
        </Fact>
        <Fact name={facts.received}>{sizeText(bytes.bytesDown)}</Fact>
        <Fact name={facts.sent}>{sizeText(bytes.bytesUp)}</Fact>
        {usage?.cost != null && <Fact name={online.cost}>{moneyText(usage.cost, usage.currency)}</Fact>}
        {usage && (usage.limit || usage.cost != null) && <Fact name={online.month}>{monthText(usage)}</Fact>}
        {link.radio && <Fact name={online.network}>{radioText(link.radio)}</Fact>}
        <Fact name={facts.dns} mono>
          {link.dns.length > 0 ? link.dns.join(' ') : facts.none}
        </Fact>
        <Fact name={call.online}>{duration(now - link.connectedAt)}</Fact>
        <Fact name={facts.portRate} wide>
          {wholeRate(link.portRate)}
        </Fact>
      </dl>
      <details className={styles.more}>
        <summary>{facts.more}</summary>
        <dl className={styles.list}>
          <Fact name={facts.compression}>
            {link.compression.length > 0 ? link.compression.join(', ') : facts.none}
          </Fact>
          {link.errorCorrected !== null && (
            <Fact name={facts.corrected}>{link.errorCorrected ? facts.yes : facts.no}</Fact>
          )}
          {link.authentication && <Fact name={facts.authentication}>{link.authentication}</Fact>}
          <Fact name={facts.mtu}>{`${count(link.mtu)}\u00a0B`}</Fact>
          {link.connectText && (
            <Fact name={facts.modemSaid} mono wide>
              {link.connectText}
            </Fact>
          )}
        </dl>
      </details>
    </section>
  );
}

/** The nearest limit's share where there is one, else the money. */
function monthText({ month, currency, limit }: UsageNow): string {
  if (limit !== null) return online.limit(Math.floor(limit.used * 100));
  return moneyText(month.cost ?? 0, currency);
}

function radioText({ network, signalDbm, roaming }: NonNullable<Facts['radio']>): string {
  const signal = signalDbm === null ? [] : [`${signalDbm} dBm`.replace('-', '−')];
  return [...(network === null ? [] : [network]), ...signal, ...(roaming ? [online.roaming] : [])].join(', ');
}

interface FactProps {
  name: string;
  children: ReactNode;
  mono?: boolean;
  wide?: boolean;
}

function Fact({ name, children, mono, wide }: FactProps) {
  return (
    <div className={wide ? styles.wide : undefined}>
      <dt>{name}</dt>
      <dd className={mono ? styles.mono : undefined}>{children}</dd>
    </div>
  );
}
