// Who may call in: a switch each, what they may reach, and the form behind it.
import type { State } from '../../main/contract.ts';
import { weekPlanText } from '../../main/contract.ts';
import { Button } from '../parts/Button.tsx';
import { Switch } from '../parts/Switch.tsx';
import { SwitchedList } from '../parts/SwitchedList.tsx';
import { tableStyles } from '../parts/Table.tsx';
import { reachText } from '../store/dial-in-drafts.ts';
import { tell } from '../store/gateway.ts';
import { useUi } from '../store/ui.ts';
import { callers as words } from '../strings-callers.ts';

export function Callers({ state }: { state: State }) {
  const show = useUi((ui) => ui.show);
  const { callers } = state.settings.dialIn;
  return (
    <SwitchedList
      title={words.title}
      note={words.intro}
      tools={
        <Button icon="plus" onClick={() => show({ kind: 'caller', user: null })}>
          {words.add}
        </Button>
      }
      empty={words.empty}
      headings={{
        first: words.on(''),
        columns: [words.user, words.reach, words.address, words.hours],
        last: words.edit(''),
      }}
      rows={callers.map((caller) => (
        <tr key={caller.user} className={caller.on ? undefined : tableStyles.off}>
          <td>
            <Switch
              label={words.on(caller.user)}
              on={caller.on}
              onChange={(on) => void tell('saveCaller', { caller: { ...caller, on }, password: null })}
            />
          </td>
          <th scope="row">
            {caller.user}
            {!state.dialIn.passwords.includes(caller.user) && (
              <span className={tableStyles.under}>{words.noPassword}</span>
            )}
          </th>
          <td>{reachText(caller)}</td>
          <td className={caller.address ? tableStyles.mono : undefined}>{caller.address ?? words.pool}</td>
          <td>{weekPlanText(caller.hours).replaceAll('\n', '; ') || words.always}</td>
          <td className={tableStyles.number}>
            <Button
              weight="quiet"
              icon="pencil"
              label={words.edit(caller.user)}
              onClick={() => show({ kind: 'caller', user: caller.user })}
            />
          </td>
        </tr>
      ))}
    />
  );
}
