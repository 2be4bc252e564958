// What one line of an old rule file becomes here: a change of settings, nothing because it is always so, or no
// counterpart and why. The words are for the person who is asked for consent.
import type { Forward, PortRange } from '../contract.ts';

export type Change =
  | { kind: 'share-network'; address: string; prefix: number }
  | { kind: 'share-host'; address: string }
  | { kind: 'timers'; tcpEstablished: number; tcpClosing: number; udp: number }
  | { kind: 'forward'; forward: Omit<Forward, 'id' | 'on'> }
  | { kind: 'trigger'; control: PortRange; opens: PortRange }
  | { kind: 'helpers'; helpers: { name: string; ports: number[] }[] }
  | { kind: 'loose-udp' };

export type Verdict =
  | { outcome: 'becomes'; words: string; change: Change }
  /** Masq-Gate does this anyway, or needs no such step. */
  | { outcome: 'already'; words: string }
  | { outcome: 'left-out'; words: string };

export const becomes = (words: string, change: Change): Verdict => ({ outcome: 'becomes', words, change });
export const already = (words: string): Verdict => ({ outcome: 'already', words });
export const leftOut = (words: string): Verdict => ({ outcome: 'left-out', words });
