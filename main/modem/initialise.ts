/**
 * Bringing a modem into a known state, one setting at a time, so that one it does not know spoils nothing else.
 *
 * V.250 names with the makers' variants. Nothing is stored in the modem (&W). A refused optional setting is remembered
 * and told; only a modem that no longer answers, or refuses what every modem has, is a fault.
 */
import type { Fault } from '../contract.ts';
import { type Conversation, isOk, type Reply } from './conversation.ts';
import type { ModemIdentity } from './identity.ts';
import { cancelledFault, lostFault, silentFault, unfitFault } from './modem-faults.ts';

export type Initialised = { refused: string[] } | { fault: Fault };

/** Each row is one purpose; its variants are tried in order until the modem accepts one. `quiet`: refusal is not told. */
interface Setting {
  variants: readonly string[];
  quiet?: boolean;
}

const RTS_CTS: Setting = { variants: ['&K3', '+IFC=2,2', '&H1&R2', '\\Q3'] };
const RTS_CTS_USR: Setting = { variants: ['&H1&R2', '+IFC=2,2', '&K3'] };

function settings(identity: ModemIdentity): Setting[] {
  const common: Setting[] = [
    { variants: ['X4', 'X3', 'X1'] },
    // DCD shows the carrier; DTR low hangs up. Both have other ways if refused.
    { variants: ['&C1'] },
    { variants: ['&D2'] },
    identity.usRobotics ? RTS_CTS_USR : RTS_CTS,
    { variants: ['S0=0'] },
  ];
  if (identity.kind === 'cellular') return common;
  return [
    ...common,
    { variants: ['+FCLASS=0'], quiet: true },
    // Have the real rate of the telephone line reported, in CONNECT itself or in lines before it.
    { variants: ['W2'], quiet: true },
    { variants: ['+MR=1'], quiet: true },
    { variants: ['+ER=1'], quiet: true },
    { variants: ['+DR=1'], quiet: true },
  ];
}

/** `init`: the person's own settings, with or without AT. The modem answers AT when this begins and when it ends. */
export async function initialiseModem(
  conversation: Conversation,
  identity: ModemIdentity,
  init: readonly string[],
  signal: AbortSignal,
  onProgress: (text: string) => void,
): Promise<Initialised> {
  const { path } = conversation.line;
  const refused: string[] = [];
  onProgress('Setting up the modem');
  // Factory settings: &F1 is US Robotics' set with hardware flow control; ZyXEL and others know ATZ alone.
  for (const reset of identity.usRobotics ? ['&F1', '&F'] : ['&F', 'Z']) {
    const reply = await conversation.send(`AT${reset}`, 3000, signal);
    const gone = broken(reply, path);
    if (gone) return { fault: gone };
    if (isOk(reply)) break;
  }
  await conversation.settle(60, 500, signal);
  let basic = await conversation.send('ATE0Q0V1', 1000, signal);
  if (!isOk(basic)) basic = await conversation.send('ATE0Q0V1', 2000, signal);
  const gone = broken(basic, path);
  if (gone) return { fault: gone };
  if (basic.outcome === 'silent') return { fault: silentFault(path) };
  if (basic.outcome === 'result' && basic.result.kind !== 'ok')
    return { fault: unfitFault(path, 'ATE0Q0V1', basic.result.text) };

  const own: Setting[] = [];
  for (const words of init) {
    const command = ownSetting(words);
    if (command === null) refused.push(words);
    else if (command !== '') own.push({ variants: [command] });
  }
  for (const setting of [...settings(identity), ...own]) {
    const result = await apply(conversation, setting, signal);
    if (typeof result === 'object') return { fault: result };
    const name = setting.variants[0] as string;
    if (!result && setting.quiet !== true) refused.push(name);
    if (!result && own.includes(setting)) onProgress(`The modem did not accept the setting ${name}`);
  }
  return { refused };
}

async function apply(
  conversation: Conversation,
  setting: Setting,
  signal: AbortSignal,
): Promise<boolean | Fault> {
  const { path } = conversation.line;
  for (const variant of setting.variants) {
    const reply = await conversation.send(`AT${variant}`, 2000, signal);
    const gone = broken(reply, path);
    if (gone) return gone;
    if (isOk(reply)) return true;
    if (reply.outcome !== 'silent') continue;
    // Silence is not a refusal: see that the modem is still there before the next setting meets a late answer.
    await conversation.settle(200, 1000, signal);
    if (
      !isOk(await conversation.send('AT', 1000, signal)) &&
      !isOk(await conversation.send('AT', 2000, signal))
    ) {
      if (signal.aborted) return cancelledFault();
      return conversation.ended ? lostFault(path, conversation.ended.detail) : silentFault(path);
    }
  }
  return false;
}

/** What a person typed, without AT; '' for nothing, null for what would dial, answer or leave command mode. */
function ownSetting(words: string): string | null {
  const command = words
    .replace(/[^\x20-\x7e]/g, '')
    .trim()
    .replace(/^AT\s*/i, '');
  return /^[DAO](?![A-Z]*=)/i.test(command) ? null : command;
}

function broken(reply: Reply, path: string): Fault | null {
  if (reply.outcome === 'cancelled') return cancelledFault();
  return reply.outcome === 'closed' ? lostFault(path, reply.detail) : null;
}
