/**
 * Finding a modem on an open port: at which speed it answers AT, and what is there if it does not.
 *
 * In order: DTR low and high, a CR, AT; results switched back on (ATQ0); out of a call left over from before (`+++`);
 * other speeds. About 11 s until a silent port is given up, half a second for a modem that answers.
 */
import type { Fault } from '../contract.ts';
import { type Conversation, isOk } from './conversation.ts';
import { escapeToCommand } from './hang-up.ts';
import {
  cancelledFault,
  echoFault,
  garbledFault,
  inPppFault,
  lostFault,
  silentFault,
  strangerFault,
} from './modem-faults.ts';

const RATES = [115_200, 57_600, 38_400, 19_200, 9_600, 2_400];
const AT_WAIT = 500;

export type FoundModem = { ok: true; rate: number } | { ok: false; fault: Fault };

/** The line is open at `rate` bit/s; on success the modem answers AT at the rate returned. Never rejects. */
export async function findModem(
  conversation: Conversation,
  rate: number,
  signal: AbortSignal,
  onProgress: (text: string) => void,
): Promise<FoundModem> {
  const { line, clock } = conversation;
  const found = async (at: number): Promise<FoundModem> => {
    await conversation.settle(60, 600, signal);
    return { ok: true, rate: at };
  };
  conversation.forget();
  onProgress(`Looking for a modem on ${line.path}`);
  if (await line.setDtr(false)) {
    await clock.sleep(300, signal);
    await line.setDtr(true);
    await clock.sleep(300, signal);
  }
  if (await answersAt(conversation, 3, signal)) return found(rate);
  if (mustStop(conversation, signal)) return { ok: false, fault: judge(conversation, signal) };

  if (isOk(await conversation.send('ATQ0V1E1', AT_WAIT, signal))) return found(rate);
  onProgress('No answer yet; ending any call left over from before');
  if (await escapeToCommand(conversation, clock, signal)) {
    await conversation.send('ATH', 3000, signal);
    if (await answersAt(conversation, 2, signal)) return found(rate);
  }
  for (const other of RATES) {
    if (other === rate) continue;
    // A conversation in PPP, or a way out, does not become a modem at another speed.
    if (conversation.heard.ppp || mustStop(conversation, signal)) break;
    onProgress(`No answer at ${rate} bit/s; trying ${other}`);
    if ((await line.setRate(other)) && (await answersAt(conversation, 2, signal))) return found(other);
  }
  if (!conversation.ended) await line.setRate(rate);
  return { ok: false, fault: judge(conversation, signal) };
}

function mustStop(conversation: Conversation, signal: AbortSignal): boolean {
  return conversation.ended !== null || signal.aborted;
}

/** A CR to end a half-read line, then AT up to `tries` times. ERROR is an answer too, but not yet a modem at ease. */
async function answersAt(conversation: Conversation, tries: number, signal: AbortSignal): Promise<boolean> {
  conversation.write('\r');
  await conversation.settle(50, 200, signal);
  for (let i = 0; i < tries; i++) {
    const reply = await conversation.send('AT', AT_WAIT, signal);
    if (isOk(reply)) return true;
    if (reply.outcome === 'closed' || reply.outcome === 'cancelled') return false;
  }
  return false;
}

function judge(conversation: Conversation, signal: AbortSignal): Fault {
  const { heard, line, ended, unfinished } = conversation;
  if (signal.aborted) return cancelledFault();
  if (ended) return lostFault(line.path, ended.detail);
  if (heard.ppp) return inPppFault(line.path);
  if (heard.bytes === 0) return silentFault(line.path);
  const sample = [...heard.lines, unfinished].filter((text) => text !== '').join(' / ');
  if (heard.printable < heard.bytes * 0.8) return garbledFault(line.path);
  if (sample === '' || (heard.echoes > 0 && heard.lines.length === 0)) return echoFault(line.path);
  return strangerFault(line.path, sample);
}
