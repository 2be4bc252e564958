// The masquerade table as it stands, what was turned away lately, and the engine's counters. Asked for while it is open.
import { useState } from 'react';
import type { Session, State } from '../../main/contract.ts';
import { count, sizeText } from '../format/quantity.ts';
import { clock, duration } from '../format/time.ts';
import { Card, Empty } from '../parts/Card.tsx';
import { Table, tableStyles } from '../parts/Table.tsx';
import { usePolled } from '../parts/usePolled.ts';
import { call } from '../store/gateway.ts';
import { filterSessions, helperWords, sessionKey } from '../store/sessions.ts';
import { masquerade as words } from '../strings.ts';
import styles from './Masquerade.module.css';

const LIMIT = 500;
const EVERY_MS = 2000;

async function ask() {
  const [sessions, refusals] = [await call('sessions', { limit: LIMIT }), await call('refusals', {})];
  return sessions.ok
    ? { sessions: sessions.value.sessions, refusals: refusals.ok ? refusals.value.refusals : [] }
    : null;
}

export function Masquerade({ counters }: { counters: State['counters'] }) {
  const answer = usePolled(ask, EVERY_MS);
  const [text, setText] = useState('');
  const all = answer?.sessions ?? [];
  const shown = filterSessions(all, text);
  const refusals = answer?.refusals ?? [];
  const names = Object.keys(counters).sort();
  return (
    <>
      <Card
        title={words.title}
        note={words.intro}
        tools={
          <>
            <span className={tableStyles.faint}>{words.shown(count(shown.length), count(all.length))}</span>
            <input
              type="search"
              aria-label={words.filter}
              placeholder={words.filter}
              className={styles.filter}
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </>
        }
      >
        {shown.length === 0 ? (
          <Empty>
            <p>{words.empty}</p>
          </Empty>
        ) : (
          <Sessions sessions={shown} />
        )}
      </Card>
      <Card title={words.refusals}>
        {refusals.length === 0 ? (
          <p className={tableStyles.faint}>{words.noRefusals}</p>
        ) : (
          <ul className={styles.refusals}>
            {refusals.slice(-50).map((refusal, i) => (
              <li key={`${refusal.at}-${i.toString()}`}>
                <time dateTime={new Date(refusal.at).toISOString()}>{clock(refusal.at)}</time>
                {refusal.text}
              </li>
            ))}
          </ul>
        )}
        {names.length > 0 && (
          <details className={styles.counters}>
            <summary>{words.counters}</summary>
            <dl>
              {names.map((name) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{count(counters[name] ?? 0)}</dd>
                </div>
              ))}
            </dl>
          </details>
        )}
      </Card>
    </>
  );
}

function Sessions({ sessions }: { sessions: readonly Session[] }) {
  return (
    <Table label={words.title}>
      <thead>
        <tr>
          <th scope="col">{words.protocol}</th>
          <th scope="col">{words.client}</th>
          <th scope="col" className={tableStyles.number}>
            {words.mapped}
          </th>
          <th scope="col">{words.remote}</th>
          <th scope="col">{words.state}</th>
          <th scope="col" className={tableStyles.number}>
            {words.received}
          </th>
          <th scope="col" className={tableStyles.number}>
            {words.sent}
          </th>
          <th scope="col" className={tableStyles.number}>
            {words.expires}
          </th>
          <th scope="col">{words.helper}</th>
        </tr>
      </thead>
      <tbody>
        {sessions.map((session) => (
          <tr key={sessionKey(session)}>
            <td>{session.protocol.toUpperCase()}</td>
            <td className={tableStyles.mono}>
              {session.client}:{session.clientPort}
            </td>
            <td className={tableStyles.number}>{session.mappedPort}</td>
            <td className={tableStyles.mono}>
              {session.remote}:{session.remotePort}
            </td>
            <td>{session.state}</td>
            <td className={tableStyles.number}>{sizeText(session.bytesDown)}</td>
            <td className={tableStyles.number}>{sizeText(session.bytesUp)}</td>
            <td className={tableStyles.number}>{duration(session.expires * 1000)}</td>
            <td>{helperWords(session)}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
