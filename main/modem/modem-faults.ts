/** What a person is told when whatever is on a port does not behave as a modem in command mode. */
import type { Fault } from '../contract.ts';

export function silentFault(path: string): Fault {
  return {
    code: 'modem-silent',
    sentence: `No modem answers on ${path}.`,
    cause: 'The modem is switched off, is on another port, or its cable is not a modem cable.',
    remedy:
      'Switch the modem on, check the cable, or choose another port. A modem that hangs answers again after being switched off and on.',
  };
}

export function inPppFault(path: string): Fault {
  return {
    code: 'modem-in-call',
    sentence: `The line on ${path} is already in use for a connection.`,
    cause:
      'Data of a connection comes where the modem should answer: a call is still up, or a computer, not a modem, is at the other end.',
    remedy:
      'Switch the modem off and on to end that call. If this is a cable to another computer, choose another port.',
  };
}

export function echoFault(path: string): Fault {
  return {
    code: 'modem-not-a-modem',
    sentence: `What is on ${path} is not a modem: it only sends back what it is sent.`,
    cause: 'A test plug, an open cable, or a device which is waiting for something else.',
    remedy: 'Choose the port the modem is on.',
  };
}

/** `sample` is printable text of what came, for the person to recognise. */
export function strangerFault(path: string, sample: string): Fault {
  return {
    code: 'modem-not-a-modem',
    sentence: `What is on ${path} is not a modem.`,
    cause: `It sends, but does not answer AT commands. It sent: ${sample.slice(0, 120)}`,
    remedy: 'Choose the port the modem is on.',
    detail: sample.slice(0, 1000),
  };
}

export function garbledFault(path: string): Fault {
  return {
    code: 'modem-garbled',
    sentence: `Something on ${path} answers, but at no speed can it be understood.`,
    cause: 'The port and the device disagree on the speed, or the cable is bad.',
    remedy:
      'Try another cable. If the device has switches for its speed, set 8 data bits, no parity, 1 stop bit.',
  };
}

export function lostFault(path: string, detail: string): Fault {
  return {
    code: 'modem-unplugged',
    sentence: `The modem on ${path} went away.`,
    cause: 'It was unplugged, lost its power, or its driver stopped.',
    remedy: 'Plug the modem in again and wait a few seconds.',
    detail,
  };
}

export function cancelledFault(): Fault {
  return {
    code: 'cancelled',
    sentence: 'Cancelled.',
    cause: 'Somebody asked for it before the modem was ready.',
    remedy: 'Start again when you wish.',
  };
}

/** The modem answered ERROR to what every modem must accept. */
export function unfitFault(path: string, command: string, words: string): Fault {
  return {
    code: 'modem-refused',
    sentence: `The modem on ${path} did not accept a basic setting (${command}).`,
    cause: `It answered ${words}. It may not be a telephone modem.`,
    remedy: 'Choose another port, or switch the modem off and on and try again.',
  };
}
