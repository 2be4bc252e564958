/** The plain sentence, the likely cause and the remedy for everything that can end a call before or after CONNECT. */
import type { Fault } from '../contract.ts';
import { cmeNumber, type DialFailure } from './result-codes.ts';

/** `words` is what the modem said, quoted to the person; `number` as dialled. */
export interface DialContext {
  words: string;
  number: string;
  port: string;
}

type Telling = Pick<Fault, 'sentence' | 'cause' | 'remedy'>;

const TELLINGS: Readonly<Record<Exclude<DialFailure, 'sim'>, (context: DialContext) => Telling>> = {
  busy: ({ number }) => ({
    sentence: `The number ${number} is busy.`,
    cause: 'All lines of the provider are taken, or somebody else is calling it.',
    remedy: 'Wait a moment and dial again, or add another number of this provider.',
  }),
  'no-carrier': ({ number }) => ({
    sentence: `No modem answered at ${number}.`,
    cause:
      'The call was not taken by a modem, or the two modems could not agree: a wrong number, a bad line, or a telephone line that runs over the Internet (VoIP).',
    remedy:
      'Check the number, then dial again. On a VoIP line, hold the speed down with the modem setting +MS=V32B,1,4800,9600.',
  }),
  'no-dialtone': () => ({
    sentence: 'There is no dial tone on the telephone line.',
    cause:
      'The cable is not plugged in, somebody is on the telephone, or the exchange uses a tone the modem does not know.',
    remedy:
      'Plug the cable from the wall into the socket of the modem marked LINE and see that no telephone is off the hook. Abroad or behind an office exchange, turn on "Dial without waiting for a dial tone".',
  }),
  'no-answer': ({ number }) => ({
    sentence: `Nobody answered at ${number}.`,
    cause: 'The telephone at the other end rang and was not picked up.',
    remedy: 'Check the number, or dial again later.',
  }),
  delayed: ({ words }) => ({
    sentence: 'The modem refuses to dial this number again so soon.',
    cause: `After failed calls, many modems must wait before they try the same number again, by national rule. The modem said: ${words}.`,
    remedy: 'Wait a few minutes, or switch the modem off and on, then dial again.',
  }),
  blacklisted: ({ number, words }) => ({
    sentence: `The modem refuses to dial ${number} any more.`,
    cause: `The number failed too often, and the modem has put it on a list of its own. The modem said: ${words}.`,
    remedy: 'Check the number. Then switch the modem off and on, which empties the list, and dial again.',
  }),
  voice: ({ number }) => ({
    sentence: `A person or a fax machine answered at ${number}, not a modem.`,
    cause: 'The number is wrong, or it is not a data number.',
    remedy: 'Check the number with the provider before dialling again: somebody is being called for nothing.',
  }),
  'digital-line': () => ({
    sentence: 'This is a digital office line. Unplug the modem from it now.',
    cause:
      'The socket belongs to a digital exchange, whose current can destroy a modem made for ordinary lines.',
    remedy:
      'Unplug the telephone cable at once and use an ordinary (analogue) line, such as that of the fax machine.',
  }),
  'line-in-use': () => ({
    sentence: 'Another telephone on this line is in use.',
    cause: 'The modem found the line taken before it dialled.',
    remedy: 'Wait until the telephone is hung up, then dial again.',
  }),
  silent: ({ number, port }) => ({
    sentence: `The modem dialled ${number} and then said nothing more.`,
    cause: `Neither a connection nor a reason came from the modem on ${port} in the time a call may take.`,
    remedy:
      'Dial again. If it happens again, switch the modem off and on, and look for a firmware or cable fault.',
  }),
  cancelled: () => ({
    sentence: 'The call was cancelled.',
    cause: 'Somebody asked for it before the connection was made.',
    remedy: 'Press Dial to call again.',
  }),
  lost: ({ port }) => ({
    sentence: `The modem on ${port} went away while it was dialling.`,
    cause: 'It was unplugged, lost its power, or its driver stopped.',
    remedy: 'Plug the modem in again, wait a few seconds and press Dial.',
  }),
  refused: ({ number, words }) => ({
    sentence: `The modem did not accept the number ${number}.`,
    cause: `It answered ${words} instead of calling. The number may be longer than it can take, end in a semicolon, or have a sign it does not know.`,
    remedy: 'Check the number: digits, commas for pauses and W for a dial tone are always safe.',
  }),
};

