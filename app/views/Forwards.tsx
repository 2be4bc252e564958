// What is let in from outside: the list with switches, and the form to add one.
import type { Forward } from '../../main/contract.ts';
import { Button } from '../parts/Button.tsx';
import { Switch } from '../parts/Switch.tsx';
import { SwitchedList } from '../parts/SwitchedList.tsx';
import { tableStyles } from '../parts/Table.tsx';
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
      <SwitchedList
        title={words.title}
        note={words.intro}
        tools={<Button onClick={() => show({ kind: 'import' })}>{rules.open}</Button>}
        empty={words.empty}
        headings={{
          first: words.on(''),
          columns: [words.outside, words.inside, words.sources],
          last: words.remove(''),
        }}
        rows={forwards.map((forward) => {
          const what = describeForward(forward);
          return (
            <tr key={forward.id}>
              <td>
                <Switch label={words.on(what)} on={forward.on} onChange={(on) => void turn(forward.id, on)} />
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
      />
      <ForwardForm known={forwards} />
    </>
  );
}
