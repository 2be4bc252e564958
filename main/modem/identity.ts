/** Who made this modem and what kind it is: ATI, +GMI, +GMM (V.250, 6.1), and the settings that follow from the answer. */
import type { ModemKind } from '../contract.ts';
import type { Conversation } from './conversation.ts';

export type { ModemKind } from '../contract.ts';

export interface ModemIdentity {
  /** One line for a person; empty if the modem says nothing of itself. */
  text: string;
  kind: ModemKind;
  /** US Robotics and 3Com: &H1&R2 where others have &K3. */
  usRobotics: boolean;
}

/** Asks the modem at most three short questions; what it refuses to say is left out. */
export async function identify(conversation: Conversation, signal: AbortSignal): Promise<ModemIdentity> {
  const lines: string[] = [];
  for (const question of ['ATI', 'AT+GMI', 'AT+GMM', 'ATI3']) {
    if (question === 'ATI3' && lines.some((line) => /[A-Za-z]{3}/.test(line))) continue;
    const reply = await conversation.send(question, 1000, signal);
    if (reply.outcome === 'closed' || reply.outcome === 'cancelled') break;
    if (reply.outcome === 'silent') continue;
    for (const line of reply.lines) {
      const clean = line
        .replace(/^\+GM[IM]: ?/, '')
        .replace(/^"(.*)"$/, '$1')
        .trim();
      if (clean !== '' && !lines.includes(clean)) lines.push(clean);
    }
  }
  return recognise(lines);
}

/** Kind and maker by the words of the answers. Pure. */
export function recognise(lines: readonly string[]): ModemIdentity {
  const words = lines.filter((line) => /[A-Za-z]{2}/.test(line));
  const text = (words.length > 0 ? words : lines.map((line) => `product code ${line}`))
    .slice(0, 4)
    .join(', ')
    .slice(0, 120);
  const all = lines.join(' ');
  let kind: ModemKind = 'telephone';
  if (/iridium|thuraya|globalstar|inmarsat/i.test(all)) kind = 'satellite';
  else if (
    /\b(?:huawei|quectel|simcom|sierra|telit|u-?blox|cinterion|gemalto|zte|fibocom|option|ericsson|IMEI|GSM|LTE|UMTS)\b/i.test(
      all,
    )
  )
    kind = 'cellular';
  else if (/tcpser|zimodem|wifi ?modem|retrowifi|wimodem|esp8266|esp32|dosbox|86box/i.test(all))
    kind = 'emulated';
  return { text, kind, usRobotics: /u\.?s\.? ?robotics|usr\b|3com|sportster|courier/i.test(all) };
}
