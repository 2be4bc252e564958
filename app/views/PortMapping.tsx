// The protocols by which programs open ports themselves, each with its switch, and what they hold open now.
import type { PortLease, Settings } from '../../main/contract.ts';
import { duration } from '../format/time.ts';
import { Card } from '../parts/Card.tsx';
import { Switch } from '../parts/Switch.tsx';
import { Table, tableStyles } from '../parts/Table.tsx';
import { useNow } from '../parts/useNow.ts';
import { tell } from '../store/gateway.ts';
import { forwards } from '../strings.ts';
import { portMapping as words } from '../strings-rules.ts';
import styles from './PortMapping.module.css';

interface Props {
  portMapping: Settings['portMapping'];
  leases: readonly PortLease[];
}

export function PortMapping({ portMapping, leases }: Props) {
  const now = useNow(5000);
  const asked = leases.filter(({ by }) => by !== 'trigger');
  const turn = (key: keyof Settings['portMapping'], on: boolean) =>
    void tell('saveSettings', { patch: { portMapping: { ...portMapping, [key]: on } } });
  return (
    <Card title={words.title} note={words.intro}>
      <div className={styles.switches}>
        <Switch shown label={words.pcp} on={portMapping.pcp} onChange={(on) => turn('pcp', on)} />
        <Switch shown label={words.natPmp} on={portMapping.natPmp} onChange={(on) => turn('natPmp', on)} />
      </div>
      {asked.length === 0 ? (
        <p className={tableStyles.faint}>{words.empty}</p>
      ) : (
        <Table label={words.title}>
          <thead>
            <tr>
              <th scope="col">{words.by}</th>
              <th scope="col">{words.client}</th>
              <th scope="col">{words.outside}</th>
              <th scope="col">{words.inside}</th>
              <th scope="col">{words.remote}</th>
              <th scope="col">{words.left}</th>
            </tr>
          </thead>
          <tbody>
            {asked.map((lease) => (
              <tr key={`${lease.by}/${lease.client}/${lease.protocol}/${lease.insidePort}/${lease.remote}`}>
                <td>{words.protocols[lease.by]}</td>
                <td className={tableStyles.mono}>{lease.client}</td>
                <td>{`${forwards.protocols[lease.protocol]} ${lease.outsidePort}`}</td>
                <td>{lease.insidePort}</td>
                <td className={tableStyles.mono}>{lease.remote ?? words.anybody}</td>
                <td>{duration(lease.expires - now)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Card>
  );
}
