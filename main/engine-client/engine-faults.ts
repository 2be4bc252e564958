/** What a person is told when the engine cannot be spoken to. */
import type { Fault } from '../../engine/contract.ts';

export function engineLost(reason: string): Fault {
  return {
    code: 'engine-lost',
    sentence: 'The engine stopped; nobody on the LAN can use the link until it is back.',
    cause: reason.slice(0, 600),
    remedy: 'It is being started again by itself; this takes a few seconds.',
  };
}

export function engineRefused(reason: string): Fault {
  return {
    code: 'engine-refused',
    sentence: 'The engine that runs on this computer does not accept this Masq-Gate.',
    cause: `It said: ${reason}.`.slice(0, 600),
    remedy:
      'Quit the other Masq-Gate if one runs. After an update, quit and start again so that both are of one version.',
  };
}

export function engineUnsafe(reason: string): Fault {
  return {
    code: 'engine-unsafe',
    sentence: 'What answers in the engine’s place is not the engine, so nothing was said to it.',
    cause: `${reason}.`.slice(0, 600),
    remedy:
      'Remove it with “sudo rm -r /run/masq-gate” and dial again. If it comes back, find out which program makes it.',
  };
}
