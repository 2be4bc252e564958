/**
 * Taking calls: counts RINGs, reads caller ID, answers with ATA, and gives back a call in data mode.
 *
 * ATA on a chosen ring, not S0: caller ID comes between the first and the second ring, and a call may be let ring out.
 * Nothing is sent while the telephone only rings, and nothing at all to refuse a call.
 */
import type { Fault } from '../contract.ts';
import { DataCall } from './call.ts';
import { type CallerId, NO_CALLER_ID, RingCadence, readCallerId, ringPattern } from './caller-id.ts';
import { connectFacts } from './connect-text.ts';
import { isOk } from './conversation.ts';
import { abandon, type Placing } from './dial.ts';
import { cancelledFault, lostFault } from './modem-faults.ts';

export interface IncomingCall {
  /** Rings so far. */
  rings: number;
  caller: CallerId;
  /** Letter of a distinctive ring, or null. */
  pattern: string | null;
}

export interface AnswerOptions {
  /** Answer on this ring; at least 2 if caller ID is wanted. */
  rings: number;
  callerId: boolean;
  /** Longest time from ATA to CONNECT, seconds; 60 if absent. */
  connectWaitSeconds?: number;
  /** Have the modem report distinctive rings, if it can. */
  distinctiveRing?: boolean;
  /** The modem is set up, and waiting begins. */
  onReady?(): void;
  /** Told on each ring. */
  onRing?(call: IncomingCall): void;
  /** False lets the telephone ring on. Asked on the ring that would be answered, and on each after it. */
  accept?(call: IncomingCall): boolean;
  /** Ends the waiting, or the answering. */
  signal: AbortSignal;
  onProgress(text: string): void;
}

export type AnswerFailure = 'cancelled' | 'lost' | 'no-carrier';
export type Answered =
  | { ok: true; call: DataCall; incoming: IncomingCall }
  | { ok: false; fault: Fault; kind: AnswerFailure; incoming: IncomingCall | null };

/** Rings are at most 6 s apart in the cadences in use; after this, in ms, a caller has given up. */
export const RING_GAP = 10_000;

/** Waits for a call and takes it. The modem is initialised and on hook. Never rejects. */
export async function answerCall(placing: Placing, options: AnswerOptions): Promise<Answered> {
  const { conversation } = placing;
  const { signal } = options;
  if (options.callerId)
    for (const command of ['AT+VCID=1', 'AT#CID=1', 'AT+CLIP=1'])
      if (isOk(await conversation.send(command, 1500, signal))) break;
  if (options.distinctiveRing)
    for (const command of ['AT+VDR=1,0', 'AT-SDR=7', 'AT#SDR=7'])
      if (isOk(await conversation.send(command, 1500, signal))) break;
  const before = await conversation.line.signals();
  options.onReady?.();
  const waited = await awaitRings(placing, options);
  if (!('rings' in waited)) return { ...waited, incoming: null };
  const incoming = waited;
  const wait = (options.connectWaitSeconds ?? 60) * 1000;
  options.onProgress('Answering');
  const reply = await conversation.send('ATA', wait, signal);
  if (reply.outcome === 'closed')
    return { ok: false, kind: 'lost', fault: lostFault(conversation.line.path, reply.detail), incoming };
  if (reply.outcome === 'result' && reply.result.kind === 'connect') {
    const facts = connectFacts(reply.result.text, reply.lines, placing.portRate);
    const call = new DataCall({ ...placing, facts, connectText: reply.result.text, before });
    return { ok: true, call, incoming };
  }
  if (reply.outcome !== 'result') placing.onOver(await abandon(placing));
  if (reply.outcome === 'cancelled')
    return { ok: false, kind: 'cancelled', fault: cancelledFault(), incoming };
  const words = reply.outcome === 'result' ? reply.result.text : 'nothing';
  return { ok: false, kind: 'no-carrier', fault: noCallerModem(words), incoming };
}

type Waited = IncomingCall | { ok: false; fault: Fault; kind: 'cancelled' | 'lost' };

async function awaitRings(placing: Placing, options: AnswerOptions): Promise<Waited> {
  const { conversation } = placing;
  const enough = Math.max(options.rings, options.callerId ? 2 : 1);
  for (;;) {
    let incoming: IncomingCall = { rings: 0, caller: NO_CALLER_ID, pattern: null };
    const rung = new AbortController();
    const quiet = { since: Number.POSITIVE_INFINITY };
    const cadence = new RingCadence();
    const either = AbortSignal.any([rung.signal, options.signal]);
    const reply = await conversation.awaitResult(Number.POSITIVE_INFINITY, either, (text, result) => {
      incoming = { ...incoming, caller: readCallerId(incoming.caller, text) };
      cadence.line(text);
      if (result?.kind !== 'ring') return;
      const now = placing.clock.now();
      // A new caller after one who gave up.
      if (now - quiet.since > RING_GAP) incoming = { rings: 0, caller: NO_CALLER_ID, pattern: null };
      quiet.since = now;
      const pattern = ringPattern(text) ?? cadence.ring() ?? incoming.pattern;
      incoming = { ...incoming, rings: incoming.rings + 1, pattern };
      options.onRing?.(incoming);
      options.onProgress(`The telephone is ringing (${incoming.rings})`);
      if (incoming.rings >= enough && (options.accept?.(incoming) ?? true)) rung.abort();
    });
    if (options.signal.aborted) return { ok: false, kind: 'cancelled', fault: cancelledFault() };
    if (reply.outcome === 'closed')
      return { ok: false, kind: 'lost', fault: lostFault(conversation.line.path, reply.detail) };
    if (rung.signal.aborted) return incoming;
  }
}

function noCallerModem(words: string): Fault {
  return {
    code: 'answer-no-carrier',
    sentence: 'The telephone rang, but no modem was calling.',
    cause: `After it was answered, the modem said ${words}: a person called, or the two modems could not agree.`,
    remedy: 'Nothing needs doing; the next call is awaited.',
  };
}
