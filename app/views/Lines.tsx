// The lines that take calls: a switch, what each does now, and the form behind it.
import type { CallerLine, LineState, State } from '../../main/contract.ts';
import { Button } from '../parts/Button.tsx';
import { Switch } from '../parts/Switch.tsx';
import { SwitchedList } from '../parts/SwitchedList.tsx';
import { tableStyles } from '../parts/Table.tsx';
import { tell } from '../store/gateway.ts';
import { useUi } from '../store/ui.ts';
import { kindWords, linePhases, lines as words } from '../strings-callers.ts';

export function Lines({ state }: { state: State }) {
  const show = useUi((ui) => ui.show);
  const known = state.settings.dialIn.lines;
  return (
    <SwitchedList
      title={words.title}
      note={words.intro}
      tools={
        <Button icon="plus" onClick={() => show({ kind: 'line', id: null })}>
          {words.add}
        </Button>
      }
      empty={words.empty}
      headings={{ first: words.on(''), columns: [words.line, words.state], last: words.edit('') }}
      rows={state.dialIn.lines.map((line) => (
        <Row key={line.id} line={line} settings={known.find(({ id }) => id === line.id) ?? null} />
      ))}
    />
  );
}

/** Without settings it is practice's own, which comes and goes with practice. */
function Row({ line, settings }: { line: LineState; settings: CallerLine | null }) {
  const show = useUi((ui) => ui.show);
  const name = settings?.name ?? words.practice;
  return (
    <tr className={line.phase === 'off' ? tableStyles.off : undefined}>
      <td>
        {settings !== null && (
          <Switch
            label={words.on(name)}
            on={settings.on}
            onChange={(on) => void tell('setLine', { line: { ...settings, on } })}
          />
        )}
      </td>
      <th scope="row">
        {name}
        {settings !== null && <span className={tableStyles.under}>{whereText(settings)}</span>}
      </th>
      <td className={tableStyles.wrap}>
        {linePhases[line.phase]}
        <span className={tableStyles.under} role={line.fault ? 'alert' : undefined}>
          {line.fault ? `${line.fault.sentence} ${line.fault.remedy}` : line.activity}
        </span>
      </td>
      <td className={tableStyles.number}>
        {settings !== null && (
          <Button
            weight="quiet"
            icon="pencil"
            label={words.edit(name)}
            onClick={() => show({ kind: 'line', id: settings.id })}
          />
        )}
      </td>
    </tr>
  );
}

function whereText(line: CallerLine): string {
  return `${kindWords[line.kind]}, ${line.kind === 'tcp' ? line.tcpPort : line.port}`;
}
