/**
 * Placing a call: the dial string, what the modem says meanwhile, and a call or the reason why there is none.
 *
 * While a modem dials, any byte sent to it ends the attempt: nothing is polled, and a cancel is one CR.
 */
import type { Fault } from '../contract.ts';
import { DataCall } from './call.ts';
import { dialFault } from './call-faults.ts';
import type { Clock } from './clock.ts';
import { connectFacts } from './connect-text.ts';
import type { Conversation } from './conversation.ts';
import { type HangUpResult, hangUpLine } from './hang-up.ts';
import type { Line } from './line.ts';
import { type DialFailure, dialFailureOf, type ResultCode } from './result-codes.ts';

export interface Placing {
  conversation: Conversation;
  clock: Clock;
  portRate: number;
  reopen: (() => Promise<Line | null>) | null;
  /** Where to go on after the call, or after a failed attempt that had to hang up. */
  onOver: (result: HangUpResult) => void;
}

export type Dialled = { ok: true; call: DataCall } | { ok: false; fault: Fault; kind: DialFailure };

const DEFAULT_CARRIER_WAIT = 60;

/**
 * The command that dials `number`, or null if it has a sign no telephone number has. Brackets, dots and hyphens are for
 * people and are left out. Tone dialling unless the number says P; service codes of mobile networks go as they are.
 */
export function dialCommand(number: string): string | null {
  if (!/^[0-9A-D*#TPWtpw,@!;()+ .\-/]{1,60}$/.test(number)) return null;
  const digits = number.replace(/[() .\-/]/g, '').toUpperCase();
  if (!/[0-9*#]/.test(digits)) return null;
  if (/^[TP]/.test(digits) || /^\*99|^#777$/.test(digits)) return `ATD${digits}`;
  return `ATDT${digits}`;
}

/** Longest time, ms, in which the modem must say something final: dialling, pauses, S7, and a margin. */
export function dialTimeout(command: string, carrierWaitSeconds: number): number {
  const pulse = /^ATDP/.test(command);
  const digits = command.length - 4;
  const pauses = (command.match(/[,W@]/g) ?? []).length;
  return carrierWaitSeconds * 1000 + digits * (pulse ? 1200 : 200) + pauses * 5000 + 15_000;
}

/** `signal` cancels. Never rejects. */
export async function placeCall(
  placing: Placing,
  number: string,
  carrierWaitSeconds: number | undefined,
  signal: AbortSignal,
  onProgress: (text: string) => void,
): Promise<Dialled> {
  const { conversation } = placing;
  const context = { number, port: conversation.line.path };
  const failed = (kind: DialFailure, words: string): Dialled => ({
    ok: false,
    kind,
    fault: dialFault(kind, { ...context, words }),
  });
  const command = dialCommand(number);
  if (command === null) return failed('refused', '');

  const wait = Math.round(Math.min(255, Math.max(10, carrierWaitSeconds ?? DEFAULT_CARRIER_WAIT)));
  await conversation.send(`ATS7=${wait}`, 1500, signal);
  const before = await conversation.line.signals();
  onProgress(`Dialling ${number}`);
  const reply = await conversation.send(command, dialTimeout(command, wait), signal, (text, result) => {
    const telling = progressOf(text, result);
    if (telling) onProgress(telling);
  });
  if (reply.outcome === 'closed') return failed(reply.cause === 'closed' ? 'cancelled' : 'lost', '');
  if (reply.outcome === 'cancelled' || reply.outcome === 'silent') {
    placing.onOver(await abandon(placing));
    return failed(reply.outcome, '');
  }
  if (reply.result.kind === 'connect') {
    const facts = connectFacts(reply.result.text, reply.lines, placing.portRate);
    return { ok: true, call: new DataCall({ ...placing, facts, connectText: reply.result.text, before }) };
  }
  return failed(dialFailureOf(reply.result.kind) ?? 'refused', reply.result.text);
}

/** Ends an attempt under way: one CR, the modem's NO CARRIER or OK within 2 s, then on hook for certain. */
export async function abandon(placing: Placing): Promise<HangUpResult> {
  const { conversation } = placing;
  conversation.write('\r');
  const reply = await conversation.awaitResult(2000);
  if (reply.outcome === 'closed') return { way: 'closed', conversation: null };
  if (reply.outcome === 'result' && reply.result.kind !== 'connect') {
    const hung = await conversation.send('ATH', 1500);
    if (hung.outcome === 'result') return { way: 'already', conversation };
  }
  return hangUpLine(placing);
}

function progressOf(text: string, result: ResultCode | null): string | null {
  if (result?.kind === 'ringing') return 'The other end is ringing';
  if (result?.kind === 'ring') return 'The telephone is ringing';
  if (/^CARRIER|^\+MCR/i.test(text)) return 'The other modem has answered; agreeing on a speed';
  return null;
}
