// Ports that open by themselves: the triggers with switches, and who holds one open now.
import type { PortLease, Trigger } from '../../main/contract.ts';
import { Button } from '../parts/Button.tsx';
import { Switch } from '../parts/Switch.tsx';
import { SwitchedList } from '../parts/SwitchedList.tsx';
import { tableStyles } from '../parts/Table.tsx';
import { tell } from '../store/gateway.ts';
import { describeRange } from '../store/trigger-draft.ts';
import { triggers as words } from '../strings-rules.ts';

interface Props {
  triggers: readonly Trigger[];
  leases: readonly PortLease[];
}

export function Triggers({ triggers, leases }: Props) {
  const save = (list: Trigger[]) => void tell('saveSettings', { patch: { triggers: list } });
  const holders = (id: string) => [
    ...new Set(leases.filter(({ by, rule }) => by === 'trigger' && rule === id).map(({ client }) => client)),
  ];
  return (
    <SwitchedList
      title={words.title}
      note={words.intro}
      empty={words.empty}
      headings={{
        first: words.on(''),
        columns: [words.control, words.opens, words.time, words.now],
        last: words.remove(''),
      }}
      rows={triggers.map((trigger) => {
        const what = describeRange(trigger);
        return (
          <tr key={trigger.id}>
            <td>
              <Switch
                label={words.on(what)}
                on={trigger.on}
                onChange={(on) =>
                  save(triggers.map((other) => (other.id === trigger.id ? { ...other, on } : other)))
                }
              />
            </td>
            <th scope="row">{what}</th>
            <td>{trigger.opens.map(describeRange).join(', ')}</td>
            <td>{words.seconds(trigger.seconds, trigger.secure)}</td>
            <td className={tableStyles.mono}>{holders(trigger.id).join(', ') || words.nobody}</td>
            <td className={tableStyles.number}>
              <Button
                weight="quiet"
                icon="bin"
                label={words.remove(what)}
                onClick={() => save(triggers.filter((other) => other.id !== trigger.id))}
              />
            </td>
          </tr>
        );
      })}
    />
  );
}
