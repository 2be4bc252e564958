// A card with a list of things that are each switched on and off: a switch first, what it is, and a button last. The headings of
// the first and the last column are for screen readers alone.
import type { ReactNode } from 'react';
import { Card, Empty } from './Card.tsx';
import { Table } from './Table.tsx';

interface Props {
  title: string;
  note: string;
  tools?: ReactNode;
  /** What stands there while there is nothing. */
  empty: string;
  headings: { first: string; columns: readonly string[]; last: string };
  /** Rows of a table, one cell a heading. */
  rows: readonly ReactNode[];
}

export function SwitchedList({ title, note, tools, empty, headings, rows }: Props) {
  return (
    <Card title={title} note={note} tools={tools}>
      {rows.length === 0 ? (
        <Empty>
          <p>{empty}</p>
        </Empty>
      ) : (
        <Table label={title}>
          <thead>
            <tr>
              <th scope="col">
                <span className="out-of-sight">{headings.first}</span>
              </th>
              {headings.columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
              <th scope="col">
                <span className="out-of-sight">{headings.last}</span>
              </th>
            </tr>
          </thead>
          <tbody>{rows}</tbody>
        </Table>
      )}
    </Card>
  );
}
