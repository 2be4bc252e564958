/**
 * Making a mobile-network modem ready to dial: SIM, PIN, registration, the access point (3GPP TS 27.007).
 *
 * A PIN the card has refused is never sent again, since the third wrong one locks the card. Signal strength is read here
 * only, before dialling: a single-port module cannot be asked while data flows.
 */
import type { Fault, Radio } from '../contract.ts';
import { dialFault } from './call-faults.ts';
import type { Conversation, Reply } from './conversation.ts';
import { isOk } from './conversation.ts';
import { cancelledFault, lostFault, silentFault } from './modem-faults.ts';
import type { DialFailure } from './result-codes.ts';

export interface CellularOptions {
  /** Access point name, such as `internet`; empty: the network's own choice. */
  apn: string;
  /** Null: the card needs none, or the person has not given it. */
  pin: string | null;
}

export type CellularResult = { ok: true; radio: Radio } | { ok: false; fault: Fault; kind: DialFailure };

/** Ports and PINs which a card has refused since the program began. */
const refusedPins = new Set<string>();
const REGISTRATION_WAIT = 60_000;

/** The modem is initialised. Takes up to a minute where the network is weak. Never rejects. */
export async function prepareCellular(
  conversation: Conversation,
  options: CellularOptions,
  signal: AbortSignal,
  onProgress: (text: string) => void,
): Promise<CellularResult> {
  const { path } = conversation.line;
  await conversation.send('AT+CMEE=1', 1500, signal);
  const locked = await unlock(conversation, options.pin, signal, onProgress);
  if (locked) return locked;
  const roaming = await register(conversation, signal, onProgress);
  if (typeof roaming === 'object') return roaming;

  const apn = options.apn.replace(/[^A-Za-z0-9.-]/g, '').slice(0, 100);
  const context = await conversation.send(`AT+CGDCONT=1,"IP"${apn === '' ? '' : `,"${apn}"`}`, 3000, signal);
  const gone = broken(context, path);
  if (gone) return gone;
  if (!isOk(context)) return refused('sim', path, wordsOf(context));

  const quality = await conversation.send('AT+CSQ', 1500, signal);
  const operator = await conversation.send('AT+COPS?', 3000, signal);
  const network = /\+COPS: ?\d,\d,"([^"]{1,40})"/i.exec(linesOf(operator))?.[1] ?? null;
  const radio = { signalDbm: signalOf(linesOf(quality)), roaming, network };
  onProgress(radioText(radio));
  return { ok: true, radio };
}

/** `In the network of Example, −71 dBm, roaming`. */
function radioText({ network, signalDbm, roaming }: Radio): string {
  const parts = [network === null ? 'In the mobile network' : `In the network of ${network}`];
  if (signalDbm !== null) parts.push(`signal ${signalDbm} dBm`);
  if (roaming) parts.push('roaming');
  return parts.join(', ').replace(' -', ' −');
}

/** dBm from an answer to +CSQ; null for 99 (unknown) or no answer. */
export function signalOf(answer: string): number | null {
  const match = /\+CSQ: ?(\d{1,3})/i.exec(answer);
  const value = match ? Number(match[1]) : 99;
  return value <= 31 ? -113 + 2 * value : null;
}

async function unlock(
  conversation: Conversation,
  pin: string | null,
  signal: AbortSignal,
  onProgress: (text: string) => void,
): Promise<CellularResult | null> {
  const { path } = conversation.line;
  const asked = await conversation.send('AT+CPIN?', 5000, signal);
  const gone = broken(asked, path);
  if (gone) return gone;
  if (asked.outcome === 'result' && asked.result.kind === 'sim')
    return refused('sim', path, asked.result.text);
  const state = /\+CPIN: ?(.+)/i.exec(linesOf(asked))?.[1]?.trim().toUpperCase() ?? 'READY';
  if (state === 'READY') return null;
  if (state !== 'SIM PIN') return refused('sim', path, state);
  if (pin === null || !/^\d{4,8}$/.test(pin)) return refused('sim', path, '+CME ERROR: 11');
  if (refusedPins.has(`${path} ${pin}`)) return refused('sim', path, '+CME ERROR: 16');
  onProgress('Unlocking the SIM card');
  // Counted as refused until the card says otherwise: a cut-off answer must not cost a second try.
  refusedPins.add(`${path} ${pin}`);
  const given = await conversation.send(`AT+CPIN="${pin}"`, 10_000, signal);
  const lost = broken(given, path);
  if (lost) return lost;
  if (!isOk(given))
    return refused('sim', path, given.outcome === 'silent' ? '+CME ERROR: 14' : '+CME ERROR: 16');
  refusedPins.delete(`${path} ${pin}`);
  return null;
}

/** True: registered abroad; false: at home. */
async function register(
  conversation: Conversation,
  signal: AbortSignal,
  onProgress: (text: string) => void,
): Promise<boolean | CellularResult> {
  const { path } = conversation.line;
  const end = conversation.clock.now() + REGISTRATION_WAIT;
  onProgress('Looking for the mobile network');
  for (;;) {
    let known = false;
    let denied = false;
    for (const question of ['AT+CREG?', 'AT+CGREG?', 'AT+CEREG?']) {
      const reply = await conversation.send(question, 2000, signal);
      const gone = broken(reply, path);
      if (gone) return gone;
      const stat = /\+C(?:G|E)?REG: ?(?:\d,)?(\d)/i.exec(linesOf(reply))?.[1];
      known ||= stat !== undefined;
      if (stat === '1' || stat === '5') return stat === '5';
      denied ||= stat === '3';
    }
    // A module that cannot be asked is dialled all the same.
    if (!known) return false;
    if (denied) return refused('sim', path, '+CME ERROR: 32');
    if (conversation.clock.now() >= end) return refused('sim', path, '+CME ERROR: 30');
    await conversation.clock.sleep(2000, signal);
  }
}

function linesOf(reply: Reply): string {
  return reply.outcome === 'result' || reply.outcome === 'silent' ? reply.lines.join('\n') : '';
}

function wordsOf(reply: Reply): string {
  return reply.outcome === 'result' ? reply.result.text : '';
}

function refused(kind: DialFailure, port: string, words: string): CellularResult {
  return { ok: false, kind, fault: dialFault(kind, { words, number: '', port }) };
}

function broken(reply: Reply, path: string): CellularResult | null {
  if (reply.outcome === 'cancelled') return { ok: false, kind: 'cancelled', fault: cancelledFault() };
  if (reply.outcome === 'closed') return { ok: false, kind: 'lost', fault: lostFault(path, reply.detail) };
  return reply.outcome === 'silent' && reply.lines.length === 0
    ? { ok: false, kind: 'silent', fault: silentFault(path) }
    : null;
}
