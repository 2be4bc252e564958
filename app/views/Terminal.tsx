// The terminal: what the modem or the far end says, a line to type, and the way on to PPP. The text is announced as it comes.
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { State } from '../../main/contract.ts';
import { Button } from '../parts/Button.tsx';
import { Card } from '../parts/Card.tsx';
import { keyboardScroll } from '../parts/keyboardScroll.ts';
import { tell, useGateway } from '../store/gateway.ts';
import { terminal as words } from '../strings-calling.ts';
import styles from './Terminal.module.css';

export function Terminal({ terminal, resting }: { terminal: State['terminal']; resting: boolean }) {
  const text = useGateway((store) => store.terminal);
  const note =
    terminal === null
      ? words.intro
      : !terminal.mayType
        ? words.watching
        : terminal.to === 'modem'
          ? words.toModem(terminal.port)
          : words.toFarEnd;
  return (
    <Card title={words.title} note={note} tools={<Tools terminal={terminal} resting={resting} />}>
      {(terminal !== null || text !== '') && <Text text={text} />}
      {terminal?.mayType && <Typing key={terminal.to} />}
    </Card>
  );
}

function Tools({ terminal, resting }: { terminal: State['terminal']; resting: boolean }) {
  const [busy, setBusy] = useState(false);
  async function open(): Promise<void> {
    setBusy(true);
    await tell('terminalOpen', {});
    setBusy(false);
  }
  if (terminal === null)
    return (
      <Button
        disabled={!resting || busy}
        title={resting ? undefined : words.duringCall}
        onClick={() => void open()}
      >
        {busy ? words.opening : words.open}
      </Button>
    );
  if (!terminal.mayType) return null;
  return (
    <>
      {terminal.to === 'far-end' && (
        <Button weight="main" onClick={() => void tell('terminalStartPpp', {})}>
          {words.startPpp}
        </Button>
      )}
      <Button onClick={() => void tell('terminalClose', {})}>{words.close}</Button>
    </>
  );
}

function Text({ text }: { text: string }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (text !== '') box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [text]);
  return (
    <div ref={box} role="log" aria-label={words.text} {...keyboardScroll} className={styles.text}>
      {text || <span className={styles.none}>{words.empty}</span>}
    </div>
  );
}

function Typing() {
  const [line, setLine] = useState('');
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => input.current?.focus(), []);

  function send(event: FormEvent): void {
    event.preventDefault();
    void tell('terminalType', { text: `${line}\r` });
    setLine('');
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    void tell('terminalType', { text: '\x03' });
  }

  return (
    <form className={styles.typing} onSubmit={send}>
      <input
        ref={input}
        aria-label={words.line}
        aria-describedby="terminal-hint"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={900}
        value={line}
        onChange={(event) => setLine(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <Button type="submit">{words.send}</Button>
      <p id="terminal-hint">{words.hint}</p>
    </form>
  );
}
