// The live log: filtered by level and words, held still on demand, copied as text. Not announced as it grows.
import { useEffect, useMemo, useRef, useState } from 'react';
import type { LogLevel } from '../../main/contract.ts';
import { count } from '../format/quantity.ts';
import { clock } from '../format/time.ts';
import { Button } from '../parts/Button.tsx';
import { Card } from '../parts/Card.tsx';
import { copyText } from '../parts/copy.ts';
import { cx } from '../parts/cx.ts';
import { keyboardScroll } from '../parts/keyboardScroll.ts';
import { useGateway } from '../store/gateway.ts';
import { filterLog, levels, logAsText } from '../store/log.ts';
import type { Line } from '../store/model.ts';
import { useUi } from '../store/ui.ts';
import { log as words } from '../strings.ts';
import styles from './Log.module.css';

export function Log() {
  const lines = useGateway((store) => store.log);
  const [held, setHeld] = useState<readonly Line[] | null>(null);
  const level = useUi((ui) => ui.logLevel);
  const text = useUi((ui) => ui.logText);
  const from = held ?? lines;
  const shown = useMemo(() => filterLog(from, level, text), [from, level, text]);
  const behind = held ? newer(lines, held) : 0;

  return (
    <Card
      title={words.title}
      grow
      tools={
        <Tools shown={shown} paused={held !== null} onPause={(pause) => setHeld(pause ? lines : null)} />
      }
    >
      {behind > 0 && <p className={styles.held}>{words.held(count(behind))}</p>}
      <Lines lines={shown} follow={held === null} />
    </Card>
  );
}

const newer = (lines: readonly Line[], held: readonly Line[]) =>
  (lines.at(-1)?.number ?? -1) - (held.at(-1)?.number ?? -1);

interface ToolsProps {
  shown: readonly Line[];
  paused: boolean;
  onPause: (pause: boolean) => void;
}

function Tools({ shown, paused, onPause }: ToolsProps) {
  const ui = useUi();
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);

  return (
    <>
      <select
        aria-label={words.level}
        className={styles.control}
        value={ui.logLevel}
        onChange={(event) => ui.setLogLevel(event.target.value as LogLevel)}
      >
        {levels.map((level) => (
          <option key={level} value={level}>
            {words.levels[level]}
          </option>
        ))}
      </select>
      <input
        type="search"
        aria-label={words.filter}
        placeholder={words.filter}
        className={styles.control}
        value={ui.logText}
        onChange={(event) => ui.setLogText(event.target.value)}
      />
      <Button icon={paused ? 'play' : 'pause'} onClick={() => onPause(!paused)}>
        {paused ? words.resume : words.pause}
      </Button>
      <Button icon="copy" onClick={() => void copyText(logAsText(shown)).then(setCopied)}>
        {words.copy}
      </Button>
      <output className="out-of-sight">{copied ? words.copied : ''}</output>
    </>
  );
}

function Lines({ lines, follow }: { lines: readonly Line[]; follow: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const last = lines.at(-1)?.number;

  useEffect(() => {
    if (last !== undefined && follow && atEnd.current)
      box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [last, follow]);

  return (
    <div
      ref={box}
      role="log"
      aria-live="off"
      aria-label={words.lines}
      {...keyboardScroll}
      className={styles.lines}
      onScroll={(event) => {
        const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
        atEnd.current = scrollHeight - scrollTop - clientHeight < 24;
      }}
    >
      {lines.length === 0 && <p className={styles.none}>{words.empty}</p>}
      {lines.map((line) => (
        <p key={line.number} className={cx(styles.line, styles[line.level])}>
          <time dateTime={new Date(line.at).toISOString()}>{clock(line.at)}</time>
          <b>{words.marks[line.level]}</b>
          <i>{line.part}</i>
          <span>{line.text}</span>
        </p>
      ))}
    </div>
  );
}
