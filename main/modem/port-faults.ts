/** Why a serial port could not be opened, told to a person. The looking about (groups, holders) is done by the caller. */
import type { Fault } from '../contract.ts';

export interface PortHolder {
  pid: number;
  name: string;
}

export interface PortAccess {
  /** Group that owns the device, if its members may use it; null: no group may. */
  group: string | null;
  user: string;
  /** The account is in the group, but this session began before it was. */
  joinedLater: boolean;
}

export function missingPort(path: string): Fault {
  return {
    code: 'port-missing',
    sentence: `There is no port ${path}.`,
    cause: 'The modem is not plugged in, has got another name, or its driver is not loaded.',
    remedy: 'Plug the modem in, wait a few seconds and look at the list of ports again.',
  };
}

export function notSerial(path: string, what: string): Fault {
  return {
    code: 'port-not-serial',
    sentence: `${path} is not a serial port.`,
    cause: `It is ${what}.`,
    remedy:
      'Choose a port from the list. Modems are called /dev/ttyS0, /dev/ttyUSB0, /dev/ttyACM0 and the like.',
  };
}

export function noHardware(path: string): Fault {
  return {
    code: 'port-no-hardware',
    sentence: `There is no serial hardware behind ${path}.`,
    cause: 'The system keeps this name for a port that this computer does not have.',
    remedy: 'Choose another port from the list.',
  };
}

export function deniedPort(path: string, access: PortAccess): Fault {
  const { group, user, joinedLater } = access;
  let cause = `The port may be used by nobody but its owner, and ${user} is not that.`;
  let remedy = `Run: sudo setfacl -m u:${user}:rw ${path}   (until the modem is next plugged in)`;
  if (group !== null) {
    cause = `The port belongs to the group ${group}, and ${user} is not in it.`;
    remedy = `Run: sudo usermod -aG ${group} ${user}   then log out and in again.`;
  }
  if (group !== null && joinedLater) {
    cause = `${user} is in the group ${group}, but this session began before that.`;
    remedy = 'Log out and in again.';
  }
  return { code: 'port-denied', sentence: `You are not allowed to use ${path}.`, cause, remedy };
}

export function busyPort(path: string, holder: PortHolder | null, modemManager: boolean): Fault {
  const fault = { code: 'port-busy', sentence: `The port ${path} is in use by another program.` };
  if (holder?.name === 'ModemManager' || (holder === null && modemManager))
    return {
      ...fault,
      cause: 'ModemManager, a service of this computer, is talking to the modem.',
      remedy:
        'Wait half a minute after plugging the modem in. If it stays so, run: sudo systemctl stop ModemManager   or have it leave this device alone with the udev setting ID_MM_DEVICE_IGNORE=1.',
    };
  if (holder)
    return {
      ...fault,
      cause: `The program ${holder.name} (process ${holder.pid}) has it open.`,
      remedy: `Quit ${holder.name}, then try again.`,
    };
  return {
    ...fault,
    cause: 'Another program has it open, such as a terminal, a fax program or a second Masq-Gate.',
    remedy: 'Quit that program, then try again.',
  };
}

export function failedPort(path: string, detail: string): Fault {
  return {
    code: 'port-failed',
    sentence: `The port ${path} could not be opened.`,
    cause: `The system said: ${detail.slice(0, 200)}`,
    remedy: 'Unplug the modem and plug it in again, or choose another port.',
    detail: detail.slice(0, 2000),
  };
}

/** Ports were looked for without udev; `found` says whether any turned up. */
export function noUdev(found: boolean): Fault {
  return {
    code: 'ports-no-udev',
    sentence: found
      ? 'The ports are listed without their makers’ names.'
      : 'No ports can be listed here; type the path of the port instead.',
    cause: 'The program udevadm, which knows them, is not installed (as in most containers).',
    remedy: found
      ? 'Choose a port by its path, or install udev.'
      : 'Type the path of the modem’s port, such as /dev/ttyUSB0, or install udev.',
  };
}

export function udevHangs(): Fault {
  return {
    code: 'ports-slow',
    sentence: 'The ports are listed without their makers’ names, because the system does not answer.',
    cause: 'The program udevadm, which knows them, has been busy for too long.',
    remedy:
      'Choose a port by its path, or wait a moment and look again. Starting the computer anew helps if it stays so.',
  };
}

export function listingFailed(detail: string): Fault {
  return {
    code: 'ports-unlisted',
    sentence: 'The list of ports may be incomplete.',
    cause: `The system’s device list could not be read: ${detail.slice(0, 200)}`,
    remedy: 'Choose a port by its path, or type it.',
    detail: detail.slice(0, 2000),
  };
}