/** The fault a failed dial attempt is told as. */
export function dialFault(failure: DialFailure, context: DialContext): Fault {
  const fault: Fault =
    failure === 'sim' ? simFault(context.words) : { code: `dial-${failure}`, ...TELLINGS[failure](context) };
  return context.words === '' ? fault : { ...fault, detail: `The modem said: ${context.words}` };
}

/** The PIN that was sent is not the card’s. */
export const WRONG_PIN = 'sim-pin-wrong';
const TYPE_PIN = 'Type the PIN into the provider, then dial again';

const SIM_TELLINGS: Readonly<Record<number, Telling>> = {
  10: {
    sentence: 'There is no SIM card in the modem.',
    cause: 'The card is missing or does not touch its contacts.',
    remedy: 'Switch the modem off, put the SIM card in as the drawing beside the slot shows, and dial again.',
  },
  11: {
    sentence: 'The SIM card asks for its PIN.',
    cause: 'The card is locked until the PIN is given.',
    remedy: `${TYPE_PIN}. It is kept with the passwords.`,
  },
  12: {
    sentence: 'The SIM card is locked and asks for its PUK.',
    cause: 'A wrong PIN was given three times.',
    remedy:
      'Put the card into a mobile telephone, enter the PUK that came with it, and switch the SIM lock off there. Then put it back and dial again.',
  },
  13: {
    sentence: 'The SIM card does not work.',
    cause: 'The modem found the card but could not read it.',
    remedy:
      'Take the card out, wipe its contacts and put it back. If that does not help, ask the provider for a new one.',
  },
  16: {
    sentence: 'The PIN is wrong.',
    cause:
      'The SIM card refused it. After three wrong PINs the card locks itself, so the PIN was forgotten and is not tried again.',
    remedy: `${TYPE_PIN}; with a wrong one more than twice the card is locked.`,
  },
  30: {
    sentence: 'The modem finds no mobile network.',
    cause: 'There is no reception here, or the aerial is not connected.',
    remedy: 'Move the modem or its aerial to a window and dial again.',
  },
  32: {
    sentence: 'The mobile network allows emergency calls only.',
    cause: 'The SIM card is not active, or has no contract with a network that can be received here.',
    remedy: 'Ask the provider whether the card is active and may be used here.',
  },
};

function simFault(words: string): Fault {
  const upper = words.toUpperCase();
  let number = cmeNumber(words);
  if (number === null) {
    if (/PUK/.test(upper)) number = 12;
    else if (/NOT INSERTED|NO SIM/.test(upper)) number = 10;
    else if (/PASSWORD/.test(upper)) number = 16;
    else if (/PIN/.test(upper)) number = 11;
    else if (/EMERGENCY/.test(upper)) number = 32;
    else if (/NETWORK/.test(upper)) number = 30;
    else number = 13;
  }
  if (number === 14 || number === 31)
    return {
      code: 'dial-sim',
      sentence: 'The SIM card or the mobile network is not ready yet.',
      cause: `The modem said: ${words}.`,
      remedy: 'Wait half a minute and dial again.',
    };
  if (number === 17) number = 11;
  if (number === 18) number = 12;
  const code = number === 16 ? WRONG_PIN : number === 11 ? 'sim-pin' : 'dial-sim';
  return { code, ...(SIM_TELLINGS[number] ?? (SIM_TELLINGS[13] as Telling)) };
}

/** The line of an established call is gone. */
export function lostCallFault(cause: 'carrier' | 'unplugged' | 'error', port: string, detail: string): Fault {
  if (cause === 'carrier')
    return {
      code: 'carrier-lost',
      sentence: 'The telephone connection broke off.',
      cause:
        'The other modem hung up, somebody picked up a telephone on this line, or the line became too noisy.',
      remedy: 'Dial again. If it happens often, take other telephones and long cables off the line.',
      detail,
    };
  if (cause === 'unplugged')
    return {
      code: 'modem-unplugged',
      sentence: `The modem on ${port} was unplugged.`,
      cause: 'Its cable was pulled, it lost its power, or its driver stopped.',
      remedy: 'Plug it in again, wait a few seconds and press Dial.',
      detail,
    };
  return {
    code: 'port-failed',
    sentence: `The serial port ${port} failed during the call.`,
    cause: 'The system could not read from it or write to it.',
    remedy:
      'Unplug the modem, plug it in again and press Dial. If it happens again, try another cable or port.',
    detail,
  };
}
