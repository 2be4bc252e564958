/** What the gateway itself has to tell a person: sentence, likely cause, remedy. The parts bring their own. */
import type { Fault } from './contract.ts';

function fault(code: string, sentence: string, cause: string, remedy: string): Fault {
  return { code, sentence, cause, remedy };
}

export const callUnderWay = fault(
  'call-under-way',
  'A call is already under way.',
  'One line carries one call.',
  'Hang up first, then dial again.',
);

export const noProvider = fault(
  'no-provider',
  'There is no provider to dial yet.',
  'The phonebook is empty, or the chosen provider was removed.',
  'Add a provider with its telephone number, or try the practice line.',
);

export const noModem = fault(
  'no-modem',
  'No modem was found on any serial port.',
  'None is plugged in, it is switched off, or its port is not open to you.',
  'Plug the modem in and switch it on, then dial again; or choose its port in the provider; or try the practice line.',
);

export const noEngine = fault(
  'engine-not-running',
  'The engine is not running, so there is nothing to ask it.',
  'It starts with the first call.',
  'Dial first.',
);

export const engineGone = fault(
  'engine-gone',
  'The engine stopped and did not come back; a call that was up has been hung up.',
  'Without it no computer can use the link, and an unused call still costs money.',
  'Dial again; you will be asked for the administrator’s approval once more. The log holds its last words.',
);

export const lanNotChosen = fault(
  'lan-not-chosen',
  'Choose the network card to share to: the call is up, but no computer can use it yet.',
  'No network card has been chosen, and Masq-Gate does not guess which of your networks to serve.',
  'Open Settings and choose the card that your other computers are plugged into.',
);

export const portInUse = fault(
  'port-in-use',
  'That port has a call on it.',
  'A modem on a call cannot be tried.',
  'Hang up first, then try the port again.',
);

export const portTaken = fault(
  'port-taken',
  'The other call is on that modem.',
  'Two calls at a time need two modems, each on a port of its own.',
  'Choose another port for the second call in Settings, or leave it to be found.',
);

export const secondNeedsPerson = fault(
  'second-needs-person',
  'The second call cannot be logged in by hand.',
  'Its provider is set to a login in the terminal, and the terminal is the first call’s.',
  'Give the provider a login script, or choose another provider for the second call.',
);

export const secondPractises = fault(
  'second-practises',
  'The second call cannot practise while the first is a real one.',
  'The practice line and a real line do not share computers.',
  'Choose another provider for the second call, or hang up first.',
);

export const providerInUse = fault(
  'provider-in-use',
  'This provider is on the line now.',
  'A provider cannot be removed during its own call.',
  'Hang up first, then remove it.',
);

export function unknownProvider(id: string): Fault {
  return fault(
    'unknown-provider',
    `There is no provider “${id}”.`,
    'It was removed, or its name was mistyped.',
    'Choose one from the phonebook.',
  );
}

export function noPassword(name: string): Fault {
  return fault(
    'password-unreadable',
    `The password of “${name}” cannot be read.`,
    'It was kept in a keyring that is locked or has changed.',
    'Unlock the keyring, or type the password again in the provider.',
  );
}

/** An exception is a bug of ours: say so, and keep what helps to mend it. */
export function bug(where: string, error: unknown): Fault {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    code: 'internal-error',
    sentence: `Something went wrong inside Masq-Gate while it was busy with “${where}”.`.slice(0, 400),
    cause: 'This is a mistake in the program, not in what you did.',
    remedy: 'Try again; if it stays, start Masq-Gate anew and send the log with a report.',
    detail: text.slice(0, 4000),
  };
}
