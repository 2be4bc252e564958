/**
 * GatewayApi over the local panel's WebSocket.
 *
 * hello → welcome, then calls by number and their outcomes, state and meter events as they come. A closed socket answers
 * every open call with a fault and is opened again after 0.5 s, growing to 3 s; a refused key (close code 1008 or 44xx)
 * ends it. What arrives is the gateway's own, already checked there; only its outer form is looked at here.
 */
import type { CommandName, Fault, GatewayApi, Meter, Outcome, StateEvent } from '../../main/contract.ts';
import { lost } from '../strings.ts';
import type { Connection, Reach } from './connection.ts';

/** As much of a WebSocket as is needed, so that tests can hand in their own. */
export interface Line {
  send(text: string): void;
  close(): void;
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
}

export interface PanelOptions {
  address: string;
  token: string | null;
  open: (address: string) => Line;
  later: (run: () => void, milliseconds: number) => unknown;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 3000;

const lostFault: Fault = {
  code: 'gateway-lost',
  sentence: lost.sentence,
  cause: lost.cause,
  remedy: lost.remedy,
};

type Answer = (outcome: Outcome<unknown>) => void;

export function openPanel(options: PanelOptions): Connection {
  const stateListeners = new Set<(event: StateEvent) => void>();
  const meterListeners = new Set<(event: Meter) => void>();
  const reachListeners = new Set<(reach: Reach) => void>();
  const waiting = new Map<number, Answer>();
  let reach: Reach = 'connecting';
  let line: Line | null = null;
  let pause = FIRST_PAUSE_MS;
  let nextId = 1;

  function setReach(next: Reach): void {
    if (next === reach) return;
    reach = next;
    for (const listener of reachListeners) listener(next);
  }

  function receive(text: unknown): void {
    const message = parseMessage(text);
    if (!message) return;
    if (message.type === 'welcome') {
      pause = FIRST_PAUSE_MS;
      setReach('open');
    } else if (message.type === 'outcome') {
      const answer = waiting.get(message.id);
      waiting.delete(message.id);
      answer?.(message.outcome);
    } else if (message.type === 'state') {
      for (const listener of stateListeners) listener(message.event);
    } else {
      for (const listener of meterListeners) listener(message.event);
    }
  }

  function closed(code: number): void {
    line = null;
    for (const answer of waiting.values()) answer({ ok: false, fault: lostFault });
    waiting.clear();
    const final = isRefusal(code);
    setReach(final ? 'refused' : 'lost');
    if (final) return;
    options.later(connect, pause);
    pause = Math.min(LONGEST_PAUSE_MS, pause * 1.6);
  }

  function connect(): void {
    const opened = options.open(options.address);
    line = opened;
    opened.onopen = () => opened.send(JSON.stringify({ type: 'hello', token: options.token }));
    opened.onmessage = (event) => receive(event.data);
    opened.onclose = (event) => closed(event.code);
  }

  const api: GatewayApi = {
    call(name: CommandName, argument: unknown) {
      if (!line || reach !== 'open') return Promise.resolve({ ok: false, fault: lostFault } as const);
      const id = nextId++;
      const opened = line;
      return new Promise((resolve) => {
        waiting.set(id, resolve as Answer);
        opened.send(JSON.stringify({ type: 'call', id, name, argument }));
      });
    },
    onState(listener) {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
    onMeter(listener) {
      meterListeners.add(listener);
      return () => meterListeners.delete(listener);
    },
  };

  if (options.token === null) reach = 'refused';
  else connect();
  return {
    api,
    onReach(listener) {
      reachListeners.add(listener);
      listener(reach);
      return () => reachListeners.delete(listener);
    },
  };
}

/** 1008 is the protocol's "policy violation"; 44xx follow HTTP's 4xx. */
export const isRefusal = (code: number) => code === 1008 || (code >= 4400 && code < 4500);

type Message =
  | { type: 'welcome' }
  | { type: 'outcome'; id: number; outcome: Outcome<unknown> }
  | { type: 'state'; event: StateEvent }
  | { type: 'meter'; event: Meter };

function parseMessage(text: unknown): Message | null {
  if (typeof text !== 'string') return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || !('type' in value)) return null;
  const { type } = value;
  const whole =
    type === 'welcome' ||
    (type === 'outcome' && 'id' in value && 'outcome' in value) ||
    ((type === 'state' || type === 'meter') && 'event' in value);
  return whole ? (value as Message) : null;
}
