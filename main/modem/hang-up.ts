/**
 * Ending a call: DTR low, or closing and opening the port, or guard, `+++`, guard, ATH.
 *
 * V.250 5.5.1 (circuit 108/2) and the Hayes escape sequence. Each way is checked by asking the modem for an OK, because
 * any of them may be switched off (&D0, S2 over 127) or impossible on the port. What fails at the end leaves the port
 * closed, which drops DTR where there is one. Nothing here rejects.
 */
import type { Clock } from './clock.ts';
import { Conversation, isOk } from './conversation.ts';
import type { Line } from './line.ts';

/** DTR must be low longer than S25, 50 ms at most by factory setting; drivers and USB need more. */
const DTR_LOW = 600;
/** S12 is 50 units of 20 ms by factory setting; a little over. */
const GUARD = 1200;
const AFTER_DTR = 300;

export interface HangUpTools {
  conversation: Conversation;
  clock: Clock;
  /** Opens the same port anew; null if that failed. */
  reopen: (() => Promise<Line | null>) | null;
}

export interface HangUpResult {
  /** How the call was ended, for the log. */
  way: 'dtr' | 'reopen' | 'escape' | 'already' | 'closed';
  /** The conversation to go on with, or null: the port is closed. */
  conversation: Conversation | null;
}

const NO_HURRY = new AbortController().signal;

/**
 * Brings the modem back to command mode, on hook. Takes about 1 s by DTR, 3 to 4 s by escape sequence. Once `hurry` is
 * aborted, be it before or in the middle, nothing is checked any more and the port is closed.
 */
export async function hangUpLine(tools: HangUpTools, hurry: AbortSignal = NO_HURRY): Promise<HangUpResult> {
  const { conversation, clock } = tools;
  const { line } = conversation;
  if (conversation.ended) return { way: 'closed', conversation: null };
  await line.discardOutput?.();

  if (await line.setDtr(false)) {
    await clock.sleep(DTR_LOW);
    if (hurry.aborted) return close(conversation, 'dtr');
    await line.setDtr(true);
    await clock.sleep(AFTER_DTR, hurry);
    const done = await onHook(conversation, hurry);
    if (hurry.aborted) return close(conversation, 'dtr');
    if (done) return { way: 'dtr', conversation };
  } else if (tools.reopen && (await line.signals()) !== null) {
    // The port has modem lines but will not move DTR on command; closing it does.
    const closed = await close(conversation, 'reopen');
    if (hurry.aborted || !(await clock.sleep(1000, hurry))) return closed;
    const reopened = await tools.reopen();
    if (!reopened) return { way: 'closed', conversation: null };
    const next = new Conversation(reopened, clock);
    await clock.sleep(AFTER_DTR, hurry);
    const done = await onHook(next, hurry);
    if (hurry.aborted) return close(next, 'reopen');
    return done ? { way: 'reopen', conversation: next } : byEscape(next, clock, hurry);
  }
  return byEscape(conversation, clock, hurry);
}

/** Once the guard has been waited for, the first try is seen through even in a hurry: it is the only way there is. */
async function byEscape(conversation: Conversation, clock: Clock, hurry: AbortSignal): Promise<HangUpResult> {
  for (let i = 0; i === 0 || (i === 1 && !hurry.aborted); i++) {
    if (await escapeToCommand(conversation, clock, i === 0 ? undefined : hurry)) {
      const hung = await conversation.send('ATH', 3000);
      if (hung.outcome === 'result' && !hurry.aborted) return { way: 'escape', conversation };
      if (hung.outcome === 'result') return close(conversation, 'escape');
    } else if (!hurry.aborted && (await onHook(conversation, hurry))) {
      // No OK to `+++`, yet commands are answered: the far end had hung up before.
      return { way: 'already', conversation };
    }
    if (conversation.ended) return { way: 'closed', conversation: null };
  }
  return close(conversation, 'closed');
}

/** Guard, `+++` without CR, guard. True if the modem said OK, or NO CARRIER because the far end was quicker. */
export async function escapeToCommand(
  conversation: Conversation,
  clock: Clock,
  signal?: AbortSignal,
): Promise<boolean> {
  conversation.attach();
  if (!(await clock.sleep(GUARD, signal)) || conversation.ended) return false;
  conversation.write('+++');
  const reply = await conversation.awaitResult(GUARD + 800, signal);
  return reply.outcome === 'result' && (reply.result.kind === 'ok' || reply.result.kind === 'no-carrier');
}

/** Commands are answered, and the modem is on hook: AT alone would also be answered with a call on hold (&D1). */
async function onHook(conversation: Conversation, hurry: AbortSignal): Promise<boolean> {
  if (hurry.aborted) return false;
  conversation.attach();
  // The CR ends whatever the modem may hold of a half-sent line.
  conversation.write('\r');
  await conversation.settle(60, 400, hurry);
  if (!isOk(await conversation.send('ATH', 1500, hurry))) {
    const second = await conversation.send('ATH', 1500, hurry);
    if (second.outcome !== 'result') return false;
  }
  await conversation.settle(60, 400, hurry);
  return true;
}

async function close(conversation: Conversation, way: HangUpResult['way']): Promise<HangUpResult> {
  await conversation.line.close();
  return { way, conversation: null };
}
