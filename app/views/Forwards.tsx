// What is let in from outside: the list with switches, and the form to add one.
import type { Forward } from '../../main/contract.ts';
import { Button } from '../parts/Button.tsx';
import { Card, Empty } from '../parts/Card.tsx';
import { Switch } from '../parts/Switch.tsx';
import { Table, tableStyles } from '../parts/Table.tsx';
import { describeForward, describeInside } from '../store/forward-draft.ts';
import { tell } from '../store/gateway.ts';
import { useUi } from '../store/ui.ts';
import { forwards as words } from '../strings.ts';
import { rules } from '../strings-rules.ts';
import { ForwardForm } from './ForwardForm.tsx';

export function Forwards({ forwards }: { forwards: readonly Forward[] }) {
  const show = useUi((ui) => ui.show);
  const turn = (id: string, on: boolean) =>
    tell('saveSettings', {
      patch: { forwards: forwards.map((forward) => (forward.id === id ? { ...forward, on } : forward)) },
    });
  return (
    <>
      <Card
        title={words.title}
        note={words.intro}
        tools={<Button onClick={() => show({ kind: 'import' })}>{rules.open}</Button>}
      >
        {forwards.length === 0 ? (
          <Empty>
            <p>{words.empty}</p>
          </Empty>
        ) : (
          <Table label={words.title}>
            <thead>
              <tr>
                <th scope="col">
                  <span className="out-of-sight">{words.on('')}</span>
                </th>
                <th scope="col">{words.outside}</th>
                <th scope="col">{words.inside}</th>
                <th scope="col">{words.sources}</th>
                <th scope="col">
                  <span className="out-of-sight">{words.remove('')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {forwards.map((forward) => {
                const what = describeForward(forward);
                return (
                  <tr key={forward.id}>
                    <td>
                      <Switch
                        label={words.on(what)}
                        on={forward.on}
                        onChange={(on) => void turn(forward.id, on)}
                      />
                    </td>
                    <th scope="row">{what}</th>
                    <td className={tableStyles.mono}>{describeInside(forward)}</td>
                    <td>{forward.sources.join(', ') || words.everywhere}</td>
                    <td className={tableStyles.number}>
                      <Button
                        weight="quiet"
                        icon="bin"
                        label={words.remove(what)}
                        onClick={() => void tell('removeForward', { id: forward.id })}
                      />
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </Table>
        )}
      </Card>
      <ForwardForm known={forwards} />
    </>
  );
}
